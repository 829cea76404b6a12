import { erf } from '../../core/special.ts'
import { gammaUpper } from './incomplete-gamma.ts'
import { normalQuantile as guessQuantile } from './normal-guess.ts'
import type { Tails } from './tails.ts'

/** `1 − erf x`, which keeps its digits where erf is nearly 1. */
export const erfc = (x: number): number => {
  if (x < 0.5) return 1 - erf(x)
  return gammaUpper(0.5, x * x)
}

/** `Φ(x)`, the standard normal distribution function, and `1 − Φ(x)`. */
export const normalTails = (x: number): Tails => ({
  lower: erfc(-x / Math.SQRT2) / 2,
  upper: erfc(x / Math.SQRT2) / 2,
})
export const normalDensity = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI)

/**
 * `Φ⁻¹`: the x with `lower` below it, to about 1e-15.
 *
 * Source: Abramowitz & Stegun 1964, 26.2.23, then Newton's steps for the logarithm of the tail.
 */
export const normalInverse = (lower: number, upper = 1 - lower): number => {
  if (lower > upper) return -normalInverse(upper, lower)
  if (!(lower > 0)) return lower === 0 ? Number.NEGATIVE_INFINITY : Number.NaN
  const middle = (upper - lower) / 2
  if (middle < 0.2) {
    // Near the median what counts is the part between it and x, erf(x/√2)/2.
    let x = -middle * Math.sqrt(2 * Math.PI)
    for (let i = 0; i < 8; i++) x += (-erf(x / Math.SQRT2) / 2 - middle) / normalDensity(x)
    return x === 0 ? 0 : x
  }
  let x = guessQuantile(lower)
  for (let i = 0; i < 6; i++) {
    const tail = normalTails(x).lower
    const step = (Math.log(tail / lower) * tail) / normalDensity(x)
    x -= step
    if (Math.abs(step) < 1e-16 * Math.abs(x)) break
  }
  return x
}
