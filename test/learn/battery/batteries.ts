import type { Battery } from './check-estimator.ts'
import { compose } from './compose.ts'
import { covariance } from './covariance.ts'
import { decomposition } from './decomposition.ts'
import { discriminant } from './discriminant.ts'
import { gaussianProcess } from './gaussian-process.ts'
import { linear } from './linear.ts'
import { manifold } from './manifold.ts'
import { neighbors } from './neighbors.ts'
import { preprocessing } from './preprocessing.ts'
import { trees } from './trees.ts'
import { recommendation } from './recommendation.ts'
import { svm } from './svm.ts'

/** What estimators need besides the usual examples, and the checks that do not apply to them, with the reason. */
export const batteries: Readonly<Record<string, Battery>> = {
  ...compose,
  ...linear,
  ...decomposition,
  ...manifold,
  ...recommendation,
  ...svm,
  ...covariance,
  ...discriminant,
  ...gaussianProcess,
  ...neighbors,
  ...preprocessing,
  ...trees,
}
