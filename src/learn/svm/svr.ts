import { defineOptions, number } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import type { Problem } from '../core/definition.ts'
import { takeDense } from '../core/take-rows.ts'
import { productSync } from '../numeric/product.ts'
import { kernelBetween, kernelRows } from './kernel-rows.ts'
import { smo } from './smo.ts'
import { type KernelSettings, kernelFor, kernelOptions, limitOf } from './svc.ts'

interface Tube {
  readonly C: number
  /** Half the width within which nothing costs; null where nu decides it. */
  readonly epsilon: number | null
  readonly nu: number
}

const fitTube = async (
  where: string,
  { X, y, sampleWeight }: Problem<'dense', 'number'>,
  settings: KernelSettings,
  { C, epsilon, nu }: Tube,
) => {
  const kernel = kernelFor(X, settings, where)
  const K = await kernelRows(X, kernel)
  const kept = Int32Array.from(Array.from(y.keys()).filter(i => !sampleWeight || sampleWeight[i]! > 0))
  const n = kept.length
  // Each row has two variables: one for what lies above the tube, one for what lies below.
  const rows = Int32Array.from({ length: 2 * n }, (_, i) => kept[i % n]!)
  const sign = Int8Array.from(rows, (_, i) => (i < n ? 1 : -1))
  const limits = Float64Array.from(rows, row => C * (sampleWeight ? sampleWeight[row]! : 1))
  const start = new Float64Array(2 * n)
  if (epsilon === null) {
    let left = limits.subarray(0, n).reduce((a, b) => a + b, 0) * nu * 0.5
    for (let i = 0; i < n; i++) {
      start[i] = start[i + n] = Math.min(left, limits[i]!)
      left -= start[i]!
    }
  }
  const p = Float64Array.from(rows, (row, i) => (epsilon ?? 0) - sign[i]! * y[row]!)
  const { alpha, rho, nIter } = smo({
    kernel: K,
    rows,
    y: sign,
    p,
    C: limits,
    start,
    tol: settings.tol,
    maxIter: limitOf(settings.maxIter, X.rows),
    nu: epsilon === null,
  })
  const places = Array.from({ length: n }, (_, i) => i).filter(i => alpha[i]! - alpha[i + n]! !== 0)
  const support = Int32Array.from(places, i => kept[i]!)
  const dualCoef = { rows: 1, columns: places.length, data: Float64Array.from(places, i => alpha[i]! - alpha[i + n]!) }
  const supportVectors = settings.kernel === 'precomputed' ? dense(0, 0) : takeDense(X, support)
  return {
    support,
    supportVectors,
    nSupport: places.length,
    dualCoef,
    intercept: -rho,
    nIter,
    gamma: kernel.gamma,
    ...(settings.kernel === 'linear' ? { coef: productSync(dualCoef, supportVectors) } : {}),
  }
}

type State = Awaited<ReturnType<typeof fitTube>>

const methods = {
  predict: async (
    { state, options }: { readonly state: State; readonly options: KernelSettings },
    X: Dense,
  ): Promise<Float64Array> => {
    const { support, supportVectors, dualCoef, intercept, gamma } = state
    const given = options.kernel === 'precomputed'
    const K = given ? X : await kernelBetween(X, supportVectors, { ...options, gamma })
    return Float64Array.from({ length: X.rows }, (_, i) => {
      let sum = intercept
      for (let s = 0; s < support.length; s++)
        sum += dualCoef.data[s]! * K.data[i * K.columns + (given ? support[s]! : s)]!
      return sum
    })
  },
}

const C = number({ above: 0, default: 1, help: 'what a residual beyond the tube costs' })

/**
 * Support vector regression: a function in the space of a kernel within `epsilon` of as many targets as can be, `min ½‖w‖² + C Σ (|r| − ε)₊`.
 *
 * The model has `support`, `supportVectors`, `dualCoef` [1, S], `intercept`, `nIter`, and with the linear kernel `coef`.
 *
 * @example const model = await svr({ C: 10, epsilon: 0.1 }).fit(X, y)
 *
 * Source: Drucker et al. 1997; Chang & Lin 2011.
 */
export const svr = defineRegressor({
  name: 'svr',
  summary: 'A function in the space of a kernel within a tube around the targets: support vector regression.',
  source: 'Drucker et al. 1997; Chang & Lin 2011',
  sampleWeight: true,
  options: defineOptions({
    C,
    epsilon: number({ min: 0, default: 0.1, help: 'half the width of the tube in which nothing costs' }),
    ...kernelOptions,
  }),
  fit: (problem, options) =>
    fitTube('svr.fit', problem, options as KernelSettings, { C: options.C, epsilon: options.epsilon, nu: 0 }),
  methods,
})

/**
 * Support vector regression whose tube is as wide as leaves at most a share `nu` of the rows outside. Otherwise as `svr`.
 *
 * @example const model = await nuSVR({ nu: 0.3 }).fit(X, y)
 *
 * Source: Schölkopf et al. 2000; Chang & Lin 2011.
 */
export const nuSVR = defineRegressor({
  name: 'nuSVR',
  summary: 'Support vector regression told how many rows may lie outside its tube.',
  source: 'Schölkopf et al. 2000; Chang & Lin 2011',
  sampleWeight: true,
  options: defineOptions({
    C,
    nu: number({ above: 0, max: 1, default: 0.5, help: 'at most this share of rows lies outside the tube' }),
    ...kernelOptions,
  }),
  fit: (problem, options) =>
    fitTube('nuSVR.fit', problem, options as KernelSettings, { C: options.C, epsilon: null, nu: options.nu }),
  methods,
})
