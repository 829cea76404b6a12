import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { type Point, strongWolfe } from './line-search.ts'

/** Returns the value at `x` and writes the gradient there. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number

export interface LbfgsOptions {
  /** Most steps; 100. */
  readonly maxIter?: number
  /** Done when no element of the gradient is larger (of those that a bound does not hold); 1e-5. */
  readonly tolerance?: number
  /** Done when a step lowers the value by less than this share of it; 2.2e-9. 0 goes on. */
  readonly functionTolerance?: number
  /** How many steps are remembered; 10. */
  readonly memory?: number
  /** Least and largest values of each element; −∞ and ∞ for none. */
  readonly lower?: ArrayLike<number>
  readonly upper?: ArrayLike<number>
}

export interface Minimum {
  readonly x: Float64Array
  readonly value: number
  readonly gradient: Float64Array
  readonly iterations: number
  readonly evaluations: number
  /** Whether a tolerance was met, rather than `maxIter`. */
  readonly converged: boolean
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let total = 0
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!
  return total
}
const addScaled = (to: Float64Array, factor: number, x: Float64Array): void => {
  for (let i = 0; i < to.length; i++) to[i]! += factor * x[i]!
}

/** A step and the change of the gradient with it. */
interface Pair {
  readonly s: Float64Array
  readonly y: Float64Array
  readonly rho: number
}

/** `−H g` by the two loops over the pairs (Nocedal & Wright 2006, algorithm 7.4). */
const descent = (gradient: Float64Array, pairs: readonly Pair[]): Float64Array => {
  const d = gradient.map(x => -x)
  const factors: number[] = []
  for (const { s, y, rho } of [...pairs].reverse()) {
    const factor = rho * dot(s, d)
    factors.push(factor)
    addScaled(d, -factor, y)
  }
  const last = pairs.at(-1)
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, last.y))
    for (let i = 0; i < d.length; i++) d[i]! *= scale
  }
  for (const { s, y, rho } of pairs) addScaled(d, factors.pop()! - rho * dot(y, d), s)
  return d
}

/** A point with all that is known of it. */
interface State {
  readonly x: Float64Array
  readonly value: number
  readonly gradient: Float64Array
}

interface Bounds {
  readonly lower: ArrayLike<number>
  readonly upper: ArrayLike<number>
}
const boundsOf = (n: number, { lower, upper }: LbfgsOptions): Bounds | null => {
  if (!lower && !upper) return null
  const bounds = {
    lower: lower ?? new Float64Array(n).fill(-Infinity),
    upper: upper ?? new Float64Array(n).fill(Infinity),
  }
  for (const [name, values] of Object.entries(bounds) as [string, ArrayLike<number>][])
    if (values.length !== n)
      throw new ShapeError(`lbfgs: ${name} has ${values.length} elements and x ${n}. There must be one for each.`)
  for (let i = 0; i < n; i++)
    if (!(bounds.lower[i]! <= bounds.upper[i]!))
      throw new ArgumentError(
        `lbfgs: the bounds of element ${i} are ${bounds.lower[i]} and ${bounds.upper[i]}. The lower must not be above the upper.`,
        { index: i },
      )
  return bounds
}
const clamp = (x: Float64Array, bounds: Bounds | null): Float64Array =>
  bounds ? x.map((v, i) => Math.min(Math.max(v, bounds.lower[i]!), bounds.upper[i]!)) : x
/** Whether a bound holds the element where it is. */
const isHeld = ({ x, gradient }: State, i: number, bounds: Bounds | null): boolean =>
  bounds !== null &&
  ((x[i]! <= bounds.lower[i]! && gradient[i]! > 0) || (x[i]! >= bounds.upper[i]! && gradient[i]! < 0))
/** The gradient without the elements that a bound holds. */
const freeGradient = (state: State, bounds: Bounds | null): Float64Array =>
  bounds ? state.gradient.map((g, i) => (isHeld(state, i, bounds) ? 0 : g)) : state.gradient

type Evaluate = (x: Float64Array) => State

