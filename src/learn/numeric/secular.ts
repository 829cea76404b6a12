/** The parts of the secular function at a shift from its origin. */
interface Value {
  /** f and its derivative. */
  readonly f: number
  readonly slope: number
  /** The share of the slope of the poles up to `split`, and after. */
  readonly left: number
  readonly right: number
  /** A bound of the rounding error of f, in units of the machine's precision. */
  readonly error: number
}

/** `1 + ρ Σ zᵢ² / (δᵢ − τ)`, δ the poles less the origin. */
const secular = (delta: Float64Array, z: Float64Array, rho: number, split: number, tau: number): Value => {
  let [sum, left, right, error] = [0, 0, 0, 0]
  for (let i = 0; i < delta.length; i++) {
    const term = z[i]! / (delta[i]! - tau)
    const part = z[i]! * term
    sum += part
    error += Math.abs(part)
    if (i <= split) left += term * term
    else right += term * term
  }
  const slope = rho * (left + right)
  return {
    f: 1 + rho * sum,
    slope,
    left: rho * left,
    right: rho * right,
    error: 8 * rho * error + 1 + Math.abs(tau) * slope,
  }
}

/** The zero of the function that has f's value and the slopes of its two parts, with poles at `p` and `q` from here (Li 1993). */
const interpolated = ({ f, slope, left, right }: Value, p: number, q: number): number => {
  const c = f - p * left - q * right
  const a = (p + q) * f - p * q * slope
  const b = p * q * f
  const root = Math.sqrt(Math.max(0, a * a - 4 * b * c))
  // Of the two zeros that between the poles; right of both, that beyond them.
  if (q > 0) return a <= 0 ? (a - root) / (2 * c) : (2 * b) / (a + root)
  return a >= 0 ? (a + root) / (2 * c) : (2 * b) / (a - root)
}

/**
 * Root k of `1 + ρ Σ zᵢ² / (dᵢ − λ)`, ρ > 0, d ascending: it lies between d[k] and d[k + 1], the last beyond them all. Writes `dᵢ − λ`,
 * each exact to its last digits, and returns λ.
 *
 * Source: Li 1993, "Solving secular equations stably and efficiently" (LAPACK Working Note 89), with bisection where a step leaves the
 * bracket.
 */
export const secularRoot = (
  d: Float64Array,
  z: Float64Array,
  rho: number,
  k: number,
  differences: Float64Array,
): number => {
  const n = d.length
  const isLast = k === n - 1
  const split = isLast ? n - 2 : k
  const delta = new Float64Array(n)
  const shift = (origin: number): void => {
    for (let i = 0; i < n; i++) delta[i] = d[i]! - d[origin]!
  }
  const width = isLast ? rho * z.reduce((total, x) => total + x * x, 0) : d[k + 1]! - d[k]!
  shift(k)
  let origin = k
  let [low, high] = [0, width]
  let tau = width / 2
  if (!isLast && secular(delta, z, rho, split, tau).f < 0) {
    // Nearer to the pole above: differences from it are the exact ones.
    origin = k + 1
    shift(origin)
    ;[low, high, tau] = [-width, 0, -width / 2]
  } else if (!isLast) high = width / 2
  if (origin !== k) low = -width / 2
  for (let round = 0; round < 100; round++) {
    const value = secular(delta, z, rho, split, tau)
    if (Math.abs(value.f) <= Number.EPSILON * value.error) break
    if (value.f < 0) low = tau
    else high = tau
    let step = n === 1 ? Number.NaN : interpolated(value, delta[split]! - tau, delta[split + 1]! - tau)
    if (!(value.f * step < 0)) step = -value.f / value.slope
    let next = tau + step
    if (!(next > low && next < high)) next = low / 2 + high / 2
    if (next === tau || next === low || next === high) break
    tau = next
  }
  for (let i = 0; i < n; i++) differences[i] = delta[i]! - tau
  return d[origin]! + tau
}
