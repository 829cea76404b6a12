import * as metrics from '../metrics/index.ts'
import type { AnyModel, Features } from '../learn/index.ts'
import type { Tensor } from '../tensor/tensor.ts'

type Label = number | string

interface Verbs {
  predict(X: Features): Promise<Tensor | readonly Label[]>
  predictProba?(X: Features): Promise<Tensor>
  decisionFunction?(X: Features): Promise<Tensor>
  readonly classes?: readonly Label[]
}

/** What a fitted classifier said of rows. */
export interface ClassifierJudgement {
  readonly kind: 'classifier'
  readonly truth: readonly Label[]
  readonly predicted: readonly Label[]
  readonly classes: readonly Label[]
  /** [N, K] row by row, where the model has probabilities. */
  readonly probabilities: Float64Array | undefined
  /** Of two classes the score of the second. */
  readonly scores: Float64Array | undefined
}
export interface RegressorJudgement {
  readonly kind: 'regressor'
  readonly truth: Float64Array
  readonly predicted: Float64Array
}
export type TableJudgement = ClassifierJudgement | RegressorJudgement

/** True and false are 1 and 0 to the measures. */
const named = (label: Label | boolean): Label => (typeof label === 'boolean' ? Number(label) : label)

const listOf = async (values: Tensor | readonly Label[]): Promise<readonly Label[]> =>
  Array.isArray(values) ? values.map(named) : Array.from((await (values as Tensor).data()) as ArrayLike<number>)

/** What a model says of rows, beside the truth. */
export const judgeTable = async (
  model: AnyModel,
  X: Features,
  y: Float64Array | readonly string[] | readonly boolean[],
): Promise<TableJudgement> => {
  const verbs = model as unknown as Verbs
  if (!verbs.classes) {
    const predicted = Float64Array.from((await listOf(await verbs.predict(X))) as readonly number[])
    return { kind: 'regressor', truth: Float64Array.from(y as ArrayLike<number>), predicted }
  }
  const classes = verbs.classes.map(label => (typeof label === 'boolean' ? Number(label) : label))
  const predicted = await listOf(await verbs.predict(X))
  const probabilities = verbs.predictProba ? ((await (await verbs.predictProba(X)).data()) as Float64Array) : undefined
  const decision = verbs.decisionFunction
    ? ((await (await verbs.decisionFunction(X)).data()) as Float64Array)
    : undefined
  const scores =
    classes.length !== 2
      ? undefined
      : (decision ?? (probabilities && Float64Array.from(predicted, (_, i) => probabilities[2 * i + 1]!)))
  return {
    kind: 'classifier',
    truth: Array.from(y as ArrayLike<Label>, named),
    predicted,
    classes,
    probabilities,
    scores,
  }
}

/** Rows of true classes that the model knows: measures by probability leave out the others. */
const known = ({ truth, classes }: ClassifierJudgement): number[] =>
  truth.flatMap((label, i) => (classes.includes(label) ? [i] : []))

/** The usual measures by name. */
export const tableScores = (judgement: TableJudgement): Record<string, number> => {
  if (judgement.kind === 'regressor') {
    const { truth, predicted } = judgement
    return {
      r2: metrics.r2Score(truth, predicted),
      rmse: metrics.rootMeanSquaredError(truth, predicted),
      mae: metrics.meanAbsoluteError(truth, predicted),
      medianAbsoluteError: metrics.medianAbsoluteError(truth, predicted),
      rows: truth.length,
    }
  }
  const { truth, predicted, classes, probabilities, scores } = judgement
  const rows = known(judgement)
  const out: Record<string, number> = { accuracy: metrics.accuracyScore(truth, predicted) }
  const two = classes.length === 2
  if (rows.length > 0) {
    const [t, p] = [rows.map(i => truth[i]!), rows.map(i => predicted[i]!)]
    const options = two
      ? { labels: [...classes], posLabel: classes[1]!, zeroDivision: 0 as const }
      : { average: 'macro' as const, zeroDivision: 0 as const }
    out.balancedAccuracy = metrics.balancedAccuracyScore(t, p)
    out.precision = metrics.precisionScore(t, p, options)
    out.recall = metrics.recallScore(t, p, options)
    out.f1 = metrics.f1Score(t, p, options)
  }
  if (rows.length < truth.length) out.unknownClasses = truth.length - rows.length
  const seen = new Set(rows.map(i => truth[i]!))
  if (scores && seen.size === 2) {
    const [t, s] = [rows.map(i => (truth[i] === classes[1] ? 1 : 0)), rows.map(i => scores[i]!)]
    out.rocAuc = metrics.rocAucScore(t, s)
    out.averagePrecision = metrics.averagePrecisionScore(t, s)
  }
  if (probabilities && rows.length > 0) {
    const K = classes.length
    const codes = rows.map(i => classes.indexOf(truth[i]!))
    out.logLoss = metrics.logLoss(
      codes,
      rows.map(i => Array.from(probabilities.subarray(i * K, (i + 1) * K))),
      { labels: Array.from({ length: K }, (_, k) => k) },
    )
  }
  out.rows = truth.length
  return out
}
