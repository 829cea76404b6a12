import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { argmaxRows } from '../core/model.ts'
import type { Random } from '../core/random.ts'
import { cholesky } from '../numeric/triangular.ts'
import type { Covariances, CovarianceType } from './components.ts'
import { normalizeRows } from './components.ts'

/** Verbs of a mixture whose `ln p(x, k)` comes from its fit. */
export const mixtureVerbs = <Fit>(joint: (fit: Fit, X: Dense) => Dense) => ({
  predict: (fit: Fit, X: Dense): Int32Array => argmaxRows(joint(fit, X)),
  predictProba: (fit: Fit, X: Dense): Dense => {
    const logs = joint(fit, X)
    normalizeRows(logs)
    return dense(logs.rows, logs.columns, logs.data.map(Math.exp))
  },
  scoreSamples: (fit: Fit, X: Dense): Float64Array => normalizeRows(joint(fit, X)),
  score: (fit: Fit, X: Dense): number => meanOf(normalizeRows(joint(fit, X))),
})

export const meanOf = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length

interface Drawn {
  readonly weights: Float64Array
  readonly means: Dense
  readonly covariances: Covariances
  readonly type: CovarianceType
}
/** Rows drawn from a mixture, and the component of each. */
export const drawMixture = (
  { weights, means, covariances, type }: Drawn,
  count: number,
  random: Random,
): readonly [Dense, Int32Array] => {
  const F = means.columns
  const labels = Int32Array.from({ length: count }, () => random.weighted(weights))
  const factors = Array.from({ length: means.rows }, (_, k): Dense | Float64Array => {
    if (type === 'full') return cholesky((covariances as readonly Dense[])[k]!)
    if (type === 'tied') return cholesky(covariances as Dense)
    if (type === 'spherical') return new Float64Array(F).fill(Math.sqrt((covariances as Float64Array)[k]!))
    return (covariances as Dense).data.slice(k * F, (k + 1) * F).map(Math.sqrt)
  })
  const out = dense(count, F)
  for (let i = 0; i < count; i++) {
    const factor = factors[labels[i]!]!
    const z = Float64Array.from({ length: F }, () => random.normal())
    for (let j = 0; j < F; j++) {
      let value = means.data[labels[i]! * F + j]!
      if (factor instanceof Float64Array) value += factor[j]! * z[j]!
      else for (let c = 0; c <= j; c++) value += factor.data[j * F + c]! * z[c]!
      out.data[i * F + j] = value
    }
  }
  return [out, labels]
}
