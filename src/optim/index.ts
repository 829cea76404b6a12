import { type Optimizable, Optimizer, type OptimizerOptions } from './optimizer.ts'
import { adagradRule, adamRule, rmsPropRule, sgdRule } from './rules.ts'

export interface SgdOptions extends OptimizerOptions {
  /** Share of the velocity kept at each update. Default 0. */
  readonly momentum?: number
  /** Share of the gradient left out of the velocity. Default 0. */
  readonly dampening?: number
  /** Looks ahead along the velocity. Default false. */
  readonly nesterov?: boolean
}
/**
 * Stochastic gradient descent: `p ← p − η v`, `v ← μ v + g`.
 *
 * Source: Sutskever et al. 2013, in PyTorch's form.
 */
export const sgd = (target: Optimizable, options: SgdOptions): Optimizer =>
  new Optimizer(
    target,
    options,
    sgdRule({
      momentum: options.momentum ?? 0,
      dampening: options.dampening ?? 0,
      nesterov: options.nesterov ?? false,
    }),
  )

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
const adamDefaults = (options: AdamOptions) => ({
  beta1: options.beta1 ?? 0.9,
  beta2: options.beta2 ?? 0.999,
  epsilon: options.epsilon ?? 1e-8,
  amsgrad: options.amsgrad ?? false,
})
/** Adam; weight decay is added to the gradient. Source: Kingma & Ba 2015, algorithm 1. */
export const adam = (target: Optimizable, options: AdamOptions): Optimizer =>
  new Optimizer(target, options, adamRule({ ...adamDefaults(options), decoupled: false }))

/** Adam with weight decay apart from the gradient, 0.01 by default. Source: Loshchilov & Hutter 2019, algorithm 2. */
export const adamw = (target: Optimizable, options: AdamOptions): Optimizer =>
  new Optimizer(target, { weightDecay: 0.01, ...options }, adamRule({ ...adamDefaults(options), decoupled: true }))

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
/** Gradients divided by their running root mean square. Source: Hinton 2012, lecture 6e. */
export const rmsprop = (target: Optimizable, options: RmsPropOptions): Optimizer =>
  new Optimizer(
    target,
    options,
    rmsPropRule({
      alpha: options.alpha ?? 0.99,
      epsilon: options.epsilon ?? 1e-8,
      centered: options.centered ?? false,
      momentum: options.momentum ?? 0,
    }),
  )

export interface AdagradOptions extends OptimizerOptions {
  /** The rate falls as 1/(1 + lrDecay · updates). Default 0. */
  readonly lrDecay?: number
  /** Where the sum of squares begins. Default 0. */
  readonly initialAccumulator?: number
  /** Added to the root. Default 1e-10. */
  readonly epsilon?: number
}
/** Gradients divided by the root of the sum of their squares. Source: Duchi, Hazan & Singer 2011. */
export const adagrad = (target: Optimizable, options: AdagradOptions): Optimizer =>
  new Optimizer(
    target,
    options,
    adagradRule({
      lrDecay: options.lrDecay ?? 0,
      initialAccumulator: options.initialAccumulator ?? 0,
      epsilon: options.epsilon ?? 1e-10,
    }),
  )

export { type Optimizable, Optimizer, type OptimizerOptions } from './optimizer.ts'
export type { UpdateRule } from './rules.ts'
export { type CosineOptions, constant, cosine, exponential, type Schedule, step } from './schedules.ts'
