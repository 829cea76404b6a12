import type { DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import { einsum as einsumOf } from '../ops/einsum.ts'
import * as pr from '../ops/products.ts'
import { Tensor } from './tensor.ts'

/**
 * Sums of products by NumPy's notation: a letter for each axis; letters that the output leaves out are summed over, a letter that stands
 * twice on an operand takes its diagonal, "..." stands for any axes, which broadcast. Without "->" the output has the letters that stand
 * once, in alphabetical order.
 *
 * @throws {ArgumentError} if the equation does not fit the operands
 * @throws {ShapeError} if a letter has two sizes, neither of them 1
 *
 * @example
 * const x = tensor([[1, 2], [3, 4]])
 * await einsum('ij,kj->ik', x, x).toArray() // [[5, 11], [11, 25]]
 */
export const einsum = <D extends DType>(
  equation: string,
  ...operands: readonly [Tensor<Shape, D>, ...Tensor<Shape, NoInfer<D>>[]]
): Tensor<Shape, D> =>
  new Tensor(
    einsumOf(
      equation,
      operands.map(x => x.node),
    ),
  )

type Product = <D extends DType>(a: Tensor<Shape, D>, b: Tensor<Shape, NoInfer<D>>) => Tensor<Shape, D>
const product =
  (of: (a: Node, b: Node) => Node): Product =>
  (a, b) =>
    new Tensor(of(a.node, b.node))

/** a[i] b[j] of two tensors seen as vectors: → `[size of a, size of b]`. */
export const outer: Product = product(pr.outer)
/** Σ a[..., k] b[..., k] over the last axes: the other axes of a, then those of b. */
export const inner: Product = product(pr.inner)
/** Σ a[i] b[i] of two tensors seen as vectors. */
export const vdot: Product = product(pr.vdot)
/** Kronecker product: every element of a times the whole of b. */
export const kron: Product = product(pr.kron)

/** Sum of products over pairs of axes (the last n of a with the first n of b, or named ones): the other axes of a, then those of b. */
export const tensordot = <D extends DType>(
  a: Tensor<Shape, D>,
  b: Tensor<Shape, NoInfer<D>>,
  axes: pr.TensordotAxes = 2,
): Tensor<Shape, D> => new Tensor(pr.tensordot(a.node, b.node, axes))

/** Vector product a × b of the 3-vectors along an axis (the last by default). */
export const crossProduct = <D extends DType>(
  a: Tensor<Shape, D>,
  b: Tensor<Shape, NoInfer<D>>,
  axis = -1,
): Tensor<Shape, D> => new Tensor(pr.crossProduct(a.node, b.node, axis))
