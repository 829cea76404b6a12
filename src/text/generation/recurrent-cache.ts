import { fromArray } from '../../tensor/creation.ts'
import { compile } from '../../tensor/transforms.ts'
import type { Floats, Ids, RecurrentModel, TextState } from '../causal-model.ts'
import type { TextCache } from './text-cache.ts'

/** The states of a recurrent model after each token of several texts; a text that is taken up again from an earlier token needs them. */
export class RecurrentCache implements TextCache {
  private readonly model: RecurrentModel
  private readonly read: (ids: Ids, state: TextState) => Promise<{ logits: Floats; state: TextState }>
  /** For each text the states, the first before any token was read; tokens of the beginning that were read at once have one. */
  private states: (readonly { readonly length: number; readonly state: TextState }[])[] = []

  constructor(model: RecurrentModel) {
    this.model = model
    this.read = compile((ids: Ids, state: TextState) => model.read(ids, state)) as typeof this.read
  }

  get lengths(): readonly number[] {
    return this.states.map(own => own.at(-1)!.length)
  }

  async start(texts: readonly (readonly number[])[]): Promise<Float32Array[]> {
    this.states = texts.map(() => [{ length: 0, state: this.model.startState(1) }])
    const logits: Float32Array[] = []
    for (const [row, text] of texts.entries()) {
      const all = await this.readOn(row, text)
      logits.push(all.subarray(all.length - all.length / text.length))
    }
    return logits
  }

  async next(ids: readonly number[]): Promise<Float32Array[]> {
    const logits: Float32Array[] = []
    for (const [row, id] of ids.entries()) logits.push(await this.readOn(row, [id]))
    return logits
  }

  async extend(ids: readonly (readonly number[])[]): Promise<Float32Array[][]> {
    const logits: Float32Array[][] = ids.map(() => [])
    // Token by token: each may be the one to go back to.
    for (const [row, own] of ids.entries()) for (const id of own) logits[row]!.push(await this.readOn(row, [id]))
    return logits
  }

  rewind(lengths: readonly number[]): void {
    this.states = this.states.map((own, row) => own.filter(({ length }, i) => i === 0 || length <= lengths[row]!))
  }

  reorder(rows: readonly number[]): void {
    this.states = rows.map(row => this.states[row]!)
  }

  private async readOn(row: number, ids: readonly number[]): Promise<Float32Array> {
    const own = this.states[row]!
    const { length, state } = own.at(-1)!
    const found = await this.read(fromArray(Int32Array.from(ids), [1, ids.length], 'int32'), state)
    this.states[row] = [...own, { length: length + ids.length, state: found.state }].slice(-statesKept)
    return (await found.logits.data()) as Float32Array
  }
}

/** Enough to go back over what a draft model proposed in vain. */
const statesKept = 64
