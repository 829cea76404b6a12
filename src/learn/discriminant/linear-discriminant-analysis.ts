import { ArgumentError } from '../../core/errors.ts'
import { anInteger, defineOptions, either, flag, nothing, number, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import { lessMeans } from '../decomposition/pca.ts'
import { featureSums } from '../naive-bayes/class-counts.ts'
import { softmaxRows } from '../numeric/log-sum-exp.ts'
import { productSync } from '../numeric/product.ts'
import { discriminantOptions, priorsOf, rowsByClass } from './class-covariance.ts'
import { byEigen, byLeastSquares, bySvd, type Grouped, type Linear, withinCovariance } from './linear-solvers.ts'

const where = 'linearDiscriminantAnalysis.fit'

interface State extends Linear {
  readonly means: Dense
  readonly priors: Float64Array
  readonly covariance?: Dense
  readonly scalings?: Dense
  readonly xbar?: Float64Array
  readonly explainedVarianceRatio?: Float64Array
  readonly _components: number
}

/** The means of the rows of each class, [K, F]. */
const classMeans = (X: Dense, y: Int32Array, groups: readonly Int32Array[]): Dense => {
  const means = featureSums(X, y, groups.length, undefined)
  for (let at = 0; at < means.data.length; at++) means.data[at]! /= groups[Math.floor(at / X.columns)]!.length
  return means
}

/** Of two classes one row, of the second less the first. */
const oneForTwo = ({ coef, intercept }: Linear): Linear => {
  if (coef.rows !== 2) return { coef, intercept }
  const F = coef.columns
  return {
    coef: dense(
      1,
      F,
      Float64Array.from({ length: F }, (_, j) => coef.data[F + j]! - coef.data[j]!),
    ),
    intercept: Float64Array.of(intercept[1]! - intercept[0]!),
  }
}

const scores = ({ coef, intercept }: Linear, X: Dense): Dense => {
  const out = productSync(X, coef, { transposeB: true })
  for (let i = 0, at = 0; i < out.rows; i++) for (let k = 0; k < out.columns; k++, at++) out.data[at]! += intercept[k]!
  return out
}

/**
 * Linear discriminant analysis: classes normal about their means with one covariance, `ln p(k | x) = x·Σ⁻¹μₖ − ½ μₖ·Σ⁻¹μₖ + ln p(k) + c`.
 * `transform` gives the rows along the directions that tell the classes apart best, at most K − 1.
 *
 * `solver` `svd` forms no covariance and suits many features; `lsqr` and `eigen` take `shrinkage`, which helps where rows are few; `lsqr` has
 * no directions. The model has `coef` ([1, F] for two classes, else [K, F]), `intercept`, `means` [K, F], `priors` [K]; with directions
 * `scalings` [F, ·] and `explainedVarianceRatio`; `xbar` [F] with `svd`; `covariance` [F, F] without it or with `storeCovariance`.
 *
 * @throws ArgumentError where shrinkage is asked of `svd`, for more components than there can be, and where a covariance has no inverse
 * @example
 * const model = await linearDiscriminantAnalysis().fit([[0, 1], [1, 0], [1, 2], [6, 5], [7, 7], [5, 6]], ['low', 'low', 'low', 'high', 'high', 'high'])
 * await model.predict([[1, 1], [6, 6]]) // ['low', 'high']
 *
 * Source: Fisher 1936; Rao 1948; Hastie, Tibshirani & Friedman 2009, section 4.3.
 */
export const linearDiscriminantAnalysis = defineClassifier({
  name: 'linearDiscriminantAnalysis',
  summary: 'Classes are normal with one covariance: ln p(k | x) = x·Σ⁻¹μₖ − ½ μₖ·Σ⁻¹μₖ + ln p(k) + c.',
  source: 'Fisher 1936; Rao 1948',
  options: defineOptions({
    solver: oneOf(['svd', 'lsqr', 'eigen'], {
      default: 'svd',
      help: 'svd: by singular values of the rows; lsqr: by least squares; eigen: by eigenvalues',
    }),
    ...discriminantOptions,
    nComponents: either([nothing, anInteger({ min: 1 })], {
      default: null,
      help: 'the most directions that transform gives; null: the lesser of F and K − 1',
    }),
    storeCovariance: flag({ help: 'whether svd computes the covariance too' }),
    tol: number({ min: 0, default: 1e-4, help: 'singular values up to it count as 0, with svd' }),
  }),
  fit: ({ X, y, classCount: K }, { solver, shrinkage, priors, nComponents, storeCovariance, tol }): State => {
    const [N, F] = [X.rows, X.columns]
    if (N <= K)
      throw new ArgumentError(`${where}: there are ${N} rows of ${K} classes. There must be more rows than classes.`)
    const most = Math.min(K - 1, F)
    if (nComponents !== null && nComponents > most)
      throw new ArgumentError(
        `${where}: nComponents is ${nComponents}; ${F} features of ${K} classes have at most ${most} directions.`,
        { nComponents },
      )
    if (solver === 'svd' && shrinkage !== null)
      throw new ArgumentError(`${where}: the solver "svd" does not shrink. Take "lsqr" or "eigen" with shrinkage.`)
    const groups = rowsByClass(y, K)
    const grouped: Grouped = {
      X,
      groups,
      means: classMeans(X, y, groups),
      priors: priorsOf(groups, priors, { rows: N, where }),
    }
    const covariance = solver !== 'svd' || storeCovariance ? withinCovariance(grouped, shrinkage) : undefined
    const count = nComponents ?? most
    const found =
      solver === 'svd'
        ? bySvd(grouped, { tol, most: count })
        : solver === 'eigen'
          ? byEigen(grouped, covariance!, { shrinkage, most: count })
          : byLeastSquares(grouped, covariance!)
    return {
      ...found,
      ...oneForTwo(found),
      means: grouped.means,
      priors: grouped.priors,
      ...(covariance ? { covariance } : {}),
      _components: count,
    }
  },
  methods: {
    decisionFunction: ({ state }, X: Dense): Float64Array | Dense => {
      const out = scores(state, X)
      return out.columns === 1 ? out.data : out
    },
    predictProba: ({ state }, X: Dense): Dense => {
      const out = scores(state, X)
      if (out.columns > 1) return softmaxRows(out)
      const both = dense(X.rows, 2)
      for (let i = 0; i < X.rows; i++) {
        both.data[2 * i] = 1 / (1 + Math.exp(out.data[i]!))
        both.data[2 * i + 1] = 1 / (1 + Math.exp(-out.data[i]!))
      }
      return both
    },
    transform: ({ state, options }, X: Dense): Dense => {
      const { scalings, xbar } = state
      if (!scalings)
        throw new ArgumentError(
          `linearDiscriminantAnalysis.transform: the solver ${JSON.stringify(options.solver)} finds no directions. Fit with "svd" or "eigen".`,
        )
      const count = Math.min(state._components, scalings.columns)
      const out = dense(X.rows, count)
      const all = productSync(xbar ? lessMeans(X, xbar) : X, scalings)
      for (let i = 0; i < X.rows; i++)
        out.data.set(all.data.subarray(i * all.columns, i * all.columns + count), i * count)
      return out
    },
  },
})
