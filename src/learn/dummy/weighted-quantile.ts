/**
 * The value below which a share of the weight lies. Without weights, linear between the two nearest (NumPy's default); with weights, the
 * lowest value at which the share is reached.
 */
export const weightedQuantile = (values: Float64Array, share: number, weights?: Float64Array): number => {
  const order = Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!)
  if (!weights) {
    const at = share * (order.length - 1)
    const low = Math.floor(at)
    const below = values[order[low]!]!
    const above = values[order[Math.min(low + 1, order.length - 1)]!]!
    return below + (at - low) * (above - below)
  }
  const total = weights.reduce((a, b) => a + b, 0)
  let sum = 0
  for (const i of order) {
    sum += weights[i]!
    if (weights[i]! > 0 && sum >= share * total) return values[i]!
  }
  return values[order.at(-1)!]!
}
