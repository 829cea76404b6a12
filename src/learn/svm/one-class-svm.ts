import { defineOptions, number } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineOutlierDetector } from '../core/define.ts'
import { takeDense } from '../core/take-rows.ts'
import { kernelBetween, kernelRows } from './kernel-rows.ts'
import { smo } from './smo.ts'
import { type KernelSettings, kernelFor, kernelOptions, limitOf } from './svc.ts'

interface State {
  readonly support: Int32Array
  readonly supportVectors: Dense
  readonly dualCoef: Dense
  readonly intercept: number
  readonly offset: number
  readonly nIter: number
  readonly gamma: number
}

const scores = async (
  { state, options }: { readonly state: State; readonly options: unknown },
  X: Dense,
): Promise<Float64Array> => {
  const settings = options as KernelSettings
  const given = settings.kernel === 'precomputed'
  const K = given ? X : await kernelBetween(X, state.supportVectors, { ...settings, gamma: state.gamma })
  return Float64Array.from({ length: X.rows }, (_, i) => {
    let sum = 0
    for (let s = 0; s < state.support.length; s++)
      sum += state.dualCoef.data[s]! * K.data[i * K.columns + (given ? state.support[s]! : s)]!
    return sum
  })
}

/**
 * One-class support vector machine: the region in the space of a kernel that holds all but about a share `nu` of the rows. New rows outside are
 * outliers.
 *
 * The model has `support`, `supportVectors`, `dualCoef`, `intercept`, `offset`; `predict` gives 1 inside and -1 outside,
 * `decisionFunction` is negative outside, `scoreSamples` is it plus the offset.
 *
 * @example const model = await oneClassSVM({ nu: 0.1 }).fit(X)
 *
 * Source: Schölkopf et al. 2001; Chang & Lin 2011.
 */
export const oneClassSVM = defineOutlierDetector({
  name: 'oneClassSVM',
  summary: 'The region in the space of a kernel that holds most rows; what is outside is an outlier.',
  source: 'Schölkopf et al. 2001; Chang & Lin 2011',
  sampleWeight: true,
  options: defineOptions({
    nu: number({ above: 0, max: 1, default: 0.5, help: 'at most this share of the rows lies outside' }),
    ...kernelOptions,
  }),
  fit: async ({ X, sampleWeight }, options): Promise<State> => {
    const settings = options as unknown as KernelSettings
    const kernel = kernelFor(X, settings, 'oneClassSVM.fit')
    const K = await kernelRows(X, kernel)
    const rows = Int32Array.from(
      Array.from({ length: X.rows }, (_, i) => i).filter(i => !sampleWeight || sampleWeight[i]! > 0),
    )
    const limits = Float64Array.from(rows, row => (sampleWeight ? sampleWeight[row]! : 1))
    const start = new Float64Array(rows.length)
    let left = limits.reduce((a, b) => a + b, 0) * options.nu
    for (let i = 0; i < rows.length; i++) {
      start[i] = Math.min(limits[i]!, left)
      left -= start[i]!
    }
    const { alpha, rho, nIter } = smo({
      kernel: K,
      rows,
      y: new Int8Array(rows.length).fill(1),
      p: new Float64Array(rows.length),
      C: limits,
      start,
      tol: settings.tol,
      maxIter: limitOf(settings.maxIter, X.rows),
    })
    const places = Array.from(rows.keys()).filter(i => alpha[i]! > 0)
    const support = Int32Array.from(places, i => rows[i]!)
    return {
      support,
      supportVectors: settings.kernel === 'precomputed' ? dense(0, 0) : takeDense(X, support),
      dualCoef: { rows: 1, columns: places.length, data: Float64Array.from(places, i => alpha[i]!) },
      intercept: -rho,
      offset: rho,
      nIter,
      gamma: kernel.gamma,
    }
  },
  methods: {
    scoreSamples: (fit, X: Dense): Promise<Float64Array> => scores(fit, X),
    decisionFunction: async (fit, X: Dense): Promise<Float64Array> =>
      (await scores(fit, X)).map(s => s - fit.state.offset),
    predict: async (fit, X: Dense): Promise<Int32Array> =>
      Int32Array.from(await scores(fit, X), s => (s - fit.state.offset >= 0 ? 1 : -1)),
  },
})
