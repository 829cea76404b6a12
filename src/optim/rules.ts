import type { ScalarRule } from '../engine/kernels/expression.ts'

/**
 * How an optimizer changes one number. `scalar` takes the parameter `p`, its gradient `g`, the state and the hyperparameters,
 * and returns the new `p` and state; everything else about optimizers is the same for all of them.
 */
export interface UpdateRule {
  readonly name: string
  /** State per parameter and what it begins with. */
  readonly state: Readonly<Record<string, number>>
  /** Values of the hyperparameters at an update, counted from 1. */
  readonly hyper: (update: number, learningRate: number) => Readonly<Record<string, number>>
  readonly scalar: ScalarRule
}

export interface SgdRule {
  readonly momentum: number
  readonly dampening: number
  readonly nesterov: boolean
}
/** Source: Sutskever et al. 2013, equations 1 to 4, in PyTorch's form, where the first velocity is the gradient itself. */
export const sgdRule = ({ momentum, dampening, nesterov }: SgdRule): UpdateRule => ({
  name: 'sgd',
  state: momentum === 0 ? {} : { velocity: 0 },
  hyper: (update, learningRate) => ({ learningRate, momentum, fresh: update === 1 ? 1 : 1 - dampening }),
  scalar: (s, i) => {
    const g = s.add(i.g!, s.mul(i.weightDecay!, i.p!))
    if (momentum === 0) return { p: s.sub(i.p!, s.mul(i.learningRate!, g)) }
    const velocity = s.add(s.mul(i.momentum!, i.velocity!), s.mul(i.fresh!, g))
    const direction = nesterov ? s.add(g, s.mul(i.momentum!, velocity)) : velocity
    return { p: s.sub(i.p!, s.mul(i.learningRate!, direction)), velocity }
  },
})

export interface AdamRule {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  /** Decay the weights themselves (AdamW) instead of adding to the gradient. */
  readonly decoupled: boolean
  readonly amsgrad: boolean
}
/** Source: Kingma & Ba 2015, algorithm 1; decoupled decay: Loshchilov & Hutter 2019, algorithm 2; amsgrad: Reddi et al. 2018. */
export const adamRule = ({ beta1, beta2, epsilon, decoupled, amsgrad }: AdamRule): UpdateRule => ({
  name: decoupled ? 'adamw' : 'adam',
  state: amsgrad ? { m: 0, v: 0, vMax: 0 } : { m: 0, v: 0 },
  hyper: (update, learningRate) => ({
    learningRate,
    beta1,
    beta2,
    epsilon,
    // What remains of each average, computed in float64: 1 − 0.999 in float32 would be off in the fifth digit.
    rest1: 1 - beta1,
    rest2: 1 - beta2,
    stepSize: learningRate / (1 - beta1 ** update),
    correction: 1 / Math.sqrt(1 - beta2 ** update),
  }),
  scalar: (s, i) => {
    const decay = s.mul(i.weightDecay!, i.p!)
    const g = decoupled ? i.g! : s.add(i.g!, decay)
    const m = s.add(s.mul(i.beta1!, i.m!), s.mul(i.rest1!, g))
    const v = s.add(s.mul(i.beta2!, i.v!), s.mul(i.rest2!, s.mul(g, g)))
    const vMax = amsgrad ? s.max(i.vMax!, v) : v
    const update = s.div(m, s.add(s.mul(s.sqrt(vMax), i.correction!), i.epsilon!))
    const kept = decoupled ? s.sub(i.p!, s.mul(i.learningRate!, decay)) : i.p!
    const p = s.sub(kept, s.mul(i.stepSize!, update))
    return amsgrad ? { p, m, v, vMax } : { p, m, v }
  },
})

export interface RmsPropRule {
  readonly alpha: number
  readonly epsilon: number
  readonly centered: boolean
  readonly momentum: number
}
/** Source: Hinton 2012, lecture 6e; centred: Graves 2013, equations 38 to 41 (PyTorch's form: ε outside the root). */
export const rmsPropRule = ({ alpha, epsilon, centered, momentum }: RmsPropRule): UpdateRule => ({
  name: 'rmsprop',
  state: { v: 0, ...(centered && { mean: 0 }), ...(momentum !== 0 && { velocity: 0 }) },
  hyper: (_update, learningRate) => ({ learningRate, alpha, rest: 1 - alpha, epsilon, momentum }),
  scalar: (s, i) => {
    const g = s.add(i.g!, s.mul(i.weightDecay!, i.p!))
    const v = s.add(s.mul(i.alpha!, i.v!), s.mul(i.rest!, s.mul(g, g)))
    const mean = centered ? s.add(s.mul(i.alpha!, i.mean!), s.mul(i.rest!, g)) : null
    const spread = mean === null ? v : s.sub(v, s.mul(mean, mean))
    const scaled = s.div(g, s.add(s.sqrt(spread), i.epsilon!))
    const velocity = momentum === 0 ? scaled : s.add(s.mul(i.momentum!, i.velocity!), scaled)
    const p = s.sub(i.p!, s.mul(i.learningRate!, velocity))
    return { p, v, ...(mean !== null && { mean }), ...(momentum !== 0 && { velocity }) }
  },
})

export interface AdagradRule {
  readonly lrDecay: number
  readonly initialAccumulator: number
  readonly epsilon: number
}
/** Source: Duchi, Hazan & Singer 2011, figure 1 (diagonal form). */
export const adagradRule = ({ lrDecay, initialAccumulator, epsilon }: AdagradRule): UpdateRule => ({
  name: 'adagrad',
  state: { total: initialAccumulator },
  hyper: (update, learningRate) => ({ learningRate: learningRate / (1 + (update - 1) * lrDecay), epsilon }),
  scalar: (s, i) => {
    const g = s.add(i.g!, s.mul(i.weightDecay!, i.p!))
    const total = s.add(i.total!, s.mul(g, g))
    return { p: s.sub(i.p!, s.mul(i.learningRate!, s.div(g, s.add(s.sqrt(total), i.epsilon!)))), total }
  },
})
