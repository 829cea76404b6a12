import { ShapeError } from '../core/errors.ts'
import { type Shape, show, sizeOf } from '../core/shape.ts'

/** Numbers in row-major order, with their shape. */
export interface Values {
  readonly shape: Shape
  readonly data: ArrayLike<number>
}

export interface NaiveConvolutionOptions {
  /** How far the window moves. Default 1. */
  readonly stride?: number
  /** Zeros on each side of height and width. Default 0. */
  readonly padding?: number
  /** One number for each output channel. Default none. */
  readonly bias?: ArrayLike<number>
}

/**
 * Convolution of images as its definition says it, in seven loops, to be read: `y[n, o, i, j] = b[o] + Σ x[n, c, i·S + k − P, j·S + l − P] ·
 * w[o, c, k, l]`. For computing there is `convolution`, which is the same and some thousand times as fast.
 *
 * **Shape** x: `[N, C, H, W]`, w: `[O, C, F, G]` → `[N, O, (H + 2P − F)/S + 1, (W + 2P − G)/S + 1]`, rounded down.
 *
 * Costs 2 · C · F · G operations for each number that comes out.
 *
 * @throws ShapeError where axes or channels do not fit, or the window is larger than the padded image
 * @example
 * const x = { shape: [1, 1, 3, 3], data: [1, 2, 3, 4, 5, 6, 7, 8, 9] }
 * const w = { shape: [1, 1, 2, 2], data: [1, 0, 0, 1] }
 * Array.from(naiveConvolution(x, w).data) // [6, 8, 12, 14]
 */
export const naiveConvolution = (
  x: Values,
  w: Values,
  { stride: S = 1, padding: P = 0, bias }: NaiveConvolutionOptions = {},
): { readonly shape: Shape; readonly data: Float64Array } => {
  check(x, w, S, P)
  const [N, C, H, W] = x.shape as readonly [number, number, number, number]
  const [O, , F, G] = w.shape as readonly [number, number, number, number]
  const outH = Math.floor((H + 2 * P - F) / S) + 1
  const outW = Math.floor((W + 2 * P - G) / S) + 1
  const y = new Float64Array(N * O * outH * outW)
  for (let n = 0; n < N; n++) {
    for (let o = 0; o < O; o++) {
      for (let i = 0; i < outH; i++) {
        for (let j = 0; j < outW; j++) {
          let sum = bias?.[o] ?? 0
          for (let c = 0; c < C; c++) {
            for (let k = 0; k < F; k++) {
              for (let l = 0; l < G; l++) {
                const [row, column] = [i * S + k - P, j * S + l - P]
                const outside = row < 0 || row >= H || column < 0 || column >= W
                if (outside) continue // zeros lie around the image
                sum += x.data[((n * C + c) * H + row) * W + column]! * w.data[((o * C + c) * F + k) * G + l]!
              }
            }
          }
          y[((n * O + o) * outH + i) * outW + j] = sum
        }
      }
    }
  }
  return { shape: [N, O, outH, outW], data: y }
}

const check = (x: Values, w: Values, stride: number, padding: number): void => {
  const fits =
    x.shape.length === 4 &&
    w.shape.length === 4 &&
    x.shape[1] === w.shape[1] &&
    x.data.length === sizeOf(x.shape) &&
    w.data.length === sizeOf(w.shape)
  if (!fits) {
    throw new ShapeError(
      `naiveConvolution: x is ${show(x.shape)} and w ${show(w.shape)}, with ${x.data.length} and ${w.data.length} numbers. Expected [N, C, H, W] and [O, C, F, G], with a number for each place.`,
    )
  }
  const [F, G, H, W] = [w.shape[2]!, w.shape[3]!, x.shape[2]! + 2 * padding, x.shape[3]! + 2 * padding]
  if (!(Number.isInteger(stride) && stride >= 1 && Number.isInteger(padding) && padding >= 0 && F <= H && G <= W)) {
    throw new ShapeError(
      `naiveConvolution: a window of ${F} × ${G} cannot slide by ${stride} over ${H} × ${W}, ${padding} of padding on each side included. Expected whole numbers, and a window no larger than the padded image.`,
    )
  }
}
