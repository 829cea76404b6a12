import { allocate } from '../../core/dtype.ts'
import { StateBuffer } from '../../nn/parameter.ts'
import { arange, fromArray } from '../../tensor/creation.ts'
import { where } from '../../tensor/functions.ts'
import { compile } from '../../tensor/transforms.ts'
import type { CausalModel, Floats, Ids, Present, Reading, Visible } from '../causal-model.ts'
import type { TextCache } from './text-cache.ts'

const idsOf = (texts: readonly (readonly number[])[]): Ids =>
  fromArray(Int32Array.from(texts.flat()), [texts.length, texts[0]!.length], 'int32')

/** Tokens that there is room for at first, and by how much the room grows: a graph is compiled for each size. */
const firstRoom = 128
const growth = 4

interface Layer {
  readonly keys: Float32Array<ArrayBuffer>
  readonly values: Float32Array<ArrayBuffer>
}

/**
 * Keys and values of several texts on the host, in place: `[B, heads, room, size]` for each layer. Attention looks at all the room there is, so
 * it grows with the longest text.
 */
export class HostCache implements TextCache {
  private readonly model: CausalModel
  private readonly prefill: (ids: Ids) => Promise<Reading>
  private readonly decode: (ids: Ids, positions: Ids, past: readonly Present[], visible: Visible) => Promise<Reading>
  private room = 0
  private layers: readonly Layer[] = []
  private past: readonly Present[] = []
  private seen = new Uint8Array(0)
  lengths: number[] = []

  constructor(model: CausalModel) {
    this.model = model
    this.prefill = compile((ids: Ids) => model.prefill(ids))
    this.decode = compile((ids: Ids, positions: Ids, past: readonly Present[], visible: Visible) =>
      model.decode(ids, positions, past, visible),
    )
  }

  async start(texts: readonly (readonly number[])[]): Promise<Float32Array[]> {
    if (texts.length !== this.lengths.length) this.room = 0
    this.lengths = texts.map(() => 0)
    this.makeRoom(Math.max(...texts.map(text => text.length)))
    const { chunk } = this.model.cacheShape
    if (chunk !== undefined) return this.startInChunks(texts, chunk)
    const found: Float32Array[] = []
    // Texts of one length are read together.
    const byLength = new Map<number, number[]>()
    for (const [row, { length }] of texts.entries()) byLength.set(length, [...(byLength.get(length) ?? []), row])
    for (const [length, rows] of byLength) {
      const { logits, present } = await this.prefill(idsOf(rows.map(row => texts[row]!)))
      await this.remember(present, rows, length)
      const all = await logits.data()
      const size = all.length / rows.length
      for (const [i, row] of rows.entries()) found[row] = all.subarray(i * size, (i + 1) * size) as Float32Array
    }
    return found
  }

  /** Each text by itself: some tokens at a time, then one by one. */
  private async startInChunks(texts: readonly (readonly number[])[], chunk: number): Promise<Float32Array[]> {
    const found: Float32Array[] = []
    for (const [row, text] of texts.entries()) {
      for (let at = 0; at < text.length; ) {
        const count = text.length - at >= chunk && this.model.cacheShape.window === undefined ? chunk : 1
        found[row] = (await this.readOn([row], [text.slice(at, at + count)]))[0]!.at(-1)!
        at += count
      }
    }
    return found
  }

  async next(ids: readonly number[]): Promise<Float32Array[]> {
    return (await this.extend(ids.map(id => [id]))).map(([logits]) => logits!)
  }

  async extend(ids: readonly (readonly number[])[]): Promise<Float32Array[][]> {
    // What a window hides differs from token to token.
    if (ids[0]!.length > 1 && this.model.cacheShape.window !== undefined) return this.oneByOne(ids)
    return this.readOn([...ids.keys()], ids)
  }

