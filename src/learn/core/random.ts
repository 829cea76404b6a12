import { fillNormal, fillUniform } from '../../core/philox.ts'
import { Generator, generator } from '../../tensor/random.ts'

const chunk = 1024

/** Numbers one at a time from a {@link Generator}: what algorithms draw while they run. The same seed gives the same numbers. */
export class Random {
  private readonly source: Generator
  private readonly unit = new Float64Array(chunk)
  private readonly bell = new Float64Array(chunk)
  private nextUnit = chunk
  private nextBell = chunk

  /** @param seed a whole number from 0; without one, a seed is drawn from the library's generator (`setSeed`) */
  constructor(seed?: number) {
    this.source = new Generator(seed ?? drawSeed())
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    if (this.nextUnit === chunk) {
      this.source.draw<Float64Array>(chunk, fillUniform)(this.unit)
      this.nextUnit = 0
    }
    return this.unit[this.nextUnit++]!
  }
  /** Normal with mean 0 and standard deviation 1. */
  normal(): number {
    if (this.nextBell === chunk) {
      this.source.draw<Float64Array>(chunk, fillNormal)(this.bell)
      this.nextBell = 0
    }
    return this.bell[this.nextBell++]!
  }
  /** A whole number from 0 to n − 1. */
  integer(n: number): number {
    return Math.floor(this.uniform() * n)
  }
  /** A seed for another stream, such as one tree of a forest. */
  seed(): number {
    return Math.floor(this.uniform() * 2 ** 45)
  }
  /** Shuffles in place (Fisher and Yates). */
  shuffle<A extends { [index: number]: unknown; readonly length: number }>(items: A): A {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1)
      const held = items[i]
      items[i] = items[j]
      items[j] = held
    }
    return items
  }
  /** The numbers 0 to n − 1 in random order. */
  permutation(n: number): Int32Array {
    return this.shuffle(Int32Array.from({ length: n }, (_, i) => i))
  }
  /** `count` different numbers of 0 to n − 1, in random order (Fisher and Yates, stopped early). */
  sample(n: number, count: number): Int32Array {
    const all = Int32Array.from({ length: n }, (_, i) => i)
    for (let i = 0; i < count; i++) {
      const j = i + this.integer(n - i)
      const held = all[i]!
      all[i] = all[j]!
      all[j] = held
    }
    return all.slice(0, count)
  }
  /** An index drawn in proportion to its weight; weights are at least 0 and not all 0. */
  weighted(weights: ArrayLike<number>): number {
    let total = 0
    for (let i = 0; i < weights.length; i++) total += weights[i]!
    let left = this.uniform() * total
    let last = 0
    for (let i = 0; i < weights.length; i++) {
      if (weights[i]! <= 0) continue
      last = i
      left -= weights[i]!
      if (left < 0) return i
    }
    return last
  }
}

const drawSeed = (): number => {
  const one = new Float64Array(1)
  generator().draw<Float64Array>(1, fillUniform)(one)
  return Math.floor(one[0]! * 2 ** 45)
}
