/**
 * The error function, erf x = 2/√π ∫₀ˣ e^(−t²) dt, to about 1e-15.
 *
 * Source: Abramowitz & Stegun 1964, 7.1.6 (series, |x| < 3) and 7.1.14 (continued fraction of erfc, |x| ≥ 3).
 */
export const erf = (x: number): number => {
  const a = Math.abs(x)
  if (Number.isNaN(x)) return Number.NaN
  if (a > 6) return Math.sign(x)
  const scale = Math.exp(-a * a) / Math.sqrt(Math.PI)
  if (a < 3) {
    // erf x = 2/√π e^(−x²) Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)): all terms positive, so nothing cancels.
    let term = a
    let sum = a
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * a * a) / (2 * n + 1)
      sum += term
    }
    return Math.sign(x) * 2 * scale * sum
  }
  let fraction = a
  for (let n = 60; n >= 1; n--) fraction = a + n / 2 / fraction
  return Math.sign(x) * (1 - scale / fraction)
}
