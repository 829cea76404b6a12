import { defineOptions, integer, number, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier, defineRegressor } from '../core/define.ts'
import type { Random } from '../core/random.ts'
import { classWeight, fitIntercept, randomState, tol } from '../core/rules.ts'
import { isCsr, type Rows } from '../core/sparse.ts'
import { rowWeights } from '../core/weights.ts'
import { linearScores } from '../linear/rows.ts'

interface Descent {
  readonly X: Rows
  readonly random: Random
  readonly maxIter: number
  readonly tol: number
  /** The value of a column that stands for the intercept; 0 for none. */
  readonly bias: number
}

/** Products with a row, and rows added to coefficients whose last is the intercept's. */
const rowAccess = (X: Rows, bias: number) => {
  const F = X.columns
  const sparse = isCsr(X)
  const { data } = X
  const squares = new Float64Array(X.rows)
  if (sparse)
    for (let i = 0; i < X.rows; i++) for (let k = X.indptr[i]!; k < X.indptr[i + 1]!; k++) squares[i]! += data[k]! ** 2
  else for (let i = 0, at = 0; i < X.rows; i++) for (let j = 0; j < F; j++, at++) squares[i]! += data[at]! ** 2
  for (let i = 0; i < X.rows; i++) squares[i]! += bias * bias
  const dot = (w: Float64Array, i: number): number => {
    let sum = bias * w[F]!
    if (sparse) for (let k = X.indptr[i]!; k < X.indptr[i + 1]!; k++) sum += data[k]! * w[X.indices[k]!]!
    else for (let j = 0, at = i * F; j < F; j++, at++) sum += data[at]! * w[j]!
    return sum
  }
  const add = (w: Float64Array, i: number, factor: number): void => {
    w[F]! += factor * bias
    if (sparse) for (let k = X.indptr[i]!; k < X.indptr[i + 1]!; k++) w[X.indices[k]!]! += factor * data[k]!
    else for (let j = 0, at = i * F; j < F; j++, at++) w[j]! += factor * data[at]!
  }
  return { squares, dot, add }
}

interface Margin {
  readonly y: Float64Array
  /** What each row on the wrong side costs. */
  readonly C: Float64Array
  readonly squared: boolean
}

/**
 * `min ½‖w‖² + Σ Cᵢ max(0, 1 − yᵢ w·xᵢ)` (or its squares) by its dual, a variable at a time.
 *
 * Source: Hsieh et al. 2008, algorithm 1.
 */
const marginDescent = (
  { X, random, maxIter, tol, bias }: Descent,
  { y, C, squared }: Margin,
): { readonly w: Float64Array; readonly nIter: number } => {
  const { squares, dot, add } = rowAccess(X, bias)
  const w = new Float64Array(X.columns + 1)
  const alpha = new Float64Array(X.rows)
  const order = Int32Array.from(Array.from({ length: X.rows }, (_, i) => i).filter(i => C[i]! > 0))
  for (let round = 1; round <= maxIter; round++) {
    random.shuffle(order)
    let [most, least] = [-Infinity, Infinity]
    for (const i of order) {
      const extra = squared ? 0.5 / C[i]! : 0
      const limit = squared ? Infinity : C[i]!
      const G = y[i]! * dot(w, i) - 1 + extra * alpha[i]!
      const projected = alpha[i] === 0 ? Math.min(G, 0) : alpha[i]! >= limit ? Math.max(G, 0) : G
      most = Math.max(most, projected)
      least = Math.min(least, projected)
      if (Math.abs(projected) < 1e-14) continue
      const before = alpha[i]!
      alpha[i] = Math.min(Math.max(before - G / (squares[i]! + extra || 1e-12), 0), limit)
      add(w, i, (alpha[i]! - before) * y[i]!)
    }
    if (most - least <= tol) return { w, nIter: round }
  }
  return { w, nIter: maxIter }
}

/**
 * `min ½‖w‖² + Σ Cᵢ max(0, |yᵢ − w·xᵢ| − ε)` (or its squares) by its dual.
 *
 * Source: Ho & Lin 2012, algorithm 4.
 */
const tubeDescent = (
  { X, random, maxIter, tol, bias }: Descent,
  { y, C, squared, epsilon }: Margin & { readonly epsilon: number },
): { readonly w: Float64Array; readonly nIter: number } => {
  const { squares, dot, add } = rowAccess(X, bias)
  const w = new Float64Array(X.columns + 1)
  const beta = new Float64Array(X.rows)
  const order = Int32Array.from(Array.from({ length: X.rows }, (_, i) => i).filter(i => C[i]! > 0))
  let first = 0
  for (let round = 1; round <= maxIter; round++) {
    random.shuffle(order)
    let violation = 0
    for (const i of order) {
      const extra = squared ? 0.5 / C[i]! : 0
      const limit = squared ? Infinity : C[i]!
      const H = squares[i]! + extra || 1e-12
      const G = dot(w, i) - y[i]! + extra * beta[i]!
      const up = G + epsilon
      const down = G - epsilon
      const b = beta[i]!
      if (b === 0) violation += up < 0 ? -up : down > 0 ? down : 0
      else if (b >= limit) violation += Math.max(0, up)
      else if (b <= -limit) violation += Math.max(0, -down)
      else violation += Math.abs(b > 0 ? up : down)
      const step = up < H * b ? -up / H : down > H * b ? -down / H : -b
      if (Math.abs(step) < 1e-14) continue
      beta[i] = Math.min(Math.max(b + step, -limit), limit)
      add(w, i, beta[i]! - b)
    }
    if (round === 1) first = violation
    if (violation <= tol * first) return { w, nIter: round }
  }
  return { w, nIter: maxIter }
}

