import { digamma } from '../../stats/special/index.ts'
import type { Random } from '../core/random.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'

// Mutual information in nats, estimated from distances to neighbours.

const order = (values: Float64Array): Int32Array =>
  Int32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!)

/** How many ascending values are nearer to `x` than `radius`. */
const countWithin = (sorted: Float64Array, x: number, radius: number): number => {
  const first = (inside: (v: number) => boolean): number => {
    let low = 0
    let high = sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (inside(sorted[middle]!)) high = middle
      else low = middle + 1
    }
    return low
  }
  return first(v => v - x >= radius) - first(v => x - v < radius)
}

/** The distance of each ascending value to its k-th nearest. */
const kthNearest = (sorted: Float64Array, k: number): Float64Array =>
  sorted.map((x, i) => {
    let low = i - 1
    let high = i + 1
    let distance = 0
    for (let step = 0; step < k; step++) {
      const left = low >= 0 ? x - sorted[low]! : Infinity
      const right = high < sorted.length ? sorted[high]! - x : Infinity
      if (left <= right) low--
      else high++
      distance = Math.min(left, right)
    }
    return distance
  })

/**
 * Between a real number and a class: `ψ(N) + mean ψ(k) − mean ψ(N_class) − mean ψ(m)`, m the rows as near as the k-th of the same class.
 *
 * Source: Ross 2014.
 */
export const informationOfClasses = (x: Float64Array, classes: ArrayLike<number>, neighbours: number): number => {
  const members = new Map<number, number[]>()
  for (const i of order(x)) {
    const label = classes[i]!
    if (!members.has(label)) members.set(label, [])
    members.get(label)!.push(i)
  }
  const several = [...members.values()].filter(rows => rows.length > 1)
  const kept = Float64Array.from(several.flat(), i => x[i]!).sort()
  const N = kept.length
  if (N === 0) return 0
  let sum = 0
  for (const rows of several) {
    const own = Float64Array.from(rows, i => x[i]!)
    const k = Math.min(neighbours, own.length - 1)
    const radius = kthNearest(own, k)
    sum += own.length * (digamma(k) - digamma(own.length))
    for (let i = 0; i < own.length; i++) sum -= digamma(countWithin(kept, own[i]!, radius[i]!))
  }
  return Math.max(0, digamma(N) + sum / N)
}

/**
 * Between two real numbers: `ψ(N) + ψ(k) − mean ψ(n_x + 1) − mean ψ(n_y + 1)`, n the rows nearer than the k-th in the plane.
 *
 * Source: Kraskov, Stögbauer & Grassberger 2004.
 */
export const informationOfNumbers = (x: Float64Array, y: Float64Array, k: number): number => {
  const N = x.length
  const places = order(x)
  const xs = Float64Array.from(places, i => x[i]!)
  const ys = Float64Array.from(places, i => y[i]!)
  const sortedY = y.slice().sort()
  const nearest = new Float64Array(k)
  let sum = 0
  for (let i = 0; i < N; i++) {
    nearest.fill(Infinity)
    const offer = (j: number): void => {
      const distance = Math.max(Math.abs(xs[j]! - xs[i]!), Math.abs(ys[j]! - ys[i]!))
      if (distance >= nearest[k - 1]!) return
      let at = k - 1
      for (; at > 0 && nearest[at - 1]! > distance; at--) nearest[at] = nearest[at - 1]!
      nearest[at] = distance
    }
    // Outwards along x, until x alone is farther than the k-th.
    let low = i - 1
    let high = i + 1
    for (;;) {
      const left = low >= 0 ? xs[i]! - xs[low]! : Infinity
      const right = high < N ? xs[high]! - xs[i]! : Infinity
      if (Math.min(left, right) >= nearest[k - 1]!) break
      if (left <= right) offer(low--)
      else offer(high++)
    }
    const radius = nearest[k - 1]!
    sum +=
      digamma(Math.max(1, countWithin(xs, xs[i]!, radius))) + digamma(Math.max(1, countWithin(sortedY, ys[i]!, radius)))
  }
  return Math.max(0, digamma(N) + digamma(k) - sum / N)
}

/** Between two kinds of classes: `Σ p(a, b) log(p(a, b) / (p(a) p(b)))`. */
export const informationOfTable = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  const N = a.length
  const both = new Map<number, Map<number, number>>()
  const [countA, countB] = [new Map<number, number>(), new Map<number, number>()]
  const add = (counts: Map<number, number>, key: number): Map<number, number> =>
    counts.set(key, (counts.get(key) ?? 0) + 1)
  for (let i = 0; i < N; i++) {
    add(countA, a[i]!)
    add(countB, b[i]!)
    both.set(a[i]!, add(both.get(a[i]!) ?? new Map(), b[i]!))
  }
  let sum = 0
  for (const [key, row] of both)
    for (const [other, n] of row) sum += (n / N) * Math.log((n * N) / (countA.get(key)! * countB.get(other)!))
  return Math.max(0, sum)
}

/** Over its standard deviation, and moved by a trifle so that equal numbers have a nearest one. */
const prepared = (values: Float64Array, random: Random): Float64Array => {
  const N = values.length
  const mean = values.reduce((a, b) => a + b, 0) / N
  const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / N) || 1
  const scaled = values.map(x => x / deviation)
  const size = Math.max(1, scaled.reduce((a, b) => a + Math.abs(b), 0) / N)
  return scaled.map(x => x + 1e-10 * size * random.normal())
}

export interface Information {
  /** Whether each feature is a class rather than a real number. */
  readonly discrete: readonly boolean[]
  readonly nNeighbors: number
  readonly random: Random
}

/** The mutual information of each column with the target. */
export const mutualInformation = (
  X: Dense,
  y: Float64Array,
  targetIsClass: boolean,
  { discrete, nNeighbors, random }: Information,
): Float64Array => {
  const columns = Array.from({ length: X.columns }, (_, j) => {
    const column = Float64Array.from({ length: X.rows }, (_, i) => X.data[i * X.columns + j]!)
    return discrete[j] ? column : prepared(column, random)
  })
  const target = targetIsClass ? y : prepared(y, random)
  return Float64Array.from(columns, (column, j) => {
    if (discrete[j])
      return targetIsClass ? informationOfTable(column, y) : informationOfClasses(target, column, nNeighbors)
    return targetIsClass
      ? informationOfClasses(column, y, nNeighbors)
      : informationOfNumbers(column, target, nNeighbors)
  })
}
