import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import type { Random } from '../core/random.ts'
import { svd } from '../numeric/svd.ts'

export const nmfInits = ['random', 'nndsvd', 'nndsvda', 'nndsvdar'] as const
export type NmfInit = (typeof nmfInits)[number]

export interface Factors {
  /** [N, k] */
  readonly W: Dense
  /** [k, F] */
  readonly H: Dense
}

/**
 * Where a factorisation starts: random numbers, or the parts above 0 of singular vectors; `nndsvda` puts the mean where those are 0, `nndsvdar`
 * small random numbers.
 *
 * Source: Boutsidis & Gallopoulos 2008 (NNDSVD).
 */
export const startFactors = (
  X: Dense,
  k: number,
  { init, random }: { readonly init: NmfInit; readonly random: Random },
): Factors => {
  const { rows: N, columns: F } = X
  const mean = X.data.reduce((a, b) => a + b, 0) / X.data.length
  const W = dense(N, k)
  const H = dense(k, F)
  if (init === 'random') {
    const scale = Math.sqrt(mean / k)
    for (let i = 0; i < H.data.length; i++) H.data[i] = Math.abs(scale * random.normal())
    for (let i = 0; i < W.data.length; i++) W.data[i] = Math.abs(scale * random.normal())
    return { W, H }
  }
  const { u, s, vt } = svd(X)
  const width = u.columns
  for (let c = 0; c < k; c++) {
    const x = Float64Array.from({ length: N }, (_, i) => u.data[i * width + c]!)
    const y = vt.data.slice(c * F, (c + 1) * F)
    if (c === 0) {
      for (let i = 0; i < N; i++) W.data[i * k] = Math.sqrt(s[0]!) * Math.abs(x[i]!)
      for (let j = 0; j < F; j++) H.data[j] = Math.sqrt(s[0]!) * Math.abs(y[j]!)
      continue
    }
    const length = (v: Float64Array, sign: number): number =>
      Math.sqrt(v.reduce((sum, z) => sum + Math.max(0, sign * z) ** 2, 0))
    const [xp, yp, xn, yn] = [length(x, 1), length(y, 1), length(x, -1), length(y, -1)]
    const sign = xp * yp > xn * yn ? 1 : -1
    const [lx, ly] = sign > 0 ? [xp, yp] : [xn, yn]
    const factor = Math.sqrt(s[c]! * lx * ly)
    if (lx > 0) for (let i = 0; i < N; i++) W.data[i * k + c] = (factor * Math.max(0, sign * x[i]!)) / lx
    if (ly > 0) for (let j = 0; j < F; j++) H.data[c * F + j] = (factor * Math.max(0, sign * y[j]!)) / ly
  }
  const fill = (part: Dense): void => {
    for (let i = 0; i < part.data.length; i++) {
      if (part.data[i]! >= 1e-6) continue
      part.data[i] = init === 'nndsvda' ? mean : init === 'nndsvdar' ? Math.abs((mean * random.normal()) / 100) : 0
    }
  }
  fill(W)
  fill(H)
  return { W, H }
}
