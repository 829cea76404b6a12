/**
 * Statistics: distributions, estimation, Bayesian updating, information measures, tests and models of chance.
 *
 * What is returned: a distribution gives tensors, whatever the shape, lazily and in its parameters' dtype (float64 where they are numbers).
 * Everything else is computed at once on the host, in float64: it returns a number for a number and a float64 tensor for an array (int32 for
 * class numbers, a list for names), and takes lists or tensors that have been evaluated. Only what runs a model of yours, a function of
 * tensors, is a promise.
 */

// Distributions
export { bernoulli, binomial, geometric, negativeBinomial, poisson } from './distributions/counts.ts'
export { beta, uniform, vonMises } from './distributions/bounded.ts'
export { Categorical, categorical, Multinomial, multinomial } from './distributions/categorical.ts'
export { Dirichlet, dirichlet } from './distributions/dirichlet.ts'
export { Distribution } from './distributions/distribution.ts'
export { Continuous, Discrete } from './distributions/family.ts'
export { kl, monteCarloKl } from './distributions/kl.ts'
export { cauchy, laplace, logNormal, normal, studentT } from './distributions/location-scale.ts'
export {
  MultivariateNormal,
  type MultivariateNormalParameters,
  multivariateNormal,
} from './distributions/multivariate-normal.ts'
export { chiSquared, exponential, fDistribution, gamma, weibull } from './distributions/positive.ts'
export * as special from './special/index.ts'

// Data described
export {
  type Correlation,
  correlation,
  covariance,
  kendallCorrelation,
  pearsonCorrelation,
  ranks,
  spearmanCorrelation,
} from './correlation.ts'
export {
  describe,
  type Description,
  ecdf,
  type EmpiricalDistribution,
  type Histogram,
  histogram,
  quantile,
  type QuantileMethod,
  quantileMethods,
} from './empirical.ts'
export { crossEntropyOf, crossTable, entropy, JointTable, jointTable, klDivergence, type Label } from './joint-table.ts'

// Estimation and Bayesian updating
export {
  type Estimate,
  type EstimationOptions,
  type LogDensity,
  maximumAPosteriori,
  maximumLikelihood,
} from './estimation.ts'
export type { Constraint, Constraints, ModelParameters } from './transforms.ts'
export {
  type BetaBinomial,
  betaBinomial,
  betaBinomialDistribution,
  type DirichletMultinomial,
  dirichletMultinomial,
  type GammaPoisson,
  gammaPoisson,
  type Interval,
  type NormalInverseGamma,
  type NormalNormal,
  normalInverseGamma,
  normalNormal,
} from './conjugate.ts'
export { type ContinuousFit, type DiscreteFit, fit, fitMultivariateNormal } from './fit.ts'

// Sampling from a density
export { type ChainDraws, effectiveSampleSize, type ParameterSummary, rHat } from './chains.ts'
export { type ChainOptions, hamiltonian, metropolis, nuts, type TargetDensity } from './monte-carlo.ts'
export type { RandomSource } from './random-stream.ts'

// Hypothesis tests
export { type BootstrapOptions, type BootstrapResult, bootstrap } from './bootstrap.ts'
export { binomialTest, fisherExact } from './count-tests.ts'
export {
  type Alternative,
  anova,
  chiSquaredContingency,
  chiSquaredTest,
  type TestResult,
  type TTestOptions,
  type TTestResult,
  tTestIndependent,
  tTestOneSample,
  tTestPaired,
} from './hypothesis-tests.ts'
export {
  kolmogorovSmirnovOneSample,
  kolmogorovSmirnovTwoSample,
  mannWhitneyU,
  type TestMethod,
  wilcoxon,
} from './rank-tests.ts'
export { shapiroWilk } from './shapiro-wilk.ts'

// Models of chance, rules and search
export {
  type Emission,
  HiddenMarkovModel,
  type HiddenMarkovModelParameters,
  hiddenMarkovModel,
} from './hidden-markov-model.ts'
export { type CommunicatingClass, fitMarkovChain, MarkovChain, markovChain } from './markov-chain.ts'
export {
  type Assignment,
  BayesianNetwork,
  bayesianNetwork,
  type NetworkVariable,
  type SamplingOptions,
} from './bayesian-network.ts'
export { type GeneticOptions, type GeneticResult, type Genes, geneticAlgorithm } from './genetic-algorithm.ts'
export {
  type Answer,
  type Bindings,
  explain,
  type Proof,
  type Rule,
  RuleEngine,
  ruleEngine,
  type Statement,
} from './rule-engine.ts'
