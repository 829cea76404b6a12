import { ArgumentError } from '../../core/errors.ts'
import { number, type Rule } from '../../core/options.ts'
import { broadcastShapes, checkShape, type Shape, sizeOf } from '../../core/shape.ts'
import { where } from '../../tensor/functions.ts'
import { Tensor } from '../../tensor/tensor.ts'
import type { RandomSource, RandomStream } from '../random-stream.ts'
import type { Tails } from '../special/tails.ts'
import { eachBroadcast, hostTensor, tensorOf, type Values, valuesIn } from '../values.ts'
import { batchShapeOf, Drawn, noise, type Parameters, readParameters } from './distribution.ts'

type Scalars<K extends string> = Readonly<Record<K, number>>

/** Where the values lie: what is outside, and a value inside that stands in for those, so that no NaN gets into a gradient. */
export interface Support<K extends string = string> {
  readonly words: string
  readonly outside: ((x: Tensor, p: Parameters<K>) => Tensor) | null
  readonly inner: (p: Parameters<K>) => Tensor | number
}

/** All there is to know of a family of distributions of one number. */
export interface Family<K extends string> {
  readonly name: string
  readonly parameters: Readonly<Record<K, Rule>>
  readonly support: Support<NoInfer<K>>
  readonly logProb: (x: Tensor, p: Parameters<K>) => Tensor
  readonly mean: (p: Parameters<K>) => Tensor
  readonly variance: (p: Parameters<K>) => Tensor
  readonly mode: (p: Parameters<K>) => Tensor
  /** Tensor form, or from a sum over the support on the host. */
  readonly entropy: ((p: Parameters<K>) => Tensor) | { readonly host: (p: Scalars<K>) => number }
  /** Distribution function and its complement, at a number inside the support's ends. */
  readonly tails: (x: number, p: Scalars<K>) => Tails
  /** The least x with `lower` up to it. */
  readonly quantile: (lower: number, upper: number, p: Scalars<K>) => number
  /** One draw; by default the quantile of a uniform number. */
  readonly draw?: (stream: RandomStream, p: Scalars<K>) => number
  /** A value as a differentiable function of noise. */
  readonly transform?: {
    readonly noise: 'uniform' | 'normal'
    readonly apply: (noise: Tensor, p: Parameters<K>) => Tensor
  }
}

type Known<K extends string> = { readonly [N in K]?: (where: string) => Float64Array }

/** A distribution of one number, made from its family's record. */
export abstract class Univariate<K extends string = string> extends Drawn {
  protected readonly family: Family<K>
  private readonly own: Parameters<K>
  private readonly known: Known<K>

  /**
   * @param shown the parameters as they were given, where the family computes with others
   * @param known what reads parameters that are computed from the given ones
   */
  constructor(family: Family<K>, parameters: Parameters<K>, shown: Parameters = parameters, known: Known<K> = {}) {
    super(family.name, shown, batchShapeOf(family.name, parameters), [])
    this.family = family
    this.own = parameters
    this.known = known
  }

  get support(): string {
    return this.family.support.words
  }
  get mean(): Tensor {
    return this.spread(this.family.mean(this.own))
  }
  get variance(): Tensor {
    return this.spread(this.family.variance(this.own))
  }
  get mode(): Tensor {
    return this.spread(this.family.mode(this.own))
  }
  private spread(x: Tensor): Tensor {
    return x.broadcastTo(this.batchShape)
  }
  entropy(): Tensor {
    const { entropy } = this.family
    if (typeof entropy === 'function') return this.spread(entropy(this.own))
    return this.onHost('entropy', 0, (_, p) => entropy.host(p))
  }

  logProb(value: Values): Tensor {
    const x = tensorOf(value, this.dtype)
    broadcastShapes(`${this.name}.logProb`, x.shape, this.batchShape)
    const { outside, inner } = this.family.support
    if (!outside) return this.family.logProb(x, this.own)
    const isOutside = outside(x, this.own) as Tensor<Shape, 'bool'>
    const stand = inner(this.own)
    const safe = typeof stand === 'number' ? where(isOutside, full(stand, x), x) : where(isOutside, stand, x)
    const inside = this.family.logProb(safe, this.own)
    return where(isOutside, full(Number.NEGATIVE_INFINITY, inside), inside)
  }

  /** P(X ≤ x). Not differentiable: computed on the host, so x and the parameters must have been evaluated. */
  cdf(x: Values): Tensor {
    return this.onHost('cdf', x, (v, p) => this.family.tails(v, p).lower)
  }
  /** P(X > x), which keeps its digits where `cdf` is nearly 1. */
  survival(x: Values): Tensor {
    return this.onHost('survival', x, (v, p) => this.family.tails(v, p).upper)
  }
  /**
   * The least x with P(X ≤ x) ≥ p, the inverse of `cdf`.
   *
   * @throws ArgumentError for a p outside [0, 1]
   */
  quantile(p: Values): Tensor {
    return this.onHost('quantile', p, (v, parameters) => {
      checkProbability(`${this.name}.quantile`, v)
      return this.family.quantile(v, 1 - v, parameters)
    })
  }
  /** The x with P(X > x) = p, the inverse of `survival`: quantiles near the upper end that no `1 − p` can name. */
  inverseSurvival(p: Values): Tensor {
    return this.onHost('inverseSurvival', p, (v, parameters) => {
      checkProbability(`${this.name}.inverseSurvival`, v)
      return this.family.quantile(1 - v, v, parameters)
    })
  }

