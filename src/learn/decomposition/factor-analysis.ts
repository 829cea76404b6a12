import { ArgumentError } from '../../core/errors.ts'
import { anInteger, aWord, defineOptions, either, integer, nothing } from '../../core/options.ts'
import { type Dense, dense, identity, transposed } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import { tol } from '../core/rules.ts'
import { columnMeans } from '../linear/design.ts'
import { productSync } from '../numeric/product.ts'
import { svd } from '../numeric/svd.ts'
import { cholesky, choleskyLogDeterminant, choleskySolve } from '../numeric/triangular.ts'
import { lessMeans } from './pca.ts'

const tiny = 1e-12

/**
 * Factor analysis: `x = W h + μ + noise`, a few normal factors `h` and a noise variance of its own for each feature, by maximum likelihood.
 *
 * The model has `components` [k, F] (loadings), `noiseVariance` [F], `mean`, `loglike` and `nIter`; `transform` gives the factors' expected
 * values, `score` the mean log-likelihood.
 *
 * @example
 * const factors = await factorAnalysis({ nComponents: 2 }).fitTransform(X)
 *
 * Source: Barber 2012, algorithm 21.1; Kaiser 1958 (varimax).
 */
export const factorAnalysis = defineTransformer({
  name: 'factorAnalysis',
  summary: 'A few normal factors and a noise of its own for each feature, by maximum likelihood.',
  source: 'Barber 2012, algorithm 21.1; Kaiser 1958',
  options: defineOptions({
    nComponents: either([nothing, anInteger({ min: 1 })], {
      default: null,
      help: 'how many factors; null for as many as columns',
    }),
    tol: tol(1e-2),
    maxIter: integer({ min: 1, default: 1000, help: 'the most iterations' }),
    rotation: either([nothing, aWord(['varimax', 'quartimax'])], {
      default: null,
      help: 'turns the loadings so that each factor has few large ones',
    }),
  }),
  fit: ({ X }, { nComponents, tol, maxIter, rotation }) => {
    const { rows: N, columns: F } = X
    const k = nComponents ?? F
    if (k > F) throw new ArgumentError(`factorAnalysis.fit: nComponents is ${k}; there are ${F} columns.`)
    const mean = columnMeans(X)
    const centred = lessMeans(X, mean)
    const variance = new Float64Array(F)
    for (let i = 0; i < N; i++) for (let j = 0; j < F; j++) variance[j]! += centred.data[i * F + j]! ** 2 / N
    let psi: Float64Array = new Float64Array(F).fill(1)
    let W = dense(k, F)
    let before = -Infinity
    const loglike: number[] = []
    let nIter = 0
    while (nIter < maxIter) {
      nIter++
      const root = psi.map(p => Math.sqrt(p) + tiny)
      const scaled = dense(N, F)
      for (let i = 0; i < N; i++)
        for (let j = 0; j < F; j++) scaled.data[i * F + j] = centred.data[i * F + j]! / (root[j]! * Math.sqrt(N))
      const { s, vt } = svd(scaled)
      const squares = s.map(x => x * x)
      W = dense(k, F)
      for (let c = 0; c < Math.min(k, vt.rows); c++) {
        const factor = Math.sqrt(Math.max(squares[c]! - 1, 0))
        for (let j = 0; j < F; j++) W.data[c * F + j] = factor * vt.data[c * F + j]! * root[j]!
      }
      let ll = F * Math.log(2 * Math.PI) + k
      for (let c = 0; c < Math.min(k, squares.length); c++) ll += Math.log(squares[c]!)
      for (let c = k; c < squares.length; c++) ll += squares[c]!
      for (const p of psi) ll += Math.log(p)
      ll *= -N / 2
      loglike.push(ll)
      if (!(ll - before >= tol)) break
      before = ll
      psi = variance.map((v, j) => {
        let sum = 0
        for (let c = 0; c < k; c++) sum += W.data[c * F + j]! ** 2
        return Math.max(v - sum, tiny)
      })
    }
    const components = rotation === null ? W : rotated(W, rotation)
    return { components, noiseVariance: psi, mean, loglike: Float64Array.from(loglike), nIter }
  },
  methods: {
    transform: ({ state }, X: Dense) => {
      const { components: W, noiseVariance } = state
      const scaled = { ...W, data: W.data.map((w, at) => w / noiseVariance[at % W.columns]!) }
      const inner = productSync(scaled, W, { transposeB: true })
      for (let c = 0; c < W.rows; c++) inner.data[c * W.rows + c]! += 1
      const covariance = choleskySolve(inner, identity(W.rows))
      return productSync(productSync(lessMeans(X, state.mean), scaled, { transposeB: true }), covariance)
    },
    scoreSamples: ({ state }, X: Dense) => densities(state, X),
    score: ({ state }, X: Dense) => densities(state, X).reduce((a, b) => a + b, 0) / X.rows,
  },
  functions: {
    covariance: ({ state }) => covarianceOf(state),
    featureNamesOut: ({ state }) => Array.from({ length: state.components.rows }, (_, k) => `factoranalysis${k}`),
  },
})

interface Found {
  readonly components: Dense
  readonly noiseVariance: Float64Array
  readonly mean: Float64Array
}

const covarianceOf = ({ components, noiseVariance }: Found): Dense => {
  const C = productSync(components, components, { transposeA: true })
  for (let j = 0; j < C.rows; j++) C.data[j * C.rows + j]! += noiseVariance[j]!
  return C
}

const densities = (found: Found, X: Dense): Float64Array => {
  const factor = cholesky(covarianceOf(found))
  const centred = lessMeans(X, found.mean)
  const solved = choleskySolve(covarianceOf(found), transposed(centred))
  const constant = X.columns * Math.log(2 * Math.PI) + choleskyLogDeterminant(factor)
  return Float64Array.from({ length: X.rows }, (_, i) => {
    let quadratic = 0
    for (let j = 0; j < X.columns; j++) quadratic += centred.data[i * X.columns + j]! * solved.data[j * X.rows + i]!
    return -0.5 * (quadratic + constant)
  })
}

/** Loadings turned to the largest variance of their squares (Kaiser 1958), by repeated singular value decompositions. */
const rotated = (W: Dense, method: 'varimax' | 'quartimax'): Dense => {
  const loadings = transposed(W)
  const [F, k] = [loadings.rows, loadings.columns]
  let R = identity(k)
  let before = 0
  for (let round = 0; round < 100; round++) {
    const turned = productSync(loadings, R)
    const target = dense(F, k)
    for (let c = 0; c < k; c++) {
      let square = 0
      for (let j = 0; j < F; j++) square += turned.data[j * k + c]! ** 2
      for (let j = 0; j < F; j++) {
        const x = turned.data[j * k + c]!
        target.data[j * k + c] = x ** 3 - (method === 'varimax' ? (x * square) / F : 0)
      }
    }
    const { u, s, vt } = svd(productSync(loadings, target, { transposeA: true }))
    R = productSync(u, vt)
    const now = s.reduce((a, b) => a + b, 0)
    if (before !== 0 && now < before * (1 + 1e-6)) break
    before = now
  }
  return transposed(productSync(loadings, R))
}
