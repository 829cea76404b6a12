import { ArgumentError } from '../../core/errors.ts'
import { nearest } from '../../core/nearest.ts'
import * as metrics from '../../metrics/index.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import type { Fit, InputName, Inputs, Targets, TargetName } from '../core/definition.ts'
import { decide } from '../core/model.ts'
import { accuracyOfCodes, r2 } from '../core/scores.ts'

/** How good a fitted model is on rows: higher is better. */
export type Scorer = (fit: Fit, X: Inputs[InputName], y: Targets[TargetName], weights?: Float64Array) => Promise<number>

const classes =
  (
    score: (truth: Int32Array, predicted: Int32Array, options: { readonly sampleWeight?: Float64Array }) => number,
  ): Scorer =>
  async (fit, X, y, weights) =>
    score(y as Int32Array, await decide(fit, X), weights ? { sampleWeight: weights } : {})

/** Probabilities [N, K], or the scores of the second of two classes. */
const scoresOf = async (fit: Fit, X: Inputs[InputName]): Promise<Dense | Float64Array> => {
  const { decisionFunction, predictProba } = fit.definition.methods
  if (!decisionFunction && !predictProba)
    throw new ArgumentError(
      `scoring: ${fit.definition.name} gives neither probabilities nor scores. Take another measure, such as "accuracy".`,
    )
  const found = (await (decisionFunction ?? predictProba)!(fit, X)) as Dense | Float64Array
  return found instanceof Float64Array || found.columns !== 2 ? found : secondColumn(found)
}
const secondColumn = ({ rows, data }: Dense): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => data[2 * i + 1]!)
const probabilitiesOf = async (fit: Fit, X: Inputs[InputName]): Promise<Dense> => {
  const { predictProba } = fit.definition.methods
  if (!predictProba)
    throw new ArgumentError(
      `scoring: ${fit.definition.name} has no probabilities. Take another measure, such as "accuracy".`,
    )
  return (await predictProba(fit, X)) as Dense
}
const nested = ({ rows, columns, data }: Dense): Float64Array[] =>
  Array.from({ length: rows }, (_, i) => data.subarray(i * columns, (i + 1) * columns))

const ranked =
  (options: { readonly multiClass?: 'ovr' | 'ovo' }): Scorer =>
  async (fit, X, y, weights) => {
    const weighted = weights ? { sampleWeight: weights } : {}
    if (fit.classes.length === 2)
      return metrics.rocAucScore(y as Int32Array, (await scoresOf(fit, X)) as Float64Array, weighted)
    const labels = Array.from({ length: fit.classes.length }, (_, k) => k)
    return metrics.rocAucScore(y as Int32Array, nested(await probabilitiesOf(fit, X)), {
      multiClass: 'ovr',
      ...options,
      ...weighted,
      labels,
    })
  }

const numbers =
  (
    score: (truth: Targets_, predicted: Targets_, options: { readonly sampleWeight?: Float64Array }) => number,
  ): Scorer =>
  async (fit, X, y, weights) => {
    const predicted = (await fit.definition.methods.predict!(fit, X)) as Float64Array | Dense
    return score(listed(y as Float64Array | Dense), listed(predicted), weights ? { sampleWeight: weights } : {})
  }
type Targets_ = Float64Array | Float64Array[]
const listed = (y: Float64Array | Dense): Targets_ =>
  y instanceof Float64Array ? y : y.columns === 1 ? y.data : nested(y)

const clusters =
  (score: (truth: ArrayLike<number>, labels: ArrayLike<number>) => number): Scorer =>
  async (fit, X, y) => {
    const { predict } = fit.definition.methods
    if (y === undefined)
      throw new ArgumentError('scoring: the measure compares clusters with known classes. Pass these as y.')
    if (!predict)
      throw new ArgumentError(
        `scoring: ${fit.definition.name} places no new rows, so it cannot be judged on rows kept back.`,
      )
    return score(y as ArrayLike<number>, (await predict(fit, X)) as Int32Array)
  }

/** A measure of two classes sees the second as positive; of more it needs an average, which the name says. */
const positive =
  (score: typeof metrics.f1Score): Scorer =>
  async (fit, X, y, weights) => {
    if (fit.classes.length !== 2) {
      throw new ArgumentError(
        `scoring: there are ${fit.classes.length} classes, so the measure needs an average. Take its name with Macro, Micro or Weighted, such as "f1Macro".`,
      )
    }
    return score(y as Int32Array, await decide(fit, X), weights ? { sampleWeight: weights } : {})
  }
