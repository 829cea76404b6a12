import type { Criterion } from './criterion.ts'
import { pairsOf, scanSums } from './number-criterion.ts'
import { contradicts, nearness, type Search, take } from './search.ts'

/** Gini impurity `1 − Σ p_k²` or entropy `−Σ p_k log₂ p_k`; a node predicts the shares of the classes. */
export const classCriterion = (
  codes: Int32Array,
  weights: Float64Array,
  { K, entropy }: { readonly K: number; readonly entropy: boolean },
): Criterion => {
  // The Gini score of two classes orders splits as the squared error of the class numbers does.
  const pairs = K === 2 && !entropy ? pairsOf(codes, weights) : undefined
  const left = new Float64Array(K)
  const right = new Float64Array(K)
  return {
    size: K,
    measure: (rows, from, to, { weight, impurity, stats }, node) => {
      const at = node * K
      let total = 0
      stats.fill(0, at, at + K)
      for (let p = from; p < to; p++) {
        const row = rows[p]!
        stats[at + codes[row]!]! += weights[row]!
        total += weights[row]!
      }
      weight[node] = total
      let sum = 0
      for (let k = 0; k < K; k++) {
        const share = stats[at + k]! / total
        if (entropy) sum -= share > 0 ? share * Math.log2(share) : 0
        else sum += share * share
      }
      impurity[node] = entropy ? sum : 1 - sum
    },
    scan: search => {
      if (pairs) scanSums(pairs, search, search.weight, search.stats[1]!, false)
      else scanClasses(codes, weights, search, left, right, entropy)
    },
    level: ({ weight, stats }, node) => stats[node * K + 1]! / weight[node]!,
    values: ({ weight, stats }, node, out, at) => {
      for (let k = 0; k < K; k++) out[at + k] = stats[node * K + k]! / weight[node]!
    },
  }
}

const informationOf = (counts: Float64Array, total: number): number => {
  let sum = 0
  for (let k = 0; k < counts.length; k++) {
    const count = counts[k]!
    if (count > 0) sum += count * Math.log2(count)
  }
  return sum - total * Math.log2(total)
}

/** The scan of Gini impurity, `Σ l_k²/W_l + Σ r_k²/W_r`, its sums of squares kept up row by row, and of entropy. */
const scanClasses = (
  codes: Int32Array,
  weights: Float64Array,
  search: Search,
  left: Float64Array,
  right: Float64Array,
  entropy: boolean,
): void => {
  const { order, values, offset, from, end, stop, missingLeft, minSamples, minWeight, weight, stats } = search
  const K = left.length
  left.fill(0)
  let rightSquares = 0
  for (let k = 0; k < K; k++) {
    right[k] = stats[k]!
    rightSquares += stats[k]! * stats[k]!
  }
  let leftWeight = 0
  let leftSquares = 0
  if (missingLeft) {
    for (let p = end; p < stop; p++) {
      const row = order[p]!
      const k = codes[row]!
      const w = weights[row]!
      leftWeight += w
      leftSquares += w * (2 * left[k]! + w)
      rightSquares -= w * (2 * right[k]! - w)
      left[k]! += w
      right[k]! -= w
    }
  }
  const free = search.direction === 0 && search.lower === -Infinity && search.upper === Infinity
  const ahead = missingLeft ? stop - end : 0
  const last = !missingLeft && stop > end ? end : end - 1
  const least = from + Math.max(1, minSamples - ahead)
  const most = Math.min(last, stop - minSamples - ahead)
  let best = search.best.score
  let x = from < end ? values[offset + order[from]!]! : 0
  for (let p = from; p < most; ) {
    const row = order[p]!
    const k = codes[row]!
    const w = weights[row]!
    const l = left[k]!
    const r = right[k]!
    leftWeight += w
    leftSquares += w * (2 * l + w)
    rightSquares -= w * (2 * r - w)
    left[k] = l + w
    right[k] = r - w
    p++
    if (p < end) {
      const next = values[offset + order[p]!]!
      const same = next <= Math.fround(x + nearness)
      x = next
      if (same) continue
    }
    if (p < least) continue
    const rightWeight = weight - leftWeight
    if (leftWeight < minWeight || rightWeight < minWeight) continue
    const score = entropy
      ? informationOf(left, leftWeight) + informationOf(right, rightWeight)
      : leftSquares / leftWeight + rightSquares / rightWeight
    if (score > best && (free || !contradicts(search, left[1]! / leftWeight, right[1]! / rightWeight))) {
      best = score
      take(search, score, p)
    }
  }
}
