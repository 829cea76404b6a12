import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, integer, number, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import { best } from './matrix-factorization.ts'
import { countOf, readPairs } from './ratings.ts'

interface State {
  readonly mean: number
  /** Mean rating of each user (or item, with kind item). */
  readonly means: Float64Array
  /** How alike each two are. */
  readonly similarity: Dense
  /** Ratings [rows, others], NaN where there is none. */
  readonly _ratings: Dense
  readonly _byUser: boolean
}

/** Likeness over what both have rated, drawn towards 0 where that is little. */
const similarityOf = (
  R: Dense,
  means: Float64Array,
  { similarity, shrinkage }: { readonly similarity: 'cosine' | 'pearson'; readonly shrinkage: number },
): Dense => {
  const { rows, columns, data } = R
  const out = dense(rows, rows)
  for (let a = 0; a < rows; a++) {
    for (let b = 0; b <= a; b++) {
      let [dot, aa, bb, common] = [0, 0, 0, 0]
      for (let j = 0; j < columns; j++) {
        const x = data[a * columns + j]!
        const y = data[b * columns + j]!
        if (Number.isNaN(x) || Number.isNaN(y)) continue
        const [u, v] = similarity === 'pearson' ? [x - means[a]!, y - means[b]!] : [x, y]
        dot += u * v
        aa += u * u
        bb += v * v
        common++
      }
      const size = Math.sqrt(aa * bb)
      out.data[a * rows + b] = out.data[b * rows + a] = size === 0 ? 0 : ((dot / size) * common) / (common + shrinkage)
    }
  }
  return out
}

const expected = (
  { mean, means, similarity, _ratings: R, _byUser }: State,
  nNeighbors: number,
  user: number,
  item: number,
): number => {
  const [own, other] = _byUser ? [user, item] : [item, user]
  if (own >= R.rows) return mean
  const level = Number.isNaN(means[own]!) ? mean : means[own]!
  if (other >= R.columns) return level
  const near: (readonly [likeness: number, deviation: number])[] = []
  for (let row = 0; row < R.rows; row++) {
    const rating = R.data[row * R.columns + other]!
    const likeness = similarity.data[own * R.rows + row]!
    if (row === own || Number.isNaN(rating) || likeness <= 0) continue
    near.push([likeness, rating - means[row]!])
  }
  near.sort((a, b) => b[0] - a[0])
  let weight = 0
  let sum = 0
  for (const [likeness, deviation] of near.slice(0, nNeighbors)) {
    weight += likeness
    sum += likeness * deviation
  }
  return weight === 0 ? level : level + sum / weight
}

/**
 * Neighbourhood collaborative filtering: a user's rating of an item from those of like users (`kind: 'user'`), or from the user's ratings of like
 * items (`'item'`): `r̂ = r̄ + Σ s (r − r̄) / Σ s` over the nearest with a likeness above 0.
 *
 * X has two columns, user and item, numbered from 0; y the ratings. The model has `mean`, `means`, `similarity`, and
 * `recommend(user, { count, exclude })`.
 *
 * @throws ShapeError unless X has two columns; ArgumentError for what is no whole number from 0, or a pair that is rated twice
 * @example
 * const model = await collaborativeFiltering({ kind: 'item' }).fit([[0, 0], [0, 1], [1, 0], [1, 1], [2, 0]], [5, 4, 2, 1, 4])
 *
 * Source: Resnick et al. 1994 (users); Sarwar et al. 2001 (items).
 */
export const collaborativeFiltering = defineRegressor({
  name: 'collaborativeFiltering',
  summary: 'Ratings from those of like users, or of like items.',
  source: 'Resnick et al. 1994; Sarwar et al. 2001',
  options: defineOptions({
    kind: oneOf(['user', 'item'], { default: 'user', help: 'whether likeness is that of users or of items' }),
    similarity: oneOf(['pearson', 'cosine'], {
      default: 'pearson',
      help: 'correlation of ratings, or the angle between them',
    }),
    nNeighbors: integer({ min: 1, default: 40, help: 'how many of the most alike count' }),
    shrinkage: number({ min: 0, default: 0, help: 'draws likeness that rests on few common ratings towards 0' }),
  }),
  fit: ({ X, y }, { kind, similarity, shrinkage }): State => {
    const { user, item } = readPairs(X, 'collaborativeFiltering.fit')
    const byUser = kind === 'user'
    const [own, other] = byUser ? [user, item] : [item, user]
    const R = {
      rows: countOf(own),
      columns: countOf(other),
      data: new Float64Array(countOf(own) * countOf(other)).fill(Number.NaN),
    }
    for (let i = 0; i < y.length; i++) {
      const at = own[i]! * R.columns + other[i]!
      if (!Number.isNaN(R.data[at]!))
        throw new ArgumentError(
          `collaborativeFiltering.fit: user ${user[i]} rated item ${item[i]} twice, the second time at row ${i}. Keep one rating.`,
        )
      R.data[at] = y[i]!
    }
    const means = Float64Array.from({ length: R.rows }, (_, row) => {
      const rated = R.data.subarray(row * R.columns, (row + 1) * R.columns).filter(x => !Number.isNaN(x))
      return rated.length === 0 ? 0 : rated.reduce((a, b) => a + b, 0) / rated.length
    })
    return {
      mean: y.reduce((a, b) => a + b, 0) / y.length,
      means,
      similarity: similarityOf(R, means, { similarity, shrinkage }),
      _ratings: R,
      _byUser: byUser,
    }
  },
  methods: {
    predict: ({ state, options }, X: Dense): Float64Array => {
      const { user, item } = readPairs(X, 'collaborativeFiltering.predict')
      return Float64Array.from(user, (u, i) => expected(state, options.nNeighbors, u, item[i]!))
    },
  },
  functions: {
    recommend: (
      { state, options },
      user: number,
      { count = 10, exclude = [] }: { readonly count?: number; readonly exclude?: readonly number[] } = {},
    ) => {
      if (!Number.isInteger(user) || user < 0)
        throw new ArgumentError(`collaborativeFiltering.recommend: user must be a whole number from 0; got ${user}.`)
      return best(state._byUser ? state._ratings.columns : state._ratings.rows, { count, exclude }, item =>
        expected(state, options.nNeighbors, user, item),
      )
    },
  },
})
