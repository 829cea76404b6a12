import { type Criterion, epsilon } from './criterion.ts'
import { contradicts, nearness, type Search, take } from './search.ts'

/** Weight and weighted target of each row side by side: one cache line in a scan. */
export const pairsOf = (y: ArrayLike<number>, weights: Float64Array): Float64Array => {
  const pairs = new Float64Array(2 * y.length)
  for (let i = 0; i < y.length; i++) {
    pairs[2 * i] = weights[i]!
    pairs[2 * i + 1] = weights[i]! * y[i]!
  }
  return pairs
}

/** The scan of squared error, `S_l²/W_l + S_r²/W_r`, and of Poisson deviance, `S_l log(S_l/W_l) + S_r log(S_r/W_r)`. */
export const scanSums = (pairs: Float64Array, search: Search, weight: number, sum: number, poisson: boolean): void => {
  const { order, values, offset, from, end, stop, missingLeft, minSamples, minWeight } = search
  let left = 0
  let leftSum = 0
  if (missingLeft) {
    for (let p = end; p < stop; p++) {
      const row = 2 * order[p]!
      left += pairs[row]!
      leftSum += pairs[row + 1]!
    }
  }
  const free = search.direction === 0 && search.lower === -Infinity && search.upper === Infinity
  const ahead = missingLeft ? stop - end : 0
  // A split must leave rows on the right: without a value, or with one.
  const last = !missingLeft && stop > end ? end : end - 1
  const least = from + Math.max(1, minSamples - ahead)
  const most = Math.min(last, stop - minSamples - ahead)
  let best = search.best.score
  let x = from < end ? values[offset + order[from]!]! : 0
  for (let p = from; p < most; ) {
    const row = order[p]!
    left += pairs[2 * row]!
    leftSum += pairs[2 * row + 1]!
    p++
    if (p < end) {
      const next = values[offset + order[p]!]!
      const same = next <= Math.fround(x + nearness)
      x = next
      if (same) continue
    }
    if (p < least) continue
    const right = weight - left
    const rightSum = sum - leftSum
    if (left < minWeight || right < minWeight) continue
    const score = poisson
      ? poissonScore(left, leftSum, right, rightSum)
      : (leftSum * leftSum) / left + (rightSum * rightSum) / right
    if (score > best && (free || !contradicts(search, leftSum / left, rightSum / right))) {
      best = score
      take(search, score, p)
    }
  }
}

// Sides whose sum is 0 would predict 0, which the deviance forbids.
const poissonScore = (left: number, leftSum: number, right: number, rightSum: number): number =>
  leftSum <= epsilon || rightSum <= epsilon
    ? -Infinity
    : leftSum * Math.log(leftSum / left) + rightSum * Math.log(rightSum / right)

/** Squared error `Σ w (y − ȳ)² / W`, or half the Poisson deviance `Σ w y log(y / ȳ) / W`; a node predicts its mean. */
export const meanCriterion = (y: Float64Array, weights: Float64Array, poisson: boolean): Criterion => {
  const pairs = pairsOf(y, weights)
  return {
    size: 1,
    measure: (rows, from, to, { weight, impurity, stats }, node) => {
      let total = 0
      let sum = 0
      let squares = 0
      for (let p = from; p < to; p++) {
        const row = rows[p]!
        const wy = pairs[2 * row + 1]!
        total += pairs[2 * row]!
        sum += wy
        squares += wy * y[row]!
      }
      weight[node] = total
      stats[node] = sum
      const mean = sum / total
      if (!poisson) {
        impurity[node] = squares / total - mean * mean
        return
      }
      let deviance = 0
      for (let p = from; p < to; p++) {
        const row = rows[p]!
        if (y[row]! > 0) deviance += pairs[2 * row + 1]! * Math.log(y[row]! / mean)
      }
      impurity[node] = sum <= epsilon ? Infinity : deviance / total
    },
    scan: search => scanSums(pairs, search, search.weight, search.stats[0]!, poisson),
    level: ({ weight, stats }, node) => stats[node]! / weight[node]!,
    values: ({ weight, stats }, node, out, at) => {
      out[at] = stats[node]! / weight[node]!
    },
  }
}
