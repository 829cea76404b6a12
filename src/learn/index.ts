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
