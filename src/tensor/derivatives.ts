import { batchNodes } from '../autodiff/batch.ts'
import { jvp as jvpOf } from '../autodiff/forward.ts'
import { gradients, vjp as vjpOf } from '../autodiff/reverse.ts'
import { ArgumentError, GradientError, ShapeError } from '../core/errors.ts'
import { sameShape, show, sizeOf } from '../core/shape.ts'
import { flatten, mapTree } from '../core/tree.ts'
import { refuseWrites } from '../engine/slot.ts'
import { leaf, type Node } from '../graph/node.ts'
import { arange, cast, equal } from '../ops/arithmetic.ts'
import { moveAxis } from '../ops/batch-axes.ts'
import { reshape } from '../ops/broadcast.ts'
import { Tensor } from './tensor.ts'

const isTensor = (x: unknown): x is Tensor => x instanceof Tensor
const nodesOf = (where: string, tree: unknown): Node[] => flatten(where, tree, isTensor).leaves.map(t => t.node)

/**
 * Forward mode at a point: the function's value, and its derivative along a tangent (`t ↦ J t`). For a function of few inputs and many
 * outputs it is cheaper than the reverse.
 *
 * @throws GradientError if a tangent has another shape or dtype than its input
 * @example
 * const { value, tangent } = jvp((x: Tensor) => x.mul(x), tensor([3]), tensor([1]))
 * await tangent.toArray() // [6]
 *
 * Source: Griewank & Walther 2008, section 3.1.
 */
export const jvp = <T, R extends Tensor>(fn: (x: T) => R, x: T, direction: T): { value: R; tangent: R } => {
  const inputs = nodesOf('jvp', x)
  const tangents = nodesOf('jvp', direction)
  for (const [i, n] of inputs.entries()) {
    const t = tangents[i]
    if (t && sameShape(t.shape, n.shape) && t.dtype === n.dtype) continue
    const got = t ? `${t.dtype} ${show(t.shape)}` : 'missing'
    throw new GradientError(
      `jvp: the tangent of input ${i} is ${got} and the input ${n.dtype} ${show(n.shape)}. Both must have one shape and dtype.`,
    )
  }
  const value = fn(x)
  const [tangent] = jvpOf([value.node], inputs, tangents)
  return { value, tangent: new Tensor(tangent!) as R }
}

/** Which axis of each argument the examples lie along; null for an argument that all examples share. */
export type BatchAxes = number | null | readonly (number | null)[]

/**
 * The function of one example, over a batch of them: `vmap(f)(xs)[i] = f(xs[i])`, as one graph with a further axis, not a loop.
 *
 * @param axes the examples' axis in each argument (or in all of its tensors); default 0. In the result it is axis 0.
 * @throws ArgumentError naming the operation, if one has no rule for a further axis
 * @example
 * const lengths = vmap((v: Tensor) => v.square().sum().sqrt())
 * await lengths(tensor([[3, 4], [6, 8]])).toArray() // [5, 10]
 */
export const vmap =
  <A extends readonly unknown[], R>(fn: (...args: A) => R, axes: BatchAxes = 0): ((...args: A) => R) =>
  (...args) => {
    const axisOf = (k: number): number | null => (Array.isArray(axes) ? (axes[k] ?? null) : (axes as number | null))
    let size: number | undefined
    const known = new Map<Node, { node: Node; batched: boolean }>()
    const one = args.map((arg, k) => {
      const axis = axisOf(k)
      if (axis === null) return arg
      return mapTree(arg, isTensor, ({ node }: Tensor) => {
        const { shape, dtype } = node
        const at = axis < 0 ? axis + shape.length : axis
        if (!Number.isInteger(at) || at < 0 || at >= shape.length) {
          throw new ArgumentError(
            `vmap: argument ${k} is ${show(shape)} and has no axis ${axis}. Name the examples' axis in it, or null where all examples share it.`,
            { shape, axis },
          )
        }
        size ??= shape[at]!
        if (shape[at] !== size) {
          throw new ShapeError(
            `vmap: argument ${k} has ${shape[at]} examples and another ${size}. All must have the same number.`,
            { shape, size },
          )
        }
        const example = leaf(
          { shape: shape.filter((_, i) => i !== at), dtype },
          { kind: 'argument', index: known.size },
        )
        known.set(example, { node: at === 0 ? node : moveAxis(node, at, 0), batched: true })
        return new Tensor(example)
      })
    }) as unknown as A
    if (size === undefined)
      throw new ArgumentError('vmap: no argument has an axis of examples. Pass a tensor, and its axis if it is not 0.')
    const result = refuseWrites('vmap', () => fn(...one))
    const batched = batchNodes(nodesOf('vmap', result), known, size)
    let next = 0
    return mapTree(result, isTensor, () => new Tensor(batched[next++]!)) as R
  }

