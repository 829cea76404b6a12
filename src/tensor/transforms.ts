import { vjp as vjpOf, gradients } from '../autodiff/reverse.ts'
import { ArgumentError } from '../core/errors.ts'
import type { DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import { flatten, mapTree } from '../core/tree.ts'
import { bufferOf, evaluateNodes, type Plan, runPlan, tracePlan } from '../engine/run.ts'
import { leaf, Node } from '../graph/node.ts'
import { Tensor } from './tensor.ts'

const isTensor = (x: unknown): x is Tensor => x instanceof Tensor

/** Computes several tensors in one run of the engine, so that what they share is computed once. */
export const evaluate = async (...tensors: readonly Tensor[]): Promise<void> => evaluateNodes(tensors.map(t => t.node))

/** Signatures that a compiled function remembers. */
const traceLimit = 64

/**
 * Traces a function of tensors once per shape of its arguments; later calls skip building the graph. Arguments and result are
 * tensors, arrays and plain objects of them; other values (numbers, strings) are part of the signature. Parameters are read and
 * written, and random numbers drawn, anew at each call. The result is computed when the promise resolves.
 *
 * @example
 * const distance = compile((a: Tensor, b: Tensor) => a.sub(b).square().sum().sqrt())
 * await (await distance(tensor([0, 0]), tensor([3, 4]))).item() // 5
 */
export const compile = <A extends readonly unknown[], R>(fn: (...args: A) => R): ((...args: A) => Promise<R>) => {
  const traces = new Map<string, { plan: Plan; result: R; roots: Tensor[] }[]>()
  return async (...args) => {
    const { leaves, structure } = flatten('compile', args, isTensor)
    const key = `${structure}|${leaves.map(t => `${t.dtype}[${t.shape.join()}]`).join()}`
    const known = traces.get(key) ?? []
    let traced = known.find(t => t.plan.guards.every(holds => holds()))
    if (!traced) {
      traced = trace(fn, args)
      traces.set(key, [...known, traced])
      // A number that changes at each call makes a trace each time: only so many are kept.
      if (traces.size > traceLimit) traces.delete(traces.keys().next().value!)
    }
    const { plan, result, roots } = traced
    const buffers = await runPlan(plan, async () => {
      await evaluate(...leaves)
      return leaves.map(t => bufferOf(t.node))
    })
    return mapTree(result, isTensor, t => {
      const buffer = buffers[roots.indexOf(t)]!
      return new Tensor(leaf(t, { kind: 'buffer', buffer }))
    }) as R
  }
}

const trace = <A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  args: A,
): { plan: Plan; result: R; roots: Tensor[] } => {
  let roots: Tensor[] = []
  const { plan, result } = tracePlan(() => {
    let index = 0
    const placeholders = mapTree(
      args,
      isTensor,
      t => new Tensor(leaf(t, { kind: 'argument', index: index++ })),
    ) as unknown as A
    const result = fn(...placeholders)
    if (result instanceof Promise) {
      // Its own failure, of the value it waited for, is the same news.
      result.catch(() => {})
      throw new ArgumentError(
        'compile: the function returned a promise. A compiled function builds a graph and may not wait: return tensors and read their values outside it.',
      )
    }
    roots = flatten('compile', result, isTensor).leaves
    return { roots: roots.map(t => t.node), result }
  })
  return { plan, result, roots }
}

/** The same tree with a tensor of the same shape for each tensor. */
type GradientOf<T> = T extends Tensor
  ? T
  : T extends readonly unknown[]
    ? { readonly [K in keyof T]: GradientOf<T[K]> }
    : T extends object
      ? { readonly [K in keyof T]: GradientOf<T[K]> }
      : T

/**
 * The function that computes the gradient of a scalar function by its first argument (a tensor, or an array or object of
 * tensors); the other arguments are constants. The result can be differentiated again.
 *
 * @throws GradientError if the function does not return a float scalar, or the argument is not a float
 * @example
 * const dSquare = grad((x: Tensor) => x.mul(x).sum())
 * await dSquare(tensor([1, 2, 3])).toArray() // [2, 4, 6]
 */
export const grad =
  <T, A extends readonly unknown[]>(fn: (x: T, ...rest: A) => Tensor) =>
  (x: T, ...rest: A): GradientOf<T> =>
    valueAndGrad(fn)(x, ...rest).gradient

/** Like `grad`, with the function's value beside the gradient. */
export const valueAndGrad =
  <T, A extends readonly unknown[]>(fn: (x: T, ...rest: A) => Tensor) =>
  (x: T, ...rest: A): { value: Tensor<readonly []>; gradient: GradientOf<T> } => {
    const { leaves } = flatten('grad', x, isTensor)
    const value = fn(x, ...rest)
    const parts = gradients(
      value.node,
      leaves.map(t => t.node),
    )
    let next = 0
    const gradient = mapTree(x, isTensor, () => new Tensor(parts[next++]!)) as GradientOf<T>
    return { value: value as unknown as Tensor<readonly []>, gradient }
  }

/**
 * Reverse mode at a point: the function's output, and the map from a cotangent of the output to one of the input (`g ↦ Jᵀ g`).
 */
export const vjp = <S extends Shape, D extends DType>(
  fn: (x: Tensor<S, D>) => Tensor,
  x: Tensor<S, D>,
): { value: Tensor; pullback: (g: Tensor) => Tensor<S, D> } => {
  const { node } = fn(x)
  // Evaluating the value must not take the way back with it: the caller gets a node of its own.
  const value = new Tensor(new Node(node, node.op, node.inputs, node.attrs, node.source))
  return { value, pullback: g => new Tensor(vjpOf([node], [x.node], [g.node])[0]!) }
}
