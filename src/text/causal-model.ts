import type { Tensor } from '../tensor/tensor.ts'

export type Floats = Tensor<readonly number[], 'float32'>
export type Ids = Tensor<readonly number[], 'int32'>
export type Visible = Tensor<readonly number[], 'bool'>

/** Keys and values of a layer, `[B, nh, T, hd]`. */
export interface Present {
  readonly keys: Floats
  readonly values: Floats
}
/** Scores of each possible next token, and the keys and values of the tokens that were read. */
export interface Reading {
  readonly logits: Floats
  readonly present: readonly Present[]
}

/** A causal language model with a key/value cache. */
export interface CausalModel {
  readonly config: {
    readonly contextLength: number
    readonly vocabSize: number
    readonly numLayers: number
    readonly numHeads: number
    readonly embedDim: number
  }
  /** Reads a text, `[B, T]`. */
  prefill(ids: Ids): Reading
  /** Reads one more token, `[B, 1]` at `position` `[1]`; of the `past`, `visible` says what counts: bool `[Tmax]`. */
  decode(ids: Ids, position: Ids, past: readonly Present[], visible: Visible): Reading
  eval(): unknown
}
