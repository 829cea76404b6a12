import { ArgumentError } from '../../core/errors.ts'
import { aFlag, aList, aNumber, either, nothing } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { isCsr, type Rows } from '../core/sparse.ts'
import { logSumExpRows, softmaxRows } from '../numeric/log-sum-exp.ts'

// What the naive Bayes classifiers of counts share.

export const smoothing = either([aNumber({ min: 0 }), aList(aNumber({ min: 0 }))], {
  default: 1,
  help: 'added to every count (Laplace, Lidstone), one number or one a feature; 0 adds nothing',
})
export const fitPrior = either([aFlag], {
  default: true,
  help: 'whether classes are as likely as they are frequent; otherwise all alike',
})
export const classPrior = either([nothing, aList(aNumber({ min: 0 }))], {
  default: null,
  help: 'the probability of each class, in ascending order of the classes',
})

/** The weight of each class's rows. */
export const classWeights = (y: Int32Array, classCount: number, weights: Float64Array | undefined): Float64Array => {
  const out = new Float64Array(classCount)
  for (let i = 0; i < y.length; i++) out[y[i]!]! += weights ? weights[i]! : 1
  return out
}

/** Sums of each feature over the rows of each class: [K, F]. */
export const featureSums = (X: Rows, y: Int32Array, classCount: number, weights: Float64Array | undefined): Dense => {
  const F = X.columns
  const out = dense(classCount, F)
  for (let i = 0; i < X.rows; i++) {
    const to = y[i]! * F
    const weight = weights ? weights[i]! : 1
    if (isCsr(X)) {
      for (let k = X.indptr[i]!; k < X.indptr[i + 1]!; k++) out.data[to + X.indices[k]!]! += weight * X.data[k]!
    } else for (let j = 0, from = i * F; j < F; j++) out.data[to + j]! += weight * X.data[from + j]!
  }
  return out
}

/** Given probabilities of classes, checked. */
export const givenPrior = (
  given: readonly number[],
  classCount: number,
  where: string,
  option: string,
): Float64Array => {
  if (given.length !== classCount) {
    throw new ArgumentError(
      `${where}: ${option} has ${given.length} values and y has ${classCount} classes. Pass one probability a class.`,
    )
  }
  const total = given.reduce((a, b) => a + b, 0)
  if (Math.abs(total - 1) > 1e-8) {
    throw new ArgumentError(`${where}: the sum of ${option} must be 1; it is ${total}. Divide each by the sum.`)
  }
  return Float64Array.from(given)
}

export interface PriorOptions {
  readonly fitPrior: boolean
  readonly classPrior: readonly number[] | null
}
/** ln p(k). */
export const logPrior = (counts: Float64Array, { fitPrior, classPrior }: PriorOptions, where: string): Float64Array => {
  const K = counts.length
  if (classPrior) return givenPrior(classPrior, K, where, 'classPrior').map(Math.log)
  if (!fitPrior) return new Float64Array(K).fill(-Math.log(K))
  const total = counts.reduce((a, b) => a + b, 0)
  return counts.map(count => Math.log(count / total))
}

/** What is added to the counts of each feature. */
export const alphas = (alpha: number | readonly number[], columns: number, where: string): Float64Array => {
  if (typeof alpha === 'number') return new Float64Array(columns).fill(alpha)
  if (alpha.length !== columns) {
    throw new ArgumentError(
      `${where}: alpha has ${alpha.length} values and X has ${columns} columns. Pass one number, or one a column.`,
    )
  }
  return Float64Array.from(alpha)
}

/** Throws where a count is below 0. */
export const requireCounts = ({ data }: Rows, where: string): void => {
  for (let i = 0; i < data.length; i++) {
    if (data[i]! < 0) {
      throw new ArgumentError(
        `${where}: X has the value ${data[i]}; counts must be at least 0. For real numbers take gaussianNB().`,
      )
    }
  }
}

/** `p(k | x)` from `ln p(x, k)`. */
export const probabilitiesOf = (joint: Dense): Dense => softmaxRows(joint)

/** `ln p(k | x)`, exact where probabilities are too small for a number. */
export const logProbabilitiesOf = (joint: Dense): Dense => {
  const totals = logSumExpRows(joint)
  const out = dense(joint.rows, joint.columns, joint.data.slice())
  for (let i = 0; i < out.rows; i++) for (let k = 0; k < out.columns; k++) out.data[i * out.columns + k]! -= totals[i]!
  return out
}
