import { ArgumentError } from '../../core/errors.ts'
import { fillUniform } from '../../core/philox.ts'

/** Where a transform's random numbers come from: a `Generator` is one. Only its seed counts, and it is not moved on. */
export interface Seeded {
  readonly state: { readonly seed: number }
}

/** Blocks of four numbers that belong to one image: 4 million numbers. */
const blocksPerImage = 2 ** 20
/** Images whose blocks can be counted in a double. */
const images = 2 ** 33

/** The generator of part `stream` of a chain, 1 to 255: the seeds of `Generator.fork`. */
export const fork = ({ state }: Seeded, stream: number): Seeded => ({
  state: { seed: (state.seed + stream * 2 ** 45) % 2 ** 53 },
})

/** Random numbers that depend on a seed and an image's index alone. */
export class Draws {
  private readonly key: readonly [number, number]
  private block: number
  private readonly held = new Float64Array(16)
  private used = 16

  constructor({ state: { seed } }: Seeded, index: number) {
    if (!(Number.isInteger(index) && index >= 0 && index < images))
      throw new ArgumentError(
        `transform: the index of an image must be a whole number from 0 to ${images - 1}; got ${index}.`,
        {
          index,
        },
      )
    this.key = [seed >>> 0, Math.floor(seed / 2 ** 32)]
    this.block = index * blocksPerImage
  }

  /** Uniform in `[low, high)`, by default `[0, 1)`. */
  uniform(low = 0, high = 1): number {
    if (this.used === this.held.length) {
      this.fill(this.held)
      this.used = 0
    }
    return low + (high - low) * this.held[this.used++]!
  }
  /** A whole number from 0 to n − 1. */
  below(n: number): number {
    return Math.floor(this.uniform(0, n))
  }
  /** True with this probability: never at 0, always at 1. */
  chance(probability: number): boolean {
    return this.uniform() < probability
  }
  /** Uniform numbers in [0, 1), all at once. */
  fill(out: Float32Array | Float64Array): void {
    fillUniform(out, this.key, this.block)
    this.block += Math.ceil(out.length / 4)
  }
  /** Standard normal, by Box and Muller's transform. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform())
  }

  /** A gamma variable of this shape and scale 1. Source: Marsaglia & Tsang 2000; below shape 1 their section 6. */
  private gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * (1 - this.uniform()) ** (1 / shape)
    const d = shape - 1 / 3
    const c = 1 / Math.sqrt(9 * d)
    for (;;) {
      const x = this.normal()
      const v = (1 + c * x) ** 3
      if (v > 0 && Math.log(1 - this.uniform()) < 0.5 * x * x + d * (1 - v + Math.log(v))) return d * v
    }
  }
  /** Beta(alpha, alpha), symmetrical around ½. */
  beta(alpha: number): number {
    const [a, b] = [this.gamma(alpha), this.gamma(alpha)]
    // Both may underflow for a small alpha, where the variable is 0 or 1.
    return a + b > 0 ? a / (a + b) : this.below(2)
  }
}
