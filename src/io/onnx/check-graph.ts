import { FormatError } from '../../core/errors.ts'
import { quote } from '../json.ts'
import { nodeLabel } from './call.ts'
import type { Attribute, GraphProto, NodeProto } from './parse.ts'

/** Graphs that the attributes of a node hold. */
export const subgraphs = (node: NodeProto): GraphProto[] =>
  [...node.attributes.values()].flatMap((a: Attribute) =>
    a.kind === 'graph' ? [a.value] : a.kind === 'graphs' ? [...a.value] : [],
  )

/** Names that a graph takes from around it. */
const captured = (graph: GraphProto): Set<string> => {
  const own = new Set([
    ...graph.inputs.map(v => v.name),
    ...graph.initializers.map(t => t.name),
    ...graph.nodes.flatMap(n => n.outputs),
  ])
  const wanted = new Set(graph.outputs.map(v => v.name))
  for (const node of graph.nodes) for (const name of needs(node)) wanted.add(name)
  return new Set([...wanted].filter(name => name !== '' && !own.has(name)))
}

const needed = new WeakMap<NodeProto, readonly string[]>()
/** Names of all values that a node takes, those used inside its subgraphs included. */
export const needs = (node: NodeProto): readonly string[] => {
  let names = needed.get(node)
  if (!names) {
    names = [...new Set([...node.inputs.filter(n => n !== ''), ...subgraphs(node).flatMap(g => [...captured(g)])])]
    needed.set(node, names)
  }
  return names
}

/** The maker of each value; throws where a name is made twice. */
const makers = (
  where: string,
  graph: Pick<GraphProto, 'nodes'>,
  given: ReadonlySet<string>,
): Map<string, NodeProto> => {
  const made = new Map<string, NodeProto>()
  for (const node of graph.nodes) {
    for (const name of node.outputs) {
      if (name === '') continue
      if (made.has(name) || given.has(name)) {
        throw new FormatError(
          `importOnnx: ${where} makes ${quote(name)} twice, the second time in ${nodeLabel(node)}. Each value must have a name of its own: export the model again.`,
          { name },
        )
      }
      made.set(name, node)
    }
  }
  return made
}

/**
 * The nodes that the outputs need, each after those whose results it takes. Files list them so, but not all do.
 *
 * @param given names of the graph's inputs and initializers
 * @param outer whether a value around the graph has a name
 * @throws FormatError for a name made twice, a name that nobody makes, or nodes that wait for each other.
 */
export const orderNodes = (
  where: string,
  graph: Pick<GraphProto, 'nodes'>,
  outputs: readonly string[],
  given: ReadonlySet<string>,
  outer: (name: string) => boolean,
): NodeProto[] => {
  const made = makers(where, graph, given)
  const known = (name: string): boolean => made.has(name) || given.has(name) || outer(name)
  const missing = (name: string, who: string): never => {
    throw new FormatError(
      `importOnnx: ${who} takes the value ${quote(name)}, which nothing in ${where} makes. The model is damaged or a part was cut out: export it again.`,
      { name },
    )
  }
  for (const node of graph.nodes) for (const name of needs(node)) if (!known(name)) missing(name, nodeLabel(node))
  for (const name of outputs) if (!known(name)) missing(name, `an output of ${where}`)
  return sorted(where, made, outputs)
}

const sorted = (where: string, made: ReadonlyMap<string, NodeProto>, outputs: readonly string[]): NodeProto[] => {
  const order: NodeProto[] = []
  const state = new Map<NodeProto, 'open' | 'done'>()
  const roots = outputs.flatMap(name => made.get(name) ?? [])
  // Iterative: a chain of nodes may be longer than the call stack is deep.
  const stack = [...roots].reverse()
  while (stack.length > 0) {
    const node = stack[stack.length - 1]!
    const before = state.get(node)
    if (before === 'done') {
      stack.pop()
      continue
    }
    const waiting = needs(node)
      .flatMap(name => made.get(name) ?? [])
      .filter(n => state.get(n) !== 'done')
    if (waiting.length === 0) {
      stack.pop()
      state.set(node, 'done')
      order.push(node)
      continue
    }
    const open = waiting.find(n => state.get(n) === 'open' || n === node)
    if (before === 'open' || open) {
      throw new FormatError(
        `importOnnx: ${where} has a cycle through ${nodeLabel(open ?? node)}. A node must not wait for its own result: export the model again.`,
        { node: node.name },
      )
    }
    state.set(node, 'open')
    for (const next of waiting.reverse()) stack.push(next)
  }
  return order
}
