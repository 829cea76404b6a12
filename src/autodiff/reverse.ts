import { isFloat } from '../core/dtype.ts'
import { GradientError } from '../core/errors.ts'
import { sameShape, show } from '../core/shape.ts'
import { leaf, type Node, topologicalOrder } from '../graph/node.ts'
import { picksOf } from '../graph/pick.ts'
import { instantiate, type Program, programOf } from '../graph/program.ts'
import { add, fullLike } from '../ops/arithmetic.ts'

/**
 * The part of the graph between `wrt` and `outputs`, in order: only there cotangents flow. `lost` are evaluated nodes that
 * depended on `wrt` and do not know how any more.
 */
const between = (
  outputs: readonly Node[],
  wrt: readonly Node[],
): { order: Node[]; active: Set<Node>; lost: Set<Node> } => {
  const order = topologicalOrder(outputs)
  const active = new Set<Node>(wrt)
  const lost = new Set(order.filter(n => n.forgotten && !active.has(n) && wrt.some(w => n.forgotten!.has(w))))
  for (const node of order) {
    if (lost.has(node) || node.inputs.some(n => active.has(n))) active.add(node)
  }
  return { order, active, lost }
}

/** Of a node with several results: one for each, null where nothing came. */
type Cotangent = Node | (Node | null)[]

const sumOf = (a: Node, b: Node): Node => (a.op !== null && a.op === b.op && a.op.sum?.(a, b)) || add(a, b)

/** Cotangents of a node's inputs: by its rule, or else by differentiating its composition. */
const inputCotangents = (node: Node, g: Cotangent, active: ReadonlySet<Node>): readonly (Node | null)[] => {
  const op = node.op!
  if (Array.isArray(g)) {
    const wanted = node.inputs.map(n => active.has(n) && isFloat(n.dtype))
    return op.tuple?.vjp?.(g, node.inputs, picksOf(node), node.attrs, wanted) ?? node.inputs.map(() => null)
  }
  if (op.vjp) return op.vjp(g, node.inputs, node, node.attrs)
  if (!op.compose) return node.inputs.map(() => null)
  // On leaves of its own: inputs that come from one another are independent here, and nothing behind them is walked.
  const own = node.inputs.map((n, index) => leaf(n, { kind: 'argument', index }))
  const floats = own.filter(n => isFloat(n.dtype))
  const { program } = programOf(vjp([op.compose(own, node.attrs)], floats, [g]), [...own, g])
  const parts = instantiate(program, [...node.inputs, g])
  return own.map(n => (isFloat(n.dtype) ? parts[floats.indexOf(n)]! : null))
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
        `grad: only float32 and float64 have gradients; got ${node.dtype} ${show(node.shape)}. Convert with x.to('float32').`,
        { dtype: node.dtype },
      )
    }
  }
  for (const [i, out] of outputs.entries()) {
    const cotangent = cotangents[i]!
    if (!isFloat(out.dtype)) {
      throw new GradientError(
        `vjp: the output is ${out.dtype} ${show(out.shape)}. Only float32 and float64 have gradients: return a float.`,
        { dtype: out.dtype },
      )
    }
    if (!sameShape(out.shape, cotangent.shape) || out.dtype !== cotangent.dtype) {
      throw new GradientError(
        `vjp: the cotangent is ${cotangent.dtype} ${show(cotangent.shape)} and the output ${out.dtype} ${show(out.shape)}. Both must have one shape and dtype.`,
        { cotangent: cotangent.shape, output: out.shape },
      )
    }
  }
  const { order, active, lost } = between(outputs, wrt)
  const total = new Map<Node, Cotangent>()
  const accumulate = (node: Node, g: Node): void => {
    if (lost.has(node)) {
      throw new GradientError(
        `grad: ${node.dtype} ${show(node.shape)} was computed before the gradient was taken, and has forgotten the parameters it came from. Take the gradient before reading values, or mark it as a constant with .stopGradient().`,
        { shape: node.shape },
      )
    }
    const before = total.get(node) as Node | undefined
    total.set(node, before ? sumOf(before, g) : g)
  }
  const accumulatePart = (tuple: Node, index: number, g: Node): void => {
    const parts = (total.get(tuple) ?? tuple.parts!.map(() => null)) as (Node | null)[]
    const before = parts[index]
    parts[index] = before ? sumOf(before, g) : g
    total.set(tuple, parts)
  }
  for (const [i, out] of outputs.entries()) accumulate(out, cotangents[i]!)
  const wanted = new Set(wrt)
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i]!
    const g = total.get(node)
    if (!g || !active.has(node) || !node.op) continue
    // Beyond a wanted node cotangents flow on only if another wanted node lies there.
    if (wanted.has(node) && !node.inputs.some(n => active.has(n))) continue
    if (node.op.pick) {
      accumulatePart(node.inputs[0]!, node.attrs.index as number, g as Node)
      continue
    }
    const parts = inputCotangents(node, g, active)
    for (const [k, part] of parts.entries()) {
      const input = node.inputs[k]!
      if (part && active.has(input)) accumulate(input, part)
    }
  }
  return wrt.map(node => (total.get(node) as Node | undefined) ?? fullLike(node, 0))
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
      `grad: the function must return float32 or float64; it returned ${loss.dtype}. Convert with .to('float32') before reducing.`,
    )
  }
  return vjp([loss], wrt, [fullLike(loss, 1)])
}

/**
 * The gradient of a program's `outputs` by its inputs `wrt` (both by number), as a program: its inputs are those of the program, then
 * the cotangents of the outputs.
 */
export const gradientProgram = (program: Program, outputs: readonly number[], wrt: readonly number[]): Program => {
  // Leaves of its own: values that come from one another outside are independent here.
  const inputs = program.inputs.map((at, index) => leaf(program.instructions[at]!, { kind: 'argument', index }))
  const results = instantiate(program, inputs)
  const outs = outputs.map(k => results[k]!)
  const gs = outs.map((out, i) => leaf(out, { kind: 'argument', index: inputs.length + i }))
  const parts = vjp(
    outs,
    wrt.map(k => inputs[k]!),
    gs,
  )
  return programOf(parts, [...inputs, ...gs]).program
}
