import type { Node, TensorType } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { constant, less, mul, sub, where } from './arithmetic.ts'
import { apply, applyTuple } from './apply.ts'
import { sum, transpose } from './broadcast.ts'
import { matmul } from './linear-algebra.ts'
import { forEachMatrix, type LuFactors, luFactors } from './matrix-kernels.ts'
import { asColumn, requireSquare } from './matrix-nodes.ts'
import { inverseOf } from './solve.ts'
import { cofactorMatrix } from './spectral-kernels.ts'

/** One number for each matrix, as the factor of all its elements. */
const perMatrix = (x: Node): Node => asColumn(asColumn(x))
const oneForEach = ({ shape, dtype }: TensorType): TensorType => ({ shape: shape.slice(0, -2), dtype })

const diagonalOf = ({ lu: { rows: n, data } }: LuFactors): number[] =>
  Array.from({ length: n }, (_, i) => data[i * n + i]!)

const detOp: Op = {
  name: 'det',
  formula: 'det A',
  source: 'Golub & Van Loan 2013, section 3.4',
  // ONNX has Det, but ONNX Runtime only in float32.
  host: () => true,
  infer: ([a]) => {
    requireSquare('det', a!)
    return oneForEach(a!)
  },
  vjp: (g, [a]) => [mul(perMatrix(g), apply(cofactorsOp, [a!], {}))],
  kernel: ([a], out) =>
    forEachMatrix([a!], [out], ([matrix]) => {
      const factors = luFactors(matrix!)
      return [[diagonalOf(factors).reduce((total, pivot) => total * pivot, factors.sign)]]
    }),
  batch: ([a]) => apply(detOp, [a!], {}),
  checks: {
    samples: [{ inputs: [{ shape: [3, 3] }] }, { inputs: [{ shape: [2, 2, 2] }] }, { inputs: [{ shape: [1, 1] }] }],
  },
}

/** The gradient of `det`, which a matrix without an inverse has too. */
const cofactorsOp: Op = {
  name: 'cofactors',
  formula: 'C[i, j] = ∂ det A / ∂A[i, j]; det A · A⁻ᵀ where A has an inverse',
  source: 'Stewart 1998, "On the adjugate matrix", equation 2.2',
  host: () => true,
  infer: ([a]) => {
    requireSquare('cofactors', a!)
    return { shape: a!.shape, dtype: a!.dtype }
  },
  vjp: (g, [a], c) => {
    const inverse = transpose(inverseOf('cofactors', a!))
    const share = sum(mul(g, inverse), [-2, -1], { keepDims: true })
    return [sub(mul(c, share), matmul(matmul(c, transpose(g)), inverse))]
  },
  kernel: ([a], out) => forEachMatrix([a!], [out], ([matrix]) => [cofactorMatrix(matrix!)]),
  batch: ([a]) => apply(cofactorsOp, [a!], {}),
  checks: { samples: [{ inputs: [{ shape: [3, 3], diagonal: 3 }] }, { inputs: [{ shape: [2, 2, 2], diagonal: 3 }] }] },
}
/**
 * The determinant of A `[..., n, n]`. Its gradient is the matrix of cofactors and exists everywhere; the second gradient needs an inverse.
 */
export const det = (a: Node): Node => apply(detOp, [a], {})

const slogdetOp: Op = {
  name: 'slogdet',
  formula: 'sign and ln |det A|',
  source: 'Golub & Van Loan 2013, section 3.4; the gradient: Giles 2008, section 2.2.4',
  host: () => true,
  infer: ([a]) => {
    requireSquare('slogdet', a!)
    return oneForEach(a!)
  },
  tuple: {
    types: ([a]) => {
      requireSquare('slogdet', a!)
      return [oneForEach(a!), oneForEach(a!)]
    },
    vjp: ([, g], [a]) => [g ? mul(perMatrix(g), transpose(inverseOf('slogdet', a!))) : null],
    kernel: ([a], outs) =>
      forEachMatrix([a!], outs, ([matrix]) => {
        const factors = luFactors(matrix!)
        let [sign, log] = [factors.sign, 0]
        for (const pivot of diagonalOf(factors)) {
          sign *= Math.sign(pivot)
          log += Math.log(Math.abs(pivot))
        }
        return [[sign], [log]]
      }),
    batch: ([a]) => applyTuple(slogdetOp, [a!], {}),
  },
  checks: { samples: [{ inputs: [{ shape: [3, 3], diagonal: 3 }] }, { inputs: [{ shape: [2, 2, 2], diagonal: -3 }] }] },
}
/** The sign of the determinant of A `[..., n, n]` and the logarithm of its size: 0 and −∞ where A has no inverse. */
export const slogdet = (a: Node): { sign: Node; logAbs: Node } => {
  const [sign, logAbs] = applyTuple(slogdetOp, [a], {})
  return { sign: sign!, logAbs: logAbs! }
}
/** ln det A; NaN where the determinant is negative, −∞ where it is 0. */
export const logdet = (a: Node): Node => {
  requireSquare('logdet', a)
  const { sign, logAbs } = slogdet(a)
  return where(less(sign, constant(0, a.dtype)), constant(Number.NaN, a.dtype), logAbs)
}

export const determinantOps: readonly Op[] = [detOp, cofactorsOp, slogdetOp]
