import { ArgumentError } from '../core/errors.ts'
import type { Nested } from '../tensor/tensor.ts'
import { Tensor } from '../tensor/tensor.ts'
import { fromArray } from '../tensor/creation.ts'
import { sizeOf, stridesOf } from '../core/shape.ts'
import { valuesIn } from './values.ts'

/** A value of a discrete variable. */
export type Label = number | string | boolean

/** Σ −p ln p of probabilities, in nats. */
const entropyOf = (p: ArrayLike<number>): number => {
  let total = 0
  for (let i = 0; i < p.length; i++) if (p[i]! > 0) total -= p[i]! * Math.log(p[i]!)
  return total
}
const distributionOf = (where: string, name: string, p: ArrayLike<number> | Tensor): Float64Array => {
  const values = p instanceof Tensor ? valuesIn(where, name, p) : Float64Array.from(p)
  const wrong = values.findIndex(v => !(v >= 0 && Number.isFinite(v)))
  if (wrong >= 0)
    throw new ArgumentError(`${where}: ${name}[${wrong}] must be a number of at least 0; got ${values[wrong]}.`)
  let total = 0
  for (const v of values) total += v
  if (!(total > 0)) throw new ArgumentError(`${where}: ${name} adds up to ${total}. Some of it must be above 0.`)
  return values.map(v => v / total)
}
const sameLength = (where: string, p: Float64Array, q: Float64Array): void => {
  if (p.length !== q.length)
    throw new ArgumentError(`${where}: p has ${p.length} values and q has ${q.length}. There must be as many.`)
}

/**
 * `H(p) = −Σ pᵢ ln pᵢ` of a discrete distribution, in nats. Weights are brought to a sum of 1.
 *
 * @example stats.entropy([1, 0]) // 0
 */
export const entropy = (p: ArrayLike<number> | Tensor): number => entropyOf(distributionOf('entropy', 'p', p))
/** `H(p, q) = −Σ pᵢ ln qᵢ`, in nats: the mean length of a code made for q, under p. ∞ where q rules out what p has. */
export const crossEntropyOf = (p: ArrayLike<number> | Tensor, q: ArrayLike<number> | Tensor): number => {
  const [a, b] = [distributionOf('crossEntropyOf', 'p', p), distributionOf('crossEntropyOf', 'q', q)]
  sameLength('crossEntropyOf', a, b)
  return a.reduce((sum, v, i) => (v > 0 ? sum - v * Math.log(b[i]!) : sum), 0)
}
/** `KL(p‖q) = Σ pᵢ ln(pᵢ/qᵢ)`, in nats. ∞ where q rules out what p has. */
export const klDivergence = (p: ArrayLike<number> | Tensor, q: ArrayLike<number> | Tensor): number => {
  const [a, b] = [distributionOf('klDivergence', 'p', p), distributionOf('klDivergence', 'q', q)]
  sameLength('klDivergence', a, b)
  return a.reduce((sum, v, i) => (v > 0 ? sum + v * Math.log(v / b[i]!) : sum), 0)
}

/** The joint distribution of some discrete variables; see {@link jointTable}. */
export class JointTable {
  /** The variables' values, in the order of the axes. */
  readonly variables: Readonly<Record<string, readonly Label[]>>
  private readonly names: readonly string[]
  private readonly shape: readonly number[]
  private readonly data: Float64Array

  constructor(variables: Readonly<Record<string, readonly Label[]>>, probs: Float64Array) {
    this.variables = variables
    this.names = Object.keys(variables)
    this.shape = this.names.map(name => variables[name]!.length)
    this.data = probs
  }