const averages = ['macro', 'micro', 'weighted'] as const
const averaged = (name: string, score: typeof metrics.f1Score): Record<string, Scorer> => ({
  [name]: positive(score),
  ...Object.fromEntries(
    averages.map(average => [
      `${name}${average[0]!.toUpperCase()}${average.slice(1)}`,
      classes((t, p, o) => score(t, p, { ...o, average, zeroDivision: 0 })),
    ]),
  ),
})
const negative =
  (score: (truth: Targets_, predicted: Targets_, options: { readonly sampleWeight?: Float64Array }) => number) =>
  (truth: Targets_, predicted: Targets_, options: { readonly sampleWeight?: Float64Array }): number =>
    -score(truth, predicted, options)

/** Measures by name; those that are better when lower count negative, as in scikit-learn. */
export const scorers: Readonly<Record<string, Scorer>> = {
  accuracy: async (fit, X, y, weights) => accuracyOfCodes(y as Int32Array, await decide(fit, X), weights),
  balancedAccuracy: classes(metrics.balancedAccuracyScore),
  matthewsCorrcoef: classes(metrics.matthewsCorrcoef),
  ...averaged('f1', metrics.f1Score),
  ...averaged('precision', metrics.precisionScore as typeof metrics.f1Score),
  ...averaged('recall', metrics.recallScore as typeof metrics.f1Score),
  ...averaged('jaccard', metrics.jaccardScore as typeof metrics.f1Score),
  rocAuc: ranked({}),
  rocAucOvr: ranked({ multiClass: 'ovr' }),
  rocAucOvo: ranked({ multiClass: 'ovo' }),
  averagePrecision: async (fit, X, y, weights) =>
    metrics.averagePrecisionScore(
      y as Int32Array,
      (await scoresOf(fit, X)) as Float64Array,
      weights ? { sampleWeight: weights } : {},
    ),
  negLogLoss: async (fit, X, y, weights) =>
    -metrics.logLoss(y as Int32Array, nested(await probabilitiesOf(fit, X)), {
      labels: Array.from({ length: fit.classes.length }, (_, k) => k),
      ...(weights ? { sampleWeight: weights } : {}),
    }),
  negBrierScore: async (fit, X, y, weights) =>
    -metrics.brierScoreLoss(
      y as Int32Array,
      secondColumn(await probabilitiesOf(fit, X)),
      weights ? { sampleWeight: weights } : {},
    ),
  r2: async (fit, X, y, weights) => {
    const predicted = (await fit.definition.methods.predict!(fit, X)) as Float64Array | Dense
    const asDense = (v: Float64Array | Dense): Dense =>
      v instanceof Float64Array ? { rows: v.length, columns: 1, data: v } : v
    return r2(asDense(y as Float64Array | Dense), asDense(predicted), weights)
  },
  explainedVariance: numbers(metrics.explainedVarianceScore as never),
  negMeanSquaredError: numbers(negative(metrics.meanSquaredError as never)),
  negRootMeanSquaredError: numbers(negative(metrics.rootMeanSquaredError as never)),
  negMeanAbsoluteError: numbers(negative(metrics.meanAbsoluteError as never)),
  negMedianAbsoluteError: numbers(negative(metrics.medianAbsoluteError as never)),
  negMeanAbsolutePercentageError: numbers(negative(metrics.meanAbsolutePercentageError as never)),
  negMeanSquaredLogError: numbers(negative(metrics.meanSquaredLogError as never)),
  negMaxError: numbers((t, p) => -metrics.maxError(t as Float64Array, p as Float64Array)),
  negMeanPoissonDeviance: numbers(negative(metrics.meanPoissonDeviance as never)),
  negMeanGammaDeviance: numbers(negative(metrics.meanGammaDeviance as never)),
  adjustedRandScore: clusters(metrics.adjustedRandScore),
  normalizedMutualInfoScore: clusters(metrics.normalizedMutualInfoScore),
  vMeasureScore: clusters(metrics.vMeasureScore),
}

/** What a model is judged by when nothing else is said: accuracy, R², or its own score. */
const own: Scorer = async (fit, X, y, weights) => {
  if (fit.definition.kind === 'classifier') return scorers.accuracy!(fit, X, y, weights)
  if (fit.definition.kind === 'regressor') return scorers.r2!(fit, X, y, weights)
  const { score } = fit.definition.methods
  if (!score)
    throw new ArgumentError(
      `scoring: ${fit.definition.name} has no score of its own. Pass { scoring }, such as "adjustedRandScore".`,
    )
  return (await score(fit, X, y)) as number
}

/** A measure by its name; null for the model's own. */
export const scorerOf = (name: string | null): Scorer => {
  if (name === null) return own
  const found = Object.hasOwn(scorers, name) ? scorers[name] : undefined
  if (found) return found
  const near = nearest(name, Object.keys(scorers))
  throw new ArgumentError(
    `scoring: ${JSON.stringify(name)} is unknown. ${near ? `Did you mean ${near}?` : `The measures are ${Object.keys(scorers).join(', ')}.`}`,
    { name },
  )
}
