import { ArgumentError, ShapeError } from '../core/errors.ts'
import type { WeightOptions } from './classes.ts'
import {
  areRows,
  type Matrix,
  type Numbers,
  type Rows,
  readNumbers,
  readRows,
  readWeights,
  requireSameLength,
  weightedMean,
} from './values.ts'

/** Numbers, one an example, or rows of several outputs. */
export type Targets = Numbers | Rows

/** How the values of several outputs become one: their mean, weights, or not at all. */
export type MultiOutput = 'uniformAverage' | 'rawValues' | ArrayLike<number>

export interface RegressionOptions<M = MultiOutput> extends WeightOptions {
  readonly multioutput?: M
}

/** A value of all outputs, or with `rawValues` one of each. */
export interface RegressionScore<Extra = object, M = MultiOutput> {
  (yTrue: Targets, yPred: Targets, options: RegressionOptions<'rawValues'> & Extra): number[]
  (yTrue: Targets, yPred: Targets, options?: RegressionOptions<Exclude<M, 'rawValues'>> & Extra): number
}

const readTargets = (where: string, name: string, values: Targets): Matrix => {
  if (areRows(values)) return readRows(where, name, values)
  const data = readNumbers(where, name, values)
  return { rows: data.length, columns: 1, data }
}

/** One output of all examples. */
export interface Output {
  readonly truth: Float64Array
  readonly predicted: Float64Array
  readonly weights: Float64Array
}
export const readOutputs = (where: string, yTrue: Targets, yPred: Targets, sampleWeight?: Numbers): Output[] => {
  const truth = readTargets(where, 'yTrue', yTrue)
  const predicted = readTargets(where, 'yPred', yPred)
  requireSameLength(where, ['yTrue', truth.rows], ['yPred', predicted.rows])
  if (truth.columns !== predicted.columns) {
    throw new ShapeError(
      `${where}: yTrue has ${truth.columns} outputs and yPred ${predicted.columns}. There must be as many.`,
    )
  }
  const weights = readWeights(where, sampleWeight, truth.rows)
  const column = ({ rows, columns, data }: Matrix, c: number): Float64Array =>
    Float64Array.from({ length: rows }, (_, i) => data[i * columns + c]!)
  return Array.from({ length: truth.columns }, (_, c) => ({
    truth: column(truth, c),
    predicted: column(predicted, c),
    weights,
  }))
}

/** The values of outputs as `multioutput` asks. */
export const combined = (where: string, values: readonly number[], multioutput: MultiOutput): number | number[] => {
  if (multioutput === 'rawValues') return [...values]
  if (multioutput === 'uniformAverage') return values.reduce((a, b) => a + b, 0) / values.length
  if (typeof multioutput === 'string') {
    throw new ArgumentError(
      `${where}: multioutput must be 'uniformAverage', 'rawValues' or a weight for each output; got ${JSON.stringify(multioutput)}.`,
      { multioutput },
    )
  }
  if (multioutput.length !== values.length) {
    throw new ShapeError(
      `${where}: multioutput has ${multioutput.length} weights for ${values.length} outputs. There must be one for each.`,
    )
  }
  return weightedMean(values, multioutput)
}

const score = <Extra>(where: string, of: (output: Output, options: Partial<Extra>) => number): RegressionScore<Extra> =>
  ((yTrue: Targets, yPred: Targets, options: RegressionOptions & Partial<Extra> = {} as Partial<Extra>) => {
    const outputs = readOutputs(where, yTrue, yPred, options.sampleWeight)
    return combined(
      where,
      outputs.map(output => of(output, options)),
      options.multioutput ?? 'uniformAverage',
    )
  }) as RegressionScore<Extra>

const meanOf = ({ truth, predicted, weights }: Output, of: (y: number, p: number) => number): number =>
  weightedMean(
    truth.map((y, i) => of(y, predicted[i]!)),
    weights,
  )

/**
 * The value up to which a share of the weights lies, the values ascending; where that is between two of them, their middle.
 */
export const weightedQuantile = (values: Float64Array, weights: Float64Array, share: number): number => {
  const order = [...values.keys()].filter(i => weights[i]! > 0).sort((i, j) => values[i]! - values[j]!)
  const target = share * order.reduce((total, i) => total + weights[i]!, 0)
  let total = 0
  for (const [k, i] of order.entries()) {
    total += weights[i]!
    if (total < target || (target === 0 && total === 0)) continue
    const next = order[k + 1]
    const between = total - target <= Number.EPSILON && next !== undefined
    return between ? (values[i]! + values[next]!) / 2 : values[i]!
  }
  return values[order.at(-1)!]!
}

/**
 * The mean of `(y − p)²`.
 *
 * @example meanSquaredError([3, -0.5, 2, 7], [2.5, 0, 2, 8]) // 0.375
 */
