import { fillBits } from '../core/philox.ts'
import { generator as defaultGenerator, Generator } from '../tensor/random.ts'

/** Where random numbers come from: a generator, or a seed; by default the library's generator. */
export interface RandomSource {
  /** The generator to draw from; it moves on by one block a call. */
  readonly generator?: Generator | undefined
  /** A seed of the call's own, a whole number from 0 to 2^53 − 1. */
  readonly randomState?: number | undefined
}
export const generatorOf = ({ generator, randomState }: RandomSource): Generator =>
  generator ?? (randomState === undefined ? defaultGenerator() : new Generator(randomState))

const words = 512

/**
 * Random numbers one by one, as many as a method needs. The stream's seed is one block of the generator: whatever it takes, the generator
 * moves on by that block.
 */
export class RandomStream {
  private readonly source: Generator
  private readonly buffer = new Uint32Array(words)
  private at = words
  private spare: number | null = null

  constructor(seed: number) {
    this.source = new Generator(seed)
  }

  private word(): number {
    if (this.at === words) {
      this.source.draw<Uint32Array>(words, fillBits)(this.buffer)
      this.at = 0
    }
    return this.buffer[this.at++]!
  }

  /** Uniform in (0, 1), of 53 bits; neither end occurs. */
  uniform(): number {
    const high = this.word() >>> 5
    const low = this.word() >>> 6
    return (high * 2 ** 26 + low + 0.5) * 2 ** -53
  }
  /** A whole number from 0 to n − 1. */
  below(n: number): number {
    return Math.min(n - 1, Math.floor(this.uniform() * n))
  }
  /** Standard normal, by Box and Muller's method. */
  normal(): number {
    if (this.spare !== null) {
      const value = this.spare
      this.spare = null
      return value
    }
    const radius = Math.sqrt(-2 * Math.log(this.uniform()))
    const angle = 2 * Math.PI * this.uniform()
    this.spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
  /** A stream of its own for a part of the work. */
  child(): RandomStream {
    return new RandomStream((this.word() >>> 11) * 2 ** 32 + this.word())
  }
  /** ln of a gamma variable of rate 1: small shapes give values below the least number. Marsaglia & Tsang 2000. */
  logGamma(shape: number): number {
    if (shape < 1) return this.logGamma(shape + 1) + Math.log(this.uniform()) / shape
    const d = shape - 1 / 3
    const c = 1 / Math.sqrt(9 * d)
    for (;;) {
      const z = this.normal()
      const root = 1 + c * z
      if (root <= 0) continue
      const v = root ** 3
      if (Math.log(this.uniform()) < (z * z) / 2 + d - d * v + d * Math.log(v)) return Math.log(d * v)
    }
  }
  gamma(shape: number): number {
    return Math.exp(this.logGamma(shape))
  }
  /** An index with probability proportional to its weight. */
  index(weights: ArrayLike<number>, total?: number): number {
    let sum = total ?? 0
    if (total === undefined) for (let i = 0; i < weights.length; i++) sum += weights[i]!
    let rest = this.uniform() * sum
    let last = 0
    for (let i = 0; i < weights.length; i++) {
      const w = weights[i]!
      if (w <= 0) continue
      last = i
      rest -= w
      if (rest < 0) break
    }
    return last
  }
  /** Puts a list in random order (Fisher and Yates). */
  shuffle<T extends { [i: number]: unknown; readonly length: number }>(list: T): T {
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      const held = list[i]
      list[i] = list[j]
      list[j] = held
    }
    return list
  }
}

/** Takes one block off the generator: a function that opens the stream it seeds. */
export const openStream = (source: RandomSource): (() => RandomStream) => {
  const fill = generatorOf(source).draw<Uint32Array>(4, fillBits)
  return () => {
    const seed = new Uint32Array(4)
    fill(seed)
    return new RandomStream((seed[0]! >>> 11) * 2 ** 32 + seed[1]!)
  }
}
