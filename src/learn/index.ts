// Classical estimators under scikit-learn's names in camelCase. An estimator is an immutable description; `fit` returns a fitted model.
export { fromJSON } from './core/from-json.ts'
export type { AnyModel } from './core/model.ts'
export { definitions, type Description, Estimator, estimatorNames, type FitExtras } from './core/estimator.ts'
export type { Factory, Model, Typed } from './core/define.ts'
export type { Features } from './core/inputs.ts'
export type { Csr } from './core/sparse.ts'
export type { Target } from './core/targets.ts'
export { makePipeline, pipeline } from './compose/pipeline.ts'
export { dummyClassifier } from './dummy/dummy-classifier.ts'
export { dummyRegressor } from './dummy/dummy-regressor.ts'
// linear
export { bayesianRidge } from './linear/bayesian-ridge.ts'
export { elasticNet, lasso } from './linear/elastic-net.ts'
export { gam } from './linear/gam.ts'
export { gammaRegressor, poissonRegressor, tweedieRegressor } from './linear/generalised-linear.ts'
export { huberRegressor } from './linear/huber-regressor.ts'
export { isotonicRegression } from './linear/isotonic-regression.ts'
export { linearRegression } from './linear/linear-regression.ts'
export { logisticRegression } from './linear/logistic-regression.ts'
export { quantileRegressor } from './linear/quantile-regressor.ts'
export { ridge } from './linear/ridge.ts'
export { ridgeClassifier } from './linear/ridge-classifier.ts'
export { perceptron, sgdClassifier, sgdRegressor } from './linear/sgd-estimators.ts'
export { softmaxRegression } from './linear/softmax-regression.ts'
// cluster
export { affinityPropagation } from './cluster/affinity-propagation.ts'
export { agglomerativeClustering, featureAgglomeration } from './cluster/agglomerative-clustering.ts'
export { bisectingKMeans } from './cluster/bisecting-k-means.ts'
export { dbscan } from './cluster/dbscan.ts'
export { dendrogram, type DendrogramOptions } from './cluster/dendrogram.ts'
export { hdbscan } from './cluster/hdbscan.ts'
export { kMeans } from './cluster/k-means.ts'
export { meanShift, estimateBandwidth } from './cluster/mean-shift.ts'
export { miniBatchKMeans } from './cluster/mini-batch-k-means.ts'
export { spectralClustering } from './cluster/spectral-clustering.ts'
// neighbors
export { kNeighborsClassifier, kNeighborsRegressor } from './neighbors/k-neighbors.ts'
export { kernelDensity } from './neighbors/kernel-density.ts'
export { localOutlierFactor } from './neighbors/local-outlier-factor.ts'
export { nearestCentroid } from './neighbors/nearest-centroid.ts'
export { nearestNeighbors } from './neighbors/nearest-neighbors.ts'
export { radiusNeighborsClassifier, radiusNeighborsRegressor } from './neighbors/radius-neighbors.ts'
export type { NearestRows, RowsWithin } from './neighbors/results.ts'
// mixture
export { bayesianGaussianMixture } from './mixture/bayesian-gaussian-mixture.ts'
export { gaussianMixture } from './mixture/gaussian-mixture.ts'
// naive Bayes
export { bernoulliNB } from './naive-bayes/bernoulli-nb.ts'
export { categoricalNB } from './naive-bayes/categorical-nb.ts'
export { complementNB } from './naive-bayes/complement-nb.ts'
export { gaussianNB } from './naive-bayes/gaussian-nb.ts'
export { multinomialNB } from './naive-bayes/multinomial-nb.ts'
// preprocessing
export { type ColumnSelector, makeColumnSelector } from './compose/column-selection.ts'
export { columnTransformer, makeColumnTransformer } from './compose/column-transformer.ts'
export { featureUnion, makeUnion } from './compose/feature-union.ts'
export { transformedTargetRegressor } from './compose/transformed-target-regressor.ts'
export { rfe, rfecv } from './feature-selection/rfe.ts'
export {
  chi2,
  fClassif,
  fRegression,
  mutualInfoClassif,
  mutualInfoRegression,
  type MutualInfoOptions,
  rRegression,
  type ScoredColumns,
} from './feature-selection/score-functions.ts'
export { selectFromModel } from './feature-selection/select-from-model.ts'
export { sequentialFeatureSelector } from './feature-selection/sequential-feature-selector.ts'
export {
  type ScoreFunction,
  selectFdr,
  selectFpr,
  selectFwe,
  selectKBest,
  selectPercentile,
} from './feature-selection/univariate.ts'
export { varianceThreshold } from './feature-selection/variance-threshold.ts'
export { iterativeImputer } from './impute/iterative-imputer.ts'
export { knnImputer } from './impute/knn-imputer.ts'
export { missingIndicator } from './impute/missing-indicator.ts'
export { simpleImputer } from './impute/simple-imputer.ts'
export { binarizer } from './preprocessing/binarizer.ts'
export { denseTransformer } from './preprocessing/dense-transformer.ts'
export { functionTransformer } from './preprocessing/function-transformer.ts'
export { kBinsDiscretizer } from './preprocessing/k-bins-discretizer.ts'
export { labelBinarizer, labelEncoder, multiLabelBinarizer } from './preprocessing/label-encoder.ts'
export { maxAbsScaler } from './preprocessing/max-abs-scaler.ts'
export { minMaxScaler } from './preprocessing/min-max-scaler.ts'
export { normalizer } from './preprocessing/normalizer.ts'
export { oneHotEncoder } from './preprocessing/one-hot-encoder.ts'
export { ordinalEncoder } from './preprocessing/ordinal-encoder.ts'
export { polynomialFeatures } from './preprocessing/polynomial-features.ts'
export { powerTransformer } from './preprocessing/power-transformer.ts'
export { quantileTransformer } from './preprocessing/quantile-transformer.ts'
export { robustScaler } from './preprocessing/robust-scaler.ts'
export { splineTransformer } from './preprocessing/spline-transformer.ts'
export { standardScaler } from './preprocessing/standard-scaler.ts'
export { targetEncoder } from './preprocessing/target-encoder.ts'
export { countVectorizer } from './text/count-vectorizer.ts'
export { hashingVectorizer } from './text/hashing-vectorizer.ts'
export { tfidfTransformer } from './text/tfidf-transformer.ts'
export { tfidfVectorizer } from './text/tfidf-vectorizer.ts'
// selection
export {
  type BiasVariance,
  biasVariance,
  type ErrorParts,
  errorParts,
  type Process,
  type Repeats,
} from './selection/bias-variance.ts'
export {
  type CrossPrediction,
  type CrossValidated,
  type CrossValidation,
  crossValidate,
  crossValPredict,
  crossValScore,
} from './selection/cross-validate.ts'
export { type Curve, type LearningCurveOptions, learningCurve, validationCurve } from './selection/curves.ts'
export { type Between, type Distributions, type Grid, parameterGrid } from './selection/parameters.ts'
export {
  bayesSearchCV,
  gridSearchCV,
  halvingGridSearchCV,
  halvingRandomSearchCV,
  randomizedSearchCV,
  type SearchResults,
} from './selection/search.ts'
export { groupKFold, leaveOneGroupOut, stratifiedGroupKFold } from './split/group-fold.ts'
export { kFold, repeatedKFold, repeatedStratifiedKFold, stratifiedKFold } from './split/k-fold.ts'
export { leaveOneOut, leavePOut, predefinedSplit } from './split/leave-out.ts'
export { shuffleSplit, stratifiedShuffleSplit } from './split/shuffle-split.ts'
export type { Split, Splitter } from './split/split.ts'
export { timeSeriesSplit } from './split/time-series.ts'
export { trainTestSplit } from './split/train-test-split.ts'
// trees
export { adaBoostClassifier } from './ensemble/ada-boost-classifier.ts'
export { adaBoostRegressor } from './ensemble/ada-boost-regressor.ts'
export { baggingClassifier } from './ensemble/bagging-classifier.ts'
export { baggingRegressor } from './ensemble/bagging-regressor.ts'
export { gradientBoostingClassifier } from './ensemble/gradient-boosting-classifier.ts'
export { gradientBoostingRegressor } from './ensemble/gradient-boosting-regressor.ts'
export { isolationForest } from './ensemble/isolation-forest.ts'
export { randomTreesEmbedding } from './ensemble/random-trees-embedding.ts'
export { stackingClassifier } from './ensemble/stacking-classifier.ts'
export { stackingRegressor } from './ensemble/stacking-regressor.ts'
export { votingClassifier } from './ensemble/voting-classifier.ts'
export { votingRegressor } from './ensemble/voting-regressor.ts'
export { extraTreesClassifier } from './ensemble/extra-trees-classifier.ts'
export { extraTreesRegressor } from './ensemble/extra-trees-regressor.ts'
export { histGradientBoostingClassifier } from './ensemble/hist-gradient-boosting-classifier.ts'
export { histGradientBoostingRegressor } from './ensemble/hist-gradient-boosting-regressor.ts'
export { randomForestClassifier } from './ensemble/random-forest-classifier.ts'
export { randomForestRegressor } from './ensemble/random-forest-regressor.ts'
export { decisionTreeClassifier } from './trees/decision-tree-classifier.ts'
export { decisionTreeRegressor } from './trees/decision-tree-regressor.ts'
export { extraTreeClassifier } from './trees/extra-tree-classifier.ts'
export { extraTreeRegressor } from './trees/extra-tree-regressor.ts'
export {
  type DependenceOptions,
  type PartialDependence,
  partialDependence,
} from './inspection/partial-dependence.ts'
export {
  type PermutationImportance,
  type PermutationOptions,
  permutationImportance,
} from './inspection/permutation-importance.ts'
export { exportSvg } from './trees/export-svg.ts'
export { exportText } from './trees/export-text.ts'
export type { ShowOptions } from './trees/shown-tree.ts'
export { costComplexityPruningPath, type PruningPath } from './trees/pruning.ts'
export type { Tree } from './trees/tree.ts'
// decomposition
export { factorAnalysis } from './decomposition/factor-analysis.ts'
export { fastICA } from './decomposition/fast-ica.ts'
export { incrementalPCA } from './decomposition/incremental-pca.ts'
export { kernelPCA } from './decomposition/kernel-pca.ts'
export { latentDirichletAllocation } from './decomposition/latent-dirichlet.ts'
export { nmf } from './decomposition/nmf.ts'
export { pca } from './decomposition/pca.ts'
export { truncatedSVD } from './decomposition/truncated-svd.ts'
// manifold
export { isomap } from './manifold/isomap.ts'
export { locallyLinearEmbedding } from './manifold/locally-linear-embedding.ts'
export { classicalMDS, mds } from './manifold/mds.ts'
export { spectralEmbedding } from './manifold/spectral-embedding.ts'
export { tsne } from './manifold/tsne.ts'
export { type TsneOptions, type TsneStep, tsneSteps } from './manifold/tsne-steps.ts'
export { umap } from './manifold/umap.ts'
// recommendation
export { collaborativeFiltering } from './recommendation/collaborative-filtering.ts'
export { matrixFactorization } from './recommendation/matrix-factorization.ts'
// support vector machines
export { linearSVC, linearSVR } from './svm/linear-svm.ts'
export { oneClassSVM } from './svm/one-class-svm.ts'
export { nuSVC, svc } from './svm/svc.ts'
export { nuSVR, svr } from './svm/svr.ts'
// covariance
export { ellipticEnvelope } from './covariance/elliptic-envelope.ts'
export { empiricalCovariance } from './covariance/empirical-covariance.ts'
export { minCovDet } from './covariance/min-cov-det.ts'
export { ledoitWolf, oas, shrunkCovariance } from './covariance/shrunk-covariance.ts'
// discriminant
export { linearDiscriminantAnalysis } from './discriminant/linear-discriminant-analysis.ts'
export { quadraticDiscriminantAnalysis } from './discriminant/quadratic-discriminant-analysis.ts'
// gaussian processes
export { gaussianProcessClassifier } from './gaussian-process/gaussian-process-classifier.ts'
export { gaussianProcessRegressor } from './gaussian-process/gaussian-process-regressor.ts'
export {
  type ComposedKernel,
  type ConstantKernel,
  constantKernel,
  type DotProduct,
  dotProduct,
  type ExpSineSquared,
  expSineSquared,
  type Kernel,
  type KernelBounds,
  type LeafKernel,
  type Matern,
  matern,
  productKernel,
  type RationalQuadratic,
  rationalQuadratic,
  type Rbf,
  rbf,
  sumKernel,
  type WhiteKernel,
  whiteKernel,
} from './gaussian-process/kernels.ts'
