import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { productSync, timesVector, transposeTimesVector } from '../numeric/product.ts'
import { solve } from './newton.ts'

export interface QuantileProgram {
  readonly X: Dense
  readonly y: Float64Array
  /** What a unit of residual above and below the prediction costs, row by row. */
  readonly above: Float64Array
  readonly below: Float64Array
}

/**
 * The w with the least `Σ aboveᵢ (rᵢ)₊ + belowᵢ (−rᵢ)₊`, `r = y − X w`: a linear program, solved from the inside with predictor and corrector
 * steps until the duality gap is gone to rounding.
 *
 * With `x` the dual variables in `0 ≤ x ≤ u = above + below`, the conditions are `Xᵀ(x − below) = 0`, `X w + z − s = y` turned round,
 * and `x z = 0`, `(u − x) s = 0`.
 *
 * Source: Portnoy & Koenker 1997; Mehrotra 1992.
 */
export const solveQuantileProgram = ({
  X,
  y,
  above,
  below,
}: QuantileProgram): { readonly w: Float64Array; readonly nIter: number } => {
  const { rows: N, columns: P } = X
  const u = above.map((a, i) => a + below[i]!)
  const x = u.map(value => 0.5 * value)
  const goal = transposeTimesVector(X, below)
  const scale = Math.max(1, ...y.map(Math.abs))
  let w: Float64Array = new Float64Array(P)
  // z − s = X w − y, both above 0: z counts where the prediction is above, s where it is below.
  const z = y.map(value => Math.max(-value, 0) + scale)
  const s = y.map((value, i) => z[i]! + value)
  let nIter = 0
  for (; nIter < 100; nIter++) {
    const fitted = timesVector(X, w)
    const primal = transposeTimesVector(X, x).map((value, j) => goal[j]! - value)
    const dual = new Float64Array(N)
    let gap = 0
    for (let i = 0; i < N; i++) {
      dual[i] = y[i]! - fitted[i]! + z[i]! - s[i]!
      gap += x[i]! * z[i]! + (u[i]! - x[i]!) * s[i]!
    }
    const size = Math.max(1, ...goal.map(Math.abs))
    if (
      gap < 1e-13 * N * scale &&
      Math.max(...dual.map(Math.abs)) < 1e-11 * scale &&
      Math.max(...primal.map(Math.abs)) < 1e-10 * size
    )
      break
    const d = new Float64Array(N)
    for (let i = 0; i < N; i++) d[i] = 1 / (z[i]! / x[i]! + s[i]! / (u[i]! - x[i]!))
    const scaled = dense(N, P)
    for (let i = 0; i < N; i++) for (let j = 0; j < P; j++) scaled.data[i * P + j] = d[i]! * X.data[i * P + j]!
    const M = productSync(X, scaled, { transposeA: true })

    /** The step towards x z = a and (u − x) s = b. */
    const towards = (a: Float64Array, b: Float64Array) => {
      // dz = a/x − z − (z/x) dx; ds = b/(u−x) − s + (s/(u−x)) dx; X dw + ds − dz = dual.
      const r = new Float64Array(N)
      for (let i = 0; i < N; i++) r[i] = dual[i]! - (b[i]! / (u[i]! - x[i]!) - s[i]!) + (a[i]! / x[i]! - z[i]!)
      const right = transposeTimesVector(scaled, r).map((value, j) => value - primal[j]!)
      const dw = solve(M, right)
      const Xdw = timesVector(X, dw)
      const dx = new Float64Array(N)
      const dz = new Float64Array(N)
      const ds = new Float64Array(N)
      for (let i = 0; i < N; i++) {
        dx[i] = d[i]! * (r[i]! - Xdw[i]!)
        dz[i] = a[i]! / x[i]! - z[i]! - (z[i]! / x[i]!) * dx[i]!
        ds[i] = b[i]! / (u[i]! - x[i]!) - s[i]! + (s[i]! / (u[i]! - x[i]!)) * dx[i]!
      }
      return { dw, dx, dz, ds }
    }
    const reach = ({ dx, dz, ds }: ReturnType<typeof towards>): readonly [number, number] => {
      let primalStep = 1
      let dualStep = 1
      for (let i = 0; i < N; i++) {
        if (dx[i]! < 0) primalStep = Math.min(primalStep, -x[i]! / dx[i]!)
        else if (dx[i]! > 0) primalStep = Math.min(primalStep, (u[i]! - x[i]!) / dx[i]!)
        if (dz[i]! < 0) dualStep = Math.min(dualStep, -z[i]! / dz[i]!)
        if (ds[i]! < 0) dualStep = Math.min(dualStep, -s[i]! / ds[i]!)
      }
      return [primalStep, dualStep]
    }
    const none = new Float64Array(N)
    const predictor = towards(none, none)
    const [p1, d1] = reach(predictor)
    let after = 0
    for (let i = 0; i < N; i++) {
      after += (x[i]! + p1 * predictor.dx[i]!) * (z[i]! + d1 * predictor.dz[i]!)
      after += (u[i]! - x[i]! - p1 * predictor.dx[i]!) * (s[i]! + d1 * predictor.ds[i]!)
    }
    const mu = (gap / (2 * N)) * (after / gap) ** 3
    const step = towards(
      predictor.dx.map((dx, i) => mu - dx * predictor.dz[i]!),
      predictor.dx.map((dx, i) => mu + dx * predictor.ds[i]!),
    )
    const [p2, d2] = reach(step).map(length => Math.min(1, 0.9995 * length)) as [number, number]
    for (let i = 0; i < N; i++) {
      x[i]! += p2 * step.dx[i]!
      z[i]! += d2 * step.dz[i]!
      s[i]! += d2 * step.ds[i]!
    }
    w = w.map((value, j) => value + d2 * step.dw[j]!)
  }
  return { w, nIter }
}
