import { isCsr, type Rows } from '../core/sparse.ts'
import type { Random } from '../core/random.ts'
import type { SgdLoss } from './sgd-losses.ts'

export interface SgdSettings {
  readonly penalty: 'l2' | 'l1' | 'elasticnet' | null
  readonly alpha: number
  readonly l1Ratio: number
  readonly fitIntercept: boolean
  readonly maxIter: number
  readonly tol: number | null
  readonly shuffle: boolean
  readonly learningRate: 'constant' | 'optimal' | 'invscaling' | 'adaptive'
  readonly eta0: number
  readonly powerT: number
  readonly earlyStopping: boolean
  readonly validationFraction: number
  readonly nIterNoChange: number
  /** Whether the mean of all steps is the result; a number: from that step on. */
  readonly average: boolean | number
}

export interface SgdProblem {
  readonly X: Rows
  readonly y: Float64Array
  readonly weights: Float64Array
  readonly loss: SgdLoss
  readonly random: Random
  /** How good a model is on rows kept back: higher is better. */
  readonly validate: (score: (row: number) => number, rows: Int32Array) => number
}

export interface SgdFit {
  readonly coef: Float64Array
  readonly intercept: number
  readonly nIter: number
}

/**
 * Stochastic gradient descent, a row at a time. Decay of the coefficients is kept as one factor for all of them, so that a step costs what the
 * row holds; absolute values are penalised by the total that each coefficient has been spared so far.
 *
 * Source: Bottou 2012; Tsuruoka, Tsujii & Ananiadou 2009 (the cumulative penalty); Xu 2011 (averaging).
 */
export const stochasticGradientDescent = (
  { X, y, weights, loss, random, validate }: SgdProblem,
  settings: SgdSettings,
): SgdFit => {
  const { penalty, alpha, fitIntercept, maxIter, tol, shuffle, learningRate, eta0, powerT } = settings
  const [N, F] = [X.rows, X.columns]
  const sparse = isCsr(X)
  const { data } = X
  const l1Ratio = penalty === 'l1' ? 1 : penalty === 'elasticnet' ? settings.l1Ratio : 0
  const decay = penalty === null ? 0 : alpha
  const w = new Float64Array(F)
  let scale = 1
  let intercept = 0
  const meanW = new Float64Array(F)
  let meanIntercept = 0
  const averageFrom = settings.average === false ? Infinity : settings.average === true ? 1 : settings.average
  /** What each coefficient has paid of the penalty on absolute values. */
  const paid = new Float64Array(l1Ratio > 0 ? F : 0)
  let due = 0

  const dot = (row: number): number => {
    let sum = 0
    if (sparse) for (let k = X.indptr[row]!; k < X.indptr[row + 1]!; k++) sum += data[k]! * w[X.indices[k]!]!
    else for (let j = 0, at = row * F; j < F; j++, at++) sum += data[at]! * w[j]!
    return scale * sum
  }
  const add = (row: number, factor: number): void => {
    const step = factor / scale
    if (sparse) for (let k = X.indptr[row]!; k < X.indptr[row + 1]!; k++) w[X.indices[k]!]! += step * data[k]!
    else for (let j = 0, at = row * F; j < F; j++, at++) w[j]! += step * data[at]!
  }
  const settle = (): void => {
    if (scale === 1) return
    for (let j = 0; j < F; j++) w[j]! *= scale
    scale = 1
  }
  const shrink = (j: number): void => {
    const before = w[j]!
    if (scale * before > 0) w[j] = Math.max(0, before - (due + paid[j]!) / scale)
    else if (scale * before < 0) w[j] = Math.min(0, before + (due - paid[j]!) / scale)
    paid[j]! += scale * (w[j]! - before)
  }

  const order = Int32Array.from({ length: N }, (_, i) => i)
  let kept = new Int32Array(0)
  let rows = order
  if (settings.earlyStopping) {
    const all = random.permutation(N)
    const count = Math.max(1, Math.round(settings.validationFraction * N))
    kept = all.slice(0, count)
    rows = all.slice(count).sort()
  }

  // The first rate of "optimal" makes a typical step as long as a typical coefficient (Bottou 2012).
  const typical = Math.sqrt(1 / Math.sqrt(alpha || 1))
  const optimal = 1 / ((typical / Math.max(1, loss.slope(-typical, 1))) * (alpha || 1))
  let eta = eta0
  let t = 1
  let best = settings.earlyStopping ? -Infinity : Infinity
  let waited = 0
  for (let epoch = 1; epoch <= maxIter; epoch++) {
    if (shuffle) random.shuffle(rows)
    let total = 0
    for (let n = 0; n < rows.length; n++) {
      const i = rows[n]!
      const p = dot(i) + intercept
      if (learningRate === 'optimal') eta = 1 / (alpha * (optimal + t - 1))
      else if (learningRate === 'invscaling') eta = eta0 / t ** powerT
      total += loss.loss(p, y[i]!)
      const slope = Math.max(-1e12, Math.min(1e12, loss.slope(p, y[i]!)))
      const update = -eta * slope * weights[i]!
      if (decay > 0) {
        scale *= Math.max(0, 1 - (1 - l1Ratio) * eta * decay)
        if (scale < 1e-9) settle()
      }
      if (update !== 0) add(i, update)
      if (fitIntercept) intercept += update * (sparse ? 0.01 : 1)
      if (t >= averageFrom) {
        const share = 1 / (t - averageFrom + 1)
        for (let j = 0; j < F; j++) meanW[j]! += share * (scale * w[j]! - meanW[j]!)
        meanIntercept += share * (intercept - meanIntercept)
      }
      if (l1Ratio > 0) {
        due += l1Ratio * eta * decay
        if (sparse) for (let k = X.indptr[i]!; k < X.indptr[i + 1]!; k++) shrink(X.indices[k]!)
        else for (let j = 0; j < F; j++) shrink(j)
      }
      t++
    }
    settle()
    if (!Number.isFinite(intercept) || w.some(x => !Number.isFinite(x)))
      return { coef: w, intercept: Number.NaN, nIter: epoch }
    const score = settings.earlyStopping ? validate(row => dot(row) + intercept, kept) : total / rows.length
    const worse = settings.earlyStopping ? tol !== null && score < best + tol : tol !== null && score > best - tol
    waited = worse ? waited + 1 : 0
    best = settings.earlyStopping ? Math.max(best, score) : Math.min(best, score)
    if (waited >= settings.nIterNoChange) {
      if (learningRate !== 'adaptive' || eta <= 1e-6) return done(epoch)
      eta /= 5
      waited = 0
    }
  }
  return done(maxIter)

  function done(nIter: number): SgdFit {
    return t > averageFrom ? { coef: meanW, intercept: meanIntercept, nIter } : { coef: w, intercept, nIter }
  }
}
