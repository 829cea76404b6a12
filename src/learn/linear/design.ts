import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { productSync, timesVector } from '../numeric/product.ts'

/** Rows and targets with their weighted means taken off and each row times the square root of its weight: what is left is a problem without an intercept. */
export interface Centred {
  readonly X: Dense
  readonly Y: Dense
  readonly xMean: Float64Array
  readonly yMean: Float64Array
}

/** Weighted means of columns. */
export const columnMeans = ({ rows, columns, data }: Dense, weights?: Float64Array): Float64Array => {
  const mean = new Float64Array(columns)
  let total = 0
  const whole = rows - (rows % 4)
  // Four rows at a time: what is added up is written a quarter as often. Weights of 1 add up in the same order.
  for (let i = 0; i < whole; i += 4) {
    let at = i * columns
    if (weights) {
      const [w0, w1, w2, w3] = [weights[i]!, weights[i + 1]!, weights[i + 2]!, weights[i + 3]!]
      total += w0 + w1 + w2 + w3
      for (let j = 0; j < columns; j++, at++) {
        mean[j]! +=
          w0 * data[at]! + w1 * data[at + columns]! + w2 * data[at + 2 * columns]! + w3 * data[at + 3 * columns]!
      }
    } else {
      total += 4
      for (let j = 0; j < columns; j++, at++) {
        mean[j]! += data[at]! + data[at + columns]! + data[at + 2 * columns]! + data[at + 3 * columns]!
      }
    }
  }
  for (let i = whole; i < rows; i++) {
    const w = weights ? weights[i]! : 1
    total += w
    for (let j = 0; j < columns; j++) mean[j]! += w * data[i * columns + j]!
  }
  for (let j = 0; j < columns; j++) mean[j]! /= total
  return mean
}

const shifted = ({ rows, columns, data }: Dense, mean: Float64Array, weights?: Float64Array): Dense => {
  const out = dense(rows, columns)
  for (let i = 0; i < rows; i++) {
    const root = weights ? Math.sqrt(weights[i]!) : 1
    for (let j = 0; j < columns; j++) out.data[i * columns + j] = root * (data[i * columns + j]! - mean[j]!)
  }
  return out
}

/** Without an intercept the means are 0 and only the weights are applied. */
export const centred = (
  X: Dense,
  Y: Dense,
  { fitIntercept, weights }: { readonly fitIntercept: boolean; readonly weights?: Float64Array | undefined },
): Centred => {
  const xMean = fitIntercept ? columnMeans(X, weights) : new Float64Array(X.columns)
  const yMean = fitIntercept ? columnMeans(Y, weights) : new Float64Array(Y.columns)
  return { X: shifted(X, xMean, weights), Y: shifted(Y, yMean, weights), xMean, yMean }
}

/** Coefficients [F] and a number for one target that was given without an axis of its own; else [M, F] and [M]. */
export interface Coefficients {
  readonly coef: Float64Array | Dense
  readonly intercept: number | Float64Array
}

/** From columns of coefficients [F, M] what a model remembers: `intercept = ȳ − x̄ · coef`. */
export const coefficients = (
  W: Dense,
  { xMean, yMean }: Pick<Centred, 'xMean' | 'yMean'>,
  single: boolean,
): Coefficients => {
  const { rows: F, columns: M } = W
  const intercept = yMean.slice()
  const coef = dense(M, F)
  for (let m = 0; m < M; m++) {
    for (let j = 0; j < F; j++) {
      coef.data[m * F + j] = W.data[j * M + m]!
      intercept[m]! -= xMean[j]! * W.data[j * M + m]!
    }
  }
  return single ? { coef: coef.data, intercept: intercept[0]! } : { coef, intercept }
}

/** `X coefᵀ + intercept`, one number a row or one for each target. */
export const predictLinear = ({ coef, intercept }: Coefficients, X: Dense): Float64Array | Dense => {
  if (coef instanceof Float64Array) {
    const out = timesVector(X, coef)
    for (let i = 0; i < out.length; i++) out[i]! += intercept as number
    return out
  }
  const out = productSync(X, coef, { transposeB: true })
  const add = intercept as Float64Array
  for (let i = 0; i < out.rows; i++) for (let m = 0; m < out.columns; m++) out.data[i * out.columns + m]! += add[m]!
  return out
}

/** One target as a matrix of one column. */
export const asColumn = (y: Float64Array): Dense => ({ rows: y.length, columns: 1, data: y })