  /** Reads more tokens of the texts in some rows; of a single row only its own keys and values are passed. */
  private async readOn(rows: readonly number[], ids: readonly (readonly number[])[]): Promise<Float32Array[][]> {
    const B = ids.length
    const T = ids[0]!.length
    this.makeRoom(Math.max(...rows.map(row => this.lengths[row]!)) + T)
    this.see()
    const positions = Int32Array.from({ length: B * T }, (_, i) => this.lengths[rows[Math.floor(i / T)]!]! + (i % T))
    const all = B === this.lengths.length
    const { logits, present } = await this.decode(
      idsOf(ids),
      fromArray(positions, [B, T], 'int32'),
      all ? this.past : this.pastOf(rows[0]!),
      fromArray(
        all ? this.seen : this.seen.subarray(rows[0]! * this.room, (rows[0]! + 1) * this.room),
        [B, this.room],
        'bool',
      ),
    )
    await this.remember(present, rows, T)
    const scores = (await logits.data()) as Float32Array
    const V = scores.length / (B * T)
    return ids.map((_, row) =>
      Array.from({ length: T }, (_, t) => scores.subarray((row * T + t) * V, (row * T + t + 1) * V)),
    )
  }

  private async oneByOne(ids: readonly (readonly number[])[]): Promise<Float32Array[][]> {
    const found: Float32Array[][] = ids.map(() => [])
    for (const t of ids[0]!.keys()) {
      const logits = await this.next(ids.map(row => row[t]!))
      for (const [row, own] of logits.entries()) found[row]!.push(own)
    }
    return found
  }

  rewind(lengths: readonly number[]): void {
    this.lengths = this.lengths.map((length, row) => Math.min(length, lengths[row]!))
  }

  reorder(rows: readonly number[]): void {
    const old = this.layers
    const size = this.rowSize
    const lengths = rows.map(row => this.lengths[row]!)
    this.lay(rows.length, this.room, (to, layer, kind) => {
      for (const [row, from] of rows.entries())
        to.set(old[layer]![kind].subarray(from * size, (from + 1) * size), row * size)
    })
    this.lengths = lengths
  }

  /** Keys and values of one text. */
  private pastOf(row: number): Present[] {
    const { heads, size } = this.model.cacheShape
    const n = this.rowSize
    const own = (all: Float32Array<ArrayBuffer>) =>
      fromArray(all.subarray(row * n, (row + 1) * n), [1, heads, this.room, size], 'float32')
    return this.layers.map(({ keys, values }) => ({ keys: own(keys), values: own(values) }))
  }

  private get rowSize(): number {
    const { heads, size } = this.model.cacheShape
    return heads * this.room * size
  }

  /** Moves what was read to larger arrays, where these are too small. */
  private makeRoom(count: number): void {
    if (count <= this.room) return
    const { heads, size } = this.model.cacheShape
    const { contextLength } = this.model.config
    const [old, before] = [this.room, this.layers]
    let room = Math.min(firstRoom, contextLength)
    while (room < count) room = Math.min(room * growth, contextLength)
    const B = this.lengths.length
    this.lay(B, room, (to, layer, kind) => {
      for (let head = 0; old > 0 && head < B * heads; head++)
        to.set(before[layer]![kind].subarray(head * old * size, (head + 1) * old * size), head * room * size)
    })
  }

  /** New arrays, filled by a function. */
  private lay(
    batch: number,
    room: number,
    fill: (to: Float32Array, layer: number, kind: 'keys' | 'values') => void,
  ): void {
    const { layers, heads, size } = this.model.cacheShape
    const made = (layer: number, kind: 'keys' | 'values'): Float32Array<ArrayBuffer> => {
      const array = new Float32Array(batch * heads * room * size)
      fill(array, layer, kind)
      return array
    }
    this.layers = Array.from({ length: layers }, (_, i) => ({ keys: made(i, 'keys'), values: made(i, 'values') }))
    this.room = room
    const shape = [batch, heads, room, size]
    this.past = this.layers.map(({ keys, values }) => ({
      keys: fromArray(keys, shape, 'float32'),
      values: fromArray(values, shape, 'float32'),
    }))
    this.seen = new Uint8Array(batch * room)
  }

