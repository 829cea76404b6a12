import { isFloat } from '../core/dtype.ts'
import { GradientError } from '../core/errors.ts'
import { sameShape, show } from '../core/shape.ts'
import { type Node, topologicalOrder } from '../graph/node.ts'
import { add, fullLike } from '../ops/arithmetic.ts'

/** The part of the graph between `wrt` and `outputs`, in order: only there cotangents flow. */
const between = (outputs: readonly Node[], wrt: readonly Node[]): { order: Node[]; active: Set<Node> } => {
  const order = topologicalOrder(outputs)
  const active = new Set<Node>(wrt)
  for (const node of order) {
    if (!active.has(node) && node.inputs.some(n => active.has(n))) active.add(node)
  }
  return { order, active }
}

/** Cotangents of a node's inputs: by its rule, or else by differentiating its composition. */
const inputCotangents = (node: Node, g: Node): readonly (Node | null)[] => {
  const op = node.op!
  if (op.vjp) return op.vjp(g, node.inputs, node, node.attrs)
  if (!op.compose) return node.inputs.map(() => null)
  const floats = node.inputs.filter(n => isFloat(n.dtype))
  const parts = vjp([op.compose(node.inputs, node.attrs)], floats, [g])
  // An input that stands twice already has both its parts in one sum.
  return node.inputs.map((n, i) =>
    isFloat(n.dtype) && node.inputs.indexOf(n) === i ? parts[floats.indexOf(n)]! : null,
  )
}

/**
 * Reverse mode: cotangents of `wrt` from cotangents of `outputs`, as new nodes of the graph, so that the result can be
 * differentiated again. What the outputs do not depend on gets zeros.
 *
 * Source: Griewank & Walther 2008, section 3.2.
 */
export const vjp = (outputs: readonly Node[], wrt: readonly Node[], cotangents: readonly Node[]): Node[] => {
  for (const node of wrt) {
    if (!isFloat(node.dtype)) {
      throw new GradientError(
        `grad: a gradient needs float32 or float64; got ${node.dtype} ${show(node.shape)}. Convert with x.to('float32').`,
        {
          dtype: node.dtype,
        },
      )
    }
  }
  const { order, active } = between(outputs, wrt)
  const total = new Map<Node, Node>()
  const accumulate = (node: Node, g: Node): void => {
    const before = total.get(node)
    total.set(node, before ? add(before, g) : g)
  }
  for (const [i, out] of outputs.entries()) {
    if (!sameShape(out.shape, cotangents[i]!.shape)) {
      throw new GradientError(
        `vjp: the cotangent is ${show(cotangents[i]!.shape)} and the output ${show(out.shape)}. They must have one shape.`,
      )
    }
    accumulate(out, cotangents[i]!)
  }
  const wanted = new Set(wrt)
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i]!
    const g = total.get(node)
    if (!g || !active.has(node) || !node.op) continue
    // Beyond a wanted node cotangents flow on only if another wanted node lies there.
    if (wanted.has(node) && !node.inputs.some(n => active.has(n))) continue
    const parts = inputCotangents(node, g)
    for (const [k, part] of parts.entries()) {
      const input = node.inputs[k]!
      if (part && active.has(input)) accumulate(input, part)
    }
  }
  return wrt.map(node => total.get(node) ?? fullLike(node, 0))
}

/** Gradients of a scalar. */
export const gradients = (loss: Node, wrt: readonly Node[]): Node[] => {
  if (loss.shape.length !== 0) {
    throw new GradientError(
      `grad: the function must return a scalar; it returned ${show(loss.shape)}. Reduce it, such as with .mean() or .sum().`,
      {
        shape: loss.shape,
      },
    )
  }
  if (!isFloat(loss.dtype)) {
    throw new GradientError(
      `grad: the function must return float32 or float64; it returned ${loss.dtype}. Only floats have gradients.`,
    )
  }
  return vjp([loss], wrt, [fullLike(loss, 1)])
}
