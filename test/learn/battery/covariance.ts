import type { Battery } from './check-estimator.ts'

export const covariance: Readonly<Record<string, Battery>> = {}
