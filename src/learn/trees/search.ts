/** The search for the best split of one node, feature after feature: what is looked at, and the best found so far. */
export interface Search {
  /** The feature's values by row, from `offset` on. */
  values: Float32Array
  offset: number
  feature: number
  /** The node's rows in ascending order of the feature: [from, end) with a value, [end, stop) without. */
  order: Int32Array
  from: number
  end: number
  stop: number
  /** Whether the rows without a value are tried on the left. */
  missingLeft: boolean
  /** The node's weight and statistics. */
  weight: number
  stats: Float64Array
  /** What each side must have. */
  minSamples: number
  minWeight: number
  /** 1 where the right value must not be lower, −1 where it must not be higher, and the bounds of both. */
  direction: number
  lower: number
  upper: number
  best: Split
}

/** A split; what is higher is better. */
export interface Split {
  score: number
  feature: number
  threshold: number
  missingLeft: boolean
  /** Rows on the left. */
  count: number
}

export const noSplit = (): Split => ({
  score: -Infinity,
  feature: -1,
  threshold: Number.NaN,
  missingLeft: false,
  count: 0,
})

/** Values nearer than this are one value, as in scikit-learn. */
export const nearness = Math.fround(1e-7)

/** Takes the split before place `p` of the order as the best. */
export const take = (search: Search, score: number, p: number): void => {
  const { best, order, values, offset, from, end, stop, missingLeft } = search
  best.score = score
  best.feature = search.feature
  const count = p - from + (missingLeft ? stop - end : 0)
  best.count = count
  best.missingLeft = stop > end ? missingLeft : 2 * count > stop - from
  if (p === end) {
    best.threshold = Infinity
    return
  }
  const below = values[offset + order[p - 1]!]!
  const above = values[offset + order[p]!]!
  const middle = below / 2 + above / 2
  best.threshold = middle === above || !Number.isFinite(middle) ? below : middle
}

/** Whether values of both sides contradict the direction or leave the bounds. */
export const contradicts = ({ direction, lower, upper }: Search, left: number, right: number): boolean =>
  // Features without a direction split freely; their values are brought within the bounds afterwards.
  direction !== 0 && (left < lower || left > upper || right < lower || right > upper || (left - right) * direction > 0)
