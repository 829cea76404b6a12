import { ShapeError } from '../../core/errors.ts'
import { aNumber, aList, defineOptions, either, integer, nothing, number, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClusterer } from '../core/define.ts'
import type { Random } from '../core/random.ts'
import { maxIter, randomState } from '../core/rules.ts'
import { takeDense } from '../core/take-rows.ts'
import { allDistances } from './agglomerative-clustering.ts'
import { nearestCentres } from './lloyd.ts'

const where = 'affinityPropagation.fit'

const similarities = (X: Dense, affinity: 'euclidean' | 'precomputed'): Dense => {
  const N = X.rows
  if (affinity === 'precomputed') {
    if (X.columns === N) return dense(N, N, X.data.slice())
    throw new ShapeError(
      `${where}: X is [${N}, ${X.columns}]; with affinity "precomputed" it must be square, the similarities of the rows to each other.`,
    )
  }
  const out = allDistances(X, 'sqeuclidean')
  for (let at = 0; at < out.data.length; at++) out.data[at] = -out.data[at]!
  return out
}

const medianOf = (values: Float64Array): number => {
  const sorted = values.slice().sort()
  const n = sorted.length
  return (sorted[(n - 1) >> 1]! + sorted[n >> 1]!) / 2
}

/** Moves similarities in their last digits, so that equal ones do not make the messages swing. */
const unsettle = ({ data }: Dense, random: Random): void => {
  for (let at = 0; at < data.length; at++) data[at]! += Number.EPSILON * data[at]! * random.normal()
}

interface Messages {
  readonly damping: number
  readonly maxIter: number
  readonly convergenceIter: number
}

/** Passes responsibilities and availabilities until the same rows stand for others for a while: 1 for each of those. */
const passMessages = ({ rows: N, data: s }: Dense, { damping, maxIter, convergenceIter }: Messages) => {
  const [r, a] = [new Float64Array(N * N), new Float64Array(N * N)]
  const history: Uint8Array[] = []
  let nIter = 0
  let converged = false
  const gains = new Float64Array(N)
  while (nIter < maxIter && !converged) {
    for (let i = 0; i < N; i++) {
      let [first, second, at] = [-Infinity, -Infinity, 0]
      for (let k = 0; k < N; k++) {
        const value = a[i * N + k]! + s[i * N + k]!
        if (value > first) {
          second = first
          first = value
          at = k
        } else if (value > second) second = value
      }
      for (let k = 0; k < N; k++) {
        const fresh = s[i * N + k]! - (k === at ? second : first)
        r[i * N + k] = damping * r[i * N + k]! + (1 - damping) * fresh
      }
    }
    gains.fill(0)
    for (let i = 0; i < N; i++)
      for (let k = 0; k < N; k++) gains[k]! += i === k ? r[i * N + k]! : Math.max(0, r[i * N + k]!)
    const exemplars = new Uint8Array(N)
    for (let i = 0; i < N; i++)
      for (let k = 0; k < N; k++) {
        const at = i * N + k
        const own = i === k ? r[at]! : Math.max(0, r[at]!)
        const fresh = i === k ? gains[k]! - own : Math.min(0, gains[k]! - own)
        a[at] = damping * a[at]! + (1 - damping) * fresh
      }
    for (let k = 0; k < N; k++) if (a[k * N + k]! + r[k * N + k]! > 0) exemplars[k] = 1
    history.push(exemplars)
    if (history.length > convergenceIter) history.shift()
    nIter++
    converged =
      nIter >= convergenceIter &&
      exemplars.includes(1) &&
      history.every(before => before.every((flag, k) => flag === exemplars[k]))
  }
  return { exemplars: history.at(-1)!, nIter }
}

/** Each row by the exemplar most like it, and exemplars that stand best for their clusters. */
const assign = (
  { rows: N, data: s }: Dense,
  first: readonly number[],
): { labels: Int32Array; exemplars: Int32Array } => {
  const nearest = (of: ArrayLike<number>): Int32Array =>
    Int32Array.from({ length: N }, (_, i) => {
      let best = 0
      for (let c = 1; c < of.length; c++) if (s[i * N + of[c]!]! > s[i * N + of[best]!]!) best = c
      for (let c = 0; c < of.length; c++) if (of[c] === i) return c
      return best
    })
  const clusters = nearest(first)
  const exemplars = Int32Array.from(first, (_, c) => {
    const members = Array.from(clusters.keys()).filter(i => clusters[i] === c)
    let [best, most] = [members[0]!, -Infinity]
    for (const k of members) {
      let total = 0
      for (const i of members) total += s[i * N + k]!
      if (total > most) [best, most] = [k, total]
    }
    return best
  })
  const sorted = exemplars.slice().sort()
  const own = nearest(exemplars)
  return { labels: own.map(c => sorted.indexOf(exemplars[c]!)), exemplars: sorted }
}