/** Rows of the identity, each in the shape of `like`: `[n, ...like]`. */
const unitCotangents = (like: Node): Node => {
  const n = sizeOf(like.shape)
  const i = arange(n, 'int32')
  return reshape(cast(equal(reshape(i, [n, 1]), i), like.dtype), [n, ...like.shape])
}

/** J as `[...output, ...x]` for each x: the reverse direction once, over a batch of unit cotangents. */
const jacobianNodes = (output: Node, wrt: readonly Node[]): Node[] => {
  const units = unitCotangents(output)
  const g = leaf(output, { kind: 'argument', index: 0 })
  const parts = vjpOf([output], wrt, [g])
  const rows = batchNodes(parts, new Map([[g, { node: units, batched: true }]]), units.shape[0]!)
  return rows.map((row, i) => reshape(row, [...output.shape, ...wrt[i]!.shape]))
}

/** A tensor for each of the argument, a tensor if that is one. */
export type JacobianOf<T> = T extends Tensor
  ? Tensor
  : T extends object
    ? { readonly [K in keyof T]: JacobianOf<T[K]> }
    : T

const likeTree = <T>(tree: T, nodes: readonly Node[]): JacobianOf<T> => {
  let next = 0
  return mapTree(tree, isTensor, () => new Tensor(nodes[next++]!)) as JacobianOf<T>
}

/**
 * The matrix of all first derivatives, `∂yᵢ/∂xⱼ`, by its first argument.
 *
 * **Shape** x: `[...n]`, y: `[...m]` → `[...m, ...n]`; for a tree of inputs a tree of such.
 *
 * @example
 * const J = jacobian((x: Tensor) => x.mul(x))
 * await J(tensor([1, 2])).toArray() // [[2, 0], [0, 4]]
 */
export const jacobian =
  <T, A extends readonly unknown[]>(fn: (x: T, ...rest: A) => Tensor) =>
  (x: T, ...rest: A): JacobianOf<T> =>
    likeTree(x, jacobianNodes(fn(x, ...rest).node, nodesOf('jacobian', x)))

/**
 * The matrix of all second derivatives of a scalar function, `∂²f/∂xᵢ∂xⱼ`, by one tensor.
 *
 * **Shape** x: `[...n]` → `[...n, ...n]`.
 *
 * @throws GradientError if the function does not return a float scalar
 * @example
 * const H = hessian((x: Tensor) => x.pow(3).sum())
 * await H(tensor([1, 2])).toArray() // [[6, 0], [0, 12]]
 */
export const hessian =
  <T extends Tensor, A extends readonly unknown[]>(fn: (x: T, ...rest: A) => Tensor) =>
  (x: T, ...rest: A): Tensor => {
    const [gradient] = gradients(fn(x, ...rest).node, [x.node])
    return new Tensor(jacobianNodes(gradient!, [x.node])[0]!)
  }

/**
 * `H v`, the derivative of the gradient along `v`, without the matrix: forward over reverse.
 *
 * Source: Pearlmutter 1994, "Fast exact multiplication by the Hessian".
 *
 * @example
 * const f = (x: Tensor) => x.pow(3).sum()
 * await hessianVectorProduct(f, tensor([1, 2]), tensor([1, 1])).toArray() // [6, 12]
 */
export const hessianVectorProduct = <T>(fn: (x: T) => Tensor, x: T, v: T): JacobianOf<T> => {
  const inputs = nodesOf('hessianVectorProduct', x)
  const parts = gradients(fn(x).node, inputs)
  return likeTree(x, jvpOf(parts, inputs, nodesOf('hessianVectorProduct', v)))
}

/**
 * The gradient of each example's loss by shared parameters: `loss(parameters, ...example)` for one example, examples along axis 0 of
 * the rest.
 *
 * **Shape** of the result: `[B, ...parameter]` for each parameter.
 *
 * @example
 * const loss = (w: Tensor, x: Tensor, y: Tensor) => y.sub(w.mul(x).sum()).square()
 * const grads = perSampleGradients(loss)(tensor([1, 1]), tensor([[1, 0], [0, 1]]), tensor([0, 0]))
 * await grads.toArray() // [[2, 0], [0, 2]]
 */
export const perSampleGradients =
  <T, A extends readonly unknown[]>(loss: (parameters: T, ...example: A) => Tensor) =>
  (parameters: T, ...examples: A): JacobianOf<T> => {
    const wrt = nodesOf('perSampleGradients', parameters)
    const one = (...example: A): Tensor[] =>
      gradients(loss(parameters, ...example).node, wrt).map(part => new Tensor(part))
    return likeTree(
      parameters,
      vmap(one)(...examples).map(t => t.node),
    )
  }
