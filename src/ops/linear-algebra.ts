import { floatDTypes } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { broadcastShapes, type Shape, show, sizeOf } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { add } from './arithmetic.ts'
import { apply, requireDType, requireSameDType } from './apply.ts'
import { alignBatched } from './batch-axes.ts'
import { reshape, sumTo, transpose } from './broadcast.ts'
import { broadcastStrides, walk } from './walk.ts'

const matmulShape = (a: Shape, b: Shape): Shape => {
  const short = a.length < 2 ? a : b.length < 2 ? b : null
  if (short) {
    throw new ShapeError(`matmul: ${show(short)} has fewer than two axes. Reshape a vector of n to [n, 1] or [1, n].`, {
      a,
      b,
    })
  }
  const k = a[a.length - 1]!
  const n = b[b.length - 1]!
  if (b[b.length - 2] !== k) {
    const swapped = n === k ? '; if its axes are swapped, pass b.transpose()' : ''
    throw new ShapeError(
      `matmul: inner sizes differ: a is ${show(a)} and b is ${show(b)}, so ${k} meets ${b[b.length - 2]}. b needs shape [${b.length > 2 ? '..., ' : ''}${k}, n]${swapped}.`,
      { a, b },
    )
  }
  const where = `matmul: leading axes of ${show(a)} and ${show(b)}`
  return [...broadcastShapes(where, a.slice(0, -2), b.slice(0, -2)), a[a.length - 2]!, n]
}

const matmulOp: Op = {
  name: 'matmul',
  formula: 'out[..., i, j] = Σₖ a[..., i, k] b[..., k, j]',
  infer: ([a, b]) => {
    requireDType('matmul', a!.dtype, floatDTypes)
    requireSameDType('matmul', a!, b!)
    return { shape: matmulShape(a!.shape, b!.shape), dtype: a!.dtype }
  },
  vjp: (g, [a, b]) => [sumTo(matmul(g, transpose(b!)), a!.shape), sumTo(matmul(transpose(a!), g), b!.shape)],
  kernel: ([a, b], out) => {
    const [m, n] = out.shape.slice(-2) as [number, number]
    const k = a!.shape[a!.shape.length - 1]!
    const batch = out.shape.slice(0, -2)
    const strides = [a!, b!].map(x => broadcastStrides(x.shape.slice(0, -2), batch))
    walk(batch, strides, ([oa, ob], position) => {
      const [pa, pb, po] = [oa! * m * k, ob! * k * n, position * m * n]
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let total = 0
          for (let p = 0; p < k; p++) total += a!.data[pa + i * k + p]! * b!.data[pb + p * n + j]!
          out.data[po + i * n + j] = total
        }
      }
    })
  },
  batch: (inputs, batched) => {
    const [a, b] = alignBatched(inputs, batched)
    return matmul(a!, b!)
  },
  lower: (b, [x, y]) => b.op('MatMul', [x!.name, y!.name]),
  checks: {
    samples: [
      { inputs: [{ shape: [3, 4] }, { shape: [4, 2] }] },
      { inputs: [{ shape: [2, 1, 3, 4] }, { shape: [3, 4, 2] }] },
      { inputs: [{ shape: [2, 3, 4] }, { shape: [2, 4, 5] }] },
      { inputs: [{ shape: [0, 3] }, { shape: [3, 2] }] },
      { inputs: [{ shape: [2, 0] }, { shape: [0, 3] }] },
    ],
    tolerance: 1e-5,
  },
}
/** Matrix product over the last two axes; leading axes broadcast. */
export const matmul = (a: Node, b: Node): Node => {
  const shape = matmulShape(a.shape, b.shape)
  // One large product instead of a batch of small ones against the same matrix.
  if (b.shape.length === 2 && a.shape.length > 2) {
    const k = a.shape[a.shape.length - 1]!
    const rows = sizeOf(a.shape.slice(0, -1))
    return reshape(apply(matmulOp, [reshape(a, [rows, k]), b], {}), shape)
  }
  return apply(matmulOp, [a, b], {})
}

const affineOp: Op = {
  name: 'affine',
  formula: 'x w + b',
  infer: ([x, w, b]) => {
    const shape = matmulShape(x!.shape, w!.shape)
    requireDType('affine', x!.dtype, floatDTypes)
    for (const p of [w!, b!]) requireSameDType('affine', x!, p)
    if (b!.shape.length !== 1 || b!.shape[0] !== w!.shape[1]) {
      throw new ShapeError(
        `affine: bias is ${show(b!.shape)} and weight ${show(w!.shape)}. The bias must have the size of the weight's last axis: [${w!.shape[1]}].`,
      )
    }
    return { shape, dtype: x!.dtype }
  },
  compose: ([x, w, b]) => add(matmul(x!, w!), b!),
  lower: (b, [x, w, bias]) => b.op('Gemm', [x!.name, w!.name, bias!.name]),
  checks: {
    samples: [
      { inputs: [{ shape: [3, 4] }, { shape: [4, 2] }, { shape: [2] }] },
      { inputs: [{ shape: [1, 1] }, { shape: [1, 3] }, { shape: [3] }] },
    ],
    tolerance: 1e-5,
  },
}
/** `x w + b` on the last axis: x `[..., K]`, w `[K, N]`, b `[N]` → `[..., N]`. */
export const affine = (x: Node, w: Node, b: Node): Node => {
  if (w.shape.length !== 2)
    throw new ShapeError(`affine: weight is ${show(w.shape)}. Expected a matrix [K, N].`, { shape: w.shape })
  const shape = matmulShape(x.shape.length < 2 ? [1, ...x.shape] : x.shape, w.shape)
  const rows = reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape[x.shape.length - 1] ?? 1])
  return reshape(apply(affineOp, [rows, w, b], {}), x.shape.length < 2 ? [w.shape[1]!] : shape)
}

export const linearAlgebraOps: readonly Op[] = [matmulOp, affineOp]
