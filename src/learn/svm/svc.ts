import { ArgumentError } from '../../core/errors.ts'
import { aNumber, aWord, defineOptions, either, flag, integer, number, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import type { Problem } from '../core/definition.ts'
import { aFunction, classWeight, randomState, tol } from '../core/rules.ts'
import { takeDense } from '../core/take-rows.ts'
import { rowWeights } from '../core/weights.ts'
import { kernelNames } from '../numeric/kernels.ts'
import { productSync } from '../numeric/product.ts'
import { stratifiedKFold } from '../split/k-fold.ts'
import {
  gammaOf,
  type KernelFunction,
  kernelBetween,
  type KernelRows,
  kernelRows,
  type SvmKernel,
} from './kernel-rows.ts'
import { coupled, plattProbability, plattScale } from './platt.ts'
import { smo } from './smo.ts'

const kernelWord = [...kernelNames, 'precomputed'] as const
export const kernelOptions = {
  kernel: either([aWord(kernelWord), aFunction<KernelFunction>('a function of two rows')], {
    default: 'rbf',
    help: 'how alike two rows are; precomputed: X is the kernel; or a function of two rows (Float64Array)',
  }),
  degree: integer({ min: 0, default: 3, help: 'power of poly' }),
  gamma: either([aWord(['scale', 'auto']), aNumber({ above: 0 })], {
    default: 'scale',
    help: 'width of rbf, poly, sigmoid and laplacian; scale: 1 / (columns · variance), auto: 1 / columns',
  }),
  coef0: number({ default: 0, help: 'constant of poly and sigmoid' }),
  tol: tol(1e-3),
  maxIter: integer({ min: -1, default: -1, help: 'the most pairs that are moved; -1 for no limit' }),
} as const

export interface KernelSettings {
  readonly kernel: (typeof kernelWord)[number] | KernelFunction
  readonly degree: number
  readonly gamma: 'scale' | 'auto' | number
  readonly coef0: number
  readonly tol: number
  readonly maxIter: number
}

/** The kernel that options ask for, its γ made a number. @throws ArgumentError where a kernel that is given is not square */
export const kernelFor = (X: Dense, { kernel, degree, gamma, coef0 }: KernelSettings, where: string): SvmKernel => {
  if (kernel === 'precomputed' && X.rows !== X.columns)
    throw new ArgumentError(`${where}: a kernel must be square; X is [${X.rows}, ${X.columns}].`)
  return { kernel, degree, coef0, gamma: gammaOf(gamma, X) }
}

export const limitOf = (maxIter: number, size: number): number =>
  maxIter < 0 ? Math.max(10_000_000, 100 * size) : maxIter

interface Pair {
  /** What each support vector adds to the score, by the place of its row. */
  readonly coef: Map<number, number>
  readonly rho: number
  readonly nIter: number
}

interface Machine {
  readonly nu: number | null
  readonly C: number
  readonly tol: number
  readonly maxIter: number
}

/** One class against another: positive scores are of the first. */
const fitPair = (
  K: KernelRows,
  first: Int32Array,
  second: Int32Array,
  { nu, C, tol, maxIter }: Machine,
  weights: Float64Array | undefined,
  where: string,
): Pair => {
  const n = first.length + second.length
  const rows = new Int32Array(n)
  rows.set(first)
  rows.set(second, first.length)
  const y = Int8Array.from(rows, (_, i) => (i < first.length ? 1 : -1))
  const weight = (i: number): number => (weights ? weights[rows[i]!]! : 1)
  if (nu === null) {
    const limits = Float64Array.from(rows, (_, i) => C * weight(i))
    const { alpha, rho, nIter } = smo({
      kernel: K,
      rows,
      y,
      p: new Float64Array(n).fill(-1),
      C: limits,
      start: new Float64Array(n),
      tol,
      maxIter,
    })
    return { coef: new Map([...alpha].flatMap((a, i) => (a > 0 ? [[rows[i]!, a * y[i]!] as const] : []))), rho, nIter }
  }
  const limits = Float64Array.from(rows, (_, i) => weight(i))
  const total = limits.reduce((a, b) => a + b, 0)
  const start = new Float64Array(n)
  for (const sign of [1, -1]) {
    let left = (nu * total) / 2
    for (let i = 0; i < n; i++) {
      if (y[i] !== sign) continue
      start[i] = Math.min(limits[i]!, left)
      left -= start[i]!
    }
    if (left > 1e-9)
      throw new ArgumentError(
        `${where}: nu is ${nu}, too large for classes of such different sizes. Take a smaller one.`,
      )
  }
  const { alpha, rho, r, nIter } = smo({
    kernel: K,
    rows,
    y,
    p: new Float64Array(n),
    C: limits,
    start,
    tol,
    maxIter,
    nu: true,
  })
  return {
    coef: new Map([...alpha].flatMap((a, i) => (a > 0 ? [[rows[i]!, (a * y[i]!) / r] as const] : []))),
    rho: rho / r,
    nIter,
  }
}

const pairsOf = (K: number): (readonly [number, number])[] => {
  const pairs: [number, number][] = []
  for (let a = 0; a < K; a++) for (let b = a + 1; b < K; b++) pairs.push([a, b])
  return pairs
}

interface Settings extends KernelSettings {
  readonly probability: boolean
  readonly classWeight: Parameters<typeof rowWeights>[1]
  readonly decisionFunctionShape: 'ovr' | 'ovo'
}

const fitMachine = async (
  where: string,
  { X, y, classCount, classes, sampleWeight, random }: Problem<'dense', 'classes'>,
  settings: Settings,
  machine: Pick<Machine, 'nu' | 'C'>,
) => {
  const weights = rowWeights({ y, classes, sampleWeight }, settings.classWeight, where)
  const kernel = kernelFor(X, settings, where)
  const K = await kernelRows(X, kernel)
  const own: Machine = { ...machine, tol: settings.tol, maxIter: limitOf(settings.maxIter, X.rows) }
  const rowsOf = (rows: ArrayLike<number>): Int32Array[] => {
    const lists: number[][] = Array.from({ length: classCount }, () => [])
    for (let i = 0; i < rows.length; i++) if (!weights || weights[rows[i]!]! > 0) lists[y[rows[i]!]!]!.push(rows[i]!)
    return lists.map(list => Int32Array.from(list))
  }
  const groups = rowsOf(Int32Array.from(y, (_, i) => i))
  const empty = groups.findIndex(rows => rows.length === 0)
  if (empty >= 0)
    throw new ArgumentError(`${where}: every row of class ${classes[empty]} has the weight 0. Leave the class out.`)
  const pairs = pairsOf(classCount)
  const fits = pairs.map(([a, b]) => fitPair(K, groups[a]!, groups[b]!, own, weights, where))
  const support = Int32Array.from(
    groups.flatMap((rows, k) =>
      [...rows].filter(row => fits.some(({ coef }, p) => pairs[p]!.includes(k) && coef.has(row))),
    ),
  )
  const dualCoef = dense(classCount - 1, support.length)
  const intercept = new Float64Array(pairs.length)
  // With two classes positive scores are of the second: signs are turned.
  const sign = classCount === 2 ? -1 : 1
  for (const [p, [a, b]] of pairs.entries()) {
    intercept[p] = -sign * fits[p]!.rho
    for (const [s, row] of support.entries()) {
      const value = fits[p]!.coef.get(row)
      if (value === undefined) continue
      const line = y[row] === a ? b - 1 : a
      dualCoef.data[line * support.length + s] = sign * value
    }
  }
  const supportVectors = settings.kernel === 'precomputed' ? dense(0, 0) : takeDense(X, support)
  const nSupport = new Int32Array(classCount)
  for (const row of support) nSupport[y[row]!]!++
  return {
    support,
    supportVectors,
    nSupport,
    dualCoef,
    intercept,
    nIter: Int32Array.from(fits, fit => fit.nIter),
    gamma: kernel.gamma,
    ...(settings.kernel === 'linear' ? { coef: linearCoef(dualCoef, supportVectors, nSupport, pairs) } : {}),
    _platt: settings.probability
      ? platt(K, { groups, y, pairs, own, weights, random: random.seed(), where })
      : undefined,
  }
}

/** Coefficients of the features, a row for each pair of classes. */
const linearCoef = (
  dualCoef: Dense,
  vectors: Dense,
  nSupport: Int32Array,
  pairs: readonly (readonly [number, number])[],
): Dense => productSync(pairWeights(dualCoef, nSupport, pairs), vectors)

const startsOf = (counts: Int32Array): Int32Array => {
  const out = new Int32Array(counts.length + 1)
  for (let k = 0; k < counts.length; k++) out[k + 1] = out[k]! + counts[k]!
  return out
}

/** A and B of each pair, from scores of machines that did not see the row: five folds. */
const platt = (
  K: KernelRows,
  {
    groups,
    y,
    pairs,
    own,
    weights,
    random,
    where,
  }: {
    readonly groups: readonly Int32Array[]
    readonly y: Int32Array
    readonly pairs: readonly (readonly [number, number])[]
    readonly own: Machine
    readonly weights: Float64Array | undefined
    readonly random: number
    readonly where: string
  },
): { readonly A: Float64Array; readonly B: Float64Array } => {
  const A = new Float64Array(pairs.length)
  const B = new Float64Array(pairs.length)
  for (const [p, [a, b]] of pairs.entries()) {
    const rows = Int32Array.from([...groups[a]!, ...groups[b]!])
    const folds = Math.min(5, groups[a]!.length, groups[b]!.length)
    if (folds < 2) throw new ArgumentError(`${where}: probabilities need at least 2 rows of each class.`)
    const scores = new Float64Array(rows.length)
    const labels = Int32Array.from(rows, row => y[row]!)
    for (const { train, test } of stratifiedKFold({
      nSplits: folds,
      shuffle: true,
      randomState: random % 2 ** 31,
    }).split(rows.length, { y: labels })) {
      const learn = Int32Array.from(train, i => rows[i]!)
      const fit = fitPair(
        K,
        learn.filter(row => y[row] === a),
        learn.filter(row => y[row] === b),
        own,
        weights,
        where,
      )
      for (const i of test) {
        const line = K.row(rows[i]!)
        let score = -fit.rho
        for (const [row, value] of fit.coef) score += value * line[row]!
        scores[i] = score
      }
    }
    const [slope, offset] = plattScale(
      scores,
      Array.from(labels, label => label === a),
    )
    A[p] = slope
    B[p] = offset
  }
  return { A, B }
}

type State = Awaited<ReturnType<typeof fitMachine>>
interface Fitted {
  readonly state: State
  readonly options: Settings
  readonly nFeaturesIn: number
}

/** The score of each pair of classes, [N, pairs]; positive is the first of the two, with two classes the second. */
const pairScores = async ({ state, options }: Fitted, X: Dense): Promise<Dense> => {
  const { dualCoef, intercept, nSupport, support, supportVectors } = state
  const K =
    options.kernel === 'precomputed'
      ? chosenColumns(X, support)
      : await kernelBetween(X, supportVectors, { ...options, gamma: state.gamma })
  const pairs = pairsOf(nSupport.length)
  const out = productSync(K, pairWeights(dualCoef, nSupport, pairs), { transposeB: true })
  for (let i = 0, at = 0; i < X.rows; i++) for (let p = 0; p < pairs.length; p++, at++) out.data[at]! += intercept[p]!
  return out
}

/** What each support vector adds to the score of each pair of classes, [pairs, S]. */
const pairWeights = (dualCoef: Dense, nSupport: Int32Array, pairs: readonly (readonly [number, number])[]): Dense => {
  const from = startsOf(nSupport)
  const n = dualCoef.columns
  const weights = dense(pairs.length, n)
  for (const [p, [a, b]] of pairs.entries()) {
    for (let s = from[a]!; s < from[a + 1]!; s++) weights.data[p * n + s] = dualCoef.data[(b - 1) * n + s]!
    for (let s = from[b]!; s < from[b + 1]!; s++) weights.data[p * n + s] = dualCoef.data[a * n + s]!
  }
  return weights
}

const chosenColumns = ({ rows, columns, data }: Dense, keep: Int32Array): Dense => {
  const out = dense(rows, keep.length)
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < keep.length; k++) out.data[i * keep.length + k] = data[i * columns + keep[k]!]!
  return out
}

