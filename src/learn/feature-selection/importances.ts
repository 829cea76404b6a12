import { ArgumentError } from '../../core/errors.ts'
import type { Fit } from '../core/definition.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'

const lastStep = (fit: Fit): Fit => {
  const { steps } = fit.state as { readonly steps?: readonly Fit[] }
  return steps?.at(-1) ?? fit
}

const isDense = (value: unknown): value is Dense => typeof value === 'object' && value !== null && 'rows' in value

/**
 * How much a fitted model makes of each column: its `featureImportances`, or the magnitudes of its `coef`, of several rows put together by `norm`
 * (the exponent; Infinity: the largest).
 */
export const importancesOf = (where: string, fit: Fit, norm: number): Float64Array => {
  const { state, definition } = lastStep(fit)
  const { coef, featureImportances } = state as { readonly coef?: unknown; readonly featureImportances?: unknown }
  const found = featureImportances ?? coef
  if (found instanceof Float64Array) return found.map(Math.abs)
  if (isDense(found)) {
    const out = new Float64Array(found.columns)
    for (let j = 0; j < found.columns; j++) {
      let sum = 0
      for (let i = 0; i < found.rows; i++) {
        const size = Math.abs(found.data[i * found.columns + j]!)
        sum = norm === Infinity ? Math.max(sum, size) : sum + size ** norm
      }
      out[j] = norm === Infinity ? sum : sum ** (1 / norm)
    }
    return out
  }
  throw new ArgumentError(
    `${where}: ${definition.name} tells no importance of columns, neither coef nor featureImportances. Take a linear model or trees.`,
  )
}
