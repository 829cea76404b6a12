import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { aFlag, aNumber, aWord, defineOptions, either, nothing, oneOf } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'

/**
 * The non-decreasing values nearest to `y` by weighted squares: neighbours out of order are pooled to their mean.
 *
 * Source: Ayer et al. 1955 (pool adjacent violators).
 */
export const poolAdjacentViolators = (y: ArrayLike<number>, weights: ArrayLike<number>): Float64Array => {
  const n = y.length
  const value = new Float64Array(n)
  const weight = new Float64Array(n)
  const length = new Int32Array(n)
  let blocks = 0
  for (let i = 0; i < n; i++) {
    value[blocks] = y[i]!
    weight[blocks] = weights[i]!
    length[blocks++] = 1
    while (blocks > 1 && value[blocks - 2]! >= value[blocks - 1]!) {
      blocks--
      const sum = weight[blocks - 1]! + weight[blocks]!
      value[blocks - 1] = (weight[blocks - 1]! * value[blocks - 1]! + weight[blocks]! * value[blocks]!) / sum
      weight[blocks - 1] = sum
      length[blocks - 1]! += length[blocks]!
    }
  }
  const out = new Float64Array(n)
  for (let b = 0, at = 0; b < blocks; b++) {
    out.fill(value[b]!, at, at + length[b]!)
    at += length[b]!
  }
  return out
}

/** The rank correlation's sign: whether y rises or falls with x. */
const rises = (x: Float64Array, y: Float64Array): boolean => {
  const rank = (values: Float64Array): Float64Array => {
    const order = Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!)
    const out = new Float64Array(values.length)
    for (let i = 0; i < order.length; ) {
      let end = i
      while (end + 1 < order.length && values[order[end + 1]!] === values[order[i]!]) end++
      for (let k = i; k <= end; k++) out[order[k]!] = (i + end) / 2
      i = end + 1
    }
    return out
  }
  const [a, b] = [rank(x), rank(y)]
  const middle = (x.length - 1) / 2
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i]! - middle) * (b[i]! - middle)
  return sum >= 0
}

/**
 * Isotonic regression: the non-decreasing (or non-increasing) step function nearest to the targets, linear between its corners.
 *
 * The model has `xThresholds`, `yThresholds`, `xMin`, `xMax` and `rising`. X has one column.
 *
 * @throws ArgumentError in `predict` for x outside what was seen, with `outOfBounds: 'raise'`
 * @example
 * const model = await isotonicRegression().fit([[1], [2], [3]], [1, 3, 2])
 * await (await model.predict([[2]])).toArray() // [2.5]
 *
 * Source: Barlow et al. 1972.
 */
export const isotonicRegression = defineRegressor({
  name: 'isotonicRegression',
  summary: 'The monotone function nearest to the targets by squares, linear between its corners.',
  source: 'Ayer et al. 1955; Barlow et al. 1972',
  sampleWeight: true,
  options: defineOptions({
    increasing: either([aFlag, aWord(['auto'])], {
      default: true,
      help: 'whether the function rises or falls; auto: as the rank correlation says',
    }),
    yMin: either([nothing, aNumber()], { default: null, help: 'the lowest value predicted' }),
    yMax: either([nothing, aNumber()], { default: null, help: 'the highest value predicted' }),
    outOfBounds: oneOf(['nan', 'clip', 'raise'], {
      default: 'nan',
      help: 'what is predicted beyond the x seen: NaN, the value at the end, or an error',
    }),
  }),
  fit: ({ X, y, sampleWeight }, { increasing, yMin, yMax }) => {
    if (X.columns !== 1) throw new ShapeError(`isotonicRegression.fit: X must have one column; it has ${X.columns}.`)
    if (yMin !== null && yMax !== null && yMin > yMax) {
      throw new ArgumentError(`isotonicRegression: yMin must not be above yMax; got ${yMin} and ${yMax}.`)
    }
    const rising = increasing === 'auto' ? rises(X.data, y) : increasing
    const kept = Array.from(y.keys()).filter(i => !sampleWeight || sampleWeight[i]! > 0)
    const order = kept.sort((a, b) => X.data[a]! - X.data[b]!)
    // Rows of one x count as one of their mean.
    const x: number[] = []
    const target: number[] = []
    const weight: number[] = []
    for (const i of order) {
      const w = sampleWeight ? sampleWeight[i]! : 1
      if (x.length > 0 && x.at(-1) === X.data[i]) {
        const last = x.length - 1
        target[last] = (target[last]! * weight[last]! + y[i]! * w) / (weight[last]! + w)
        weight[last]! += w
      } else {
        x.push(X.data[i]!)
        target.push(y[i]!)
        weight.push(w)
      }
    }
    const sign = rising ? 1 : -1
    const fitted = poolAdjacentViolators(
      target.map(t => sign * t),
      weight,
    ).map(t => Math.min(yMax ?? Infinity, Math.max(yMin ?? -Infinity, sign * t)))
    // Points within a level add nothing.
    const corner = Array.from(fitted.keys()).filter(
      i => i === 0 || i === fitted.length - 1 || fitted[i] !== fitted[i - 1] || fitted[i] !== fitted[i + 1],
    )
    return {
      xThresholds: Float64Array.from(corner, i => x[i]!),
      yThresholds: Float64Array.from(corner, i => fitted[i]!),
      xMin: x[0]!,
      xMax: x.at(-1)!,
      rising,
    }
  },
  methods: {
    predict: ({ state, options }, X: Dense) =>
      X.data.map((x, row) => {
        const { xThresholds: xs, yThresholds: ys, xMin, xMax } = state
        if (x < xMin || x > xMax) {
          if (options.outOfBounds === 'nan') return Number.NaN
          if (options.outOfBounds === 'raise') {
            throw new ArgumentError(
              `isotonicRegression.predict: x is ${x} at row ${row}, outside of ${xMin} to ${xMax}. Pass { outOfBounds: "clip" } to predict the value at the end.`,
            )
          }
        }
        return interpolate(xs, ys, x)
      }),
  },
})

/** Linear between points, constant beyond them. */
export const interpolate = (xs: Float64Array, ys: Float64Array, x: number): number => {
  if (x <= xs[0]!) return ys[0]!
  if (x >= xs.at(-1)!) return ys.at(-1)!
  let low = 0
  let high = xs.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (xs[middle]! <= x) low = middle
    else high = middle
  }
  return ys[low]! + ((x - xs[low]!) / (xs[high]! - xs[low]!)) * (ys[high]! - ys[low]!)
}
