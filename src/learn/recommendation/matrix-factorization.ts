import { ArgumentError } from '../../core/errors.ts'
import { aFlag, defineOptions, either, integer, number, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import type { Random } from '../core/random.ts'
import { randomState } from '../core/rules.ts'
import { choleskySolve } from '../numeric/triangular.ts'
import { countOf, groupedBy, type Ratings, readPairs } from './ratings.ts'

interface Factors {
  readonly mean: number
  readonly userBias: Float64Array
  readonly itemBias: Float64Array
  readonly userFactors: Dense
  readonly itemFactors: Dense
}

interface Settings {
  readonly nFactors: number
  readonly reg: number
  readonly maxIter: number
  readonly learningRate: number
  readonly biased: boolean
}

/** Numbers of one side, each solved for while the other side stays: `min Σ (r − μ − b_o − b − p·q)² + λ n (‖p‖² + b²)`. */
const solveSide = (
  own: {
    readonly numbers: Int32Array
    readonly bias: Float64Array
    readonly factors: Dense
    readonly grouped: ReturnType<typeof groupedBy>
  },
  other: { readonly numbers: Int32Array; readonly bias: Float64Array; readonly factors: Dense },
  {
    y,
    weights,
    mean,
    reg,
    biased,
  }: {
    readonly y: Float64Array
    readonly weights: Float64Array | undefined
    readonly mean: number
    readonly reg: number
    readonly biased: boolean
  },
): void => {
  const k = own.factors.columns
  const size = k + (biased ? 1 : 0)
  const { start, places } = own.grouped
  const x = new Float64Array(size)
  if (biased) x[k] = 1
  for (let n = 0; n < own.factors.rows; n++) {
    if (start[n] === start[n + 1]) continue
    const A = dense(size, size)
    const b = dense(size, 1)
    let total = 0
    for (let at = start[n]!; at < start[n + 1]!; at++) {
      const place = places[at]!
      const o = other.numbers[place]!
      const w = weights ? weights[place]! : 1
      total += w
      x.set(other.factors.data.subarray(o * k, (o + 1) * k))
      const r = y[place]! - mean - other.bias[o]!
      for (let a = 0; a < size; a++) {
        b.data[a]! += w * r * x[a]!
        for (let c = 0; c < size; c++) A.data[a * size + c]! += w * x[a]! * x[c]!
      }
    }
    if (total === 0) continue
    for (let a = 0; a < size; a++) A.data[a * size + a]! += reg * total
    const found = choleskySolve(A, b).data
    own.factors.data.set(found.subarray(0, k), n * k)
    if (biased) own.bias[n] = found[k]!
  }
}

const start = (
  users: number,
  items: number,
  k: number,
  random: Random,
): { readonly userFactors: Dense; readonly itemFactors: Dense } => {
  const draw = (rows: number): Dense => ({
    rows,
    columns: k,
    data: Float64Array.from({ length: rows * k }, () => 0.1 * random.normal()),
  })
  return { userFactors: draw(users), itemFactors: draw(items) }
}

interface Given extends Ratings {
  readonly y: Float64Array
  readonly weights: Float64Array | undefined
  readonly random: Random
}

const alternating = (
  { user, item, y, weights, random }: Given,
  { nFactors, reg, maxIter, biased }: Settings,
): Factors => {
  const [users, items] = [countOf(user), countOf(item)]
  const mean = weightedMean(y, weights)
  const factors = start(users, items, nFactors, random)
  const u = {
    numbers: user,
    bias: new Float64Array(users),
    factors: factors.userFactors,
    grouped: groupedBy(user, users),
  }
  const i = {
    numbers: item,
    bias: new Float64Array(items),
    factors: factors.itemFactors,
    grouped: groupedBy(item, items),
  }
  for (let round = 0; round < maxIter; round++) {
    solveSide(u, i, { y, weights, mean, reg, biased })
    solveSide(i, u, { y, weights, mean, reg, biased })
  }
  return { mean, userBias: u.bias, itemBias: i.bias, ...factors }
}

const descending = (
  { user, item, y, weights, random }: Given,
  { nFactors: k, reg, maxIter, learningRate, biased }: Settings,
): Factors => {
  const [users, items] = [countOf(user), countOf(item)]
  const mean = weightedMean(y, weights)
  const { userFactors, itemFactors } = start(users, items, k, random)
  const [P, Q] = [userFactors.data, itemFactors.data]
  const userBias = new Float64Array(users)
  const itemBias = new Float64Array(items)
  for (let epoch = 0; epoch < maxIter; epoch++) {
    for (const place of random.permutation(y.length)) {
      const [u, i] = [user[place]!, item[place]!]
      const rate = learningRate * (weights ? weights[place]! : 1)
      let dot = mean + userBias[u]! + itemBias[i]!
      for (let f = 0; f < k; f++) dot += P[u * k + f]! * Q[i * k + f]!
      const error = y[place]! - dot
      if (biased) {
        userBias[u]! += rate * (error - reg * userBias[u]!)
        itemBias[i]! += rate * (error - reg * itemBias[i]!)
      }
      for (let f = 0; f < k; f++) {
        const p = P[u * k + f]!
        const q = Q[i * k + f]!
        P[u * k + f] = p + rate * (error * q - reg * p)
        Q[i * k + f] = q + rate * (error * p - reg * q)
      }
    }
  }
  return { mean, userBias, itemBias, userFactors, itemFactors }
}

const weightedMean = (y: Float64Array, weights: Float64Array | undefined): number => {
  let total = 0
  let sum = 0
  for (let i = 0; i < y.length; i++) {
    const w = weights ? weights[i]! : 1
    total += w
    sum += w * y[i]!
  }
  return sum / total
}

/** What a user is expected to think of an item; of one never seen, what is known without it. */
const expected = (
  { mean, userBias, itemBias, userFactors, itemFactors }: Factors,
  user: number,
  item: number,
): number => {
  const knownUser = user < userBias.length
  const knownItem = item < itemBias.length
  let out = mean + (knownUser ? userBias[user]! : 0) + (knownItem ? itemBias[item]! : 0)
  const k = userFactors.columns
  if (knownUser && knownItem)
    for (let f = 0; f < k; f++) out += userFactors.data[user * k + f]! * itemFactors.data[item * k + f]!
  return out
}

/**
 * Matrix factorisation for recommendation: `r̂(u, i) = μ + bᵤ + bᵢ + pᵤ·qᵢ`, with the least squared error on the known ratings plus a penalty.
 * `solver: 'als'` solves for users and items in turn (penalty `reg` times the number of ratings of each); `'sgd'` takes a rating at a time.
 *
 * X has two columns, user and item, numbered from 0; y the ratings. The model has `mean`, `userBias`, `itemBias`, `userFactors`,
 * `itemFactors`, and `recommend(user, { count, exclude })`: the items with the highest expected ratings.
 *
 * @throws ShapeError unless X has two columns; ArgumentError for what is no whole number from 0
 * @example
 * const model = await matrixFactorization({ nFactors: 2, randomState: 0 }).fit([[0, 0], [0, 1], [1, 0]], [5, 1, 4])
 * model.recommend(1, { count: 1, exclude: [0] })[0]!.item // 1
 *
 * Source: Koren, Bell & Volinsky 2009; Zhou et al. 2008 (alternating least squares); Funk 2006.
 */
export const matrixFactorization = defineRegressor({
  name: 'matrixFactorization',
  summary: 'Ratings as products of a vector for each user and each item: r = μ + bᵤ + bᵢ + pᵤ·qᵢ.',
  source: 'Koren, Bell & Volinsky 2009; Zhou et al. 2008; Funk 2006',
  sampleWeight: true,
  options: defineOptions({
    nFactors: integer({ min: 1, default: 20, help: 'length of the vectors' }),
    solver: oneOf(['als', 'sgd'], {
      default: 'als',
      help: 'alternating least squares, or stochastic gradient descent',
    }),
    reg: number({ above: 0, default: 0.05, help: 'strength of the penalty on squares' }),
    maxIter: integer({ min: 1, default: 20, help: 'rounds over the ratings' }),
    learningRate: number({ above: 0, default: 0.01, help: 'length of a step of sgd' }),
    biased: either([aFlag], { default: true, help: 'whether users and items have a level of their own' }),
    randomState,
  }),
  fit: ({ X, y, sampleWeight, random }, options): Factors => {
    const pairs = readPairs(X, 'matrixFactorization.fit')
    return (options.solver === 'als' ? alternating : descending)(
      { ...pairs, y, weights: sampleWeight, random },
      options,
    )
  },
  methods: {
    predict: ({ state }, X: Dense): Float64Array => {
      const { user, item } = readPairs(X, 'matrixFactorization.predict')
      return Float64Array.from(user, (u, i) => expected(state, u, item[i]!))
    },
  },
  functions: {
    recommend: (
      { state },
      user: number,
      { count = 10, exclude = [] }: { readonly count?: number; readonly exclude?: readonly number[] } = {},
    ) => {
      if (!Number.isInteger(user) || user < 0)
        throw new ArgumentError(`matrixFactorization.recommend: user must be a whole number from 0; got ${user}.`)
      return best(state.itemBias.length, { count, exclude }, item => expected(state, user, item))
    },
  },
})

/** The items with the highest ratings. */
export const best = (
  items: number,
  { count, exclude }: { readonly count: number; readonly exclude: readonly number[] },
  rate: (item: number) => number,
): readonly { readonly item: number; readonly rating: number }[] => {
  const left = new Set(exclude)
  return Array.from({ length: items }, (_, item) => item)
    .filter(item => !left.has(item))
    .map(item => ({ item, rating: rate(item) }))
    .sort((a, b) => b.rating - a.rating || a.item - b.item)
    .slice(0, count)
}