  /** The parameters' values, one record that changes from element to element. */
  private host(where: string): { shapes: Shape[]; read: (places: readonly number[], from: number) => Scalars<K> } {
    const names = Object.keys(this.family.parameters) as K[]
    const values = names.map(name => this.known[name]?.(where) ?? valuesIn(where, name, this.own[name]))
    const at = {} as Record<K, number>
    const read = (places: readonly number[], from: number) => {
      for (const [k, name] of names.entries()) at[name] = values[k]![places[from + k]!]!
      return at
    }
    return { shapes: names.map(name => this.own[name].shape), read }
  }
  private onHost(what: string, value: Values, f: (x: number, p: Scalars<K>) => number): Tensor {
    const where = `${this.name}.${what}`
    const x = tensorOf(value, this.dtype)
    const shape = broadcastShapes(where, x.shape, this.batchShape)
    const xs = valuesIn(where, 'x', value instanceof Tensor ? value : x)
    const { shapes, read } = this.host(where)
    const out = new Float64Array(sizeOf(shape))
    eachBroadcast(shape, [x.shape, ...shapes], (at, places) => {
      const v = xs[places[0]!]!
      out[at] = Number.isNaN(v) ? Number.NaN : f(v, read(places, 1))
    })
    return hostTensor(out, shape, this.dtype)
  }
  protected drawer(): (out: Float64Array, start: number, stream: RandomStream) => void {
    const { shapes, read } = this.host(`${this.name}.sample`)
    const { draw, quantile } = this.family
    const one =
      draw ??
      ((stream: RandomStream, p: Scalars<K>) => {
        const u = stream.uniform()
        return quantile(u, 1 - u, p)
      })
    return (out, start, stream) =>
      eachBroadcast(this.batchShape, shapes, (at, places) => {
        out[start + at] = one(stream, read(places, 0))
      })
  }
  override rsample(shape: Shape = [], source: RandomSource = {}): Tensor {
    const { transform } = this.family
    if (!transform) return super.rsample(shape, source)
    checkShape(`${this.name}.rsample`, shape)
    return transform.apply(noise(transform.noise, [...shape, ...this.batchShape], this.dtype, source), this.own)
  }
}

/** A continuous distribution of one number. */
export class Continuous<K extends string = string> extends Univariate<K> {
  /** The density at x. */
  pdf(x: Values): Tensor {
    return this.logProb(x).exp()
  }
}
/** A distribution of whole numbers. */
export class Discrete<K extends string = string> extends Univariate<K> {
  /** The probability of x. */
  pmf(x: Values): Tensor {
    return this.logProb(x).exp()
  }
}

const checkProbability = (where: string, p: number): void => {
  if (p >= 0 && p <= 1) return
  throw new ArgumentError(`${where}: p must be a number from 0 to 1; got ${p}.`, { p })
}

/** A number as a scalar tensor of another's dtype. */
export const full = (value: number, like: Tensor): Tensor => tensorOf(value, like.dtype)

/** Given parameters: a number, nested lists or a tensor for each. */
export type Given<K extends string> = { readonly [N in K]?: Values | undefined }
export const continuous =
  <K extends string>(family: Family<K>) =>
  (given: Given<K> = {}): Continuous =>
    new Continuous(family, readParameters(family.name, family.parameters, given)) as unknown as Continuous
export const discrete =
  <K extends string>(family: Family<K>) =>
  (given: Given<K> = {}): Discrete =>
    new Discrete(family, readParameters(family.name, family.parameters, given)) as unknown as Discrete

export const realParameter = (help: string, value?: number): Rule =>
  number({ help, ...(value !== undefined && { default: value }) })
export const positiveParameter = (help: string, value?: number): Rule =>
  number({ help, above: 0, ...(value !== undefined && { default: value }) })

// --- supports -----------------------------------------------------------------------------------------------------------

export const real: Support = { words: 'all numbers', outside: null, inner: () => 0 }
const infinite = (x: Tensor): Tensor => x.equal(Number.POSITIVE_INFINITY)
const either = (a: Tensor, b: Tensor): Tensor => a.logicalOr(b)
export const nonNegative: Support = {
  words: 'numbers of at least 0',
  outside: x => either(x.less(0), infinite(x)),
  inner: () => 1,
}
export const unitInterval: Support = {
  words: 'numbers from 0 to 1',
  outside: x => either(x.less(0), x.greater(1)),
  inner: () => 0.5,
}
/** NaN is not outside, but goes through the formula and stays NaN. */
export const notWhole = (x: Tensor): Tensor => either(either(x.less(0), x.sub(x.floor()).greater(0)), infinite(x))
export const counts: Support = { words: 'whole numbers of at least 0', outside: notWhole, inner: () => 0 }
