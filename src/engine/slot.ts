import type { Buffer } from '../core/buffer.ts'
import { allocate } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { sameShape, show, sizeOf } from '../core/shape.ts'
import { leaf, type Node, type TensorType } from '../graph/node.ts'

/** Slots written since the last evaluation; the next one computes them. */
export const pendingWrites = new Set<Slot>()

/**
 * A value that changes: a weight, an optimizer's moment, a running mean. Reading gives a graph node; writing replaces the value
 * once the written node is evaluated, together with whatever is evaluated next.
 */
export class Slot implements TensorType {
  readonly shape: TensorType['shape']
  readonly dtype: TensorType['dtype']
  /** The current values. An optimizer changes them in place; a write replaces the buffer. */
  buffer: Buffer
  private readonly leaf: Node
  private pending: Node | null = null
  private spare: Buffer | null = null

  constructor(shape: TensorType['shape'], buffer: Buffer) {
    this.shape = shape
    this.dtype = buffer.dtype
    this.buffer = buffer
    this.leaf = leaf(this, { kind: 'slot', slot: this })
  }

  /** The value as a node: what was last written. */
  read(): Node {
    return this.pending ?? this.leaf
  }

  write(node: Node): void {
    if (node.dtype !== this.dtype || !sameShape(node.shape, this.shape)) {
      throw new ShapeError(
        `write: the slot holds ${this.dtype} ${show(this.shape)}; got ${node.dtype} ${show(node.shape)}. Shape and dtype of a slot are fixed.`,
      )
    }
    this.pending = node
    pendingWrites.add(this)
  }

  /** The node waiting to be evaluated, taken away. */
  take(): Node {
    const node = this.read()
    this.pending = null
    pendingWrites.delete(this)
    return node
  }

  /** Where the next value is to be written: not over the current one, which the same run reads. */
  target(): Buffer {
    this.spare ??= { dtype: this.dtype, array: allocate(this.dtype, sizeOf(this.shape)) }
    return this.spare
  }

  /** Moves the values to a buffer of the same size, which becomes the current one. */
  move(buffer: Buffer): void {
    ;(buffer.array as Float32Array).set(this.buffer.array as Float32Array)
    this.accept(buffer)
    this.spare = null
  }

  /** Makes a buffer the current value: the target, which a run has written, or one that is on a device. */
  accept(buffer: Buffer): void {
    const old = this.buffer
    this.buffer = buffer
    this.spare = old.device || buffer.device ? null : old
    old.device?.release()
  }

  /** Replaces the values at once (loading weights). */
  set(buffer: Buffer): void {
    if (buffer.dtype !== this.dtype || buffer.array.length !== sizeOf(this.shape)) {
      throw new ShapeError(
        `set: the slot holds ${sizeOf(this.shape)} ${this.dtype} elements; got ${buffer.array.length} ${buffer.dtype}.`,
      )
    }
    if (this.pending) this.take()
    if (this.buffer.device) this.accept({ dtype: this.dtype, array: buffer.array.slice() as Buffer['array'] })
    else (this.buffer.array as Float32Array).set(buffer.array as Float32Array)
  }
}

/** Runs a function that is traced as a graph of its own, in which nothing may be written: what it writes belongs to no one value. */
export const refuseWrites = <T>(where: string, build: () => T): T => {
  const before = new Map([...pendingWrites].map(slot => [slot, slot.read()]))
  const result = build()
  const written = [...pendingWrites].filter(slot => before.get(slot) !== slot.read())
  if (written.length === 0) return result
  for (const slot of written) {
    slot.take()
    const earlier = before.get(slot)
    if (earlier) slot.write(earlier)
  }
  throw new ArgumentError(
    `${where}: the function writes state, such as the running statistics of batch normalisation, which is not possible here. Call eval() on what writes it, or compute it outside.`,
  )
}
