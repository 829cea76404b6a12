import { ArgumentError } from '../../core/errors.ts'
import {
  anInteger,
  aNumber,
  aWord,
  defineOptions,
  either,
  integer,
  nothing,
  number,
  oneOf,
} from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import { randomState, tol } from '../core/rules.ts'
import { productSync } from '../numeric/product.ts'
import { type Factors, nmfInits, startFactors } from './nmf-init.ts'
import { betaDivergence, coordinateDescentNmf, multiplicativeNmf, type NmfPenalty } from './nmf-solvers.ts'

const betas = { frobenius: 2, 'kullback-leibler': 1, 'itakura-saito': 0 } as const

/** Throws where a number is below 0: counts and amounts have none. */
export const requireNonNegative = (X: { readonly data: Float64Array }, where: string): void => {
  const wrong = X.data.findIndex(x => x < 0)
  if (wrong >= 0)
    throw new ArgumentError(
      `${where}: X has ${X.data[wrong]}; it must not hold numbers below 0. Shift or scale it first, as with minMaxScaler().`,
    )
}

const options = defineOptions({
  nComponents: either([aWord(['auto']), anInteger({ min: 1 })], {
    default: 'auto',
    help: 'how many parts; auto for as many as columns',
  }),
  init: either([nothing, aWord(nmfInits)], {
    default: null,
    help: 'where it starts; null: nndsvda where there are enough rows and columns, else random',
  }),
  solver: oneOf(['cd', 'mu'], { default: 'cd', help: 'coordinate descent, or multiplicative updates' }),
  betaLoss: either([aWord(['frobenius', 'kullback-leibler', 'itakura-saito']), aNumber()], {
    default: 'frobenius',
    help: 'what is minimised; others than frobenius need solver mu',
  }),
  tol: tol(1e-4),
  maxIter: integer({ min: 1, default: 200, help: 'the most iterations' }),
  alphaW: number({ min: 0, default: 0, help: 'strength of the penalty on W' }),
  alphaH: either([aWord(['same']), aNumber({ min: 0 })], { default: 'same', help: 'strength of the penalty on H' }),
  l1Ratio: number({
    min: 0,
    max: 1,
    default: 0,
    help: 'the share of absolute values in the penalties; the rest is of squares',
  }),
  randomState,
})

interface Settings {
  readonly betaLoss: keyof typeof betas | number
  readonly alphaW: number
  readonly alphaH: 'same' | number
  readonly l1Ratio: number
}
interface FullSettings extends Settings {
  readonly nComponents: 'auto' | number
  readonly init: (typeof nmfInits)[number] | null
  readonly solver: 'cd' | 'mu'
  readonly tol: number
  readonly maxIter: number
}
const betaOf = ({ betaLoss }: Settings): number => (typeof betaLoss === 'number' ? betaLoss : betas[betaLoss])
const penaltyOf = ({ alphaW, alphaH, l1Ratio }: Settings, N: number, F: number): NmfPenalty => {
  const own = alphaH === 'same' ? alphaW : alphaH
  return {
    l1W: F * alphaW * l1Ratio,
    l1H: N * own * l1Ratio,
    l2W: F * alphaW * (1 - l1Ratio),
    l2H: N * own * (1 - l1Ratio),
  }
}

/**
 * Non-negative matrix factorisation: `X ≈ W H`, all three without numbers below 0, so that rows are sums of parts. The least
 * `½ ‖X − W H‖²` (or another β-divergence) plus penalties.
 *
 * The model has `components` (H) [k, F], `reconstructionErr`, `nIter`; `transform` gives W for rows.
 *
 * @throws ArgumentError for numbers below 0
 * @example
 * const parts = await nmf({ nComponents: 2, randomState: 0 }).fitTransform(X)
 *
 * Source: Lee & Seung 1999, 2001; Cichocki & Phan 2009; Févotte & Idier 2011.
 */
export const nmf = defineTransformer({
  name: 'nmf',
  summary: 'Rows as sums of parts: X ≈ WH without numbers below 0.',
  source: 'Lee & Seung 1999, 2001; Cichocki & Phan 2009; Févotte & Idier 2011',
  options,
  fit: (problem, options) => factorised(problem, options).state,
  fitTransform: (problem, options) => {
    const { state, W } = factorised(problem, options)
    return { state, X: W }
  },
  methods: {
    transform: ({ state, options }, X: Dense) => {
      requireNonNegative(X, 'nmf.transform')
      const H = state.components
      const k = H.rows
      const W = dense(X.rows, k)
      if (options.solver === 'mu') {
        const mean = X.data.reduce((a, b) => a + b, 0) / X.data.length
        W.data.fill(Math.sqrt(mean / k))
      }
      const settings = {
        ...penaltyOf(options, X.rows, X.columns),
        beta: betaOf(options),
        maxIter: options.maxIter,
        tol: options.tol,
        both: false,
      }
      if (options.solver === 'cd') coordinateDescentNmf(X, { W, H: { ...H, data: H.data.slice() } }, settings)
      else multiplicativeNmf(X, { W, H }, settings)
      return W
    },
    inverseTransform: ({ state }, X: Dense) => productSync(X, state.components),
  },
  functions: {
    featureNamesOut: ({ state }) => Array.from({ length: state.components.rows }, (_, k) => `nmf${k}`),
  },
})

const factorised = (
  { X, random }: { readonly X: Dense; readonly random: Parameters<typeof startFactors>[2]['random'] },
  settings: FullSettings,
) => {
  requireNonNegative(X, 'nmf.fit')
  const beta = betaOf(settings)
  if (settings.solver === 'cd' && beta !== 2)
    throw new ArgumentError(
      `nmf: betaLoss ${JSON.stringify(settings.betaLoss)} needs solver "mu"; coordinate descent minimises the squared error only.`,
    )
  if (beta <= 0 && X.data.some(x => x === 0))
    throw new ArgumentError(
      'nmf.fit: X has a 0, where this betaLoss is infinite. Add a small number, or take another betaLoss.',
    )
  const k = settings.nComponents === 'auto' ? X.columns : settings.nComponents
  const most = Math.min(X.rows, X.columns)
  const init = settings.init ?? (k <= most ? 'nndsvda' : 'random')
  if (init !== 'random' && k > most)
    throw new ArgumentError(
      `nmf: init ${JSON.stringify(init)} gives at most ${most} parts of ${X.rows} rows and ${X.columns} columns; nComponents is ${k}. Take init "random".`,
    )
  const factors: Factors = startFactors(X, k, { init, random })
  const solver = settings.solver === 'cd' ? coordinateDescentNmf : multiplicativeNmf
  const nIter = solver(X, factors, {
    ...penaltyOf(settings, X.rows, X.columns),
    beta,
    maxIter: settings.maxIter,
    tol: settings.tol,
    both: true,
  })
  return {
    state: {
      components: factors.H,
      nComponents: k,
      reconstructionErr: Math.sqrt(Math.max(0, 2 * betaDivergence(X, factors, beta))),
      nIter,
    },
    W: factors.W,
  }
}
