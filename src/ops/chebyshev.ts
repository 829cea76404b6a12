import type { Precision } from './define-parametric.ts'
import type { Scalars } from './scalars.ts'

/**
 * A Chebyshev series at y in [−1, 1], without the terms too small for the precision.
 *
 * Source: Clenshaw 1955, the recurrence.
 */
export const chebyshev = <V>(s: Scalars<V>, y: V, series: readonly number[], precision: Precision): V => {
  const least = Math.max(...series.map(Math.abs)) * (precision === 'single' ? 3e-9 : 0)
  const terms = series.findLastIndex(c => Math.abs(c) > least)
  const twice = s.add(y, y)
  let [next, afterNext] = [s.lit(series[terms]!), s.lit(0)]
  for (let k = terms - 1; k >= 1; k--) {
    const value = s.add(s.sub(s.mul(twice, next), afterNext), s.lit(series[k]!))
    afterNext = next
    next = value
  }
  return s.add(s.sub(s.mul(y, next), afterNext), s.lit(series[0]!))
}
