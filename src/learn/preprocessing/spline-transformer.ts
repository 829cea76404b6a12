import { ArgumentError } from '../../core/errors.ts'
import { aFlag, aWord, defineOptions, either, integer, type Meaning, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import { bSplineBasis } from '../linear/b-spline.ts'
import { namesIn } from './names-out.ts'
import { linearQuantile, sortedColumns, weightedStepQuantile } from './quantiles.ts'
import { columnExtremes } from './moments.ts'

const knotRows: Meaning<readonly (readonly number[])[]> = {
  kind: 'value',
  expected: 'a list of at least two rows of knots, one knot a feature, ascending',
  accepts: (value): value is readonly (readonly number[])[] =>
    Array.isArray(value) &&
    value.length > 1 &&
    value.every(
      (row, i) =>
        Array.isArray(row) &&
        row.length === value[0].length &&
        row.every((x, j) => Number.isFinite(x) && (i === 0 || x > value[i - 1][j])),
    ),
  fromText: text => {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  },
  placeholder: 'JSON',
}

/**
 * Each column as the values of B-splines: smooth bumps over the knots, `nKnots + degree − 1` of them, that add to 1. A linear model of them is a
 * smooth curve of each feature. Beyond the knots the splines go on as `extrapolation` says.
 *
 * The model has `knots` [nKnots + 2 degree, F] and `nFeaturesOut`; `featureNamesOut()` reads `x0_sp_0`.
 *
 * @throws ArgumentError for `extrapolation: 'error'` and a number beyond the knots, and for a periodic spline with too few knots
 * @example
 * const model = await splineTransformer({ nKnots: 3, degree: 1 }).fit([[0], [4]])
 * await (await model.transform([[1]])).toArray() // [[0.5, 0.5, 0]]
 *
 * Source: de Boor 1972; Eilers & Marx 1996 (knots beyond the ends).
 */
export const splineTransformer = defineTransformer({
  name: 'splineTransformer',
  summary: 'Each column as the values of B-splines, smooth bumps over the knots that add to 1.',
  source: 'de Boor 1972; Eilers & Marx 1996',
  minRows: 2,
  sampleWeight: true,
  options: defineOptions({
    nKnots: integer({ min: 2, default: 5, help: 'how many knots there are, the ends among them' }),
    degree: integer({ min: 0, default: 3, help: 'the degree of the polynomials between knots' }),
    knots: either([aWord(['uniform', 'quantile']), knotRows], {
      default: 'uniform',
      help: 'evenly spaced, at quantiles, or given',
    }),
    extrapolation: oneOf(['error', 'constant', 'linear', 'continue', 'periodic'], {
      default: 'constant',
      help: 'what the splines are beyond the knots',
    }),
    includeBias: either([aFlag], {
      default: true,
      help: 'whether the last spline of each feature stays, which the others and a constant give',
    }),
  }),
  fit: ({ X, sampleWeight }, { nKnots, degree, knots: how, extrapolation, includeBias }) => {
    const F = X.columns
    if (typeof how !== 'string' && how[0]!.length !== F) {
      throw new ArgumentError(
        `splineTransformer.fit: knots has ${how[0]!.length} columns, and X has ${F}. Give one knot for each in every row.`,
      )
    }
    const bases =
      typeof how === 'string'
        ? baseKnots(X, sampleWeight, { nKnots, how })
        : Array.from({ length: F }, (_, j) => Float64Array.from(how, row => row[j]!))
    const count = bases[0]!.length
    const periodic = extrapolation === 'periodic'
    if (periodic && count <= degree) {
      throw new ArgumentError(
        `splineTransformer.fit: a periodic spline of degree ${degree} needs at least ${degree + 1} knots; got ${count}. Raise nKnots.`,
      )
    }
    const knots = dense(count + 2 * degree, F)
    for (const [j, base] of bases.entries()) {
      const all = extended(base, degree, periodic)
      for (let k = 0; k < all.length; k++) knots.data[k * F + j] = all[k]!
    }
    const each = (periodic ? count - 1 : count + degree - 1) - (includeBias ? 0 : 1)
    return { knots, nFeaturesOut: F * each }
  },
  methods: {
    transform: ({ state, options }, X: Dense): Dense => {
      const { knots, nFeaturesOut } = state
      const { degree, extrapolation } = options
      const F = X.columns
      const each = nFeaturesOut / F
      const out = dense(X.rows, nFeaturesOut)
      for (let j = 0; j < F; j++) {
        const own = Float64Array.from({ length: knots.rows }, (_, k) => knots.data[k * F + j]!)
        const evaluate = evaluator(own, degree, extrapolation)
        for (let i = 0; i < X.rows; i++) {
          const x = X.data[i * F + j]!
          if (extrapolation === 'error' && (x < own[degree]! || x > own[own.length - degree - 1]!)) {
            throw new ArgumentError(
              `splineTransformer.transform: X is ${x} at row ${i}, column ${j}, beyond the knots from ${own[degree]} to ${own[own.length - degree - 1]}. Choose another extrapolation.`,
            )
          }
          out.data.set(evaluate(x).subarray(0, each), i * nFeaturesOut + j * each)
        }
      }
      return out
    },
  },
  functions: {
    featureNamesOut: (fit, names?: readonly string[]): readonly string[] =>
      namesIn(fit, names).flatMap(name =>
        Array.from({ length: fit.state.nFeaturesOut / fit.nFeaturesIn }, (_, k) => `${name}_sp_${k}`),
      ),
  },
})

/** The knots from one end of each column to the other. */
const baseKnots = (
  X: Dense,
  weights: Float64Array | undefined,
  { nKnots, how }: { readonly nKnots: number; readonly how: 'uniform' | 'quantile' },
): Float64Array[] => {
  const shares = Float64Array.from({ length: nKnots }, (_, k) => k / (nKnots - 1))
  if (how === 'quantile') {
    return sortedColumns(X).map((values, j) => {
      const column = Float64Array.from({ length: X.rows }, (_, i) => X.data[i * X.columns + j]!)
      return shares.map(share =>
        weights ? weightedStepQuantile(column, weights, share, false) : linearQuantile(values, share),
      )
    })
  }
  const kept = weights ? withWeight(X, weights) : X
  const { least, most } = columnExtremes(kept)
  return Array.from(least, (low, j) =>
    shares.map((_, k) => (k === nKnots - 1 ? most[j]! : low + k * ((most[j]! - low) / (nKnots - 1)))),
  )
}

const withWeight = (X: Dense, weights: Float64Array): Dense => {
  const rows = Array.from(weights.keys()).filter(i => weights[i]! > 0)
  const data = new Float64Array(rows.length * X.columns)
  for (const [k, i] of rows.entries()) data.set(X.data.subarray(i * X.columns, (i + 1) * X.columns), k * X.columns)
  return { rows: rows.length, columns: X.columns, data }
}

/** `degree` more knots on either side: as far apart as the last two, or those of the other end moved by the period. */
const extended = (base: Float64Array, degree: number, periodic: boolean): Float64Array => {
  const n = base.length
  const period = base[n - 1]! - base[0]!
  return Float64Array.from({ length: n + 2 * degree }, (_, k) => {
    const at = k - degree
    if (at >= 0 && at < n) return base[at]!
    if (periodic) return at < 0 ? base[n - 1 + at]! - period : base[at - n + 1]! + period
    return at < 0 ? base[0]! + at * (base[1]! - base[0]!) : base[n - 1]! + (at - n + 1) * (base[n - 1]! - base[n - 2]!)
  })
}

/** All splines at x; the array is used again by the next call. */
const evaluator = (knots: Float64Array, degree: number, extrapolation: string): ((x: number) => Float64Array) => {
  const count = knots.length - degree - 1
  const low = knots[degree]!
  const high = knots[count]!
  const values = new Float64Array(count)
  if (extrapolation === 'periodic') {
    return x => {
      const from = high > low ? low + positiveRest(x - low, high - low) : 0
      bSplineBasis(from, knots, degree, values)
      // The last splines are the first ones, begun before the period does.
      for (let k = 0; k < degree; k++) values[k]! += values[count - degree + k]!
      return values
    }
  }
  return x => {
    const inside = Math.min(high, Math.max(low, x))
    bSplineBasis(extrapolation === 'continue' ? x : inside, knots, degree, values)
    if (extrapolation !== 'linear' || x === inside || degree === 0) return values
    const slopes = slopesAt(inside, knots, degree)
    for (let k = 0; k < count; k++) values[k]! += (x - inside) * slopes[k]!
    return values
  }
}

const positiveRest = (x: number, period: number): number => {
  const rest = x % period
  return rest < 0 ? rest + period : rest
}

/** Derivatives: `B'ᵢ = d (Bᵢ / (tᵢ₊d − tᵢ) − Bᵢ₊₁ / (tᵢ₊d₊₁ − tᵢ₊₁))`, with splines of one degree less on the right. */
const slopesAt = (x: number, knots: Float64Array, degree: number): Float64Array => {
  const lower = new Float64Array(knots.length - degree)
  // The same piece of the polynomial as for the degree itself: the outermost knots have no part in it.
  const inner = knots.subarray(1, knots.length - 1)
  const values = new Float64Array(inner.length - degree)
  bSplineBasis(x, inner, degree - 1, values)
  lower.set(values, 1)
  const share = (k: number): number => {
    const width = knots[k + degree]! - knots[k]!
    return width === 0 ? 0 : lower[k]! / width
  }
  return Float64Array.from({ length: knots.length - degree - 1 }, (_, k) => degree * (share(k) - share(k + 1)))
}