export const meanSquaredError = score('meanSquaredError', o => meanOf(o, (y, p) => (y - p) ** 2))
/** The root of the mean of `(y − p)²`, of each output by itself. */
export const rootMeanSquaredError = score('rootMeanSquaredError', o => Math.sqrt(meanOf(o, (y, p) => (y - p) ** 2)))
/** The mean of `|y − p|`. */
export const meanAbsoluteError = score('meanAbsoluteError', o => meanOf(o, (y, p) => Math.abs(y - p)))
/** The mean of `|y − p| / |y|`, with 2⁻⁵² in place of smaller `|y|`: 1 is 100 %. */
export const meanAbsolutePercentageError = score('meanAbsolutePercentageError', o =>
  meanOf(o, (y, p) => Math.abs(y - p) / Math.max(Math.abs(y), Number.EPSILON)),
)
/** The median of `|y − p|`. */
export const medianAbsoluteError = score('medianAbsoluteError', ({ truth, predicted, weights }) =>
  weightedQuantile(
    truth.map((y, i) => Math.abs(y - predicted[i]!)),
    weights,
    0.5,
  ),
)
const squaredLog = (where: string, output: Output): number => {
  const low = [...output.truth, ...output.predicted].find(x => x <= -1)
  if (low !== undefined) throw new ArgumentError(`${where}: a value is ${low}. All must be above −1.`, { value: low })
  return meanOf(output, (y, p) => (Math.log1p(y) - Math.log1p(p)) ** 2)
}
/** The mean of `(ln(1 + y) − ln(1 + p))²`, for values above −1. */
export const meanSquaredLogError = score('meanSquaredLogError', o => squaredLog('meanSquaredLogError', o))
/** The root of the mean of `(ln(1 + y) − ln(1 + p))²`. */
export const rootMeanSquaredLogError = score('rootMeanSquaredLogError', o =>
  Math.sqrt(squaredLog('rootMeanSquaredLogError', o)),
)

export interface PinballOptions {
  /** The quantile that is predicted, from 0 to 1; 0.5. */
  readonly alpha?: number
}
const pinball = (where: string, output: Output, alpha = 0.5): number => {
  if (!(alpha >= 0 && alpha <= 1))
    throw new ArgumentError(`${where}: alpha must be a number from 0 to 1; got ${alpha}.`, { alpha })
  return meanOf(output, (y, p) => (y >= p ? alpha * (y - p) : (1 - alpha) * (p - y)))
}
/** The mean of `α (y − p)` where y is above p, `(1 − α) (p − y)` where it is below: least for the α-quantile. */
export const meanPinballLoss = score<PinballOptions>('meanPinballLoss', (o, { alpha }) =>
  pinball('meanPinballLoss', o, alpha),
)

/** The largest `|y − p|` of one output. */
export const maxError = (yTrue: Numbers, yPred: Numbers): number => {
  const [{ truth, predicted }] = readOutputs('maxError', yTrue, yPred) as [Output]
  return truth.reduce((most, y, i) => Math.max(most, Math.abs(y - predicted[i]!)), 0)
}

/** What is left of the spread, of all of it. */
interface Spread {
  readonly left: number
  readonly all: number
}
/** `1 − left / all`; without any spread 1 where nothing is left, else 0. */
const explained = ({ left, all }: Spread): number => (all !== 0 ? 1 - left / all : left === 0 ? 1 : 0)

type VarianceOutput = MultiOutput | 'varianceWeighted'
const spreadScore = <Extra = object>(where: string, of: (output: Output, options: Partial<Extra>) => Spread) =>
  ((
    yTrue: Targets,
    yPred: Targets,
    options: RegressionOptions<VarianceOutput> & Partial<Extra> = {} as Partial<Extra>,
  ) => {
    const spreads = readOutputs(where, yTrue, yPred, options.sampleWeight).map(output => {
      if (output.truth.length >= 2) return of(output, options)
      throw new ArgumentError(`${where}: there is 1 example. A spread needs at least two.`)
    })
    const { multioutput = 'uniformAverage' } = options
    const values = spreads.map(explained)
    if (multioutput !== 'varianceWeighted') return combined(where, values, multioutput)
    const weights = spreads.map(s => s.all)
    return combined(where, values, weights.some(w => w !== 0) ? weights : 'uniformAverage')
  }) as RegressionScore<Extra, VarianceOutput>

/**
 * The coefficient of determination, `1 − Σ (y − p)² / Σ (y − ȳ)²`: 1 is perfect, 0 as good as the mean. Where all y are equal it is 1
 * if the prediction is right, else 0.
 *
 * @throws ArgumentError for a single example
 *
 * @example r2Score([3, -0.5, 2, 7], [2.5, 0, 2, 8]) // 0.9486
 */
export const r2Score = spreadScore('r2Score', output => {
  const mean = weightedMean(output.truth, output.weights)
  return { left: meanOf(output, (y, p) => (y - p) ** 2), all: meanOf(output, y => (y - mean) ** 2) }
})
/** `1 − Var(y − p) / Var(y)`: as {@link r2Score}, but a constant error does not count. */
export const explainedVarianceScore = spreadScore('explainedVarianceScore', output => {
  const mean = weightedMean(output.truth, output.weights)
  const bias = meanOf(output, (y, p) => y - p)
  return { left: meanOf(output, (y, p) => (y - p - bias) ** 2), all: meanOf(output, y => (y - mean) ** 2) }
})
const pinballSpread = (where: string, output: Output, alpha = 0.5): Spread => {
  const best = weightedQuantile(output.truth, output.weights, alpha)
  const constant = { ...output, predicted: output.truth.map(() => best) }
  return { left: pinball(where, output, alpha), all: pinball(where, constant, alpha) }
}
/** The share of the pinball loss of the best constant that is gone. */
export const d2PinballScore = spreadScore<PinballOptions>('d2PinballScore', (output, { alpha }) =>
  pinballSpread('d2PinballScore', output, alpha),
)
/** The share of the mean absolute error of the median that is gone. */
export const d2AbsoluteErrorScore = spreadScore('d2AbsoluteErrorScore', output =>
  pinballSpread('d2AbsoluteErrorScore', output),
)
