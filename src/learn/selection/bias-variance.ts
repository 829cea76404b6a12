import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, integer } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { tensor } from '../../tensor/creation.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { Random } from '../core/random.ts'
import { nJobs, randomState } from '../core/rules.ts'
import { runTasks } from '../threads/pool.ts'
import { type AnyEstimator, plainEstimator } from './cross-validate.ts'
import type { PredictionJob } from './fit-and-predict.ts'

/** Where data comes from: `y = f(x) + noise`. */
export interface Process {
  /** The truth at one row. */
  readonly f: (x: Float64Array) => number
  /** One row drawn at random. */
  readonly drawX: (random: Random) => readonly number[]
  /** Standard deviation of the normal noise. */
  readonly noise: number
}

const declared = defineOptions({
  repeats: integer({ min: 2, default: 200, help: 'samples that tell bias and variance, and as many that are judged' }),
  trainSize: integer({ min: 1, default: 30, help: 'rows of each sample' }),
  testSize: integer({ min: 1, default: 200, help: 'rows on which errors are taken' }),
  randomState,
  nJobs,
})

export interface BiasVariance {
  /** Mean over test rows of `(E f̂(x) − f(x))²`, with what the finite number of repeats adds taken off. */
  readonly bias2: number
  /** Mean over test rows of the variance of `f̂(x)` over samples. */
  readonly variance: number
  /** Variance of the noise. */
  readonly noise: number
  /** `bias2 + variance + noise`: what the test error should be. */
  readonly expected: number
  /** Mean squared error of other fits against fresh noisy targets. */
  readonly error: number
  /** Standard error of `error − expected`. */
  readonly standardError: number
  /** The test rows, the mean prediction there and its deviation over samples. */
  readonly testX: Dense
  readonly meanPrediction: Tensor<readonly [number], 'float64'>
  readonly deviation: Tensor<readonly [number], 'float64'>
}

/**
 * Splits the squared error of a regressor into squared bias, variance and noise: it is fitted on many samples of one process, and its
 * predictions at the same test rows are compared with the truth and with each other.
 *
 * `E (y − f̂(x))² = (E f̂(x) − f(x))² + Var f̂(x) + σ²`
 *
 * @example
 * const { bias2, variance, noise, error } = await biasVariance(linearRegression(), {
 *   f: x => Math.sin(3 * x[0]!),
 *   drawX: random => [2 * random.uniform() - 1],
 *   noise: 0.3,
 * })
 *
 * Source: Geman, Bienenstock & Doursat 1992; Hastie, Tibshirani & Friedman 2009, section 7.3.
 */
export const biasVariance = async (
  estimator: AnyEstimator,
  { f, drawX, noise }: Process,
  options: {
    readonly repeats?: number
    readonly trainSize?: number
    readonly testSize?: number
    readonly randomState?: number
    readonly nJobs?: number
  } = {},
): Promise<BiasVariance> => {
  const own = plainEstimator(estimator)
  if (own.kind !== 'regressor')
    throw new ArgumentError(
      `biasVariance: squared error is split, so a regressor is needed; ${own.name} is a ${own.kind}.`,
    )
  if (!(noise >= 0)) throw new ArgumentError(`biasVariance: noise must be a number of at least 0; got ${noise}.`)
  const { repeats, trainSize, testSize, randomState, nJobs } = declared.validate('biasVariance', options)
  const random = new Random(randomState)
  const rows = (count: number): Dense => {
    const drawn = Array.from({ length: count }, () => drawX(random))
    return { rows: count, columns: drawn[0]!.length, data: Float64Array.from(drawn.flat()) }
  }
  const truth = ({ rows: n, columns, data }: Dense): Float64Array =>
    Float64Array.from({ length: n }, (_, i) => f(data.subarray(i * columns, (i + 1) * columns)))
  const testX = rows(testSize)
  const trueY = truth(testX)
  // Half of the fits tell bias and variance, the others are judged on fresh noisy targets: what must be equal is found independently.
  const jobs: PredictionJob[] = Array.from({ length: 2 * repeats }, () => {
    const X = rows(trainSize)
    return { X, y: truth(X).map(value => value + noise * random.normal()), seed: random.seed() }
  })
  const all = await runTasks<Float64Array>('fitAndPredict', jobs, {
    shared: { estimator: own.toJSON(), testX },
    nJobs,
  })

  const errors = all.slice(repeats).map(predicted => meanSquare(predicted, i => trueY[i]! + noise * random.normal()))
  const parts = errorParts({ predictions: all.slice(0, repeats), truth: trueY, noise, errors })
  return {
    bias2: parts.bias2,
    variance: parts.variance,
    noise: parts.noise,
    expected: parts.expected,
    error: parts.error,
    standardError: parts.standardError,
    testX,
    meanPrediction: tensor(parts.mean),
    deviation: tensor(parts.deviation),
  }
}

