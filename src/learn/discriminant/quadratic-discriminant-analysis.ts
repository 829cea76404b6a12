import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, flag, number, oneOf } from '../../core/options.ts'
import { type Dense, dense, transposed } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import { takeDense } from '../core/take-rows.ts'
import { lessMeans } from '../decomposition/pca.ts'
import { columnMeans } from '../linear/design.ts'
import { logProbabilitiesOf, probabilitiesOf } from '../naive-bayes/class-counts.ts'
import { productSync } from '../numeric/product.ts'
import { svd } from '../numeric/svd.ts'
import { symmetricEigen } from '../numeric/symmetric-eigen.ts'
import { covarianceOf, discriminantOptions, priorsOf, rowsByClass, type Shrinkage } from './class-covariance.ts'

const where = 'quadraticDiscriminantAnalysis.fit'

/** The axes of a class's rows, the columns of `rotation`, and the variance along each. */
interface Axes {
  readonly scaling: Float64Array
  readonly rotation: Dense
}

/** From the singular values of the rows; fewer rows than features have as many axes as rows. */
const axesBySvd = (X: Dense, mean: Float64Array, regParam: number): Axes => {
  const { s, vt } = svd(lessMeans(X, mean))
  return { scaling: s.map(x => ((1 - regParam) * x * x) / X.rows + regParam), rotation: transposed(vt) }
}

/** From the covariance, the largest variance first. */
const axesByEigen = (X: Dense, shrinkage: Shrinkage): Axes => {
  const F = X.columns
  const { values, vectors } = symmetricEigen(covarianceOf(X, shrinkage))
  const rotation = dense(F, F)
  for (let j = 0; j < F; j++) for (let k = 0; k < F; k++) rotation.data[j * F + k] = vectors.data[j * F + F - 1 - k]!
  return { scaling: values.slice().reverse(), rotation }
}

const covarianceFrom = ({ scaling, rotation }: Axes): Dense => {
  const { rows, columns } = rotation
  const scaled = dense(rows, columns)
  for (let at = 0; at < scaled.data.length; at++) scaled.data[at] = rotation.data[at]! * scaling[at % columns]!
  return productSync(scaled, rotation, { transposeB: true })
}

interface State {
  readonly means: Dense
  readonly priors: Float64Array
  readonly scalings: readonly Float64Array[]
  readonly rotations: readonly Dense[]
  readonly covariance?: readonly Dense[]
}

/** `ln p(k) − ½ (ln det Σₖ + (x − μₖ)ᵀ Σₖ⁻¹ (x − μₖ))` for each row and class. */
const jointLog = ({ means, priors, scalings, rotations }: State, X: Dense): Dense => {
  const [K, F] = [means.rows, means.columns]
  const out = dense(X.rows, K)
  for (let k = 0; k < K; k++) {
    const scaling = scalings[k]!
    const width = scaling.length
    const along = productSync(lessMeans(X, means.data.subarray(k * F, (k + 1) * F)), rotations[k]!).data
    const constant = Math.log(priors[k]!) - 0.5 * scaling.reduce((sum, x) => sum + Math.log(x), 0)
    for (let i = 0; i < X.rows; i++) {
      let square = 0
      for (let j = 0; j < width; j++) square += along[i * width + j]! ** 2 / scaling[j]!
      out.data[i * K + k] = constant - 0.5 * square
    }
  }
  return out
}

