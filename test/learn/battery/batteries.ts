import type { Battery } from './check-estimator.ts'
import { compose } from './compose.ts'
import { linear } from './linear.ts'

/** What estimators need besides the usual examples, and the checks that do not apply to them, with the reason. */
export const batteries: Readonly<Record<string, Battery>> = {
  ...compose,
  ...linear,
}
