import { compile, fromArray, stack, type Tensor, where, type Shape } from 'gradus'
import type { Settings } from './about.ts'
import { type Float, type Labels, penaltyOf, pointLosses, scoresOf } from './losses.ts'

/** What the surface is computed from. */
export interface SurfaceGiven {
  readonly settings: Pick<Settings, 'loss' | 'penalty' | 'strength'>
  readonly rows: readonly (readonly [number, number, number])[]
  /** The output whose two weights are varied; all else stays. */
  readonly row: number
  /** What must be seen. */
  readonly path: ArrayLike<number>
  readonly tensors: { readonly W: Float; readonly b: Float; readonly strength: Float }
}

/** The loss of all points for a grid of weights. With many points the grid gets coarser, as every cell takes all of them. */
export const surfaceOf = (loss: Settings['loss'], X: Float, labels: Labels) => {
  const N = X.shape[0]!
  const surfaceSide = Math.max(13, Math.min(33, Math.round(Math.sqrt(120_000 / N))))
  const computing = compile(
    (penalty: Settings['penalty'], strength: Float, W: Float, b: Float, grid: Float, chosen: Tensor) => {
      const each = losses(loss, X, labels, { W, b, grid, chosen: chosen as Tensor<Shape, 'bool'> })
      const mean = each.mean(1) as Float
      if (penalty === 'none') return mean
      const others = where(chosen as Tensor<Shape, 'bool'>, W.mul(0) as never, W as never) as unknown as Float
      const cost = penaltyOf(penalty, grid).add(penaltyOf(penalty, others).sum() as never) as Float
      return mean.add(cost.mul(strength as never) as never) as Float
    },
  )
  return async ({ settings, rows, row, path, tensors: { W, b, strength } }: SurfaceGiven) => {
    const span = spanOf(path)
    const { dtype } = X
    const values = new Float64Array(2 * surfaceSide * surfaceSide)
    for (let r = 0; r < surfaceSide; r++)
      for (let c = 0; c < surfaceSide; c++)
        values.set([place(c, surfaceSide, span), place(r, surfaceSide, span)], 2 * (r * surfaceSide + c))
    const grid = fromArray(
      (dtype === 'float64' ? values : Float32Array.from(values)) as never,
      [surfaceSide * surfaceSide, 2],
      dtype,
    )
    const chosen = fromArray(
      Uint8Array.from(rows, (_, k) => (k === row ? 1 : 0)),
      [rows.length, 1],
      'bool',
    )
    const surface = await computing(settings.penalty, strength, W, b, grid, chosen)
    return { surface: Float64Array.from(await surface.data()), surfaceSide, span }
  }
}

/** The middle of a cell. */
const place = (cell: number, cells: number, span: number): number => -span + ((cell + 0.5) * 2 * span) / cells

/** Losses `[G, N]` of all points for each pair of weights of the grid `[G, 2]`. */
const losses = (
  loss: Settings['loss'],
  X: Float,
  labels: Labels,
  {
    W,
    b,
    grid,
    chosen,
  }: { readonly W: Float; readonly b: Float; readonly grid: Float; readonly chosen: Tensor<Shape, 'bool'> },
): Float => {
  const byWeights = grid.matmul(X.transpose() as never) as Float // [G, N]
  if (loss !== 'softmax') return pointLosses(loss, byWeights.add(b as never) as Float, labels)
  const K = W.shape[0]!
  const given = scoresOf(loss, X, W, b) // [N, K]
  // The chosen class's scores come from the grid, and its own bias.
  const scores = (
    stack(
      Array.from({ length: K }, () => byWeights),
      -1,
    ) as Float
  ).add(b as never) as Float // [G, N, K]
  const all = where(chosen.reshape([K]), scores as never, given.broadcastTo(scores.shape) as never)
  return pointLosses(loss, all as unknown as Float, labels)
}

/** Half the width of the window over the weights: it grows in jumps, so that the picture stands still. */
const spanOf = (path: ArrayLike<number>): number => {
  let most = 0
  for (let i = 0; i < path.length; i++) {
    const size = Math.abs(path[i]!)
    if (size > most && size < 1e6) most = size
  }
  let span = 4
  while (span < most * 1.15) span *= 1.5
  return span
}
