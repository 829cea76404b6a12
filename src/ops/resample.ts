import { floatDTypes } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { apply, requireDType } from './apply.ts'
import { splitAt } from './walk.ts'

/** The non-zero weights of each output position, and the input positions that they stand at. */
export type Taps = {
  readonly positions: readonly (readonly number[])[]
  readonly weights: readonly (readonly number[])[]
}
/** `size` is the input's along the axis; `transposed` maps back from the output's. */
type ResampleAttrs = Taps & { readonly axis: number; readonly size: number; readonly transposed: boolean }

const lengthOf = ({ positions, size, transposed }: ResampleAttrs): number => (transposed ? size : positions.length)
const shapeOf = (x: Shape, attrs: ResampleAttrs): Shape => x.map((n, i) => (i === attrs.axis ? lengthOf(attrs) : n))

/** The weights as a matrix of output by input in row-major order. */
const matrixOf = ({
  positions,
  weights,
  size,
  transposed,
}: ResampleAttrs): { rows: number; columns: number; data: Float64Array } => {
  const data = new Float64Array(positions.length * size)
  for (const [i, row] of positions.entries()) {
    for (const [t, j] of row.entries()) data[transposed ? j * positions.length + i : i * size + j]! += weights[i]![t]!
  }
  return { rows: transposed ? size : positions.length, columns: transposed ? positions.length : size, data }
}
const turned = (m: { rows: number; columns: number; data: Float64Array }): Float64Array => {
  const out = new Float64Array(m.data.length)
  for (let i = 0; i < m.rows; i++) for (let j = 0; j < m.columns; j++) out[j * m.rows + i] = m.data[i * m.columns + j]!
  return out
}

/** Whether each output is one element as it is: then any dtype will do. */
const isSelection = ({ weights, transposed }: ResampleAttrs): boolean =>
  !transposed && weights.every(row => row.length === 1 && row[0] === 1)

const resampleOp: Op<ResampleAttrs> = {
  name: 'resample',
  formula: 'out[..., i, ...] = Σ weights[i, t] x[..., positions[i, t], ...] over t',
  infer: ([x], attrs) => {
    if (!isSelection(attrs)) requireDType('resample', x!.dtype, floatDTypes)
    return { shape: shapeOf(x!.shape, attrs), dtype: x!.dtype }
  },
  vjp: (g, _inputs, _out, attrs) => [apply(resampleOp, [g], { ...attrs, transposed: !attrs.transposed })],
  kernel: ([x], out, attrs) => {
    const { axis, positions, weights, transposed } = attrs
    const { outer, n, inner } = splitAt(x!.shape, axis)
    const m = lengthOf(attrs)
    const totals = new Float64Array(out.data.length)
    for (let o = 0; o < outer; o++) {
      for (const [i, row] of positions.entries()) {
        for (const [t, j] of row.entries()) {
          const [to, from] = transposed ? [j, i] : [i, j]
          const weight = weights[i]![t]!
          for (let k = 0; k < inner; k++)
            totals[(o * m + to) * inner + k]! += weight * x!.data[(o * n + from) * inner + k]!
        }
      }
    }
    out.data.set(totals)
  },
  batch: ([x], _batched, attrs) => apply(resampleOp, [x!], { ...attrs, axis: attrs.axis + 1 }),
  // One matrix product: an infinite or NaN element then spoils its whole line, where the reference keeps it to its own windows.
  lower: (b, [x], out, attrs) => {
    if (isSelection(attrs)) {
      return b.op('Gather', [x!.name, b.ints(attrs.positions.map(row => row[0]!))], { axis: attrs.axis })
    }
    const m = matrixOf(attrs)
    if (attrs.axis === out.shape.length - 1) {
      return b.op('MatMul', [x!.name, b.constant([...turned(m)], out.dtype, [m.columns, m.rows])])
    }
    const { outer, n, inner } = splitAt(x!.shape, attrs.axis)
    const flat = b.op('Reshape', [x!.name, b.ints([outer, n, inner])])
    const product = b.op('MatMul', [b.constant([...m.data], out.dtype, [m.rows, m.columns]), flat])
    return b.op('Reshape', [product, b.ints(out.shape)])
  },
  checks: {
    samples: [
      {
        inputs: [{ shape: [2, 3] }],
        attrs: { axis: 1, size: 3, transposed: false, positions: [[2], [0], [2], [1]], weights: [[1], [1], [1], [1]] },
      },
      {
        inputs: [{ shape: [2, 4] }],
        attrs: {
          axis: 1,
          size: 4,
          transposed: false,
          positions: [[0, 1], [1, 2, 3], [3]],
          weights: [[0.5, 0.5], [0.25, 0.5, 0.25], [1]],
        },
      },
      {
        inputs: [{ shape: [2, 3, 2] }],
        attrs: {
          axis: 1,
          size: 3,
          transposed: false,
          positions: [
            [0, 0],
            [2, 1],
          ],
          weights: [
            [0.5, 0.25],
            [2, -1],
          ],
        },
      },
      {
        inputs: [{ shape: [2, 2] }],
        attrs: {
          axis: 0,
          size: 3,
          transposed: true,
          positions: [
            [0, 1],
            [1, 2],
          ],
          weights: [
            [0.5, 0.5],
            [1, -1],
          ],
        },
      },
    ],
  },
}
/** A linear map along one axis: each output a weighted sum of few elements. What resizing and averaging are made of. */
export const resample = (x: Node, axis: number, { positions, weights }: Taps): Node =>
  apply(resampleOp, [x], { axis, size: x.shape[axis]!, transposed: false, positions, weights })

export const resampleOps: readonly Op[] = [resampleOp] as unknown as readonly Op[]