/** The next point on a line without bounds. */
const alongLine = (state: State, direction: Float64Array, first: number, evaluate: Evaluate): State | null => {
  const seen = new Map<number, State>()
  const at = (step: number): Point => {
    const x = state.x.slice()
    addScaled(x, step, direction)
    const found = evaluate(x)
    seen.set(step, found)
    // A value that is no number is a wall.
    const value = Number.isNaN(found.value) ? Infinity : found.value
    return { step, value, slope: dot(found.gradient, direction) }
  }
  const start = { step: 0, value: state.value, slope: dot(state.gradient, direction) }
  const point = strongWolfe(start, first, at)
  return point && seen.get(point.step)!
}

/** The next point on a line that bends along the bounds, by halving (Bertsekas 1982). */
const alongBounds = (
  state: State,
  direction: Float64Array,
  first: number,
  { bounds, evaluate }: { readonly bounds: Bounds; readonly evaluate: Evaluate },
): State | null => {
  for (let step = first, round = 0; round < 40; round++, step /= 2) {
    const x = state.x.slice()
    addScaled(x, step, direction)
    const found = evaluate(clamp(x, bounds))
    const move = found.x.map((v, i) => v - state.x[i]!)
    if (found.value <= state.value + 1e-4 * dot(state.gradient, move) && found.value < state.value) return found
  }
  return null
}

/**
 * Finds a minimum of a smooth function by limited-memory BFGS with a line search after Wolfe; with bounds, by steps projected onto them.
 *
 * @throws ArgumentError where the function is not finite at the start, and for bounds that cross; ShapeError for bounds of another length
 *
 * For example, lbfgs((x, g) => { g[0] = 2 * (x[0] - 3); return (x[0] - 3) ** 2 }, [0]).x // [3]
 *
 * Source: Liu & Nocedal 1989; with bounds Bertsekas 1982, "Projected Newton methods for optimization problems with simple constraints".
 */
export const lbfgs = (f: Objective, x0: ArrayLike<number>, options: LbfgsOptions = {}): Minimum => {
  const { maxIter = 100, tolerance = 1e-5, functionTolerance = 2.2e-9, memory = 10 } = options
  const bounds = boundsOf(x0.length, options)
  let evaluations = 0
  const evaluate: Evaluate = x => {
    const gradient = new Float64Array(x.length)
    evaluations++
    return { x, value: f(x, gradient), gradient }
  }
  let state = evaluate(clamp(Float64Array.from(x0), bounds))
  if (!Number.isFinite(state.value)) {
    throw new ArgumentError(`lbfgs: the function is ${state.value} at the start. It must be finite there.`)
  }
  let pairs: Pair[] = []
  let iterations = 0
  let converged = false
  while (true) {
    const free = freeGradient(state, bounds)
    if (free.every(g => Math.abs(g) <= tolerance)) {
      converged = true
      break
    }
    if (iterations >= maxIter) break
    let direction = descent(free, pairs)
    if (bounds) for (let i = 0; i < direction.length; i++) if (isHeld(state, i, bounds)) direction[i] = 0
    if (!(dot(direction, free) < 0)) {
      pairs = []
      direction = free.map(g => -g)
    }
    // Without anything known of the curvature, a first step of length 1 at most.
    const first = pairs.length > 0 ? 1 : Math.min(1, 1 / Math.sqrt(dot(free, free)))
    const next = bounds
      ? alongBounds(state, direction, first, { bounds, evaluate })
      : alongLine(state, direction, first, evaluate)
    if (!next) {
      // What is remembered may mislead; without it, nothing below is to be found.
      if (pairs.length === 0) {
        converged = true
        break
      }
      pairs = []
      continue
    }
    iterations++
    const s = next.x.map((v, i) => v - state.x[i]!)
    const y = next.gradient.map((v, i) => v - state.gradient[i]!)
    const curvature = dot(s, y)
    if (curvature > Number.EPSILON * dot(y, y)) {
      pairs.push({ s, y, rho: 1 / curvature })
      if (pairs.length > memory) pairs.shift()
    }
    const gain = state.value - next.value
    const scale = Math.max(Math.abs(state.value), Math.abs(next.value), 1)
    state = next
    if (gain <= functionTolerance * scale && functionTolerance > 0) {
      converged = true
      break
    }
  }
  return { ...state, iterations, evaluations, converged }
}
