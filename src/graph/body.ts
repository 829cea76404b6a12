import { leaf, type Node, nextSerial, type TensorType, topologicalOrder } from './node.ts'
import { type Program, programOf } from './program.ts'

/** A traced function: what happens in one step of a loop. It stands in a node's attributes, where its text is its identity. */
export class Body {
  readonly program: Program
  constructor(program: Program) {
    this.program = program
  }
  toJSON(): string {
    return this.program.key
  }
}

/**
 * Traces a function of nodes. What it takes from outside and does not depend on its parameters is computed outside, once: those
 * nodes are `captured`, and are the program's inputs after the parameters. Constants that the function makes itself stay inside; one made
 * before may be what somebody differentiates by.
 */
export const traceBody = (
  build: (params: readonly Node[]) => readonly Node[],
  types: readonly TensorType[],
): { body: Body; captured: readonly Node[] } => {
  const start = nextSerial()
  const params = types.map((type, index) => leaf(type, { kind: 'argument', index }))
  const outputs = build(params)
  const depends = new Set<Node>(params)
  const closed = new Set<Node>()
  const captured = new Set<Node>()
  const use = (node: Node): void => {
    if (!depends.has(node) && !closed.has(node)) captured.add(node)
  }
  for (const node of topologicalOrder(outputs)) {
    if (node.inputs.some(n => depends.has(n))) {
      depends.add(node)
      for (const input of node.inputs) use(input)
    } else if (node.op && node.serial >= start && node.inputs.every(n => closed.has(n))) closed.add(node)
  }
  for (const node of outputs) use(node)
  const { program } = programOf(outputs, [...params, ...captured])
  return { body: new Body(program), captured: [...captured] }
}