  /** Marks what each text's next token sees. */
  private see(): void {
    const { window = Number.POSITIVE_INFINITY } = this.model.cacheShape
    for (const [row, length] of this.lengths.entries()) {
      const own = this.seen.subarray(row * this.room, (row + 1) * this.room)
      own.fill(0)
      own.fill(1, Math.max(0, length - window + 1), length)
    }
  }

  /** Copies new keys and values behind those of their rows. */
  private async remember(present: readonly Present[], rows: readonly number[], count: number): Promise<void> {
    const { heads, size } = this.model.cacheShape
    const block = count * size
    const place = (to: Float32Array, from: Float32Array): void => {
      for (const [i, row] of rows.entries())
        for (let head = 0; head < heads; head++)
          to.set(
            from.subarray((i * heads + head) * block, (i * heads + head + 1) * block),
            ((row * heads + head) * this.room + this.lengths[row]!) * size,
          )
    }
    for (const [layer, { keys, values }] of present.entries()) {
      place(this.layers[layer]!.keys, (await keys.data()) as Float32Array)
      place(this.layers[layer]!.values, (await values.data()) as Float32Array)
    }
    for (const row of rows) this.lengths[row]! += count
  }
}

/** Keys and values of one text as slots that the graph writes: they stay on the device of an engine that has one. */
export class DeviceCache {
  private readonly prefill: (ids: Ids) => Promise<Floats>
  private readonly decode: (ids: Ids, positions: Ids, visible: Visible) => Promise<Floats>
  private readonly seen: Uint8Array<ArrayBuffer>
  private readonly window: number
  /** Per layer, `[1, heads, contextLength, size]`. */
  readonly slots: readonly { readonly keys: StateBuffer; readonly values: StateBuffer }[]

  constructor(model: CausalModel) {
    const { layers, heads, size, window = Number.POSITIVE_INFINITY } = model.cacheShape
    const { contextLength } = model.config
    const shape = [1, heads, contextLength, size]
    const slot = (): StateBuffer =>
      new StateBuffer(shape, { dtype: 'float32', array: allocate('float32', heads * contextLength * size) })
    this.slots = Array.from({ length: layers }, () => ({ keys: slot(), values: slot() }))
    this.seen = new Uint8Array(contextLength)
    this.window = window
    this.prefill = compile((ids: Ids) => {
      const { logits, present } = model.prefill(ids)
      const rest = contextLength - ids.shape[1]!
      this.write(present, x => x.pad([...new Array<[0, 0]>(2).fill([0, 0]), [0, rest], [0, 0]]) as Floats)
      return logits
    })
    this.decode = compile((ids: Ids, positions: Ids, visible: Visible) => {
      const past = this.slots.map(({ keys, values }) => ({ keys: keys.value, values: values.value }) as Present)
      const { logits, present } = model.decode(ids, positions, past, visible)
      const here = (arange(0, contextLength, { dtype: 'int32' }) as Ids).equal(positions.reshape([1]) as Ids)
      this.write(present, (x, old) => where(here.reshape([contextLength, 1]) as Visible, x, old as never) as Floats)
      return logits
    })
  }

  async start(ids: readonly number[]): Promise<Float32Array> {
    const logits = await this.prefill(idsOf([ids]))
    this.seen.fill(0).fill(1, 0, ids.length)
    return (await logits.data()) as Float32Array
  }

  async next(id: number, position: number): Promise<Float32Array> {
    if (position >= this.window) this.seen[position - this.window] = 0
    const visible = fromArray(this.seen, [1, this.seen.length], 'bool')
    const logits = await this.decode(idsOf([[id]]), idsOf([[position]]), visible)
    this.seen[position] = 1
    return (await logits.data()) as Float32Array
  }

  private write(present: readonly Present[], place: (x: Floats, old: Floats) => Floats): void {
    for (const [layer, { keys, values }] of present.entries()) {
      const slots = this.slots[layer]!
      slots.keys.value = place(keys, slots.keys.value)
      slots.values.value = place(values, slots.values.value)
    }
  }
}
