// The discrete Fourier transform in float64 for any length: what the reference engine runs.

const smallestFactor = (n: number): number => {
  for (let p = 2; p * p <= n; p++) if (n % p === 0) return p
  return n
}

/** A sine or cosine of a whole part of a turn that is smaller is 0, and would be so for an exact π. */
export const turnTiny = 1e-15
const exact = (x: number): number => (Math.abs(x) < turnTiny ? 0 : x)

/** Real parts at even places, imaginary ones at odd. */
type Pairs = Float64Array

/**
 * `Σⱼ x[j] e^(±2πi jk/n)` of n complex numbers, `direction` being the sign: by the factors of n, one after another.
 *
 * Source: Cooley & Tukey 1965, for mixed radices.
 */
export const transform = (x: Pairs, direction: 1 | -1): Pairs => {
  const n = x.length / 2
  const turns = new Float64Array(2 * n)
  for (let k = 0; k < n; k++) {
    turns[2 * k] = exact(Math.cos((2 * Math.PI * k) / n))
    turns[2 * k + 1] = direction * exact(Math.sin((2 * Math.PI * k) / n))
  }
  /** The transform of the `size` elements from `start` on, `stride` apart. */
  const part = (start: number, stride: number, size: number): Pairs => {
    if (size === 1) return x.slice(2 * start, 2 * start + 2)
    const radix = smallestFactor(size)
    const length = size / radix
    const parts = Array.from({ length: radix }, (_, r) => part(start + r * stride, stride * radix, length))
    const out = new Float64Array(2 * size)
    for (let k = 0; k < size; k++) {
      let [re, im] = [0, 0]
      for (let r = 0; r < radix; r++) {
        const [own, at] = [parts[r]!, 2 * (k % length)]
        const turn = 2 * (((r * k) % size) * stride)
        const [a, b, c, s] = [own[at]!, own[at + 1]!, turns[turn]!, turns[turn + 1]!]
        re += a * c - b * s
        im += a * s + b * c
      }
      out[2 * k] = re
      out[2 * k + 1] = im
    }
    return out
  }
  return n === 0 ? new Float64Array(0) : part(0, 1, n)
}