const shared = {
  C: number({ above: 0, default: 1, help: 'what a row on the wrong side costs; smaller is smoother' }),
  fitIntercept,
  interceptScaling: number({
    above: 0,
    default: 1,
    help: 'the value of the column that stands for the intercept; larger penalises it less',
  }),
  tol: tol(1e-4),
  maxIter: integer({ min: 1, default: 1000, help: 'the most rounds over the rows' }),
  randomState,
} as const

/**
 * Linear support vector machine for many rows and columns, sparse ones too: `min ½(‖w‖² + b²) + C Σ max(0, 1 − y (w·x + b))²`, one class
 * against the rest.
 *
 * The model has `coef` ([1, F] for two classes, else [K, F]), `intercept` and `nIter`.
 *
 * @example const model = await linearSVC({ C: 0.5 }).fit(X, y)
 *
 * Source: Hsieh et al. 2008.
 */
export const linearSVC = defineClassifier({
  name: 'linearSVC',
  summary: 'The plane with the widest margin, for many rows and columns: a linear support vector machine.',
  source: 'Hsieh et al. 2008',
  input: 'sparse',
  sampleWeight: true,
  options: defineOptions({
    loss: oneOf(['hinge', 'squaredHinge'], {
      default: 'squaredHinge',
      help: 'what a row on the wrong side costs: its distance, or the square',
    }),
    ...shared,
    classWeight,
  }),
  fit: (
    { X, y, classCount, classes, sampleWeight, random },
    { loss, C, fitIntercept, interceptScaling, tol, maxIter, classWeight },
  ) => {
    const weights = rowWeights({ y, classes, sampleWeight }, classWeight, 'linearSVC.fit', true)
    const K = classCount === 2 ? 1 : classCount
    const bias = fitIntercept ? interceptScaling : 0
    const coef = dense(K, X.columns)
    const intercept = new Float64Array(K)
    let nIter = 0
    const cost = Float64Array.from({ length: X.rows }, (_, i) => C * (weights ? weights[i]! : 1))
    for (let k = 0; k < K; k++) {
      const target = Float64Array.from(y, code => (code === (K === 1 ? 1 : k) ? 1 : -1))
      const found = marginDescent(
        { X, random, maxIter, tol, bias },
        { y: target, C: cost, squared: loss === 'squaredHinge' },
      )
      coef.data.set(found.w.subarray(0, X.columns), k * X.columns)
      intercept[k] = bias * found.w[X.columns]!
      nIter = Math.max(nIter, found.nIter)
    }
    return { coef, intercept, nIter }
  },
  methods: {
    decisionFunction: ({ state }, X: Rows): Float64Array | Dense => {
      const scores = linearScores(X, state.coef, state.intercept)
      return scores.columns === 1 ? scores.data : scores
    },
  },
})

/**
 * Linear support vector regression: `min ½(‖w‖² + b²) + C Σ max(0, |y − w·x − b| − ε)`, or its squares.
 *
 * The model has `coef` [F], `intercept` and `nIter`.
 *
 * @example const model = await linearSVR({ epsilon: 0.1 }).fit(X, y)
 *
 * Source: Ho & Lin 2012.
 */
export const linearSVR = defineRegressor({
  name: 'linearSVR',
  summary: 'Linear support vector regression: a plane with a tube around it in which nothing costs.',
  source: 'Ho & Lin 2012',
  input: 'sparse',
  sampleWeight: true,
  options: defineOptions({
    epsilon: number({ min: 0, default: 0, help: 'half the width of the tube in which nothing costs' }),
    loss: oneOf(['epsilonInsensitive', 'squaredEpsilonInsensitive'], {
      default: 'epsilonInsensitive',
      help: 'what a residual beyond the tube costs: its size, or the square',
    }),
    ...shared,
  }),
  fit: ({ X, y, sampleWeight, random }, { epsilon, loss, C, fitIntercept, interceptScaling, tol, maxIter }) => {
    const bias = fitIntercept ? interceptScaling : 0
    const cost = Float64Array.from(y, (_, i) => C * (sampleWeight ? sampleWeight[i]! : 1))
    const { w, nIter } = tubeDescent(
      { X, random, maxIter, tol, bias },
      { y, C: cost, squared: loss === 'squaredEpsilonInsensitive', epsilon },
    )
    return { coef: w.slice(0, X.columns), intercept: bias * w[X.columns]!, nIter }
  },
  methods: {
    predict: ({ state }, X: Rows): Float64Array =>
      linearScores(X, { rows: 1, columns: X.columns, data: state.coef }, Float64Array.of(state.intercept)).data,
  },
})
