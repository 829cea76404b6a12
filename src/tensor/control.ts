import { checkpointNodes, withGradient } from '../autodiff/custom.ts'
import { scanNodes } from '../autodiff/scan.ts'
import { ArgumentError, GradientError, ShapeError } from '../core/errors.ts'
import { sameShape, show } from '../core/shape.ts'
import { flatten, mapTree } from '../core/tree.ts'
import { readFlag } from '../engine/run.ts'
import { refuseWrites } from '../engine/slot.ts'
import type { Node } from '../graph/node.ts'
import { Tensor } from './tensor.ts'

const isTensor = (x: unknown): x is Tensor => x instanceof Tensor
const nodesOf = (where: string, tree: unknown): Node[] => flatten(where, tree, isTensor).leaves.map(t => t.node)
/** The same tree on other nodes. */
const rebuild = <T>(tree: T, nodes: readonly Node[]): T => {
  let next = 0
  return mapTree(tree, isTensor, () => new Tensor(nodes[next++]!)) as T
}

export interface ScanOptions {
  /** Number of steps, where there is no sequence to tell it. */
  readonly length?: number
  /** From the last step to the first. Default false. */
  readonly reverse?: boolean
}

const lengthOf = (xs: readonly Node[], options: ScanOptions): number => {
  const { length = xs[0]?.shape[0] } = options
  if (length === undefined || !Number.isSafeInteger(length) || length < 1) {
    throw new ArgumentError(`scan: length must be a whole number of at least 1; got ${length}.`, { length })
  }
  for (const x of xs) {
    if (x.shape[0] === length) continue
    throw new ShapeError(
      `scan: a sequence is ${show(x.shape)} in a loop of ${length} steps. Its first axis must have ${length} elements.`,
      { shape: x.shape, length },
    )
  }
  return length
}

/**
 * A loop that carries values from step to step: `[carry, y] = fn(carry, x)` for each `x` along the first axis of `xs`. The graph holds
 * the step once, whatever the length, forwards and backwards; the gradient computes each step again from its saved inputs.
 *
 * **Shape** init: any tree of tensors; xs: a tree of `[length, ...]` → the carried values after the last step, and the steps' outputs
 * stacked to `[length, ...]`.
 *
 * @param fn one step. What it takes from outside (weights) is a constant of the loop, computed once, and has a gradient. It is called
 *   once, to trace it: random numbers drawn inside are the same in every step.
 * @param xs null where there is no sequence; `options.length` then says how many steps
 * @throws ShapeError where a step changes the shape or dtype of what it carries
 * @example
 * const [total, sums] = scan((s: Tensor, x: Tensor) => [s.add(x), s.add(x)], tensor(0), tensor([1, 2, 3]))
 * await sums.toArray() // [1, 3, 6]
 */
export const scan = <C, X, Y>(
  fn: (carry: C, x: X) => readonly [carry: C, y: Y],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [carry: C, ys: Y] => {
  const start = nodesOf('scan', init)
  const rows = nodesOf('scan', xs)
  const length = lengthOf(rows, options)
  let output: Y | undefined
  const result = scanNodes(
    (carry, row) => {
      const [next, y] = refuseWrites('scan', () => fn(rebuild(init, carry), rebuild(xs, row)))
      output = y
      return { carry: nodesOf('scan', next), y: nodesOf('scan', y) }
    },
    start,
    rows,
    { length, reverse: options.reverse ?? false },
  )
  return [rebuild(init, result.carry), rebuild(output as Y, result.ys)]
}

/**
 * `predicate() ? whenTrue() : whenFalse()`, decided on the host when the graph is built; a compiled function is traced anew when the
 * predicate's answer has changed. To choose by computed values, element by element, use `where`.
 *
 * @example
 * let training = true
 * const f = compile((x: Tensor) => cond(() => training, () => x.mul(2), () => x))
 */
export const cond = <T>(predicate: () => boolean, whenTrue: () => T, whenFalse: () => T): T => {
  const chosen: unknown = readFlag(predicate)
  if (typeof chosen === 'boolean') return chosen ? whenTrue() : whenFalse()
  throw new ArgumentError(
    `cond: the predicate must be a function that returns a boolean; got ${isTensor(chosen) ? `a tensor ${show(chosen.shape)}, which has no value yet: read it first, or use where` : typeof chosen}.`,
  )
}

/**
 * A function whose gradient computes its inner values again instead of keeping them: less memory for about one more forward pass. The
 * second computation starts only when its cotangents are known, in a run of the engine of its own.
 *
 * @example
 * const block = checkpoint((x: Tensor<readonly [number]>) => x.exp().sin().exp())
 * await grad((x: Tensor<readonly [number]>) => block(x).sum())(tensor([0])).toArray()
 *
 * Source: Chen et al. 2016, "Training deep nets with sublinear memory cost", section 4.
 */
export const checkpoint =
  <A extends readonly unknown[], R>(fn: (...args: A) => R): ((...args: A) => R) =>
  (...args) => {
    let result: R | undefined
    const nodes = checkpointNodes(
      params => {
        result = refuseWrites('checkpoint', () => fn(...rebuild(args, params)))
        return nodesOf('checkpoint', result)
      },
      nodesOf('checkpoint', args),
    )
    return rebuild(result as R, nodes)
  }

/**
 * A function with a gradient of its own: `backward(g, value, ...args)` gives the cotangents of the arguments from the value's.
 *
 * @param backward a tensor for each argument, of its shape and dtype; null for one without gradient. It takes what it needs from its
 *   arguments, not from outside, so that it can be batched
 * @throws GradientError where a cotangent has another shape or dtype than its argument, when the gradient is taken
 * @example
 * // Rounds, and lets the gradient through unchanged (the straight-through estimator, Bengio et al. 2013).
 * const round = customGradient((x: Tensor) => x.round(), g => [g])
 */
export const customGradient =
  <A extends readonly Tensor[]>(
    forward: (...args: A) => Tensor,
    backward: (g: Tensor, value: Tensor, ...args: A) => readonly (Tensor | null)[],
  ): ((...args: A) => Tensor) =>
  (...args) => {
    const inputs = args.map(t => t.node)
    const value = forward(...args).node
    const [node] = withGradient([value], inputs, ([g], [y], xs) => {
      const given = xs.map(x => new Tensor(x)) as unknown as A
      const parts = backward(new Tensor(g!), new Tensor(y!), ...given)
      return xs.map((x, i) => requireCotangent(x, parts[i]?.node ?? null, i))
    })
    return new Tensor(node!)
  }

const requireCotangent = (x: Node, part: Node | null, i: number): Node | null => {
  if (part === null || (sameShape(part.shape, x.shape) && part.dtype === x.dtype)) return part
  throw new GradientError(
    `customGradient: the cotangent of argument ${i} is ${part.dtype} ${show(part.shape)} and the argument ${x.dtype} ${show(x.shape)}. Return one of the argument's shape and dtype, or null.`,
    { cotangent: part.shape, argument: x.shape },
  )
}
