/** A point of a line: the step, the function's value and slope there. */
export interface Point {
  readonly step: number
  readonly value: number
  readonly slope: number
}

const [enough, flatter] = [1e-4, 0.9]

/** Where the cubic through two points, with their slopes, is least; NaN where it is nowhere. */
const cubicMinimum = (a: Point, b: Point): number => {
  const first = a.slope + b.slope - (3 * (a.value - b.value)) / (a.step - b.step)
  const root = first * first - a.slope * b.slope
  if (root < 0) return Number.NaN
  const second = Math.sign(b.step - a.step) * Math.sqrt(root)
  return b.step - ((b.step - a.step) * (b.slope + second - first)) / (b.slope - a.slope + 2 * second)
}

/** A trial between two points, not too near to either. */
const between = (a: Point, b: Point): number => {
  const [low, high] = [Math.min(a.step, b.step), Math.max(a.step, b.step)]
  const margin = 0.1 * (high - low)
  const trial = cubicMinimum(a, b)
  return trial > low + margin && trial < high - margin ? trial : (low + high) / 2
}

/**
 * A step that fulfils the strong conditions of Wolfe: enough less than at 0, and at most nine tenths of the slope there; or the best
 * step seen, where rounding leaves none, or null where none is below the start.
 *
 * @param at the function along the line
 *
 * Source: Nocedal & Wright 2006, algorithms 3.5 and 3.6.
 */
export const strongWolfe = (start: Point, first: number, at: (step: number) => Point): Point | null => {
  const decreases = (p: Point): boolean => p.value <= start.value + enough * p.step * start.slope
  const isFlat = (p: Point): boolean => Math.abs(p.slope) <= flatter * Math.abs(start.slope)
  const zoom = (best: Point, far: Point): Point | null => {
    let [low, high] = [best, far]
    for (let round = 0; round < 20; round++) {
      const point = at(between(low, high))
      if (!decreases(point) || !(point.value < low.value)) high = point
      else {
        if (isFlat(point)) return point
        if (point.slope * (high.step - low.step) >= 0) high = low
        low = point
      }
    }
    return low.step > 0 ? low : null
  }
  let before = start
  let step = first
  for (let round = 0; round < 20; round++) {
    const point = at(step)
    if (!decreases(point) || (round > 0 && point.value >= before.value)) return zoom(before, point)
    if (isFlat(point)) return point
    if (point.slope >= 0) return zoom(point, before)
    before = point
    step *= 2
  }
  return before.step > 0 ? before : null
}
