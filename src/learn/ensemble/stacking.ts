import { aFlag, aWord, either, integer } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { randomState } from '../core/rules.ts'
import { beside } from './composed.ts'
import { estimatorSteps } from './voting.ts'

export const stackingOptions = {
  estimators: estimatorSteps,
  cv: integer({ min: 2, default: 5, help: 'folds of the predictions that the final estimator learns from' }),
  passthrough: either([aFlag], { default: false, help: 'whether the final estimator also sees the features' }),
  randomState,
} as const
export const stackMethod = either([aWord(['auto', 'predictProba', 'decisionFunction', 'predict'])], {
  default: 'auto',
  help: 'what is asked of the estimators; auto: the first of predictProba, decisionFunction, predict that they have',
})

/** What the final estimator sees. */
export const stacked = (parts: readonly Dense[], X: Dense, passthrough: boolean): Dense =>
  beside(passthrough ? [...parts, X] : parts)
export const asColumn = (data: Float64Array): Dense => ({ rows: data.length, columns: 1, data })