/** Votes of the pairs for each class, and how sure they are together. */
const votesOf = (scores: Dense, classCount: number): { readonly votes: Dense; readonly sums: Dense } => {
  const pairs = pairsOf(classCount)
  const votes = dense(scores.rows, classCount)
  const sums = dense(scores.rows, classCount)
  for (let i = 0; i < scores.rows; i++) {
    for (const [p, [a, b]] of pairs.entries()) {
      const score = scores.data[i * pairs.length + p]!
      votes.data[i * classCount + (score > 0 ? a : b)]!++
      sums.data[i * classCount + a]! += score
      sums.data[i * classCount + b]! -= score
    }
  }
  return { votes, sums }
}

const methods = {
  decisionFunction: async (fit: Fitted, X: Dense): Promise<Float64Array | Dense> => {
    const scores = await pairScores(fit, X)
    const classCount = fit.state.nSupport.length
    if (classCount === 2) return scores.data
    if (fit.options.decisionFunctionShape === 'ovo') return scores
    const { votes, sums } = votesOf(scores, classCount)
    // Sums of scores break ties of votes, and no more.
    return { ...votes, data: votes.data.map((vote, i) => vote + sums.data[i]! / (3 * (Math.abs(sums.data[i]!) + 1))) }
  },
  decide: async (fit: Fitted, X: Dense): Promise<Int32Array> => {
    const scores = await pairScores(fit, X)
    const classCount = fit.state.nSupport.length
    if (classCount === 2) return Int32Array.from(scores.data, score => (score > 0 ? 1 : 0))
    const { votes } = votesOf(scores, classCount)
    return Int32Array.from({ length: X.rows }, (_, i) => {
      let best = 0
      for (let k = 1; k < classCount; k++)
        if (votes.data[i * classCount + k]! > votes.data[i * classCount + best]!) best = k
      return best
    })
  },
  predictProba: async (fit: Fitted, X: Dense): Promise<Dense> => {
    const { _platt, nSupport } = fit.state
    const platt = _platt!
    const scores = await pairScores(fit, X)
    const K = nSupport.length
    const pairs = pairsOf(K)
    const sign = K === 2 ? -1 : 1
    const out = dense(X.rows, K)
    for (let i = 0; i < X.rows; i++) {
      const r = Array.from({ length: K }, () => new Float64Array(K))
      for (const [p, [a, b]] of pairs.entries()) {
        const own = plattProbability(sign * scores.data[i * pairs.length + p]!, [platt.A[p]!, platt.B[p]!])
        r[a]![b] = Math.min(Math.max(own, 1e-7), 1 - 1e-7)
        r[b]![a] = 1 - r[a]![b]!
      }
      out.data.set(K === 2 ? [r[0]![1]!, r[1]![0]!] : coupled(r), i * K)
    }
    return out
  },
}

