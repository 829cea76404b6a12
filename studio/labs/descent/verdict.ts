/** How a descent does, in a word. */
export const verdicts = ['starting', 'converging', 'converged', 'oscillating', 'diverged', 'plateau', 'saddle'] as const
export type Verdict = (typeof verdicts)[number]

export interface Judged {
  readonly x: ArrayLike<number>
  readonly y: ArrayLike<number>
  readonly value: ArrayLike<number>
  readonly slopeX: ArrayLike<number>
  readonly slopeY: ArrayLike<number>
  /** Points of the way. */
  readonly length: number
}

export interface Surroundings {
  /** Width of the window: what is far, and what is near. */
  readonly width: number
  /** The least and greatest value in the window. */
  readonly low: number
  readonly high: number
  /** The least curvature where the way stands now; only asked where the slope is nearly nothing. */
  readonly curvature: number
}

/** Steps that are looked at, and as many before them. */
const recent = 8

/** Says how a way does from its last points alone. */
export const verdictOf = (way: Judged, { width, low, high, curvature }: Surroundings): Verdict => {
  const { x, y, value, slopeX, slopeY, length } = way
  const last = length - 1
  const slope = Math.hypot(slopeX[last]!, slopeY[last]!)
  const gone = Math.hypot(x[last]! - x[0]!, y[last]! - y[0]!)
  if (!Number.isFinite(value[last]!) || !Number.isFinite(slope) || gone > 100 * width) return 'diverged'
  if (length < 3) return slope === 0 ? atRest(value[last]!, { low, high, curvature }) : 'starting'
  const from = Math.max(0, length - recent)
  const moved = Math.max(...steps(way, from))
  if (moved < 1e-4 * width && slope < 1e-2 * ((high - low) / width)) {
    const found = atRest(value[last]!, { low, high, curvature })
    // A long valley is flat beside its walls, and still goes down: what counts is the slope against those on the way.
    const steepest = Math.max(...Array.from({ length }, (_, i) => Math.hypot(slopeX[i]!, slopeY[i]!)))
    return found === 'converged' && slope > 1e-3 * steepest ? 'converging' : found
  }
  const before = Math.max(0, from - recent)
  const [now, then] = [most(value, from, length), most(value, before, from)]
  if (length > recent / 2 + 2 && now > value[0]! && now > then) {
    // Higher than ever, again: beyond its start and still rising.
    const halves = most(value, length - 3, length) > most(value, Math.max(0, length - 6), length - 3)
    if (halves && value[last]! > value[0]!) return 'diverged'
  }
  if (turns(way, from) >= 3 && now - low > 0.98 * (then - low)) return 'oscillating'
  return 'converging'
}

/** What standing still means: the bottom of a well, a place between hills, or a plain above it all. */
const atRest = (value: number, { low, high, curvature }: Omit<Surroundings, 'width'>): Verdict => {
  const flat = 1e-3 * (high - low || 1)
  if (curvature < -flat) return 'saddle'
  return curvature < flat && value > low + 0.05 * (high - low) ? 'plateau' : 'converged'
}

const most = (values: ArrayLike<number>, from: number, to: number): number => {
  let found = Number.NEGATIVE_INFINITY
  for (let i = from; i < to; i++) found = Math.max(found, values[i]!)
  return found
}

/** Lengths of the steps from a point on. */
const steps = ({ x, y, length }: Judged, from: number): number[] => {
  const out: number[] = [0]
  for (let i = Math.max(1, from); i < length; i++) out.push(Math.hypot(x[i]! - x[i - 1]!, y[i]! - y[i - 1]!))
  return out
}

/** How often the way turned back on itself. */
const turns = ({ x, y, length }: Judged, from: number): number => {
  let count = 0
  for (let i = Math.max(2, from); i < length; i++) {
    const along = (x[i]! - x[i - 1]!) * (x[i - 1]! - x[i - 2]!) + (y[i]! - y[i - 1]!) * (y[i - 1]! - y[i - 2]!)
    if (along < 0) count += 1
  }
  return count
}
