import type { Battery } from './check-estimator.ts'

export const gaussianProcess: Readonly<Record<string, Battery>> = {
  gaussianProcessRegressor: { options: { alpha: 0.01 } },
}
