/** A function's value and gradient at a point. */
export type ValueAndGradient = (x: Float64Array) => Promise<{ readonly value: number; readonly gradient: Float64Array }>

export interface Minimum {
  readonly x: Float64Array
  readonly value: number
  readonly iterations: number
  /** Whether the gradient was brought below the tolerance. */
  readonly converged: boolean
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0)
const plus = (a: Float64Array, b: Float64Array, t: number): Float64Array => a.map((v, i) => v + t * b[i]!)

/**
 * A local minimum by BFGS: the inverse of the matrix of second derivatives is learnt from the gradients on the way, steps are halved until
 * they gain enough (Armijo) and lengthened while the slope still falls steeply (Wolfe).
 *
 * Source: Nocedal & Wright 2006, algorithm 6.1, with the bisection of section 3.1.
 */
export const minimize = async (
  f: ValueAndGradient,
  start: Float64Array,
  { maxIter, tolerance }: { readonly maxIter: number; readonly tolerance: number },
): Promise<Minimum> => {
  const n = start.length
  let x = start
  let at = await f(x)
  let inverse = identity(n)
  for (let iteration = 0; iteration < maxIter; iteration++) {
    const steepest = at.gradient.reduce((m, g) => Math.max(m, Math.abs(g)), 0)
    if (steepest <= tolerance * Math.max(1, Math.abs(at.value)))
      return { x, value: at.value, iterations: iteration, converged: true }
    let direction = times(inverse, at.gradient, -1)
    if (!(dot(direction, at.gradient) < 0)) {
      inverse = identity(n)
      direction = at.gradient.map(g => -g)
    }
    const found = await search(f, x, at, direction)
    if (!found)
      return {
        x,
        value: at.value,
        iterations: iteration,
        converged: steepest <= 1e-4 * Math.max(1, Math.abs(at.value)),
      }
    const s = plus(found.x, x, -1)
    const y = plus(found.gradient, at.gradient, -1)
    if (iteration === 0) inverse = inverse.map(v => (v * dot(s, y)) / dot(y, y) || v)
    update(inverse, s, y)
    x = found.x
    at = found
  }
  return { x, value: at.value, iterations: maxIter, converged: false }
}

const identity = (n: number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0))
const times = (matrix: Float64Array, v: Float64Array, scale: number): Float64Array =>
  v.map((_, i) => {
    let sum = 0
    for (let j = 0; j < v.length; j++) sum += matrix[i * v.length + j]! * v[j]!
    return scale * sum
  })
const update = (h: Float64Array, s: Float64Array, y: Float64Array): void => {
  const n = s.length
  const sy = dot(s, y)
  if (!(sy > 1e-300)) return
  const hy = times(h, y, 1)
  const scale = (1 + dot(y, hy) / sy) / sy
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) h[i * n + j]! += scale * s[i]! * s[j]! - (hy[i]! * s[j]! + s[i]! * hy[j]!) / sy
}

type Point = { readonly x: Float64Array; readonly value: number; readonly gradient: Float64Array }
const search = async (
  f: ValueAndGradient,
  x: Float64Array,
  at: { readonly value: number; readonly gradient: Float64Array },
  direction: Float64Array,
): Promise<Point | null> => {
  const slope = dot(direction, at.gradient)
  let [low, high] = [0, Number.POSITIVE_INFINITY]
  let t = 1
  let best: Point | null = null
  for (let tries = 0; tries < 60; tries++) {
    const there = plus(x, direction, t)
    const next = await f(there)
    const enough = next.value <= at.value + 1e-4 * t * slope && next.gradient.every(Number.isFinite)
    if (!enough) high = t
    else {
      best = { x: there, ...next }
      if (dot(direction, next.gradient) >= 0.9 * slope) return best
      low = t
    }
    t = high === Number.POSITIVE_INFINITY ? 2 * t : (low + high) / 2
    if (high - low < 1e-16 * Math.max(1, low)) break
  }
  return best
}
