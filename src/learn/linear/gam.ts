import { ArgumentError } from '../../core/errors.ts'
import { aNumber, aWord, defineOptions, either, integer, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import { maxIter, tol } from '../core/rules.ts'
import { productSync, timesVector } from '../numeric/product.ts'
import { pinv } from '../numeric/least-squares.ts'
import { bSplineBasis, evenKnots } from './b-spline.ts'
import { binomialFamily, type Family, gammaFamily, normalFamily, poissonFamily } from './families.ts'
import { checkTargets } from './generalised-linear.ts'
import { hessian, newton } from './newton.ts'

const families: Readonly<Record<string, Family>> = {
  normal: normalFamily,
  poisson: poissonFamily,
  gamma: gammaFamily,
  binomial: binomialFamily,
}

interface Basis {
  readonly knots: readonly Float64Array[]
  readonly nSplines: number
  readonly degree: number
  /** Means of the columns over the rows fitted on, taken off so that the curves sum to 0 and the intercept is the level. */
  readonly means: Float64Array
}

/** Rows of spline values, feature by feature, less their means. */
const designOf = (X: Dense, { knots, nSplines, degree, means }: Basis): Dense => {
  const out = dense(X.rows, knots.length * nSplines)
  const values = new Float64Array(nSplines)
  for (let i = 0; i < X.rows; i++) {
    for (const [j, own] of knots.entries()) {
      // Beyond what was seen a curve goes on as it ended.
      const x = Math.min(own[nSplines]!, Math.max(own[degree]!, X.data[i * X.columns + j]!))
      bSplineBasis(x, own, degree, values)
      for (let k = 0; k < nSplines; k++) {
        const at = j * nSplines + k
        out.data[i * out.columns + at] = values[k]! - means[at]!
      }
    }
  }
  return out
}

/** `DᵀD` for differences of an order: what a penalty on roughness is made of. */
export const differencePenalty = (count: number, order: number): Dense => {
  let D = dense(count, count)
  for (let i = 0; i < count; i++) D.data[i * count + i] = 1
  for (let d = 0; d < order; d++) {
    const next = dense(D.rows - 1, count)
    for (let i = 0; i < next.data.length; i++) next.data[i] = D.data[i + count]! - D.data[i]!
    D = next
  }
  return productSync(D, D, { transposeA: true })
}

/** One block a feature; a trace of ridge holds what the centring leaves free. */
const penaltyOf = (
  features: number,
  { nSplines, penaltyOrder }: { readonly nSplines: number; readonly penaltyOrder: number },
  lambda: number,
): Dense => {
  const block = differencePenalty(nSplines, penaltyOrder)
  const size = features * nSplines
  const P = dense(size, size)
  for (let f = 0; f < features; f++) {
    for (let i = 0; i < nSplines; i++) {
      for (let k = 0; k < nSplines; k++)
        P.data[(f * nSplines + i) * size + f * nSplines + k] = lambda * block.data[i * nSplines + k]!
      P.data[(f * nSplines + i) * size + f * nSplines + i]! += 1e-9
    }
  }
  return P
}

const grid = Array.from({ length: 13 }, (_, i) => 10 ** (-4 + i * 0.75))

/**
 * Generalised additive model: `g(E y) = b + Σⱼ fⱼ(xⱼ)`, each `fⱼ` a smooth curve of B-splines with a penalty `λ/2` on squared differences of
 * neighbouring coefficients. `lambda: 'auto'` takes the λ with the least generalised cross-validation `N D / (N − edf)²`.
 *
 * The model has `intercept`, `coef` [F · nSplines], `lambda`, `edf` (effective degrees of freedom), `gcv` and `nIter`;
 * `partialEffects(X)` gives each feature's curve at each row, [N, F].
 *
 * @throws ArgumentError for targets that the family cannot have
 * @example
 * const model = await gam({ family: 'poisson' }).fit(X, counts)
 * await model.partialEffects(X)
 *
 * Source: Hastie & Tibshirani 1986; Eilers & Marx 1996 (P-splines); Wood 2017, section 4.2 and 6.2.
 */
export const gam = defineRegressor({
  name: 'gam',
  summary: 'A sum of smooth curves of the features: B-splines with a penalty on roughness, through a link.',
  source: 'Hastie & Tibshirani 1986; Eilers & Marx 1996; Wood 2017',
  sampleWeight: true,
  options: defineOptions({
    family: oneOf(['normal', 'poisson', 'gamma', 'binomial'], {
      default: 'normal',
      help: 'identity link for normal, log for poisson and gamma, logit for binomial (targets from 0 to 1)',
    }),
    nSplines: integer({ min: 4, default: 12, help: 'splines of each feature' }),
    degree: integer({ min: 1, max: 5, default: 3, help: 'degree of the pieces' }),
    penaltyOrder: integer({
      min: 1,
      max: 3,
      default: 2,
      help: 'order of the differences that are penalised: 2 pulls towards straight lines',
    }),
    lambda: either([aNumber({ min: 0 }), aWord(['auto'])], {
      default: 'auto',
      help: 'strength of the penalty per row; auto: by generalised cross-validation',
    }),
    maxIter: maxIter(100),
    tol: tol(1e-8),
  }),
  fit: ({ X, y, sampleWeight }, options) => {
    const { nSplines, degree, lambda, maxIter, tol } = options
    if (nSplines <= degree)
      throw new ArgumentError(`gam: nSplines must be above degree; got ${nSplines} and ${degree}.`)
    const family = families[options.family]!
    checkTargets(y, family, 'gam.fit')
    const rows = Array.from(y.keys()).filter(i => !sampleWeight || sampleWeight[i]! > 0)
    const knots = Array.from({ length: X.columns }, (_, j) => {
      let low = Infinity
      let high = -Infinity
      for (const i of rows) {
        low = Math.min(low, X.data[i * X.columns + j]!)
        high = Math.max(high, X.data[i * X.columns + j]!)
      }
      return low < high
        ? evenKnots(low, high, { count: nSplines, degree })
        : evenKnots(low - 0.5, high + 0.5, { count: nSplines, degree })
    })
    const bare: Basis = { knots, nSplines, degree, means: new Float64Array(X.columns * nSplines) }
    const raw = designOf(X, bare)
    const means = new Float64Array(raw.columns)
    let total = 0
    for (let i = 0; i < X.rows; i++) {
      const w = sampleWeight ? sampleWeight[i]! : 1
      total += w
      for (let k = 0; k < raw.columns; k++) means[k]! += w * raw.data[i * raw.columns + k]!
    }
    for (let k = 0; k < means.length; k++) means[k]! /= total
    const basis = { ...bare, means }
    const B = designOf(X, basis)
    const attempt = (strength: number) => {
      const penalty = penaltyOf(X.columns, options, strength)
      const found = newton(B, y, family, {
        weights: sampleWeight,
        penalty,
        fitIntercept: true,
        maxIter,
        tolerance: tol,
      })
      const eta = timesVector(B, found.coef).map(value => value + found.intercept)
      const curvature = eta.map(
        (value, i) => ((sampleWeight ? sampleWeight[i]! : 1) / total) * family.curvature(y[i]!, value),
      )
      const withPenalty = hessian(B, curvature, { penalty, fitIntercept: true })
      const without = hessian(B, curvature, { penalty: 0, fitIntercept: true })
      // The trace of (H + P)⁻¹ H.
      const inverse = pinv(withPenalty)
      let edf = 0
      for (let i = 0; i < inverse.rows; i++)
        for (let k = 0; k < inverse.rows; k++)
          edf += inverse.data[i * inverse.rows + k]! * without.data[k * inverse.rows + i]!
      const deviance = 2 * total * (found.loss - saturated(y, family, sampleWeight) / total)
      return { ...found, edf, lambda: strength, gcv: (total * deviance) / (total - edf) ** 2 }
    }
    const candidates = (lambda === 'auto' ? grid : [lambda]).map(attempt)
    const best = candidates.reduce((a, b) => (b.gcv < a.gcv ? b : a))
    const { coef, intercept, nIter, edf, gcv } = best
    return { coef, intercept, nIter, edf, gcv, lambda: best.lambda, _basis: basis }
  },
  methods: {
    predict: ({ state, options }, X: Dense) => {
      const family = families[options.family]!
      return timesVector(designOf(X, state._basis), state.coef).map(eta => family.mean(eta + state.intercept))
    },
    partialEffects: ({ state }, X: Dense): Dense => {
      const { nSplines } = state._basis
      const B = designOf(X, state._basis)
      const out = dense(X.rows, X.columns)
      for (let i = 0; i < X.rows; i++) {
        for (let j = 0; j < X.columns; j++) {
          let sum = 0
          for (let k = 0; k < nSplines; k++)
            sum += B.data[i * B.columns + j * nSplines + k]! * state.coef[j * nSplines + k]!
          out.data[i * X.columns + j] = sum
        }
      }
      return out
    },
  },
})

/** The loss of a model that meets every target: what deviances are counted from. */
const saturated = (y: Float64Array, family: Family, weights: Float64Array | undefined): number => {
  let sum = 0
  for (let i = 0; i < y.length; i++) {
    const t = y[i]!
    // y = 0 and proportions of 0 and 1 are met only in the limit, where the loss is 0.
    const own =
      family.name === 'normal'
        ? 0
        : family.name === 'poisson'
          ? t === 0
            ? 0
            : t - t * Math.log(t)
          : family.name === 'gamma'
            ? Math.log(t) + 1
            : t === 0 || t === 1
              ? 0
              : family.loss(t, family.link(t))
    sum += (weights ? weights[i]! : 1) * own
  }
  return sum
}
