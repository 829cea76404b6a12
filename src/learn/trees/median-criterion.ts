import type { Criterion } from './criterion.ts'
import { nearness, type Search, take } from './search.ts'

/** Weights and weighted targets by the rank of the target, with sums of prefixes in logarithmic time (Fenwick 1994). */
class RankSums {
  private readonly weight: Float64Array
  private readonly product: Float64Array
  private count = 0
  private top = 1
  total = 0
  sum = 0

  constructor(most: number) {
    this.weight = new Float64Array(most + 1)
    this.product = new Float64Array(most + 1)
  }
  clear(count: number): void {
    this.count = count
    this.top = 1
    while (2 * this.top <= count) this.top *= 2
    this.weight.fill(0, 0, count + 1)
    this.product.fill(0, 0, count + 1)
    this.total = 0
    this.sum = 0
  }
  add(rank: number, w: number, wy: number): void {
    this.total += w
    this.sum += wy
    for (let i = rank + 1; i <= this.count; i += i & -i) {
      this.weight[i]! += w
      this.product[i]! += wy
    }
  }
  /** `Σ w |y − median|`, with the targets in ascending order. */
  absolute(sorted: Float64Array): number {
    let at = 0
    let below = 0
    let belowSum = 0
    const half = this.total / 2
    for (let step = this.top; step > 0; step >>= 1) {
      const next = at + step
      if (next <= this.count && below + this.weight[next]! < half) {
        at = next
        below += this.weight[next]!
        belowSum += this.product[next]!
      }
    }
    const median = sorted[Math.min(at, this.count - 1)]!
    return this.sum - belowSum - median * (this.total - below) + median * below - belowSum
  }
}

/** The value with half of the weight on each side; the middle of two that both are. */
export const medianOf = (sorted: ArrayLike<number>, weights: ArrayLike<number>, total: number): number => {
  let below = 0
  for (let i = 0; i < sorted.length; i++) {
    below += weights[i]!
    if (below > total / 2) return sorted[i]!
    if (below === total / 2) return i + 1 < sorted.length ? (sorted[i]! + sorted[i + 1]!) / 2 : sorted[i]!
  }
  return sorted[sorted.length - 1]!
}

/** Absolute error `Σ w |y − m| / W`; a node predicts its median `m`. */
export const medianCriterion = (y: Float64Array, weights: Float64Array): Criterion => {
  const n = y.length
  const sums = new RankSums(n)
  const rank = new Int32Array(n)
  const errors = new Float64Array(n + 1)
  let sorted = new Float64Array(0)
  const byTarget = (rows: Int32Array, from: number, to: number): Int32Array =>
    rows.slice(from, to).sort((a, b) => y[a]! - y[b]! || a - b)
  return {
    size: 1,
    measure: (rows, from, to, { weight, impurity, stats }, node) => {
      const order = byTarget(rows, from, to)
      const own = Float64Array.from(order, row => weights[row]!)
      const total = own.reduce((a, b) => a + b, 0)
      const median = medianOf(
        Float64Array.from(order, row => y[row]!),
        own,
        total,
      )
      let error = 0
      for (const row of order) error += weights[row]! * Math.abs(y[row]! - median)
      weight[node] = total
      stats[node] = median
      impurity[node] = error / total
    },
    enter: (rows, from, to) => {
      const order = byTarget(rows, from, to)
      sorted = Float64Array.from(order, row => y[row]!)
      for (let i = 0; i < order.length; i++) rank[order[i]!] = i
    },
    scan: search => scanMedians(search, { y, weights, rank, sorted, sums, errors }),
    level: ({ stats }, node) => stats[node]!,
    values: ({ stats }, node, out, at) => {
      out[at] = stats[node]!
    },
  }
}

interface Medians {
  readonly y: Float64Array
  readonly weights: Float64Array
  readonly rank: Int32Array
  readonly sorted: Float64Array
  readonly sums: RankSums
  readonly errors: Float64Array
}

const scanMedians = (search: Search, { y, weights, rank, sorted, sums, errors }: Medians): void => {
  const { order, values, offset, from, end, stop, missingLeft, minSamples, minWeight, weight, best } = search
  const add = (p: number): void => {
    const row = order[p]!
    sums.add(rank[row]!, weights[row]!, weights[row]! * y[row]!)
  }
  // First from the right: errors[p − from] is that of the rows from p on.
  sums.clear(stop - from)
  if (!missingLeft) for (let p = end; p < stop; p++) add(p)
  if (!missingLeft && stop > end) errors[end - from] = sums.absolute(sorted)
  for (let p = end - 1; p > from; p--) {
    add(p)
    errors[p - from] = sums.absolute(sorted)
  }
  sums.clear(stop - from)
  if (missingLeft) for (let p = end; p < stop; p++) add(p)
  const ahead = missingLeft ? stop - end : 0
  const last = !missingLeft && stop > end ? end : end - 1
  const most = Math.min(last, stop - minSamples - ahead)
  for (let p = from; p < most; ) {
    add(p)
    p++
    if (p < end && values[offset + order[p]!]! <= Math.fround(values[offset + order[p - 1]!]! + nearness)) continue
    if (p - from + ahead < minSamples) continue
    if (sums.total < minWeight || weight - sums.total < minWeight) continue
    const score = -sums.absolute(sorted) - errors[p - from]!
    if (score > best.score) take(search, score, p)
  }
}
