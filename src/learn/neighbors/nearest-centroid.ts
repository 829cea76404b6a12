import { ArgumentError } from '../../core/errors.ts'
import { aList, aNumber, aWord, defineOptions, either, nothing, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import { weightedQuantile } from '../dummy/weighted-quantile.ts'
import { givenPrior } from '../naive-bayes/class-counts.ts'
import { softmaxRows } from '../numeric/log-sum-exp.ts'
import { argmaxRows } from '../core/model.ts'
import { reducedMetric } from './metric.ts'

interface CentroidFit {
  readonly state: {
    readonly centroids: Dense
    readonly withinClassStdDev: Float64Array
    readonly classPrior: Float64Array
  }
  readonly options: { readonly metric: 'euclidean' | 'manhattan' }
}

/** Means of each class, or medians. */
const centroidsOf = (
  X: Dense,
  y: Int32Array,
  { K, median }: { readonly K: number; readonly median: boolean },
): Dense => {
  const F = X.columns
  const out = dense(K, F)
  for (let k = 0; k < K; k++) {
    const rows = Array.from(y.keys()).filter(i => y[i] === k)
    for (let j = 0; j < F; j++) {
      const values = Float64Array.from(rows, i => X.data[i * F + j]!)
      out.data[k * F + j] = median ? weightedQuantile(values, 0.5) : values.reduce((a, b) => a + b, 0) / rows.length
    }
  }
  return out
}

/** Distances to the centroids, features over their deviations or as they are: [N, K]. */
const distancesTo = ({ state, options }: CentroidFit, X: Dense, standardized: boolean): Dense => {
  const { centroids, withinClassStdDev } = state
  const [K, F] = [centroids.rows, centroids.columns]
  const scale = ({ rows, data }: Dense): Float64Array =>
    standardized
      ? Float64Array.from({ length: rows * F }, (_, at) => data[at]! / (withinClassStdDev[at % F]! || 1))
      : data
  const [x, c] = [scale(X), scale(centroids)]
  const { between, finish } = reducedMetric(options.metric, 2)
  const out = dense(X.rows, K)
  for (let i = 0; i < X.rows; i++)
    for (let k = 0; k < K; k++) out.data[i * K + k] = finish(between(x, i * F, c, k * F, F))
  return out
}
/** `2 ln p(k) − d²`. */
const discriminants = (fit: CentroidFit, X: Dense): Dense => {
  const { rows, columns: K, data } = distancesTo(fit, X, true)
  return dense(
    rows,
    K,
    data.map((d, at) => 2 * Math.log(fit.state.classPrior[at % K]!) - d * d),
  )
}

/** Moves centroids towards the mean of all rows: each by so many of its deviations, and not beyond. */
const shrink = (centroids: Dense, mean: Float64Array, units: Dense, threshold: number | null): Dense => {
  const F = centroids.columns
  const deviations = dense(centroids.rows, F)
  for (let at = 0; at < centroids.data.length; at++) {
    const unit = units.data[at]!
    let deviation = unit === 0 ? 0 : (centroids.data[at]! - mean[at % F]!) / unit
    if (threshold) {
      deviation = Math.sign(deviation) * Math.max(0, Math.abs(deviation) - threshold)
      centroids.data[at] = mean[at % F]! + unit * deviation
    }
    deviations.data[at] = deviation
  }
  return deviations
}

/**
 * The class whose centroid is nearest: the mean of its rows, with `metric: 'manhattan'` the median. With `shrinkThreshold` centroids are
 * moved towards the mean of all by so many standard errors, so that features that tell little tell nothing (nearest shrunken centroids).
 *
 * The model has `centroids` and `deviations` [K, F], `withinClassStdDev` [F] and `classPrior` [K]; `decisionFunction` is
 * `2 ln p(k) − ‖(x − cₖ) / σ‖²` (for two classes the difference), `predictProba` its softmax. `predict` heeds σ only where the priors differ.
 *
 * @throws ArgumentError where no feature varies, and for priors that do not fit
 * @example
 * const model = await nearestCentroid().fit([[0], [1], [8], [9]], ['low', 'low', 'high', 'high'])
 * await model.predict([[3]]) // ['low']
 *
 * Source: Tibshirani et al. 2002.
 */
export const nearestCentroid = defineClassifier({
  name: 'nearestCentroid',
  summary: 'The class whose centroid is nearest; centroids may be shrunken.',
  source: 'Tibshirani, Hastie, Narasimhan & Chu 2002',
  options: defineOptions({
    metric: oneOf(['euclidean', 'manhattan'], { default: 'euclidean', help: 'distance; manhattan takes medians' }),
    shrinkThreshold: either([nothing, aNumber({ above: 0 })], {
      default: null,
      help: 'how many standard errors centroids are moved towards the mean',
    }),
    priors: either([aWord(['uniform', 'empirical']), aList(aNumber({ min: 0 }))], {
      default: 'uniform',
      help: 'the probability of each class: all alike, as frequent as in y, or given in ascending order of the classes',
    }),
  }),
  fit: ({ X, y, classCount: K }, { metric, shrinkThreshold, priors }) => {
    const where = 'nearestCentroid.fit'
    const [N, F] = [X.rows, X.columns]
    requireSpread(X, where)
    const counts = new Float64Array(K)
    for (const code of y) counts[code]!++
    const centroids = centroidsOf(X, y, { K, median: metric === 'manhattan' })
    const deviation = new Float64Array(F)
    const mean = new Float64Array(F)
    for (let i = 0; i < N; i++)
      for (let j = 0; j < F; j++) {
        mean[j]! += X.data[i * F + j]! / N
        deviation[j]! += (X.data[i * F + j]! - centroids.data[y[i]! * F + j]!) ** 2
      }
    const within = deviation.map(square => Math.sqrt(square / Math.max(1, N - K)))
    const middle = weightedQuantile(within, 0.5)
    const units = dense(
      K,
      F,
      Float64Array.from(
        { length: K * F },
        (_, at) => Math.sqrt(1 / counts[Math.floor(at / F)]! - 1 / N) * (within[at % F]! + middle),
      ),
    )
    const classPrior =
      typeof priors === 'object'
        ? givenPrior(priors, K, where, 'priors')
        : counts.map(count => (priors === 'uniform' ? 1 / K : count / N))
    const deviations = shrink(centroids, mean, units, shrinkThreshold)
    return { centroids, deviations, withinClassStdDev: within, classPrior }
  },
  methods: {
    decide: (fit, X: Dense): Int32Array => {
      const { classPrior } = fit.state
      if (classPrior.some(p => Math.abs(p - 1 / classPrior.length) > 1e-8)) return argmaxRows(discriminants(fit, X))
      const { rows, columns, data } = distancesTo(fit, X, false)
      return argmaxRows(
        dense(
          rows,
          columns,
          data.map(d => -d),
        ),
      )
    },
    decisionFunction: (fit, X: Dense): Float64Array | Dense => {
      const scores = discriminants(fit, X)
      if (scores.columns !== 2) return scores
      return Float64Array.from({ length: X.rows }, (_, i) => scores.data[2 * i + 1]! - scores.data[2 * i]!)
    },
    predictProba: (fit, X: Dense): Dense => softmaxRows(discriminants(fit, X)),
  },
})

const requireSpread = ({ columns: F, data }: Dense, where: string): void => {
  for (let at = F; at < data.length; at++) if (data[at] !== data[at % F]) return
  throw new ArgumentError(`${where}: all rows of X are equal, so no class differs from another. Pass rows that vary.`)
}
