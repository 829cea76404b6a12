import { isFloat } from '../core/dtype.ts'
import { type Node, topologicalOrder } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { picksOf } from '../graph/pick.ts'
import { fullLike } from '../ops/arithmetic.ts'
import { stopGradient } from '../ops/reduce.ts'
import { vjp } from './reverse.ts'

/**
 * The tangents of an operation's results from those of its inputs. The rule of the reverse direction is linear in the cotangent, so
 * its own gradient by the cotangent is the forward direction: no operation needs a second rule, and nothing of the reverse
 * direction is computed.
 *
 * Source: Townsend 2017, "A new trick for calculating Jacobian vector products".
 */
const pushForward = (node: Node, tangents: readonly (Node | null)[]): (Node | null)[] => {
  const op = node.op as Op
  const outs = node.parts ? picksOf(node) : [node]
  const none = (): null[] => outs.map(() => null)
  if (!node.parts && !op.vjp) {
    if (!op.compose) return none()
    const known = new Map(node.inputs.map((n, i) => [n, tangents[i] ?? null] as const))
    return jvpNodes([op.compose(node.inputs, node.attrs)], known)
  }
  const floats = outs.map(out => isFloat(out.dtype))
  // The result does not depend on where a linear function is differentiated; zero will do, should a loop ask for it.
  const us = outs.map((out, i) => (floats[i] ? stopGradient(fullLike(out, 0)) : null))
  const wanted = node.inputs.map((_, i) => tangents[i] !== null)
  const parts = node.parts
    ? (op.tuple!.vjp?.(us, node.inputs, outs, node.attrs, wanted) ?? [])
    : op.vjp!(us[0]!, node.inputs, node, node.attrs)
  const reached = parts.flatMap((part, i) => (part && tangents[i] ? [{ part, tangent: tangents[i] }] : []))
  if (reached.length === 0) return none()
  const wrt = us.filter(u => u !== null)
  const results = vjp(
    reached.map(r => r.part),
    wrt,
    reached.map(r => r.tangent),
  )
  return us.map(u => (u ? results[wrt.indexOf(u)]! : null))
}

/** Tangents of `outputs` where `known` gives those of earlier nodes; null where an output does not depend on them. */
const jvpNodes = (outputs: readonly Node[], known: ReadonlyMap<Node, Node | null>): (Node | null)[] => {
  const tangents = new Map<Node, Node | null>(known)
  const tuples = new Map<Node, (Node | null)[]>()
  for (const node of topologicalOrder(outputs, new Set(known.keys()))) {
    if (tangents.has(node) || !node.op) continue
    if (node.op.pick) {
      tangents.set(node, tuples.get(node.inputs[0]!)?.[node.attrs.index as number] ?? null)
      continue
    }
    const of = node.inputs.map(n => tangents.get(n) ?? null)
    if (of.every(t => t === null)) continue
    const results = pushForward(node, of)
    if (node.parts) tuples.set(node, results)
    else tangents.set(node, results[0]!)
  }
  return outputs.map(output => tangents.get(output) ?? null)
}

/**
 * Forward mode: tangents of `outputs` along the tangents of `inputs`. What does not depend on them gets zeros.
 *
 * Source: Griewank & Walther 2008, section 3.1.
 */
export const jvp = (outputs: readonly Node[], inputs: readonly Node[], tangents: readonly Node[]): Node[] =>
  jvpNodes(outputs, new Map(inputs.map((n, i) => [n, tangents[i]!]))).map((t, i) => t ?? fullLike(outputs[i]!, 0))
