/** How many steps share one place on the x axis, so that at most `limit` points are drawn. */
export const bucketOf = (length: number, limit: number): number =>
  length <= limit ? 1 : Math.ceil(length / Math.floor(limit / 2))

/** Steps, from 1, at which {@link thinned} values stand: all, or the first and last of each bucket. */
export const thinnedSteps = (length: number, bucket: number): number[] => {
  if (bucket === 1) return Array.from({ length }, (_, i) => i + 1)
  const out: number[] = []
  for (let from = 0; from < length; from += bucket)
    out.push(from + 1, Math.max(from + 2, Math.min(from + bucket, length)))
  return out
}

/** All values, or the smallest and largest of each bucket in the order they came, so that no peak is lost. What is not finite becomes a gap. */
export const thinned = (values: ArrayLike<number>, length: number, bucket: number): (number | null)[] => {
  const at = (i: number): number | null => {
    const value = values[i]
    return value !== undefined && Number.isFinite(value) ? value : null
  }
  if (bucket === 1) return Array.from({ length }, (_, i) => at(i))
  const out: (number | null)[] = []
  for (let from = 0; from < length; from += bucket) {
    let low = -1
    let high = -1
    for (let i = from; i < Math.min(from + bucket, length); i++) {
      const value = at(i)
      if (value === null) continue
      if (low < 0 || value < values[low]!) low = i
      if (high < 0 || value > values[high]!) high = i
    }
    out.push(at(Math.min(low, high)), at(Math.max(low, high)))
  }
  return out
}

/** Exponential smoothing without a pull to the start: `weight` 0 changes nothing, 0.9 looks back about ten points. Gaps stay. */
export const smoothed = (values: readonly (number | null)[], weight: number): (number | null)[] => {
  let sum = 0
  let total = 0
  return values.map(value => {
    if (value === null) return null
    sum = weight * sum + (1 - weight) * value
    total = weight * total + (1 - weight)
    return sum / total
  })
}
