import type { Shape } from '../core/shape.ts'
import type { NdArray } from '../graph/op.ts'
import type { Steps } from './window.ts'

/** Of one axis: output position o reads input position `o · stride + k · dilation − before` with kernel element k. */
interface Axis {
  readonly input: number
  readonly kernel: number
  readonly output: number
  readonly stride: number
  readonly dilation: number
  readonly before: number
}
const single: Axis = { input: 1, kernel: 1, output: 1, stride: 1, dilation: 1, before: 0 }

/** Always three axes: those that a 1-D or 2-D convolution has not are of size 1. */
const axesOf = (x: Shape, w: Shape, y: Shape, { stride, dilation, pads }: Steps): readonly [Axis, Axis, Axis] => {
  const axes = stride.map(
    (step, i): Axis => ({
      input: x[i + 2]!,
      kernel: w[i + 2]!,
      output: y[i + 2]!,
      stride: step,
      dilation: dilation[i]!,
      before: pads[i]![0],
    }),
  )
  return [...new Array<Axis>(3 - axes.length).fill(single), ...axes] as unknown as readonly [Axis, Axis, Axis]
}

/** Visits every (input, output) pair of plane offsets that kernel element (kd, kh, kw) joins. */
const visitPlane = (
  [d, h, w]: readonly [Axis, Axis, Axis],
  [kd, kh, kw]: readonly [number, number, number],
  visit: (x: number, y: number) => void,
): void => {
  for (let od = 0; od < d.output; od++) {
    const id = od * d.stride + kd * d.dilation - d.before
    if (id < 0 || id >= d.input) continue
    for (let oh = 0; oh < h.output; oh++) {
      const ih = oh * h.stride + kh * h.dilation - h.before
      if (ih < 0 || ih >= h.input) continue
      for (let ow = 0; ow < w.output; ow++) {
        const iw = ow * w.stride + kw * w.dilation - w.before
        if (iw < 0 || iw >= w.input) continue
        visit((id * h.input + ih) * w.input + iw, (od * h.output + oh) * w.output + ow)
      }
    }
  }
}

/**
 * Visits every product of a convolution `y = x ∗ w`, by offsets in each. All three of its maps are sums over these: y of x·w, the
 * gradient of x of y·w, the gradient of w of x·y.
 */
export const visitProducts = (
  shapes: { readonly x: Shape; readonly w: Shape; readonly y: Shape },
  attrs: Steps & { readonly groups: number },
  visit: (x: number, w: number, y: number) => void,
): void => {
  const axes = axesOf(shapes.x, shapes.w, shapes.y, attrs)
  const [d, h, w] = axes
  const [batch, channels] = shapes.x as readonly [number, number]
  const [outputs, depth] = shapes.w as readonly [number, number]
  const [plane, taps] = [d.input * h.input * w.input, d.kernel * h.kernel * w.kernel]
  const outPlane = d.output * h.output * w.output
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outputs; o++) {
      const first = Math.floor((o * attrs.groups) / outputs) * depth
      const y0 = (n * outputs + o) * outPlane
      for (let c = 0; c < depth; c++) {
        const x0 = (n * channels + first + c) * plane
        let at = (o * depth + c) * taps
        for (let kd = 0; kd < d.kernel; kd++) {
          for (let kh = 0; kh < h.kernel; kh++) {
            for (let kw = 0; kw < w.kernel; kw++, at++) {
              visitPlane(axes, [kd, kh, kw], (x, y) => visit(x0 + x, at, y0 + y))
            }
          }
        }
      }
    }
  }
}

/** Sums in float64, whatever the output is stored in. */
export const accumulate = (out: NdArray, sum: (totals: Float64Array) => void): void => {
  const totals = new Float64Array(out.data.length)
  sum(totals)
  out.data.set(totals)
}