/**
 * Quadratic discriminant analysis: each class normal about its mean with a covariance of its own,
 * `ln p(k | x) = ln p(k) − ½ (ln det Σₖ + (x − μₖ)ᵀ Σₖ⁻¹ (x − μₖ)) + c`.
 *
 * A class needs more rows than there are features, unless covariances are shrunk: `regParam` r makes of them `(1 − r) Σₖ + r I` (solver
 * `svd`), `shrinkage` draws them towards a sphere (solver `eigen`). The model has `means` [K, F], `priors` [K], and a class each
 * `rotations` [F, F] (axes, the columns) and `scalings` [F] (variances along them); with `storeCovariance` `covariance`.
 *
 * @throws ArgumentError where a class has one row, or a covariance without an inverse; and where shrinkage is asked of `svd`
 * @example
 * const model = await quadraticDiscriminantAnalysis().fit([[1], [2], [3], [10], [20], [30]], [0, 0, 0, 1, 1, 1])
 * await (await model.predict([[2.5], [12]])).toArray() // [0, 1]
 *
 * Source: Friedman 1989 (regularised); Hastie, Tibshirani & Friedman 2009, section 4.3.
 */
export const quadraticDiscriminantAnalysis = defineClassifier({
  name: 'quadraticDiscriminantAnalysis',
  summary: 'Each class is normal with a covariance of its own: ln p(k | x) = ln p(k) − ½ (ln det Σₖ + d²ₖ(x)) + c.',
  source: 'Friedman 1989; Hastie, Tibshirani & Friedman 2009',
  options: defineOptions({
    solver: oneOf(['svd', 'eigen'], {
      default: 'svd',
      help: 'svd: by singular values of the rows; eigen: by eigenvalues of the covariance',
    }),
    ...discriminantOptions,
    regParam: number({ min: 0, max: 1, default: 0, help: 'the share of the unit matrix in each covariance, with svd' }),
    storeCovariance: flag({ help: 'whether the model has the covariances' }),
    tol: number({ min: 0, default: 1e-4, help: 'a variance along an axis up to it counts as none' }),
  }),
  fit: ({ X, y, classCount: K, classes }, { solver, shrinkage, priors, regParam, storeCovariance, tol }): State => {
    if (solver === 'svd' && shrinkage !== null)
      throw new ArgumentError(`${where}: the solver "svd" does not shrink. Take "eigen" with shrinkage, or regParam.`)
    if (solver === 'eigen' && regParam > 0)
      throw new ArgumentError(`${where}: the solver "eigen" does not heed regParam. Take "svd" with it, or shrinkage.`)
    const F = X.columns
    const groups = rowsByClass(y, K)
    const means = dense(K, F)
    const axes = groups.map((rows, k): Axes => {
      const own = takeDense(X, rows)
      const mean = columnMeans(own)
      means.data.set(mean, k * F)
      if (own.rows === 1)
        throw new ArgumentError(`${where}: class ${classes[k]} has 1 row; a covariance needs at least 2.`)
      const found = solver === 'svd' ? axesBySvd(own, mean, regParam) : axesByEigen(own, shrinkage)
      const rank = found.scaling.filter(x => x > tol).length
      if (rank < F)
        throw new ArgumentError(
          `${where}: the ${own.rows} rows of class ${classes[k]} vary in ${rank} of ${F} directions, so that their covariance has no inverse. Pass more rows, ${solver === 'svd' ? 'a larger regParam, or the solver "eigen" with shrinkage' : 'or more shrinkage'}.`,
          { rank },
        )
      return found
    })
    return {
      means,
      priors: priorsOf(groups, priors, { rows: X.rows, where }),
      scalings: axes.map(({ scaling }) => scaling),
      rotations: axes.map(({ rotation }) => rotation),
      ...(storeCovariance ? { covariance: axes.map(covarianceFrom) } : {}),
    }
  },
  methods: {
    decisionFunction: ({ state }, X: Dense): Float64Array | Dense => {
      const joint = jointLog(state, X)
      if (joint.columns !== 2) return joint
      return Float64Array.from({ length: X.rows }, (_, i) => joint.data[2 * i + 1]! - joint.data[2 * i]!)
    },
    predictProba: ({ state }, X: Dense): Dense => probabilitiesOf(jointLog(state, X)),
    predictLogProba: ({ state }, X: Dense): Dense => logProbabilitiesOf(jointLog(state, X)),
  },
})
