import { ArgumentError } from '../core/errors.ts'
import type { WeightOptions } from './classes.ts'
import { type Output, readOutputs } from './regression.ts'
import { type Numbers, weightedMean } from './values.ts'

export interface TweedieOptions extends WeightOptions {
  /** 0 normal, 1 Poisson, 2 gamma, 3 inverse Gaussian; between 1 and 2 Poisson sums of gammas. 0. */
  readonly power?: number
}

/** Which y and p a power allows. */
const requireDomain = (where: string, power: number, { truth, predicted }: Output): void => {
  if (!Number.isFinite(power) || (power > 0 && power < 1)) {
    throw new ArgumentError(
      `${where}: power must be 0 or less, or 1 or more; got ${power}. No distribution has one between.`,
      { power },
    )
  }
  const least = power < 1 ? -Infinity : power < 2 ? 0 : Number.MIN_VALUE
  const low = truth.find(y => y < least)
  if (low !== undefined) {
    throw new ArgumentError(
      `${where}: yTrue has ${low}. With power ${power} all must be ${power < 2 ? 'at least' : 'above'} 0.`,
      { value: low },
    )
  }
  const other = power === 0 ? undefined : predicted.find(p => p <= 0)
  if (other !== undefined)
    throw new ArgumentError(`${where}: yPred has ${other}. With power ${power} all must be above 0.`, { value: other })
}

const unitDeviance = (y: number, p: number, power: number): number => {
  if (power === 0) return (y - p) ** 2
  if (power === 1) return 2 * ((y === 0 ? 0 : y * Math.log(y / p)) - y + p)
  if (power === 2) return 2 * (Math.log(p / y) + y / p - 1)
  const [one, two] = [1 - power, 2 - power]
  return 2 * (Math.max(y, 0) ** two / (one * two) - (y * p ** one) / one + p ** two / two)
}
const meanDeviance = ({ truth, predicted, weights }: Output, power: number): number =>
  weightedMean(
    truth.map((y, i) => unitDeviance(y, predicted[i]!, power)),
    weights,
  )
const deviance = (
  where: string,
  yTrue: Numbers,
  yPred: Numbers,
  { power = 0, sampleWeight }: TweedieOptions,
): number => {
  const [output] = readOutputs(where, yTrue, yPred, sampleWeight) as [Output]
  requireDomain(where, power, output)
  return meanDeviance(output, power)
}

/**
 * The mean deviance of a Tweedie distribution whose variance is its mean to some power.
 *
 * @throws ArgumentError for powers between 0 and 1, and for values that the power does not allow
 *
 * Source: Jørgensen 1987.
 */
export const meanTweedieDeviance = (yTrue: Numbers, yPred: Numbers, options: TweedieOptions = {}): number =>
  deviance('meanTweedieDeviance', yTrue, yPred, options)
/** The mean of `2 (y ln(y / p) − y + p)`, for y of at least 0 and p above. */
export const meanPoissonDeviance = (yTrue: Numbers, yPred: Numbers, options: WeightOptions = {}): number =>
  deviance('meanPoissonDeviance', yTrue, yPred, { ...options, power: 1 })
/** The mean of `2 (ln(p / y) + y / p − 1)`, for values above 0. */
export const meanGammaDeviance = (yTrue: Numbers, yPred: Numbers, options: WeightOptions = {}): number =>
  deviance('meanGammaDeviance', yTrue, yPred, { ...options, power: 2 })
/** The share of the deviance of the mean that is gone; for power 0 this is R². */
export const d2TweedieScore = (yTrue: Numbers, yPred: Numbers, options: TweedieOptions = {}): number => {
  const { power = 0 } = options
  const left = deviance('d2TweedieScore', yTrue, yPred, options)
  const [output] = readOutputs('d2TweedieScore', yTrue, yPred, options.sampleWeight) as [Output]
  if (output.truth.length < 2)
    throw new ArgumentError('d2TweedieScore: there is 1 example. A spread needs at least two.')
  const mean = weightedMean(output.truth, output.weights)
  return 1 - left / meanDeviance({ ...output, predicted: output.truth.map(() => mean) }, power)
}
