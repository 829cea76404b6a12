import { type Shape, sizeOf } from '../../core/shape.ts'
import { broadcastStrides } from '../../ops/walk.ts'
import type { ElementGraph } from './elementwise-graph.ts'
import { writeCall } from './elementwise-operators.ts'
import { type Kind, Lanes } from './lanes.ts'

// From a graph to loops: for each shape among the outputs one, over its elements in row-major order.

/** Sizes and strides of the axes along which an input is read, neighbours joined where they count as one. */
export type Pattern = readonly (readonly [size: number, stride: number])[]
/** An input as one loop reads it. */
export interface Operand {
  readonly input: number
  readonly kind: Kind
  readonly pattern: Pattern
}
export interface Loop {
  readonly size: number
  readonly operands: readonly Operand[]
  readonly lanes: Lanes
  /** What is stored: a value of the lanes for each output. */
  readonly results: readonly { readonly output: number; readonly kind: Kind; readonly value: number }[]
}

const patternOf = (from: Shape, space: Shape): Pattern => {
  const joined: [number, number][] = []
  for (const [i, stride] of broadcastStrides(from, space).entries()) {
    const size = space[i]!
    if (size === 1) continue
    const last = joined.at(-1)
    if (last && last[1] === stride * size) joined[joined.length - 1] = [last[0] * size, stride]
    else joined.push([size, stride])
  }
  return joined
}
/** Whether all elements of a loop read the same one. */
export const isFixed = (pattern: Pattern): boolean => pattern.every(([, stride]) => stride === 0)

/** Where a value stands: its shape, aligned at the last axes of the space that is looped over. */
interface Place {
  readonly shape: Shape
  readonly space: Shape
}

/** Writes what one loop computes. */
class LoopWriter {
  readonly lanes = new Lanes()
  readonly operands: Operand[] = []
  private readonly known = new Map<string, number | null>()
  private readonly graph: ElementGraph

  constructor(graph: ElementGraph) {
    this.graph = graph
  }

  /** The lanes of a node; null where a reshape stands in the way. */
  write(at: number, place: Place): number | null {
    const key = `${at} ${place.shape} in ${place.space}`
    const before = this.known.get(key)
    if (before !== undefined) return before
    const value = this.writeNode(at, place)
    this.known.set(key, value)
    return value
  }

  private writeNode(at: number, { shape, space }: Place): number | null {
    const node = this.graph.nodes[at]!
    switch (node.type) {
      case 'literal':
        if (node.kind === 'float') return this.lanes.number(node.value)
        return this.lanes.bits(node.kind === 'mask' ? (node.value === 0 ? 0 : -1) : node.value)
      case 'input':
        return this.operand(node.input, node.kind, patternOf(shape, space))
      case 'reshape': {
        const from = this.graph.nodes[node.arg]!
        // One element is the same everywhere; an input's are in its order whatever its sizes are called.
        if (sizeOf(from.shape) === 1) return this.write(node.arg, { shape: from.shape, space: from.shape })
        if (from.type === 'input' || from.type === 'reshape') return this.write(node.arg, { shape, space })
        // Where nothing is repeated, the places in the order are the same.
        return sizeOf(space) === sizeOf(shape) ? this.write(node.arg, { shape: from.shape, space: from.shape }) : null
      }
      case 'call': {
        const args: number[] = []
        for (const arg of node.args) {
          const value = arg < 0 ? -1 : this.write(arg, { shape: this.graph.nodes[arg]!.shape, space })
          if (value === null) return null
          args.push(value)
        }
        return writeCall(this.lanes, node.call, args)
      }
    }
  }

  private operand(input: number, kind: Kind, pattern: Pattern): number {
    const same = (o: Operand): boolean => o.input === input && `${o.pattern}` === `${pattern}`
    const known = this.operands.findIndex(same)
    const index = known < 0 ? this.operands.push({ input, kind, pattern }) - 1 : known
    return this.lanes.operand(index, isFixed(pattern))
  }
}

/** The loops of a graph; null where a value is repeated after a reshape, which no order of elements describes. */
export const loopsOf = (graph: ElementGraph): Loop[] | null => {
  const byShape = new Map<string, number[]>()
  for (const [output, at] of graph.outputs.entries()) {
    const key = graph.nodes[at]!.shape.join()
    byShape.set(key, [...(byShape.get(key) ?? []), output])
  }
  const loops: Loop[] = []
  for (const outputs of byShape.values()) {
    const { shape } = graph.nodes[graph.outputs[outputs[0]!]!]!
    const writer = new LoopWriter(graph)
    const results: Loop['results'][number][] = []
    for (const output of outputs) {
      const at = graph.outputs[output]!
      const value = writer.write(at, { shape, space: shape })
      if (value === null) return null
      results.push({ output, kind: graph.nodes[at]!.kind, value })
    }
    loops.push({ size: sizeOf(shape), operands: writer.operands, lanes: writer.lanes, results })
  }
  return loops
}
