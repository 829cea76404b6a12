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

  const predictions = all.slice(0, repeats)
  const mean = new Float64Array(testSize)
  for (const predicted of predictions) for (let i = 0; i < testSize; i++) mean[i]! += predicted[i]! / repeats
  const spread = new Float64Array(testSize)
  for (const predicted of predictions)
    for (let i = 0; i < testSize; i++) spread[i]! += (predicted[i]! - mean[i]!) ** 2 / (repeats - 1)
  let bias2 = 0
  let variance = 0
  for (let i = 0; i < testSize; i++) {
    // The mean of finitely many predictions varies by Var/repeats, which its square contains.
    bias2 += ((mean[i]! - trueY[i]!) ** 2 - spread[i]! / repeats) / testSize
    variance += spread[i]! / testSize
  }
  const expected = bias2 + variance + noise * noise
  const squares = predictions.map(predicted => meanSquare(predicted, i => trueY[i]!))
  const errors = all.slice(repeats).map(predicted => meanSquare(predicted, i => trueY[i]! + noise * random.normal()))
  const error = average(errors)
  const standardError = Math.sqrt((varianceOf(errors) + varianceOf(squares)) / repeats)
  return {
    bias2,
    variance,
    noise: noise * noise,
    expected,
    error,
    standardError,
    testX,
    meanPrediction: tensor(mean),
    deviation: tensor(spread.map(Math.sqrt)),
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
