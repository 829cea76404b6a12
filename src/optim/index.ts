import { ArgumentError } from '../core/errors.ts'
import { defineOptions, flag, number } from '../core/options.ts'
import { type Optimizable, Optimizer, type OptimizerOptions, shared } from './optimizer.ts'
import { adagradRule, adamRule, rmsPropRule, sgdRule } from './rules.ts'

export interface SgdOptions extends OptimizerOptions {
  /** Share of the velocity kept at each update. Default 0. */
  readonly momentum?: number
  /** Share of the gradient left out of the velocity. Default 0. */
  readonly dampening?: number
  /** Looks ahead along the velocity. Default false. */
  readonly nesterov?: boolean
}
const sgdOptions = defineOptions({
  ...shared,
  momentum: number({ min: 0, default: 0, help: 'share of the velocity kept at each update' }),
  dampening: number({ min: 0, max: 1, default: 0, help: 'share of the gradient left out of the velocity' }),
  nesterov: flag({ help: 'look ahead along the velocity' }),
})
/**
 * Stochastic gradient descent: `p ← p − η v`, `v ← μ v + g`.
 *
 * Source: Sutskever et al. 2013, in PyTorch's form.
 */
export const sgd = (target: Optimizable, { decays, ...given }: SgdOptions): Optimizer => {
  const options = sgdOptions.validate('sgd', given)
  const { momentum, dampening, nesterov } = options
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    throw new ArgumentError(
      `sgd: nesterov needs a momentum above 0 and no dampening; got momentum ${momentum} and dampening ${dampening}.`,
      { momentum, dampening },
    )
  }
  return new Optimizer(target, { ...options, ...(decays && { decays }) }, sgdRule(options))
}

export interface AdamOptions extends OptimizerOptions {
  /** Decay of the mean of gradients. Default 0.9. */
  readonly beta1?: number
  /** Decay of the mean of squared gradients. Default 0.999. */
  readonly beta2?: number
  /** Added to the root. Default 1e-8. */
  readonly epsilon?: number
  /** Divide by the largest mean so far. Default false. */
  readonly amsgrad?: boolean
}
const ownAdamOptions = {
  beta1: number({ min: 0, below: 1, default: 0.9, help: 'decay of the mean of gradients' }),
  beta2: number({ min: 0, below: 1, default: 0.999, help: 'decay of the mean of squared gradients' }),
  epsilon: number({ min: 0, default: 1e-8, help: 'added to the root' }),
  amsgrad: flag({ help: 'divide by the largest mean so far' }),
} as const
const adamOptions = defineOptions({ ...shared, ...ownAdamOptions })
const adamwOptions = defineOptions({
  ...shared,
  ...ownAdamOptions,
  weightDecay: number({ min: 0, default: 0.01, help: 'share of the weight, times the rate, taken off at each update' }),
})
/** Adam; weight decay is added to the gradient. Source: Kingma & Ba 2015, algorithm 1. */
export const adam = (target: Optimizable, { decays, ...given }: AdamOptions): Optimizer => {
  const options = adamOptions.validate('adam', given)
  return new Optimizer(target, { ...options, ...(decays && { decays }) }, adamRule({ ...options, decoupled: false }))
}

/** Adam with weight decay apart from the gradient, 0.01 by default. Source: Loshchilov & Hutter 2019, algorithm 2. */
export const adamw = (target: Optimizable, { decays, ...given }: AdamOptions): Optimizer => {
  const options = adamwOptions.validate('adamw', given)
  return new Optimizer(target, { ...options, ...(decays && { decays }) }, adamRule({ ...options, decoupled: true }))
}

export interface RmsPropOptions extends OptimizerOptions {
  /** Decay of the mean of squared gradients. Default 0.99. */
  readonly alpha?: number
  /** Added to the root. Default 1e-8. */
  readonly epsilon?: number
  /** Divide by the standard deviation instead of the root mean square. Default false. */
  readonly centered?: boolean
  /** Default 0. */
  readonly momentum?: number
}
const rmsPropOptions = defineOptions({
  ...shared,
  alpha: number({ min: 0, below: 1, default: 0.99, help: 'decay of the mean of squared gradients' }),
  epsilon: number({ min: 0, default: 1e-8, help: 'added to the root' }),
  centered: flag({ help: 'divide by the standard deviation instead of the root mean square' }),
  momentum: number({ min: 0, default: 0, help: 'share of the velocity kept at each update' }),
})
/** Gradients divided by their running root mean square. Source: Hinton 2012, lecture 6e. */
export const rmsprop = (target: Optimizable, { decays, ...given }: RmsPropOptions): Optimizer => {
  const options = rmsPropOptions.validate('rmsprop', given)
  return new Optimizer(target, { ...options, ...(decays && { decays }) }, rmsPropRule(options))
}

export interface AdagradOptions extends OptimizerOptions {
  /** The rate falls as 1/(1 + lrDecay · updates). Default 0. */
  readonly lrDecay?: number
  /** Where the sum of squares begins. Default 0. */
  readonly initialAccumulator?: number
  /** Added to the root. Default 1e-10. */
  readonly epsilon?: number
}
const adagradOptions = defineOptions({
  ...shared,
  lrDecay: number({ min: 0, default: 0, help: 'the rate falls as 1/(1 + lrDecay · updates)' }),
  initialAccumulator: number({ min: 0, default: 0, help: 'where the sum of squares begins' }),
  epsilon: number({ min: 0, default: 1e-10, help: 'added to the root' }),
})
/** Gradients divided by the root of the sum of their squares. Source: Duchi, Hazan & Singer 2011. */
export const adagrad = (target: Optimizable, { decays, ...given }: AdagradOptions): Optimizer => {
  const options = adagradOptions.validate('adagrad', given)
  return new Optimizer(target, { ...options, ...(decays && { decays }) }, adagradRule(options))
}

export { type Accumulator, accumulator } from './accumulator.ts'
export {
  type Optimizable,
  Optimizer,
  type OptimizerOptions,
  type ParameterGroup,
  type ParameterSource,
} from './optimizer.ts'
export type { UpdateRule } from './rules.ts'
export {
  type CosineOptions,
  constant,
  cosine,
  exponential,
  inverseSquareRoot,
  type Schedule,
  step,
} from './schedules.ts'
export { type TrainingState, type TrainingStep, trainingStep } from './training-step.ts'