  /** `[values of the first variable, values of the second, …]`. */
  get probs(): Tensor {
    return fromArray(this.data.slice(), this.shape, 'float64') as Tensor
  }
  private axis(where: string, name: string): number {
    const at = this.names.indexOf(name)
    if (at >= 0) return at
    throw new ArgumentError(`${where}: there is no variable "${name}". The variables are ${this.names.join(', ')}.`, {
      name,
    })
  }
  private valueIndex(where: string, name: string, value: Label): number {
    const at = this.variables[name]!.indexOf(value)
    if (at >= 0) return at
    throw new ArgumentError(
      `${where}: ${name} has no value ${JSON.stringify(value)}. Its values are ${this.variables[name]!.map(v => JSON.stringify(v)).join(', ')}.`,
      { name, value },
    )
  }
  /** Calls `f` with each cell's indices and probability. */
  private each(f: (index: readonly number[], p: number) => void): void {
    const strides = stridesOf(this.shape)
    for (let at = 0; at < this.data.length; at++)
      f(
        strides.map((s, axis) => Math.floor(at / s) % this.shape[axis]!),
        this.data[at]!,
      )
  }

  /** P of given values of some variables, the others summed over. */
  probability(values: Readonly<Record<string, Label>>): number {
    const wanted = Object.entries(values).map(([name, value]) => {
      const axis = this.axis('probability', name)
      return [axis, this.valueIndex('probability', name, value)] as const
    })
    let total = 0
    this.each((index, p) => {
      if (wanted.every(([axis, at]) => index[axis] === at)) total += p
    })
    return total
  }
  /** The joint distribution of some of the variables, in the order named: the others are summed over. */
  marginal(names: readonly string[] | string): JointTable {
    const kept = typeof names === 'string' ? [names] : names
    const axes = kept.map(name => this.axis('marginal', name))
    const shape = axes.map(a => this.shape[a]!)
    const strides = stridesOf(shape)
    const out = new Float64Array(sizeOf(shape))
    this.each((index, p) => {
      out[axes.reduce((at, axis, i) => at + index[axis]! * strides[i]!, 0)]! += p
    })
    return new JointTable(Object.fromEntries(kept.map(name => [name, this.variables[name]!])), out)
  }
  /**
   * The distribution of the other variables where some have given values.
   *
   * @throws ArgumentError where these values never come together
   */
  conditional(given: Readonly<Record<string, Label>>): JointTable {
    const total = this.probability(given)
    if (!(total > 0))
      throw new ArgumentError(`conditional: ${JSON.stringify(given)} has probability 0. Nothing follows from it.`, {
        given,
      })
    const wanted = Object.entries(given).map(([name, value]) => [
      this.axis('conditional', name),
      this.valueIndex('conditional', name, value),
    ])
    const rest = this.names.filter(name => !Object.hasOwn(given, name))
    const values: number[] = []
    this.each((index, p) => {
      if (wanted.every(([axis, at]) => index[axis!] === at)) values.push(p / total)
    })
    return new JointTable(
      Object.fromEntries(rest.map(name => [name, this.variables[name]!])),
      Float64Array.from(values),
    )
  }
  private numbers(where: string, name: string): readonly number[] {
    this.axis(where, name)
    const values = this.variables[name]!
    const wrong = values.find(v => typeof v === 'string')
    if (wrong !== undefined)
      throw new ArgumentError(`${where}: ${name} has the value ${JSON.stringify(wrong)}, which is no number.`, { name })
    return values.map(Number)
  }
  /** E of a variable whose values are numbers, or of a function of all variables. */
  expectation(of: string | ((values: Readonly<Record<string, Label>>) => number)): number {
    let total = 0
    if (typeof of === 'string') {
      const values = this.numbers('expectation', of)
      const axis = this.axis('expectation', of)
      this.each((index, p) => {
        total += p * values[index[axis]!]!
      })
      return total
    }
    this.each((index, p) => {
      if (p > 0)
        total += p * of(Object.fromEntries(this.names.map((name, i) => [name, this.variables[name]![index[i]!]!])))
    })
    return total
  }
  /** `E[of | given]`. */
  conditionalExpectation(of: string, given: Readonly<Record<string, Label>>): number {
    return this.conditional(given).expectation(of)
  }
  /** `E[XY] − E[X] E[Y]`; of a variable with itself its variance. */
  covariance(a: string, b: string): number {
    const [x, y] = [this.numbers('covariance', a), this.numbers('covariance', b)]
    const [i, j] = [this.axis('covariance', a), this.axis('covariance', b)]
    const [meanX, meanY] = [this.expectation(a), this.expectation(b)]
    let total = 0
    this.each((index, p) => {
      total += p * (x[index[i]!]! - meanX) * (y[index[j]!]! - meanY)
    })
    return total
  }
  correlation(a: string, b: string): number {
    return this.covariance(a, b) / Math.sqrt(this.covariance(a, a) * this.covariance(b, b))
  }
  /** Whether P(a, b) = P(a) P(b) for all values, to within `tolerance` (1e-12). */
  independent(a: string, b: string, tolerance = 1e-12): boolean {
    const both = this.marginal([a, b])
    const [x, y] = [this.marginal(a).data, this.marginal(b).data]
    return both.data.every((p, at) => Math.abs(p - x[Math.floor(at / y.length)]! * y[at % y.length]!) <= tolerance)
  }
  /** Joint entropy of all variables, or of those named, in nats. */
  entropy(names: readonly string[] | string = this.names): number {
    return entropyOf(this.marginal(names).data)
  }
  /** `H(of | given) = H(of, given) − H(given)`, in nats. */
  conditionalEntropy(of: string, given: string): number {
    return this.entropy([of, given]) - this.entropy(given)
  }
  /** `I(a; b) = H(a) + H(b) − H(a, b)`, in nats: at least 0, and 0 where they are independent. */
  mutualInformation(a: string, b: string): number {
    return Math.max(0, this.entropy(a) + this.entropy(b) - this.entropy([a, b]))
  }
}

