import type { Random } from '../core/random.ts'
import { lbfgs } from '../numeric/lbfgs.ts'
import type { Kernel } from './kernels.ts'
import { boundsOf, thetaOf, withTheta } from './theta.ts'

/** A value and, where asked for, its derivatives by theta. −∞ where the kernel gives no covariance. */
export type Evidence = (kernel: Kernel, gradient?: Float64Array) => number

export interface Fitted {
  readonly kernel: Kernel
  readonly value: number
}

/** The values of a kernel, within their bounds, of the greatest evidence: from those given and from `restarts` more starts. */
export const maximize = (
  kernel: Kernel,
  evidence: Evidence,
  { restarts, random }: { readonly restarts: number; readonly random: Random },
): Fitted => {
  const given = thetaOf(kernel)
  if (given.length === 0) return { kernel, value: evidence(kernel) }
  const bounds = boundsOf(kernel)
  const [lower, upper] = [bounds.map(([least]) => least), bounds.map(([, most]) => most)]
  const from = (theta: readonly number[]): Fitted => {
    const start = withTheta(
      kernel,
      theta.map((x, k) => Math.min(Math.max(x, lower[k]!), upper[k]!)),
    )
    // Nothing can be learned from where there is no covariance at all.
    if (evidence(start) === -Infinity) return { kernel: start, value: -Infinity }
    const { x, value } = lbfgs(
      (at, gradient) => {
        const found = evidence(withTheta(kernel, at), gradient)
        for (let k = 0; k < gradient.length; k++) gradient[k] = -gradient[k]!
        return -found
      },
      thetaOf(start),
      { lower, upper, maxIter: 500, functionTolerance: 1e-12 },
    )
    return { kernel: withTheta(kernel, x), value: -value }
  }
  let best = from(given)
  for (let k = 0; k < restarts; k++) {
    const next = from(bounds.map(([least, most]) => least + random.uniform() * (most - least)))
    if (next.value > best.value) best = next
  }
  return best
}