/**
 * Affinity propagation: rows choose exemplars among themselves by passing messages, how well k would stand for i (responsibility) and
 * how much i should choose k (availability), from their similarities `−‖x − y‖²`. The number of clusters follows from `preference`, a row's
 * similarity to itself; by default the median of all.
 *
 * The model has `clusterCentersIndices` [K], `clusterCenters` [K, F], `labels` [N] (all -1 where no exemplar is found) and `nIter`; `predict`
 * gives the nearest exemplar. In O(N²) memory.
 *
 * @throws ShapeError for a precomputed affinity that is not square
 * @example
 * const model = await affinityPropagation().fit([[0], [1], [2], [20], [21], [22]])
 * await model.clusterCentersIndices.toArray() // [1, 4]
 *
 * Source: Frey & Dueck 2007.
 */
export const affinityPropagation = defineClusterer({
  name: 'affinityPropagation',
  summary: 'Rows choose exemplars among themselves by passing messages.',
  source: 'Frey & Dueck 2007',
  options: defineOptions({
    damping: number({ min: 0.5, below: 1, default: 0.5, help: 'share of the messages before that stays' }),
    maxIter: maxIter(200),
    convergenceIter: integer({ min: 1, default: 15, help: 'iterations without another choice that end it' }),
    preference: either([nothing, aNumber(), aList(aNumber())], {
      default: null,
      help: 'how much a row is for being an exemplar, one number or one a row; null: the median similarity',
    }),
    affinity: oneOf(['euclidean', 'precomputed'], { default: 'euclidean', help: 'similarity; precomputed: X itself' }),
    randomState,
  }),
  fit: ({ X, random }, { preference, affinity, ...messages }) => {
    const N = X.rows
    const S = similarities(X, affinity)
    const given = preference ?? medianOf(S.data)
    if (typeof given === 'object' && given.length !== N)
      throw new ShapeError(
        `${where}: preference has ${given.length} values and X has ${N} rows. Pass one number, or one a row.`,
      )
    const own = (i: number): number => (typeof given === 'number' ? given : given[i]!)
    const done = (labels: Int32Array, exemplars: Int32Array, nIter: number) => ({
      labels,
      clusterCentersIndices: exemplars,
      clusterCenters: takeDense(X, exemplars),
      nIter,
    })
    const alike = equalSimilarities(S)
    if (alike !== null) {
      // All rows are as alike: each for itself, or one for all.
      const single = N === 1 || !(own(0) > alike)
      return single
        ? done(new Int32Array(N), Int32Array.of(0), 0)
        : done(
            Int32Array.from({ length: N }, (_, i) => i),
            Int32Array.from({ length: N }, (_, i) => i),
            0,
          )
    }
    for (let i = 0; i < N; i++) S.data[i * N + i] = own(i)
    unsettle(S, random)
    const { exemplars, nIter } = passMessages(S, messages)
    const first = Array.from(exemplars.keys()).filter(k => exemplars[k] === 1)
    if (first.length === 0) return done(new Int32Array(N).fill(-1), new Int32Array(0), nIter)
    const found = assign(S, first)
    return done(found.labels, found.exemplars, nIter)
  },
  methods: {
    predict: ({ state: { clusterCenters } }, X: Dense): Int32Array =>
      clusterCenters.rows === 0 ? new Int32Array(X.rows).fill(-1) : nearestCentres(X, clusterCenters),
  },
})

/** The similarity of any two rows where all are equal; else null. */
const equalSimilarities = ({ rows: N, data }: Dense): number | null => {
  const one = N > 1 ? data[1]! : 0
  for (let i = 0; i < N; i++) for (let j = 0; j < N; j++) if (i !== j && data[i * N + j] !== one) return null
  return one
}
