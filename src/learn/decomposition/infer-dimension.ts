import { lgamma } from '../../stats/special/index.ts'

/**
 * The number of principal directions with the highest evidence, by Laplace's approximation.
 *
 * @param spectrum all variances, descending
 *
 * Source: Minka 2000, "Automatic choice of dimensionality for PCA", equation 77.
 */
export const inferDimension = (spectrum: Float64Array, rows: number): number => {
  let best = 1
  let most = -Infinity
  for (let rank = 1; rank < spectrum.length; rank++) {
    const evidence = evidenceOf(spectrum, rank, rows)
    if (evidence > most) {
      most = evidence
      best = rank
    }
  }
  return best
}

const evidenceOf = (spectrum: Float64Array, rank: number, rows: number): number => {
  const F = spectrum.length
  if (spectrum[rank - 1]! < 1e-15) return -Infinity
  let pu = -rank * Math.log(2)
  for (let i = 1; i <= rank; i++) pu += lgamma((F - i + 1) / 2) - (Math.log(Math.PI) * (F - i + 1)) / 2
  let pl = 0
  for (let i = 0; i < rank; i++) pl -= (rows / 2) * Math.log(spectrum[i]!)
  let rest = 0
  for (let i = rank; i < F; i++) rest += spectrum[i]!
  const v = Math.max(1e-15, rest / (F - rank))
  const pv = (-Math.log(v) * rows * (F - rank)) / 2
  const m = F * rank - (rank * (rank + 1)) / 2
  const pp = (Math.log(2 * Math.PI) * (m + rank)) / 2
  const flat = spectrum.map((x, i) => (i < rank ? x : v))
  let pa = 0
  for (let i = 0; i < rank; i++) {
    for (let j = i + 1; j < F; j++)
      pa += Math.log((spectrum[i]! - spectrum[j]!) * (1 / flat[j]! - 1 / flat[i]!)) + Math.log(rows)
  }
  return pu + pl + pv + pp - pa / 2 - (rank * Math.log(rows)) / 2
}
