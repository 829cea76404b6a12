import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { aNumber, either, integer, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { nJobs } from '../core/rules.ts'
import { runTasks } from '../threads/pool.ts'
import { type NeighborMetric, neighborMetrics, reducedMetric } from './metric.ts'
import { Nearest } from './nearest.ts'
import { forCandidates, rank, servesScores } from './scored.ts'
import { buildTree, nodeBound, type Tree, treeNearest, treeWithin } from './tree.ts'

/** Options of everything that looks for neighbours. */
export const searchOptions = {
  algorithm: oneOf(['auto', 'brute', 'kdTree', 'ballTree'], {
    default: 'auto',
    help: 'how neighbours are found; all find the same: auto takes a k-d tree for few features, else compares all rows',
  }),
  leafSize: integer({ min: 1, default: 30, help: 'rows of a leaf of the tree, which changes the speed only' }),
  metric: oneOf(neighborMetrics, {
    default: 'minkowski',
    help: 'what distance is; precomputed: X holds the distances to the rows of fit',
  }),
  p: either([aNumber({ min: 1 })], { default: 2, help: 'the exponent of the metric minkowski' }),
  nJobs,
} as const

export interface SearchOptions {
  readonly algorithm: 'auto' | 'brute' | 'kdTree' | 'ballTree'
  readonly leafSize: number
  readonly metric: NeighborMetric
  readonly p: number
}

/** Rows that are searched: plain data, which a model keeps. */
export interface Index {
  readonly X: Dense
  readonly metric: NeighborMetric
  readonly p: number
  readonly tree: Tree | null
}

/** Features up to which a tree is quicker. */
const fewFeatures = 12

/** Makes rows ready to be searched. */
export const buildIndex = (X: Dense, { algorithm, leafSize, metric, p }: SearchOptions, where: string): Index => {
  if (metric === 'precomputed') {
    if (algorithm === 'kdTree' || algorithm === 'ballTree') throw noTree(where, algorithm, metric)
    if (X.rows !== X.columns) {
      throw new ShapeError(
        `${where}: X is [${X.rows}, ${X.columns}]; with metric "precomputed" it must be square, the distances of the rows to each other.`,
      )
    }
    return { X, metric, p, tree: null }
  }
  const treeable = reducedMetric(metric, p).p > 0
  if (!treeable && (algorithm === 'kdTree' || algorithm === 'ballTree')) throw noTree(where, algorithm, metric)
  const kind =
    algorithm === 'auto' ? (treeable && X.columns <= fewFeatures && X.rows > leafSize ? 'kdTree' : 'brute') : algorithm
  return { X, metric, p, tree: kind === 'brute' ? null : buildTree(X, kind, { leafSize, metric, p }) }
}

const noTree = (where: string, algorithm: string, metric: string): ArgumentError =>
  new ArgumentError(
    `${where}: algorithm ${JSON.stringify(algorithm)} does not know the metric ${JSON.stringify(metric)}. Take "brute", or a Minkowski distance.`,
  )

/** The nearest rows of each row: distances and numbers, the nearest first, `[Q, k]` row by row. */
export interface Neighbors {
  readonly distances: Float64Array
  readonly indices: Int32Array
}
/** The rows within a radius of each row: those of row i from `indptr[i]` to `indptr[i + 1]` − 1, by distance. */
export interface Within extends Neighbors {
  readonly indptr: Int32Array
}

/** The k nearest of each row, in this thread. */
export const nearestHere = (index: Index, Q: Dense, k: number): Neighbors => {
  const out: Neighbors = { distances: new Float64Array(Q.rows * k), indices: new Int32Array(Q.rows * k) }
  const nearest = new Nearest(k)
  const { X, metric, p, tree } = index
  if (metric === 'precomputed') {
    for (let q = 0; q < Q.rows; q++) {
      for (let i = 0; i < X.rows; i++) {
        const distance = Q.data[q * X.rows + i]!
        if (distance <= nearest.worst) nearest.add(distance, i)
      }
      nearest.take(out.distances, out.indices, q * k)
    }
    return out
  }
  const reduced = reducedMetric(metric, p)
  const { between, finish } = reduced
  const all = (q: number): void => {
    const F = X.columns
    for (let i = 0; i < X.rows; i++) {
      const distance = between(Q.data, q * F, X.data, i * F, F)
      if (distance <= nearest.worst) nearest.add(distance, i)
    }
  }
  const keep = (q: number): void => nearest.take(out.distances, out.indices, q * k)
  const squares = between === reducedMetric('sqeuclidean', 2).between
  if (tree) {
    const bound = nodeBound(tree, reduced)
    for (let q = 0; q < Q.rows; q++) {
      treeNearest(tree, { x: Q.data, at: q * X.columns }, nearest, { bound, between })
      keep(q)
    }
  } else if (
    !(
      squares &&
      servesScores(X, Q.rows, k) &&
      forCandidates(X, Q, k, (q, rows) => {
        if (rows) rank(X, { x: Q.data, at: q * X.columns, rows }, nearest)
        else all(q)
        keep(q)
      })
    )
  ) {
    for (let q = 0; q < Q.rows; q++) {
      all(q)
      keep(q)
    }
  }
  const { distances } = out
  if (finish === Math.sqrt) for (let i = 0; i < distances.length; i++) distances[i] = Math.sqrt(distances[i]!)
  else for (let i = 0; i < distances.length; i++) distances[i] = finish(distances[i]!)
  return out
}

/** Numbers that grow: distances and rows in the order of finding. */
class Growing {
  distances = new Float64Array(1024)
  rows = new Int32Array(1024)
  count = 0
  add(distance: number, row: number): void {
    if (this.count === this.rows.length) {
      const [distances, rows] = [new Float64Array(2 * this.count), new Int32Array(2 * this.count)]
      distances.set(this.distances)
      rows.set(this.rows)
      this.distances = distances
      this.rows = rows
    }
    this.distances[this.count] = distance
    this.rows[this.count++] = row
  }
  /** Puts the last ones, from a place on, into the order of distance and number. */
  sortFrom(from: number): void {
    const [distances, rows] = [this.distances.slice(from, this.count), this.rows.slice(from, this.count)]
    const order = Array.from(rows.keys()).sort((a, b) => distances[a]! - distances[b]! || rows[a]! - rows[b]!)
    for (const [place, i] of order.entries()) {
      this.distances[from + place] = distances[i]!
      this.rows[from + place] = rows[i]!
    }
  }
}

/** The rows within a radius of each row, in this thread. Unsorted they come in any order. */
export const withinHere = (index: Index, Q: Dense, radius: number, sorted: boolean): Within => {
  const { X, metric, p, tree } = index
  const found = new Growing()
  const indptr = new Int32Array(Q.rows + 1)
  const given = metric === 'precomputed'
  const reduced = given ? null : reducedMetric(metric, p)
  const limit = reduced ? reduced.begin(radius) : radius
  const F = X.columns
  const tools = tree ? { bound: nodeBound(tree, reduced!), between: reduced!.between } : null
  for (let q = 0; q < Q.rows; q++) {
    if (tree) treeWithin(tree, { x: Q.data, at: q * F, limit }, found, tools!)
    else {
      for (let i = 0; i < X.rows; i++) {
        const distance = reduced ? reduced.between(Q.data, q * F, X.data, i * F, F) : Q.data[q * X.rows + i]!
        if (distance <= limit) found.add(distance, i)
      }
    }
    if (sorted) found.sortFrom(indptr[q]!)
    indptr[q + 1] = found.count
  }
  const distances = found.distances.slice(0, found.count)
  if (reduced) for (let i = 0; i < distances.length; i++) distances[i] = reduced.finish(distances[i]!)
  return { indptr, indices: found.rows.slice(0, found.count), distances }
}

// --- over threads -------------------------------------------------------------------------------------------------------

/** Coordinates compared from which threads are worth their messages. */
const large = 5e7
const jobRows = 2500

const blocks = (Q: Dense): Dense[] =>
  Array.from({ length: Math.ceil(Q.rows / jobRows) }, (_, b) => {
    const rows = Math.min(jobRows, Q.rows - b * jobRows)
    return dense(rows, Q.columns, Q.data.slice(b * jobRows * Q.columns, (b * jobRows + rows) * Q.columns))
  })
/** How many rows of the index a row is compared with, about. */
const compared = ({ X, tree }: Index): number =>
  tree ? Math.min(X.rows, 30 * Math.log2(X.rows + 2)) * X.columns : X.rows * X.columns

/** The k nearest of each row. */
export const kNearest = async (index: Index, Q: Dense, k: number, nJobs: number): Promise<Neighbors> => {
  if (nJobs === 1 || Q.rows <= jobRows || compared(index) * Q.rows < large) return nearestHere(index, Q, k)
  const parts = await runTasks<Neighbors>('neighbors', blocks(Q), { shared: { index, k }, nJobs })
  const out = { distances: new Float64Array(Q.rows * k), indices: new Int32Array(Q.rows * k) }
  for (const [b, { distances, indices }] of parts.entries()) {
    out.distances.set(distances, b * jobRows * k)
    out.indices.set(indices, b * jobRows * k)
  }
  return out
}

/** The k nearest of each row of the index among the others. */
export const kNearestOthers = async (index: Index, k: number, nJobs: number): Promise<Neighbors> => {
  const N = index.X.rows
  const found = await kNearest(index, index.X, k + 1, nJobs)
  const out = { distances: new Float64Array(N * k), indices: new Int32Array(N * k) }
  for (let i = 0; i < N; i++) {
    // Of more than k equal rows a row may not be among its own neighbours: then the last one goes.
    let skip = k
    for (let c = 0; c <= k; c++) if (found.indices[i * (k + 1) + c] === i) skip = c
    for (let c = 0, to = i * k; c <= k; c++) {
      if (c === skip) continue
      out.distances[to] = found.distances[i * (k + 1) + c]!
      out.indices[to++] = found.indices[i * (k + 1) + c]!
    }
  }
  return out
}

/** Throws unless there are k rows to be found. */
export const requireNeighbors = (where: string, k: number, rows: number, option = 'nNeighbors'): void => {
  if (k <= rows) return
  throw new ArgumentError(
    `${where}: ${option} is ${k}, and there ${rows === 1 ? 'is 1 row' : `are ${rows} rows`} to be found. Ask for at most ${rows}, or fit more rows.`,
  )
}
