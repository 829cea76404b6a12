/**
 * `Iₙ(κ)/I₀(κ)` for n from 1 to the last that counts: Miller's downward recurrence of the ratios `Iₙ/Iₙ₋₁`.
 *
 * Source: Amos 1974; Olver & Sookne 1972.
 */
export const besselRatios = (kappa: number): Float64Array => {
  if (kappa === 0) return new Float64Array(0)
  // Iₙ/I₀ falls like e^(−n²/2κ): beyond these the terms are below 1e-17.
  const count = Math.ceil(20 + 9.5 * Math.sqrt(kappa) + kappa * (kappa < 10 ? 2 : 0))
  const ratios = new Float64Array(count)
  let ratio = 0
  for (let n = count + 30; n >= 1; n--) {
    ratio = 1 / ((2 * n) / kappa + ratio)
    if (n <= count) ratios[n - 1] = ratio
  }
  for (let n = 1; n < count; n++) ratios[n]! *= ratios[n - 1]!
  return ratios
}

/**
 * `ln(e^(−κ) I₀(κ))`: the power series where it is short, else Hankel's expansion.
 *
 * Source: Abramowitz & Stegun 1964, 9.6.10 and 9.7.1.
 */
export const logBesselI0e = (kappa: number): number => {
  if (kappa < 40) {
    let term = 1
    let sum = 1
    for (let k = 1; term > sum * 1e-17; k++) {
      term *= (kappa * kappa) / (4 * k * k)
      sum += term
    }
    return Math.log(sum) - kappa
  }
  let term = 1
  let sum = 1
  for (let k = 1; k < 30; k++) {
    const next = (term * (2 * k - 1) ** 2) / (8 * k * kappa)
    if (next < sum * 1e-17 || next > term) break
    term = next
    sum += term
  }
  return Math.log(sum) - Math.log(2 * Math.PI * kappa) / 2
}
