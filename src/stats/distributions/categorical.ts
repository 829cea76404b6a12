import { ShapeError } from '../../core/errors.ts'
import type { DType } from '../../core/dtype.ts'
import { integer, number, type Rule } from '../../core/options.ts'
import { broadcastShapes, type Shape, show, sizeOf } from '../../core/shape.ts'
import { arange } from '../../tensor/creation.ts'
import { where } from '../../tensor/functions.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { RandomStream } from '../random-stream.ts'
import { lgamma } from '../special/gamma.ts'
import { choose, hostTensor, tensorOf, type Values, valuesIn } from '../values.ts'
import { requireOne } from './counts.ts'
import { Drawn, type Parameters, readParameters } from './distribution.ts'
import { notWhole } from './family.ts'

const weight: Rule = number({ min: 0, help: 'weights of the classes' })
const logit: Rule = number({ help: 'ln of the weights' })
type GivenWeights = { readonly probs?: Values | undefined; readonly logits?: Values | undefined }

const readWeights = (name: string, given: GivenWeights): Parameters => {
  requireOne(name, given)
  const { probs, logits } = given
  const read =
    logits === undefined
      ? readParameters(name, { probs: weight }, { probs })
      : readParameters(name, { logits: logit }, { logits })
  const [weights] = Object.values(read)
  if (weights!.ndim === 0 || weights!.shape.at(-1) === 0) {
    throw new ShapeError(
      `${name}: ${Object.keys(read)[0]} is ${show(weights!.shape)}. Its last axis must hold the classes.`,
      { shape: weights!.shape },
    )
  }
  return read
}

/** What {@link categorical} and {@link multinomial} share: probabilities of classes on the last axis. */
abstract class Classes extends Drawn {
  /** `[..., K]`, adding up to 1. */
  readonly probs: Tensor
  /** ln of them where they were given by logits: keeps small ones. */
  protected readonly logs: Tensor | null
  private readonly weights: Parameters

  constructor(name: string, read: Parameters, own: Parameters, eventShape: Shape, batch: Shape) {
    super(name, own, batch, eventShape)
    this.weights = read
    this.logs = read.logits ? read.logits.logSoftmax() : null
    this.probs = read.logits
      ? read.logits.softmax()
      : (read.probs!.div(read.probs!.sum(-1, { keepDims: true })) as Tensor)
  }
  /** The probabilities' values, for draws and sums on the host. */
  protected hostProbs(where: string): Float64Array {
    const [[name, weights]] = Object.entries(this.weights) as [[string, Tensor]]
    const values = valuesIn(where, name, weights).slice()
    for (let at = 0; at < values.length; at += this.numClasses) {
      const row = values.subarray(at, at + this.numClasses)
      const top = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
      if (this.logs) for (const i of row.keys()) row[i] = Math.exp(row[i]! - top)
      const total = row.reduce((a, b) => a + b, 0)
      for (const i of row.keys()) row[i]! /= total
    }
    return values
  }
  get numClasses(): number {
    return this.probs.shape.at(-1)!
  }
}

/** One of K classes; see {@link categorical}. */
export class Categorical extends Classes {
  constructor(given: GivenWeights) {
    const read = readWeights('categorical', given)
    super('categorical', read, read, [], Object.values(read)[0]!.shape.slice(0, -1))
  }
  get support(): string {
    return `whole numbers from 0 to ${this.numClasses - 1}`
  }
  /** NaN: classes are names, not numbers. */
  get mean(): Tensor {
    return tensorOf(Number.NaN, this.dtype).broadcastTo(this.batchShape)
  }
  get variance(): Tensor {
    return this.mean
  }
  get mode(): Tensor {
    return this.probs.argmax(-1) as Tensor
  }
  logProb(value: Values): Tensor {
    const x = tensorOf(value, this.dtype)
    broadcastShapes('categorical.logProb', x.shape, this.batchShape)
    const classes = arange(0, this.numClasses, { dtype: this.dtype as 'float64' }) as Tensor
    const isClass = x.expandDims(-1).equal(classes) as Tensor<Shape, 'bool'>
    const isNone = x
      .less(0)
      .logicalOr(x.greater(this.numClasses - 1))
      .logicalOr(x.sub(x.floor()).greater(0)) as Tensor<Shape, 'bool'>
    // Picked before the logarithm: that of a class with probability 0 would be −∞ in the gradients of all.
    const picked = where(isClass, this.logs ?? this.probs, 0).sum(-1) as Tensor
    if (!this.logs) return choose(isNone, picked.mul(0).add(1), picked).log().add(this.nothing(isNone)) as Tensor
    return picked.add(this.nothing(isNone)) as Tensor
  }
  /** −∞ where there is no such class. */
  private nothing(isNone: Tensor<Shape, 'bool'>): Tensor {
    return where(isNone, tensorOf(Number.NEGATIVE_INFINITY, this.dtype), 0) as Tensor
  }
  entropy(): Tensor {
    if (this.logs)
      return this.probs
        .mul(choose(this.probs.equal(0), this.logs.mul(0), this.logs) as Tensor)
        .sum(-1)
        .neg() as Tensor
    return this.probs.xlogy(this.probs).sum(-1).neg() as Tensor
  }
  protected override get sampleDType(): DType {
    return 'int32'
  }
  protected drawer(): (out: Float64Array, start: number, stream: RandomStream) => void {
    const probs = this.hostProbs('categorical.sample')
    const k = this.numClasses
    return (out, start, stream) => {
      for (let i = 0; i * k < probs.length; i++) out[start + i] = stream.index(probs.subarray(i * k, (i + 1) * k), 1)
    }
  }
}