const shared = {
  ...kernelOptions,
  probability: flag({ help: 'whether to learn probabilities too, by five more fits of each pair of classes' }),
  classWeight,
  decisionFunctionShape: oneOf(['ovr', 'ovo'], {
    default: 'ovr',
    help: 'scores of each class against the rest, or of each pair',
  }),
  randomState,
} as const

/**
 * Support vector machine: the plane in the space of a kernel that parts two classes with the widest margin, `min ½‖w‖² + C Σ ξ`; more classes
 * by votes of all pairs.
 *
 * The model has `support`, `supportVectors`, `nSupport`, `dualCoef`, `intercept`, `nIter`, `gamma` and with the linear kernel `coef`;
 * `decisionFunction`, and `predictProba` with `probability: true`. Scale the features first.
 *
 * @throws ArgumentError where a kernel that is given is not square
 * @example
 * const model = await svc({ C: 10, gamma: 0.1 }).fit([[0, 0], [1, 1], [4, 4], [5, 5]], ['near', 'near', 'far', 'far'])
 * await model.predict([[6, 6]]) // ['far']
 *
 * Source: Cortes & Vapnik 1995; Fan, Chen & Lin 2005; Chang & Lin 2011.
 */
export const svc = defineClassifier({
  name: 'svc',
  summary: 'The widest margin between classes in the space of a kernel: a support vector machine.',
  source: 'Cortes & Vapnik 1995; Fan, Chen & Lin 2005; Chang & Lin 2011',
  sampleWeight: true,
  options: defineOptions({
    C: number({ above: 0, default: 1, help: 'what a row on the wrong side costs; smaller is smoother' }),
    ...shared,
  }),
  fit: (problem, options) => fitMachine('svc.fit', problem, options as Settings, { nu: null, C: options.C }),
  absent: ({ probability }) => (probability ? [] : ['predictProba']),
  methods,
})

/**
 * Support vector machine with `nu` in place of C: an upper bound on the share of rows inside the margin, and a lower one on the share of support
 * vectors. Otherwise as `svc`.
 *
 * @throws ArgumentError for a nu too large for the sizes of the classes
 * @example const model = await nuSVC({ nu: 0.3 }).fit(X, y)
 *
 * Source: Schölkopf et al. 2000; Chang & Lin 2011.
 */
export const nuSVC = defineClassifier({
  name: 'nuSVC',
  summary: 'A support vector machine told how many support vectors it may have.',
  source: 'Schölkopf et al. 2000; Chang & Lin 2011',
  sampleWeight: true,
  options: defineOptions({
    nu: number({ above: 0, max: 1, default: 0.5, help: 'at most this share of rows lies inside the margin' }),
    ...shared,
  }),
  fit: (problem, options) => fitMachine('nuSVC.fit', problem, options as Settings, { nu: options.nu, C: 1 }),
  absent: ({ probability }) => (probability ? [] : ['predictProba']),
  methods,
})
