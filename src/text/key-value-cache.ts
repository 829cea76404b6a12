import { allocate } from '../core/dtype.ts'
import { StateBuffer } from '../nn/parameter.ts'
import { arange, fromArray } from '../tensor/creation.ts'
import { where } from '../tensor/functions.ts'
import { compile } from '../tensor/transforms.ts'
import type { CausalModel, Floats, Ids, Present, Reading, Visible } from './causal-model.ts'

/** A model with the keys and values of the tokens that it has read. */
export interface KeyValueCache {
  /** Reads tokens from position 0; returns the logits of the next one. */
  start(ids: readonly number[]): Promise<Float32Array>
  /** Reads a token at a position; returns the logits of the next one. */
  next(id: number, position: number): Promise<Float32Array>
}

const idsOf = (ids: readonly number[]): Ids => fromArray(Int32Array.from(ids), [1, ids.length], 'int32')
const positionOf = (position: number): Ids => fromArray(Int32Array.of(position), [1], 'int32')

/** Tokens that there is room for at first, and by how much the room grows: a graph is compiled for each size. */
const firstRoom = 128
const growth = 4

/** Keys and values on the host, in place. Attention looks at all the room there is, so it grows with the text. */
export class HostCache implements KeyValueCache {
  private readonly model: CausalModel
  private readonly prefill: (ids: Ids) => Promise<Reading>
  private readonly decode: (ids: Ids, position: Ids, past: readonly Present[], visible: Visible) => Promise<Reading>
  private room = 0
  /** Per layer, `[nh, room, hd]`. */
  private arrays: readonly { readonly keys: Float32Array; readonly values: Float32Array }[] = []
  private past: readonly Present[] = []
  private seen = new Uint8Array(0)

  constructor(model: CausalModel) {
    this.model = model
    this.prefill = compile((ids: Ids) => model.prefill(ids))
    this.decode = compile((ids: Ids, position: Ids, past: readonly Present[], visible: Visible) =>
      model.decode(ids, position, past, visible),
    )
  }

  async start(ids: readonly number[]): Promise<Float32Array> {
    const { logits, present } = await this.prefill(idsOf(ids))
    this.seen.fill(0)
    this.makeRoom(ids.length)
    await this.remember(present, 0, ids.length)
    return logits.data()
  }

  async next(id: number, position: number): Promise<Float32Array> {
    this.makeRoom(position + 1)
    const visible = fromArray(this.seen, [this.room], 'bool')
    const { logits, present } = await this.decode(idsOf([id]), positionOf(position), this.past, visible)
    await this.remember(present, position, 1)
    return logits.data()
  }

  /** Moves what was read to larger arrays, where these are too small. */
  private makeRoom(count: number): void {
    if (count <= this.room) return
    const { numLayers, numHeads, contextLength, embedDim } = this.model.config
    const [old, size] = [this.room, embedDim / numHeads]
    let room = Math.min(firstRoom, contextLength)
    while (room < count) room = Math.min(room * growth, contextLength)
    const moved = (from?: Float32Array): Float32Array<ArrayBuffer> => {
      const to = new Float32Array(room * embedDim)
      for (let head = 0; from && head < numHeads; head++)
        to.set(from.subarray(head * old * size, (head + 1) * old * size), head * room * size)
      return to
    }
    const shape = [1, numHeads, room, size]
    const arrays = Array.from({ length: numLayers }, (_, layer) => ({
      keys: moved(this.arrays[layer]?.keys),
      values: moved(this.arrays[layer]?.values),
    }))
    this.arrays = arrays
    this.past = arrays.map(({ keys, values }) => ({
      keys: fromArray(keys, shape, 'float32'),
      values: fromArray(values, shape, 'float32'),
    }))
    const seen = new Uint8Array(room)
    seen.set(this.seen)
    this.seen = seen
    this.room = room
  }

  /** Copies new keys and values into the cache and lets later tokens see them. */
  private async remember(present: readonly Present[], position: number, count: number): Promise<void> {
    const { numHeads, embedDim } = this.model.config
    const size = embedDim / numHeads
    const place = (to: Float32Array, from: Float32Array): void => {
      for (let head = 0; head < numHeads; head++)
        to.set(from.subarray(head * count * size, (head + 1) * count * size), (head * this.room + position) * size)
    }
    for (const [layer, { keys, values }] of present.entries()) {
      place(this.arrays[layer]!.keys, await keys.data())
      place(this.arrays[layer]!.values, await values.data())
    }
    this.seen.fill(1, position, position + count)
  }
}

/** Keys and values as slots that the graph writes: they stay on the device of an engine that has one. */
export class DeviceCache implements KeyValueCache {
  private readonly prefill: (ids: Ids) => Promise<Floats>
  private readonly decode: (ids: Ids, position: Ids, visible: Visible) => Promise<Floats>
  private readonly seen: Uint8Array<ArrayBuffer>
  /** Per layer, `[1, nh, contextLength, hd]`. */
  readonly slots: readonly { readonly keys: StateBuffer; readonly values: StateBuffer }[]

  constructor(model: CausalModel) {
    const { numLayers, numHeads, contextLength, embedDim } = model.config
    const shape = [1, numHeads, contextLength, embedDim / numHeads]
    const slot = (): StateBuffer =>
      new StateBuffer(shape, { dtype: 'float32', array: allocate('float32', contextLength * embedDim) })
    this.slots = Array.from({ length: numLayers }, () => ({ keys: slot(), values: slot() }))
    this.seen = new Uint8Array(contextLength)
    this.prefill = compile((ids: Ids) => {
      const { logits, present } = model.prefill(ids)
      const rest = contextLength - ids.shape[1]!
      this.write(present, x => x.pad([...new Array<[0, 0]>(2).fill([0, 0]), [0, rest], [0, 0]]) as Floats)
      return logits
    })
    this.decode = compile((ids: Ids, position: Ids, visible: Visible) => {
      const past = this.slots.map(({ keys, values }) => ({ keys: keys.value, values: values.value }) as Present)
      const { logits, present } = model.decode(ids, position, past, visible)
      const here = (arange(0, contextLength, { dtype: 'int32' }) as Ids).equal(position).reshape([contextLength, 1])
      this.write(present, (x, old) => where(here as Visible, x, old as never) as Floats)
      return logits
    })
  }

  async start(ids: readonly number[]): Promise<Float32Array> {
    const logits = await this.prefill(idsOf(ids))
    this.seen.fill(0).fill(1, 0, ids.length)
    return logits.data()
  }

  async next(id: number, position: number): Promise<Float32Array> {
    const visible = fromArray(this.seen, [this.seen.length], 'bool')
    const logits = await this.decode(idsOf([id]), positionOf(position), visible)
    this.seen[position] = 1
    return logits.data()
  }

  private write(present: readonly Present[], place: (x: Floats, old: Floats) => Floats): void {
    for (const [layer, { keys, values }] of present.entries()) {
      const slots = this.slots[layer]!
      slots.keys.value = place(keys, slots.keys.value)
      slots.values.value = place(values, slots.values.value)
    }
  }
}