/** Counts of classes in n draws; see {@link multinomial}. */
export class Multinomial extends Classes {
  readonly totalCount: number
  constructor({ totalCount, ...given }: GivenWeights & { readonly totalCount: number }) {
    const read = readWeights('multinomial', given)
    const count = readParameters(
      'multinomial',
      { totalCount: integer({ min: 0, help: 'number of draws' }) },
      { totalCount },
    )
    const { shape } = Object.values(read)[0]!
    super('multinomial', read, { ...read, ...count }, shape.slice(-1), shape.slice(0, -1))
    this.totalCount = totalCount
  }
  get support(): string {
    return `${this.numClasses} whole numbers of at least 0 that add up to ${this.totalCount}`
  }
  get mean(): Tensor {
    return this.probs.mul(this.totalCount)
  }
  get variance(): Tensor {
    return this.probs.mul(this.probs.neg().add(1)).mul(this.totalCount)
  }
  /** NaN: there is no closed form. */
  get mode(): Tensor {
    return this.probs.mul(Number.NaN)
  }
  logProb(value: Values): Tensor {
    const given = tensorOf(value, this.dtype)
    const shape = broadcastShapes('multinomial.logProb', given.shape, [...this.batchShape, this.numClasses])
    const x = given.broadcastTo(shape) as Tensor
    const wrong = notWhole(x).to('float64').sum(-1).greater(0).logicalOr(x.sum(-1).notEqual(this.totalCount))
    const safe = choose((wrong as Tensor<Shape, 'bool'>).expandDims(-1) as Tensor<Shape, 'bool'>, x.mul(0), x) as Tensor
    const logs = this.logs
      ? safe.mul(choose(safe.equal(0), safe.mul(0), this.logs) as Tensor)
      : safe.mul(choose(safe.equal(0), safe.mul(0).add(1), this.probs).log() as Tensor)
    const inside = logs
      .sub(safe.add(1).lgamma())
      .sum(-1)
      .add(lgamma(this.totalCount + 1)) as Tensor
    return choose(wrong as Tensor<Shape, 'bool'>, tensorOf(Number.NEGATIVE_INFINITY, this.dtype), inside) as Tensor
  }
  /** `n H(probs) − ln n! + Σᵢ E ln Xᵢ!`, computed on the host. */
  entropy(): Tensor {
    const probs = this.hostProbs('multinomial.entropy')
    const [n, k] = [this.totalCount, this.numClasses]
    const out = new Float64Array(sizeOf(this.batchShape))
    for (const i of out.keys()) {
      let total = -lgamma(n + 1)
      for (const p of probs.subarray(i * k, (i + 1) * k)) {
        if (p > 0) total -= n * p * Math.log(p)
        // P(X = x) from one to the next; from the middle it would not underflow, but there its terms are what counts.
        for (let x = 2; x <= n; x++) total += Math.exp(logBinomial(n, x, p)) * lgamma(x + 1)
      }
      out[i] = total
    }
    return hostTensor(out, this.batchShape, this.dtype)
  }
  protected drawer(): (out: Float64Array, start: number, stream: RandomStream) => void {
    const probs = this.hostProbs('multinomial.sample')
    const k = this.numClasses
    return (out, start, stream) => {
      for (let i = 0; i * k < probs.length; i++)
        for (let n = 0; n < this.totalCount; n++)
          out[start + i * k + stream.index(probs.subarray(i * k, (i + 1) * k), 1)]!++
    }
  }
}
const logBinomial = (n: number, x: number, p: number): number => {
  if (p === 0) return Number.NEGATIVE_INFINITY
  if (p === 1) return x === n ? 0 : Number.NEGATIVE_INFINITY
  return lgamma(n + 1) - lgamma(x + 1) - lgamma(n - x + 1) + x * Math.log(p) + (n - x) * Math.log1p(-p)
}

/**
 * One of K classes with given probabilities.
 *
 * **Shape** probs or logits: `[..., K]`; x: class numbers, broadcast with `[...]` → `[...]`. Draws are int32.
 *
 * @param given.probs weights of at least 0, brought to a sum of 1, or instead
 * @param given.logits ln of the weights
 */
export const categorical = (given: GivenWeights): Categorical => new Categorical(given)

/**
 * How often each of K classes came up in n draws: `p(x) = n! / ∏ xᵢ! ∏ pᵢ^xᵢ`.
 *
 * **Shape** probs or logits: `[..., K]`; x: counts `[..., K]` → `[...]`.
 *
 * @param given.totalCount n, a whole number of at least 0
 * @param given.probs weights of at least 0, brought to a sum of 1, or instead
 * @param given.logits ln of the weights
 */
export const multinomial = (given: GivenWeights & { readonly totalCount: number }): Multinomial =>
  new Multinomial(given)
