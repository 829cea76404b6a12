// Classical estimators under scikit-learn's names in camelCase. An estimator is an immutable description; `fit` returns a fitted model.
export { fromJSON } from './core/from-json.ts'
export { type AnyModel } from './core/model.ts'
export { definitions, type Description, Estimator, estimatorNames, type FitExtras } from './core/estimator.ts'
export { type Factory, type Model, type Typed } from './core/define.ts'
export { type Features } from './core/inputs.ts'
export { type Csr } from './core/sparse.ts'
export { type Target } from './core/targets.ts'
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
export { kMeans } from './cluster/k-means.ts'
// naive Bayes
export { bernoulliNB } from './naive-bayes/bernoulli-nb.ts'
export { categoricalNB } from './naive-bayes/categorical-nb.ts'
export { complementNB } from './naive-bayes/complement-nb.ts'
export { gaussianNB } from './naive-bayes/gaussian-nb.ts'
export { multinomialNB } from './naive-bayes/multinomial-nb.ts'
// preprocessing
export { type ColumnSelector, makeColumnSelector } from './compose/column-selection.ts'
export { columnTransformer, makeColumnTransformer } from './compose/column-transformer.ts'
export { simpleImputer } from './impute/simple-imputer.ts'
export { minMaxScaler } from './preprocessing/min-max-scaler.ts'
export { oneHotEncoder } from './preprocessing/one-hot-encoder.ts'
export { polynomialFeatures } from './preprocessing/polynomial-features.ts'
export { standardScaler } from './preprocessing/standard-scaler.ts'
export { countVectorizer } from './text/count-vectorizer.ts'
export { hashingVectorizer } from './text/hashing-vectorizer.ts'
export { tfidfTransformer } from './text/tfidf-transformer.ts'
export { tfidfVectorizer } from './text/tfidf-vectorizer.ts'
// selection
export { type BiasVariance, biasVariance, type Process } from './selection/bias-variance.ts'
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
export { type Split, type Splitter } from './split/split.ts'
export { timeSeriesSplit } from './split/time-series.ts'
export { trainTestSplit } from './split/train-test-split.ts'
// trees
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
export { costComplexityPruningPath, type PruningPath } from './trees/pruning.ts'
export { type Tree } from './trees/tree.ts'
// decomposition
export { factorAnalysis } from './decomposition/factor-analysis.ts'
export { fastICA } from './decomposition/fast-ica.ts'
export { incrementalPCA } from './decomposition/incremental-pca.ts'
export { kernelPCA } from './decomposition/kernel-pca.ts'
export { latentDirichletAllocation } from './decomposition/latent-dirichlet.ts'
export { nmf } from './decomposition/nmf.ts'
export { pca } from './decomposition/pca.ts'
export { truncatedSVD } from './decomposition/truncated-svd.ts'
