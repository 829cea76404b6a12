import type { Dense } from '../../ops/matrix-kernels.ts'
import { recreate } from '../core/estimator.ts'
import { decode } from '../core/state.ts'

export interface SharedPrediction {
  readonly estimator: unknown
  readonly testX: Dense
}
export interface PredictionJob {
  readonly X: Dense
  readonly y: Float64Array
  readonly seed: number
}

/** The task of a thread: fits a regressor on one sample and predicts the test rows. */
export const run = async (
  { estimator, testX }: SharedPrediction,
  { X, y, seed }: PredictionJob,
): Promise<Float64Array> => {
  await import('../index.ts')
  const { estimator: name, options } = estimator as { readonly estimator: string; readonly options: unknown }
  const own = recreate(name, decode(options))
  const target = own.definition.target === 'numbers' ? { rows: y.length, columns: 1, data: y } : y
  const fit = await own.fitProblem({ X, y: target, classes: [], single: true, seed })
  const predicted = (await fit.definition.methods.predict!(fit, testX)) as Float64Array | Dense
  return predicted instanceof Float64Array ? predicted : predicted.data
}
