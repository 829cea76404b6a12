import { oneOf } from '../../core/options.ts'
import { ArgumentError } from '../../core/errors.ts'
import { classCriterion } from './class-criterion.ts'
import type { Criterion } from './criterion.ts'
import { medianCriterion } from './median-criterion.ts'
import { meanCriterion } from './number-criterion.ts'

export const numberCriterion = oneOf(['squaredError', 'friedmanMse', 'absoluteError', 'poisson'], {
  default: 'squaredError',
  help: 'what splits lower: squared error about the mean, absolute error about the median, or Poisson deviance; friedmanMse makes the splits of squaredError',
})
export const classesCriterion = oneOf(['gini', 'entropy', 'logLoss'], {
  default: 'gini',
  help: 'what splits lower: Gini impurity, or entropy, also named logLoss',
})
export type CriterionName =
  | 'squaredError'
  | 'friedmanMse'
  | 'absoluteError'
  | 'poisson'
  | 'gini'
  | 'entropy'
  | 'logLoss'

/** A criterion by its name: for classes (`Int32Array`) of `K` classes, or numbers. */
export const criterionOf = (
  name: CriterionName,
  y: Int32Array | Float64Array,
  { weights, K }: { readonly weights: Float64Array; readonly K: number },
): Criterion => {
  if (y instanceof Int32Array) return classCriterion(y, weights, { K, entropy: name !== 'gini' })
  if (name === 'absoluteError') return medianCriterion(y, weights)
  return meanCriterion(y, weights, name === 'poisson')
}

/** Poisson deviance is of counts; directions need means, and of classes two. */
export const requireSuited = (
  where: string,
  {
    criterion,
    monotonicCst = null,
  }: { readonly criterion: CriterionName; readonly monotonicCst?: readonly number[] | null },
  y: Int32Array | Float64Array,
  K: number,
): void => {
  if (criterion === 'poisson') {
    const at = (y as Float64Array).findIndex(value => value < 0)
    if (at >= 0)
      throw new ArgumentError(
        `${where}: y is ${y[at]} at row ${at}, and criterion "poisson" needs values of at least 0. Take "squaredError".`,
      )
    if (y.every(value => value === 0))
      throw new ArgumentError(`${where}: every y is 0, and criterion "poisson" needs one above. Take "squaredError".`)
  }
  if (!monotonicCst?.some(one => one !== 0)) return
  if (criterion === 'absoluteError')
    throw new ArgumentError(`${where}: monotonicCst does not go with criterion "absoluteError". Take "squaredError".`)
  if (y instanceof Int32Array && K !== 2)
    throw new ArgumentError(`${where}: monotonicCst needs two classes; y has ${K}. Leave it out.`)
}
