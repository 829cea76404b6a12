import type { Battery } from './check-estimator.ts'

export const discriminant: Readonly<Record<string, Battery>> = {
  // A constant feature has no variance of its own.
  quadraticDiscriminantAnalysis: { options: { regParam: 0.01 } },
}
