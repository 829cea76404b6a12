import { ArgumentError } from '../core/errors.ts'

/** The learning rate at an update, counted from 0. */
export type Schedule = (step: number) => number

/** Always the same rate. */
export const constant =
  (learningRate: number): Schedule =>
  () =>
    learningRate

export interface CosineOptions {
  /** Rate after the warm-up. */
  readonly learningRate: number
  /** Updates over which it falls, the warm-up included. */
  readonly totalSteps: number
  /** Updates over which the rate rises linearly. Default 0. */
  readonly warmupSteps?: number
  /** Rate at the end and after. Default 0. */
  readonly minLearningRate?: number
}
/**
 * Linear warm-up `learningRate (step + 1)/(warmupSteps + 1)`, then half a cosine down to `minLearningRate` at `totalSteps`.
 *
 * Source: Loshchilov & Hutter 2017, equation 5, without restarts; the warm-up as in nanoGPT.
 */
export const cosine = ({ learningRate, totalSteps, warmupSteps = 0, minLearningRate = 0 }: CosineOptions): Schedule => {
  if (!(totalSteps > warmupSteps)) {
    throw new ArgumentError(
      `cosine: totalSteps must be larger than warmupSteps; got ${totalSteps} and ${warmupSteps}.`,
      { totalSteps, warmupSteps },
    )
  }
  return step => {
    if (step < warmupSteps) return (learningRate * (step + 1)) / (warmupSteps + 1)
    const progress = Math.min(1, (step - warmupSteps) / (totalSteps - warmupSteps))
    return minLearningRate + 0.5 * (1 + Math.cos(Math.PI * progress)) * (learningRate - minLearningRate)
  }
}

/** Multiplied by `gamma` (0.1) every `stepSize` updates. */
export const step = ({
  learningRate,
  stepSize,
  gamma = 0.1,
}: {
  readonly learningRate: number
  readonly stepSize: number
  readonly gamma?: number
}): Schedule => {
  if (!Number.isInteger(stepSize) || stepSize < 1)
    throw new ArgumentError(`step: stepSize must be a whole number of at least 1; got ${stepSize}.`, { stepSize })
  return at => learningRate * gamma ** Math.floor(at / stepSize)
}

/** Multiplied by `gamma` at every update. */
export const exponential =
  ({ learningRate, gamma }: { readonly learningRate: number; readonly gamma: number }): Schedule =>
  at =>
    learningRate * gamma ** at

/**
 * Linear warm-up to `learningRate`, then a fall with the root of the update's number: `learningRate · min(n/w, √(w/n))` at update n = 1, 2, …
 * after a warm-up of w. With `learningRate = 1/√(embedDim · w)` it is the paper's.
 *
 * @throws ArgumentError unless the warm-up is at least one update long
 *
 * Source: Vaswani et al. 2017, equation 3.
 */
export const inverseSquareRoot = ({
  learningRate,
  warmupSteps,
}: {
  readonly learningRate: number
  readonly warmupSteps: number
}): Schedule => {
  if (!Number.isInteger(warmupSteps) || warmupSteps < 1)
    throw new ArgumentError(
      `inverseSquareRoot: warmupSteps must be a whole number of at least 1; got ${warmupSteps}.`,
      {
        warmupSteps,
      },
    )
  return at => learningRate * Math.min((at + 1) / warmupSteps, Math.sqrt(warmupSteps / (at + 1)))
}
