import type { DType } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { show, sizeOf } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { apply, requireDType } from './apply.ts'
import { type PackedBits, PackedWeights } from './packed-weights.ts'

interface Attributes extends Record<string, unknown> {
  readonly weights: PackedWeights
  /** x W in place of x Wᵀ: what gradients are. */
  readonly turned: boolean
}

/** A sample's weights: numbers from −1 to 1 by formula. */
const sample = (rows: number, columns: number, bits: PackedBits): PackedWeights =>
  new PackedWeights(
    [rows, columns],
    bits,
    Float64Array.from({ length: rows * columns }, (_, i) => Math.sin(3 * i + 1)),
  )

/** dtypes of x: the narrow ones have no products of their own. */
const wide: readonly DType[] = ['float32', 'float64']

/** W, or Wᵀ, in a dtype. */
const unpacked = (weights: PackedWeights, dtype: DType, turned: boolean): Float32Array | Float64Array => {
  const { rows: N, columns: K } = weights
  const values = weights.unpack()
  if (turned) return dtype === 'float64' ? Float64Array.from(values) : values
  const out = dtype === 'float64' ? new Float64Array(values.length) : new Float32Array(values.length)
  for (let n = 0; n < N; n++) for (let k = 0; k < K; k++) out[k * N + n] = values[n * K + k]!
  return out
}

const packedProductOp: Op<Attributes> = {
  name: 'packedProduct',
  formula: 'x Wᵀ, W in 8 or 4 bits',
  source: 'the operator MatMulNBits of ONNX Runtime',
  infer: ([x], { weights: { rows, columns }, turned }) => {
    requireDType('packedProduct', x!.dtype, wide)
    const [from, to] = turned ? [rows, columns] : [columns, rows]
    if (x!.shape.at(-1) !== from || x!.shape.length < 2)
      throw new ShapeError(
        `packedProduct: x is ${show(x!.shape)} and W [${rows}, ${columns}]. Give x at least two axes, the last of ${from}.`,
        { shape: x!.shape },
      )
    return { shape: [...x!.shape.slice(0, -1), to], dtype: x!.dtype }
  },
  kernel: ([x], out, { weights, turned }) => {
    const { rows, columns } = weights
    const row = new Float32Array(columns)
    const count = sizeOf(x!.shape) / (turned ? rows : columns)
    const [from, to] = [x!.data, out.data]
    if (turned) to.fill(0)
    for (let n = 0; n < rows; n++) {
      weights.unpackRow(n, row)
      for (let m = 0; m < count; m++) {
        if (turned) for (let k = 0; k < columns; k++) to[m * columns + k]! += from[m * rows + n]! * row[k]!
        else {
          let sum = 0
          for (let k = 0; k < columns; k++) sum += from[m * columns + k]! * row[k]!
          to[m * rows + n] = sum
        }
      }
    }
  },
  vjp: (g, _inputs, _out, { weights, turned }) => [apply(packedProductOp, [g], { weights, turned: !turned })],
  batch: ([x], _batched, attrs) => apply(packedProductOp, [x!], attrs),
  lower: (b, [x], { dtype }, { weights, turned }) => {
    const { rows: N, columns: K, bits, blockSize, blocks, codes, scales } = weights
    if (turned || dtype === 'float64' || b.lacks('products of weights in few bits')) {
      const values = unpacked(weights, dtype, turned)
      return b.op('MatMul', [x!.name, b.values(values, dtype, turned ? [N, K] : [K, N])])
    }
    const inputs = [
      x!.name,
      b.values(codes, 'uint8', [N, blocks, (blockSize * bits) / 8]),
      b.values(scales, 'float32', [N * blocks]),
    ]
    // At level 4 the products are of integers: each block of x is rounded to 8 bits as well.
    return b.op('MatMulNBits', inputs, { K, N, bits, block_size: blockSize, accuracy_level: 4 }, 'com.microsoft')
  },
  holds: ({ weights }) => weights.rows * weights.columns,
  checks: {
    samples: [
      { inputs: [{ shape: [3, 40], dtype: 'float' }], attrs: { weights: sample(5, 40, 8), turned: false } },
      { inputs: [{ shape: [2, 2, 64], dtype: 'float' }], attrs: { weights: sample(7, 64, 4), turned: false } },
      { inputs: [{ shape: [1, 32], dtype: 'float' }], attrs: { weights: sample(2, 32, 8), turned: false } },
      { inputs: [{ shape: [2, 5], dtype: 'float' }], attrs: { weights: sample(5, 40, 8), turned: true } },
    ],
    // x is rounded to 8 bits block by block: half a step of each of its numbers, which add up by chance.
    tolerance: 0.1,
  },
}

/**
 * Products of x with the rows of a matrix that is kept in few bits. On native and wasm x is rounded to 8 bits as well, in blocks of 32, which is
 * what makes them fast.
 *
 * **Shape** x: float32 `[..., columns]`, of two axes or more → `[..., rows]`.
 */
export const packedProduct = (x: Node, weights: PackedWeights): Node =>
  apply(packedProductOp, [x], { weights, turned: false })

export const packedOps = [packedProductOp] as const
