import { ShapeError } from '../../core/errors.ts'
import { integer, number, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { kMeansPlusPlus } from '../cluster/initial-centres.ts'
import { run as bestStart } from '../cluster/k-means-task.ts'
import { meanVariance } from '../cluster/lloyd.ts'
import { argmaxRows } from '../core/model.ts'
import type { Random } from '../core/random.ts'
import { maxIter, randomState } from '../core/rules.ts'
import { type CovarianceType, covarianceTypes } from './components.ts'

export const mixtureOptions = {
  nComponents: integer({ min: 1, default: 1, help: 'how many components' }),
  covarianceType: oneOf(covarianceTypes, {
    default: 'full',
    help: 'a covariance a component, one for all, variances of features a component, or one variance a component',
  }),
  tol: number({ min: 0, default: 1e-3, help: 'ends when the bound, a mean over the rows, rises by less' }),
  regCovar: number({ min: 0, default: 1e-6, help: 'added to every variance' }),
  maxIter: maxIter(100),
  nInit: integer({ min: 1, default: 1, help: 'how many starts, of which the best is kept' }),
  initParams: oneOf(['kmeans', 'k-means++', 'random', 'randomFromData'], {
    default: 'kmeans',
    help: 'how rows are shared out at first: by k-means, to rows far from each other, at random, or to random rows',
  }),
  randomState,
} as const

export interface MixtureSettings {
  readonly nComponents: number
  readonly covarianceType: CovarianceType
  readonly tol: number
  readonly regCovar: number
  readonly maxIter: number
  readonly nInit: number
  readonly initParams: 'kmeans' | 'k-means++' | 'random' | 'randomFromData'
}

/** How much each row belongs to each component at first: [N, K]. */
const startingShares = (X: Dense, { nComponents: K, initParams }: MixtureSettings, random: Random): Dense => {
  const N = X.rows
  const out = dense(N, K)
  if (initParams === 'random') {
    for (let i = 0; i < N; i++) {
      let total = 0
      for (let k = 0; k < K; k++) {
        out.data[i * K + k] = random.uniform()
        total += out.data[i * K + k]!
      }
      for (let k = 0; k < K; k++) out.data[i * K + k]! /= total
    }
  } else if (initParams === 'kmeans') {
    const shared = { X, weights: undefined, nClusters: K, init: 'k-means++' as const, maxIter: 300 }
    const { labels } = bestStart({ ...shared, tolerance: 1e-4 * meanVariance(X) }, [random.seed()])
    for (let i = 0; i < N; i++) out.data[i * K + labels[i]!] = 1
  } else {
    const rows = initParams === 'k-means++' ? kMeansPlusPlus(X, K, [random])[0]! : random.sample(N, K)
    for (const [k, row] of rows.entries()) out.data[row * K + k] = 1
  }
  return out
}

/** The steps of a kind of mixture. */
export interface Steps<P> {
  /** Parameters at first, from the shares of the rows. */
  readonly begin: (resp: Dense) => P
  /** Parameters from the shares. */
  readonly maximize: (resp: Dense) => P
  /** `ln p(k | x)` [N, K], and the mean of `ln p(x)`. */
  readonly expect: (parameters: P) => { readonly logResp: Dense; readonly norm: number }
  /** What rises from step to step. */
  readonly bound: (parameters: P, logResp: Dense, norm: number) => number
}

export interface MixtureFit<P> {
  readonly parameters: P
  readonly labels: Int32Array
  readonly lowerBound: number
  readonly nIter: number
  readonly converged: boolean
}

/** Expectation and maximization in turns, from one or several starts. */
export const fitMixture = <P>(
  where: string,
  { X, random }: { readonly X: Dense; readonly random: Random },
  settings: MixtureSettings,
  steps: Steps<P>,
): MixtureFit<P> => {
  const { nComponents, nInit, maxIter, tol } = settings
  if (X.rows < nComponents) {
    throw new ShapeError(
      `${where}: X has ${X.rows} ${X.rows === 1 ? 'row' : 'rows'}, fewer than nComponents, ${nComponents}. Pass at least as many rows as components.`,
    )
  }
  let best: Omit<MixtureFit<P>, 'labels'> | null = null
  for (let start = 0; start < nInit; start++) {
    let parameters = steps.begin(startingShares(X, settings, random))
    let [lowerBound, nIter, converged] = [-Infinity, 0, false]
    while (nIter < maxIter && !converged) {
      const { logResp, norm } = steps.expect(parameters)
      parameters = steps.maximize(dense(logResp.rows, logResp.columns, logResp.data.map(Math.exp)))
      const before = lowerBound
      lowerBound = steps.bound(parameters, logResp, norm)
      nIter++
      converged = Math.abs(lowerBound - before) < tol
    }
    if (best === null || lowerBound > best.lowerBound) best = { parameters, lowerBound, nIter, converged }
  }
  return { ...best!, labels: argmaxRows(steps.expect(best!.parameters).logResp) }
}
