import type { Buffer } from '../core/buffer.ts'
import type { DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import type { Op } from './op.ts'

/** What is known of a value before it is computed. */
export interface TensorType {
  readonly shape: Shape
  readonly dtype: DType
}

/** Options of an operation: plain JSON, because they are part of a program's identity. */
export type Attrs = Readonly<Record<string, unknown>>

/**
 * Where a leaf's values come from when a program runs.
 * - `buffer`: these values, for good.
 * - `slot`: whatever the slot holds at that time.
 * - `host`: made on the host for each run (random numbers, a learning rate).
 * - `argument`: the n-th argument of a compiled function.
 */
export type Source =
  | { readonly kind: 'buffer'; readonly buffer: Buffer }
  | { readonly kind: 'slot'; readonly slot: { readonly buffer: Buffer } }
  | { readonly kind: 'host'; readonly make: () => Buffer }
  | { readonly kind: 'argument'; readonly index: number }

let made = 0

/** One value of the graph: a leaf with a source, or an operation on earlier nodes. */
export class Node implements TensorType {
  readonly shape: Shape
  readonly dtype: DType
  readonly attrs: Attrs
  /** Later nodes have larger numbers. */
  readonly serial: number
  /** Null in a leaf. An evaluated node becomes a leaf and forgets its inputs, so that memory is freed. */
  op: Op | null
  inputs: readonly Node[]
  source: Source | null
  /** Types of the results, in a node that has several. */
  readonly parts: readonly TensorType[] | null
  /** The slots that an evaluated node was computed from: it cannot be differentiated by them any more. */
  forgotten: ReadonlySet<Node> | null = null

  constructor(
    type: TensorType,
    op: Op | null,
    inputs: readonly Node[],
    attrs: Attrs,
    source: Source | null,
    parts: readonly TensorType[] | null = null,
  ) {
    this.shape = type.shape
    this.dtype = type.dtype
    this.op = op
    this.inputs = inputs
    this.attrs = attrs
    this.source = source
    this.parts = parts
    this.serial = made++
  }

  /** Turns an evaluated node into a leaf that holds `buffer`. */
  settle(buffer: Buffer): void {
    this.forgotten = slotsUnder(this)
    this.op = null
    this.inputs = []
    this.source = { kind: 'buffer', buffer }
  }
}

const slotsUnder = (root: Node): ReadonlySet<Node> | null => {
  const slots = new Set<Node>()
  for (const node of topologicalOrder([root])) {
    if (node.source?.kind === 'slot') slots.add(node)
    for (const slot of node.forgotten ?? []) slots.add(slot)
  }
  return slots.size > 0 ? slots : null
}

/** The number that the next node gets. */
export const nextSerial = (): number => made

/** A leaf with values from `source`. */
export const leaf = (type: TensorType, source: Source): Node =>
  new Node({ shape: type.shape, dtype: type.dtype }, null, [], {}, source)

/**
 * Nodes that `roots` need, each after its inputs, not looking behind those in `ends`. Iterative: a graph may be deeper than the call
 * stack.
 */
export const topologicalOrder = (roots: readonly Node[], ends?: ReadonlySet<Node>): Node[] => {
  const order: Node[] = []
  const done = new Set<Node>()
  const stack: Node[] = []
  for (const root of roots) {
    stack.push(root)
    while (stack.length > 0) {
      const node = stack[stack.length - 1]!
      if (done.has(node)) {
        stack.pop()
        continue
      }
      let ready = true
      const inputs = ends?.has(node) ? [] : node.inputs
      for (let i = inputs.length - 1; i >= 0; i--) {
        const input = inputs[i]!
        if (!done.has(input)) {
          stack.push(input)
          ready = false
        }
      }
      if (ready) {
        stack.pop()
        done.add(node)
        order.push(node)
      }
    }
  }
  return order
}
