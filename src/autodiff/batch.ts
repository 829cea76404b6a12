import { ArgumentError } from '../core/errors.ts'
import { leaf, type Node, topologicalOrder } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { instantiate, type Program } from '../graph/program.ts'
import { broadcastTo } from '../ops/broadcast.ts'

/** One operation on inputs of which some have a further first axis; its results have it too. */
const batchOp = (node: Node, inputs: readonly Node[], batched: readonly boolean[], size: number): readonly Node[] => {
  const op = node.op as Op
  if (op.tuple?.batch) return op.tuple.batch(inputs, batched, node.attrs)
  if (op.batch) return [op.batch(inputs, batched, node.attrs)]
  if (op.compose) {
    const given = node.inputs.map((n, index) => leaf(n, { kind: 'argument', index }))
    const known = new Map(given.map((n, i) => [n, { node: inputs[i]!, batched: batched[i]! }]))
    return batchNodes([op.compose(given, node.attrs)], known, size)
  }
  throw new ArgumentError(
    `vmap: ${op.name} has no rule for a further axis. Map over the examples with a loop and stack the results, or write it with other operations.`,
    { op: op.name },
  )
}

/** What a node became: itself, where nothing it depends on has the axis. */
interface Mapped {
  readonly node: Node
  readonly batched: boolean
}

/**
 * The same graph with a further first axis of `size` on what `known` says: each operation once, by its rule, for all examples. The
 * outputs have the axis in any case.
 */
export const batchNodes = (outputs: readonly Node[], known: ReadonlyMap<Node, Mapped>, size: number): Node[] => {
  const mapped = new Map<Node, Mapped>(known)
  const tuples = new Map<Node, readonly Node[]>()
  const at = (node: Node): Mapped => mapped.get(node) ?? { node, batched: false }
  for (const node of topologicalOrder(outputs, new Set(known.keys()))) {
    if (mapped.has(node) || !node.op) continue
    if (node.op.pick) {
      const tuple = node.inputs[0]!
      const results = tuples.get(tuple)
      if (results) mapped.set(node, { node: results[node.attrs.index as number]!, batched: true })
      continue
    }
    const inputs = node.inputs.map(at)
    if (!inputs.some(x => x.batched)) continue
    const results = batchOp(
      node,
      inputs.map(x => x.node),
      inputs.map(x => x.batched),
      size,
    )
    if (node.parts) tuples.set(node, results)
    else mapped.set(node, { node: results[0]!, batched: true })
  }
  return outputs.map(output => {
    const { node, batched } = at(output)
    return batched ? node : broadcastTo(node, [size, ...node.shape])
  })
}

/** A program over a further first axis of the inputs that are marked. */
export const batchProgram = (
  program: Program,
  inputs: readonly Node[],
  batched: readonly boolean[],
  size: number,
): Node[] => {
  const given = program.inputs.map((at, index) => leaf(program.instructions[at]!, { kind: 'argument', index }))
  const known = new Map(given.map((n, i) => [n, { node: inputs[i]!, batched: batched[i]! }]))
  return batchNodes(instantiate(program, given), known, size)
}
