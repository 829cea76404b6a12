export {
  accuracyScore,
  type BalancedAccuracyOptions,
  balancedAccuracyScore,
  type CohenKappaOptions,
  cohenKappaScore,
  hammingLoss,
  matthewsCorrcoef,
  type ShareOptions,
  zeroOneLoss,
} from './agreement.ts'
export { type BleuOptions, type BleuScore, bleu, type References, sentenceBleu } from './bleu.ts'
export type { BleuTokenizer } from './bleu-tokens.ts'
export { type ChrfOptions, chrf } from './chrf.ts'
export {
  accuracy,
  type ClassReport,
  type ConfusionOptions,
  classReports,
  confusionMatrix,
  topKAccuracy,
} from './classification.ts'
export type { WeightOptions } from './classes.ts'
export {
  calinskiHarabaszScore,
  daviesBouldinScore,
  type SilhouetteOptions,
  silhouetteSamples,
  silhouetteScore,
} from './cluster-shape.ts'
export {
  adjustedMutualInfoScore,
  adjustedRandScore,
  completenessScore,
  contingencyMatrix,
  type EntropyAverage,
  fowlkesMallowsScore,
  homogeneityCompletenessVMeasure,
  homogeneityScore,
  type InformationOptions,
  mutualInfoScore,
  normalizedMutualInfoScore,
  randScore,
  type VMeasure,
  type VMeasureOptions,
  vMeasureScore,
} from './clustering.ts'
export {
  auc,
  type CurveOptions,
  type DetCurve,
  detCurve,
  type PrecisionRecallCurve,
  precisionRecallCurve,
  type RocCurve,
  rocCurve,
} from './curves.ts'
export {
  d2TweedieScore,
  meanGammaDeviance,
  meanPoissonDeviance,
  meanTweedieDeviance,
  type TweedieOptions,
} from './deviance.ts'
export { trustworthiness } from './embedding.ts'
export {
  type Average,
  f1Score,
  fbetaScore,
  jaccardScore,
  type PrecisionRecall,
  type PrecisionRecallOptions,
  precisionRecallFscoreSupport,
  precisionScore,
  recallScore,
} from './precision-recall.ts'
export {
  brierScoreLoss,
  type CalibrationOptions,
  calibrationCurve,
  hingeLoss,
  logLoss,
  type ProbabilityOptions,
} from './probability.ts'
export {
  type AtKOptions,
  coverageError,
  type DcgOptions,
  dcgScore,
  type GainOptions,
  labelRankingAveragePrecisionScore,
  labelRankingLoss,
  meanReciprocalRank,
  ndcgScore,
  precisionAtK,
  recallAtK,
} from './ranking.ts'
export {
  d2AbsoluteErrorScore,
  d2PinballScore,
  explainedVarianceScore,
  type MultiOutput,
  maxError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanPinballLoss,
  meanSquaredError,
  meanSquaredLogError,
  medianAbsoluteError,
  type PinballOptions,
  type RegressionOptions,
  r2Score,
  rootMeanSquaredError,
  rootMeanSquaredLogError,
  type Targets,
} from './regression.ts'
export {
  type ClassificationReport,
  classificationReport,
  classificationReportOf,
  type ReportOptions,
} from './report.ts'
export { type AveragePrecisionOptions, averagePrecisionScore, type RocAucOptions, rocAucScore } from './roc-auc.ts'
export type { Label, Numbers, Rows, Values } from './values.ts'