/** What is known of fits on many samples of one process. */
export interface Repeats {
  /** Predictions at the same test rows, an array a fit: at least two. */
  readonly predictions: readonly Float64Array[]
  /** The truth at the test rows. */
  readonly truth: Float64Array
  /** Standard deviation of the noise. */
  readonly noise: number
  /** Mean squared errors of other fits against noisy targets: at least two. */
  readonly errors: readonly number[]
}

/** The parts of the squared error, each with the standard error that finitely many repeats leave. */
export interface ErrorParts {
  readonly bias2: number
  readonly bias2StandardError: number
  readonly variance: number
  readonly varianceStandardError: number
  readonly noise: number
  readonly expected: number
  readonly error: number
  readonly errorStandardError: number
  /** Standard error of `error − expected`. */
  readonly standardError: number
  /** Mean over the rows of `(mean prediction − truth)²`: squared bias with what finite repeats add. */
  readonly meanGap2: number
  /** At each test row: the mean prediction, and its deviation over fits. */
  readonly mean: Float64Array
  readonly deviation: Float64Array
}

/**
 * Splits the squared error by predictions that were made already: what {@link biasVariance} does with its own.
 *
 * @throws ArgumentError for fewer than two predictions or errors
 * @example
 * const parts = errorParts({ predictions: [Float64Array.of(1), Float64Array.of(3)], truth: Float64Array.of(0), noise: 0, errors: [1, 9] })
 * parts.variance // 2
 *
 * Source: Geman, Bienenstock & Doursat 1992.
 */
export const errorParts = ({ predictions, truth, noise, errors }: Repeats): ErrorParts => {
  const [repeats, testSize] = [predictions.length, truth.length]
  if (repeats < 2 || errors.length < 2) {
    throw new ArgumentError(
      `errorParts: there are ${repeats} predictions and ${errors.length} errors. A variance needs at least two of each.`,
    )
  }
  const mean = new Float64Array(testSize)
  for (const predicted of predictions) for (let i = 0; i < testSize; i++) mean[i]! += predicted[i]! / repeats
  const spread = new Float64Array(testSize)
  for (const predicted of predictions)
    for (let i = 0; i < testSize; i++) spread[i]! += (predicted[i]! - mean[i]!) ** 2 / (repeats - 1)
  let bias2 = 0
  let variance = 0
  let meanGap2 = 0
  for (let i = 0; i < testSize; i++) {
    const gap2 = (mean[i]! - truth[i]!) ** 2
    // The mean of finitely many predictions varies by Var/repeats, which its square contains.
    bias2 += (gap2 - spread[i]! / repeats) / testSize
    variance += spread[i]! / testSize
    meanGap2 += gap2 / testSize
  }
  // What each fit adds to the squared bias, to first order, and to the variance.
  const leans = predictions.map(predicted => {
    let sum = 0
    for (let i = 0; i < testSize; i++) sum += (2 * (mean[i]! - truth[i]!) * (predicted[i]! - mean[i]!)) / testSize
    return sum
  })
  const spreads = predictions.map(predicted => meanSquare(predicted, i => mean[i]!))
  const squares = predictions.map(predicted => meanSquare(predicted, i => truth[i]!))
  const ofTruth = varianceOf(squares) / repeats
  const ofErrors = varianceOf(errors) / errors.length
  return {
    bias2,
    bias2StandardError: Math.sqrt(varianceOf(leans) / repeats),
    variance,
    varianceStandardError: Math.sqrt(varianceOf(spreads) / repeats),
    noise: noise * noise,
    expected: bias2 + variance + noise * noise,
    error: average(errors),
    errorStandardError: Math.sqrt(ofErrors),
    standardError: Math.sqrt(ofErrors + ofTruth),
    meanGap2,
    mean,
    deviation: spread.map(Math.sqrt),
  }
}

const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
const varianceOf = (values: readonly number[]): number => {
  const mean = average(values)
  return values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1)
}
const meanSquare = (predicted: Float64Array, truth: (i: number) => number): number => {
  let sum = 0
  for (let i = 0; i < predicted.length; i++) sum += (truth(i) - predicted[i]!) ** 2 / predicted.length
  return sum
}
