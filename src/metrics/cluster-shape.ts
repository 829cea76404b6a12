import { ArgumentError } from '../core/errors.ts'
import { placesOf, sortedClasses } from './classes.ts'
import {
  type Matrix,
  type Rows,
  readLabels,
  readRows,
  requireChoice,
  requireSameLength,
  type Values,
} from './values.ts'

export interface SilhouetteOptions {
  /** `precomputed`: the rows are the distances themselves. `euclidean`. */
  readonly metric?: 'euclidean' | 'manhattan' | 'cosine' | 'precomputed'
}

/** Examples with the number of their cluster, from 0. */
interface Clusters {
  readonly x: Matrix
  readonly places: Int32Array
  readonly sizes: Int32Array
}
const readClusters = (where: string, values: Rows, labels: Values): Clusters => {
  const x = readRows(where, 'X', values)
  const own = readLabels(where, 'labels', labels)
  requireSameLength(where, ['X', x.rows], ['labels', own.length])
  const clusters = sortedClasses(where, own)
  if (clusters.length < 2 || clusters.length >= x.rows) {
    throw new ArgumentError(
      `${where}: there are ${clusters.length} clusters of ${x.rows} examples. There must be at least 2, and fewer than examples.`,
    )
  }
  const places = placesOf(own, clusters)
  const sizes = new Int32Array(clusters.length)
  for (const c of places) sizes[c]!++
  return { x, places, sizes }
}

type Distance = (data: Float64Array, i: number, other: Float64Array, j: number, columns: number) => number
/** Of row i of one matrix and row j of another. */
export const euclidean: Distance = (a, i, b, j, n) => {
  let total = 0
  for (let k = 0; k < n; k++) total += (a[i * n + k]! - b[j * n + k]!) ** 2
  return Math.sqrt(total)
}
const manhattan: Distance = (a, i, b, j, n) => {
  let total = 0
  for (let k = 0; k < n; k++) total += Math.abs(a[i * n + k]! - b[j * n + k]!)
  return total
}
const cosine: Distance = (a, i, b, j, n) => {
  let [aa, bb, ab] = [0, 0, 0]
  for (let k = 0; k < n; k++) {
    aa += a[i * n + k]! ** 2
    bb += b[j * n + k]! ** 2
    ab += a[i * n + k]! * b[j * n + k]!
  }
  return aa === 0 || bb === 0 ? 1 : 1 - ab / Math.sqrt(aa) / Math.sqrt(bb)
}
const distances = {
  euclidean,
  manhattan,
  cosine,
  precomputed: (a: Float64Array, i: number, _: Float64Array, j: number, n: number): number => a[i * n + j]!,
}

const silhouettes = (where: string, values: Rows, labels: Values, { metric = 'euclidean' }: SilhouetteOptions) => {
  requireChoice(where, 'metric', metric, Object.keys(distances))
  const { x, places, sizes } = readClusters(where, values, labels)
  if (metric === 'precomputed' && x.rows !== x.columns)
    throw new ArgumentError(`${where}: the distances are [${x.rows}, ${x.columns}]. They must be square.`)
  const of = distances[metric]
  const totals = new Float64Array(sizes.length)
  return Float64Array.from(places, (own, i) => {
    if (sizes[own] === 1) return 0
    totals.fill(0)
    for (let j = 0; j < x.rows; j++) if (j !== i) totals[places[j]!]! += of(x.data, i, x.data, j, x.columns)
    const inside = totals[own]! / (sizes[own]! - 1)
    const outside = totals.reduce(
      (least, total, c) => (c === own ? least : Math.min(least, total / sizes[c]!)),
      Infinity,
    )
    const most = Math.max(inside, outside)
    return most === 0 ? 0 : (outside - inside) / most
  })
}
/**
 * How well each example lies in its cluster, from −1 to 1: `(b − a) / max(a, b)`, a its mean distance to the others of its cluster, b that
 * to the nearest other cluster; 0 in a cluster of one.
 *
 * **Shape** X: `[N, F]`, or `[N, N]` distances → `[N]`
 *
 * @throws ArgumentError unless there are 2 to N − 1 clusters
 *
 * Source: Rousseeuw 1987.
 */
export const silhouetteSamples = (x: Rows, labels: Values, options: SilhouetteOptions = {}): Float64Array =>
  silhouettes('silhouetteSamples', x, labels, options)
/** The mean of {@link silhouetteSamples}. */
export const silhouetteScore = (x: Rows, labels: Values, options: SilhouetteOptions = {}): number => {
  const values = silhouettes('silhouetteScore', x, labels, options)
  return values.reduce((a, b) => a + b, 0) / values.length
}

/** The mean of each cluster, one after the other. */
const centersOf = ({ x, places, sizes }: Clusters): Float64Array => {
  const centers = new Float64Array(sizes.length * x.columns)
  for (let i = 0; i < x.rows; i++)
    for (let k = 0; k < x.columns; k++)
      centers[places[i]! * x.columns + k]! += x.data[i * x.columns + k]! / sizes[places[i]!]!
  return centers
}

/**
 * The spread between clusters over that within, each by its degrees of freedom; larger is better. 1 where there is none within.
 *
 * Source: Caliński & Harabasz 1974.
 */
export const calinskiHarabaszScore = (x: Rows, labels: Values): number => {
  const found = readClusters('calinskiHarabaszScore', x, labels)
  const { rows, columns, data } = found.x
  const centers = centersOf(found)
  const mean = new Float64Array(columns)
  for (let k = 0; k < data.length; k++) mean[k % columns]! += data[k]! / rows
  let [between, within] = [0, 0]
  for (const [c, size] of found.sizes.entries()) between += size * euclidean(centers, c, mean, 0, columns) ** 2
  for (const [i, c] of found.places.entries()) within += euclidean(data, i, centers, c, columns) ** 2
  const k = found.sizes.length
  return within === 0 ? 1 : (between * (rows - k)) / (within * (k - 1))
}

/**
 * The mean over clusters of the worst other: the mean distances to both centres over the distance of the centres; smaller is better. Clusters
 * with the same centre do not count against each other.
 *
 * Source: Davies & Bouldin 1979.
 */
export const daviesBouldinScore = (x: Rows, labels: Values): number => {
  const found = readClusters('daviesBouldinScore', x, labels)
  const { columns, data } = found.x
  const centers = centersOf(found)
  const inside = new Float64Array(found.sizes.length)
  for (const [i, c] of found.places.entries()) inside[c]! += euclidean(data, i, centers, c, columns) / found.sizes[c]!
  const worst = inside.map((own, a) =>
    inside.reduce((most, other, b) => {
      const apart = euclidean(centers, a, centers, b, columns)
      return a === b || apart === 0 ? most : Math.max(most, (own + other) / apart)
    }, 0),
  )
  return worst.reduce((a, b) => a + b, 0) / worst.length
}