const flatten = (x: Nested): number[] => (Array.isArray(x) ? x.flatMap(flatten) : [Number(x)])

/**
 * A table of the joint probabilities of discrete variables, whose values are numbers, words or booleans.
 *
 * @param variables the values of each, in the order of the axes of `probs`
 * @param probs nested lists or a tensor of weights, brought to a sum of 1: counts will do
 * @throws ArgumentError for another number of weights than of combinations, and for weights below 0
 * @example
 * const weather = stats.jointTable({ sky: ['clear', 'grey'], rain: [0, 1] }, [[5, 0], [2, 3]])
 * weather.marginal('rain').probability({ rain: 1 }) // 0.3
 * weather.conditionalExpectation('rain', { sky: 'grey' }) // 0.6
 */
export const jointTable = (
  variables: Readonly<Record<string, readonly Label[]>>,
  probs: Nested | Tensor,
): JointTable => {
  const flat = probs instanceof Tensor ? probs : flatten(probs)
  const weights = distributionOf('jointTable', 'probs', flat)
  const size = sizeOf(Object.values(variables).map(v => v.length))
  if (weights.length !== size) {
    throw new ArgumentError(
      `jointTable: there are ${weights.length} weights for ${size} combinations of values. There must be as many.`,
      { weights: weights.length, size },
    )
  }
  return new JointTable(variables, weights)
}

/** The table of how often the values of two or more lists come together. */
export const crossTable = (columns: Readonly<Record<string, ArrayLike<Label>>>): JointTable => {
  const names = Object.keys(columns)
  const length = columns[names[0]!]?.length ?? 0
  const other = names.find(name => columns[name]!.length !== length)
  if (length === 0 || other) {
    const counts = names.map(name => `${name} ${columns[name]!.length}`).join(', ')
    throw new ArgumentError(
      `crossTable: the columns have ${counts} values. There must be as many in each, and at least one.`,
    )
  }
  const labels = names.map(name => {
    const seen = [...new Set(Array.from(columns[name]!))]
    return seen.every(v => typeof v === 'number') ? seen.sort((a, b) => Number(a) - Number(b)) : seen.sort()
  })
  const shape = labels.map(l => l.length)
  const strides = stridesOf(shape)
  const places = labels.map(list => new Map(list.map((label, i) => [label, i])))
  const counts = new Float64Array(sizeOf(shape))
  for (let i = 0; i < length; i++)
    counts[names.reduce((at, name, k) => at + places[k]!.get(columns[name]![i]!)! * strides[k]!, 0)]! += 1 / length
  return new JointTable(Object.fromEntries(names.map((name, k) => [name, labels[k]!])), counts)
}
