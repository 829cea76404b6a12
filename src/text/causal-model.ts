import type { Tensor } from '../tensor/tensor.ts'

export type Floats = Tensor<readonly number[], 'float32'>
export type Ids = Tensor<readonly number[], 'int32'>
export type Visible = Tensor<readonly number[], 'bool'>

/** Keys and values of a layer, `[B, heads, T, size]`. */
export interface Present {
  readonly keys: Floats
  readonly values: Floats
}
/** Scores of each possible next token, and the keys and values of the tokens that were read. */
export interface Reading {
  readonly logits: Floats
  readonly present: readonly Present[]
}

/** What of a text a cache keeps: for each layer as many keys and values as there are tokens, `heads` of `size` numbers. */
export interface CacheShape {
  readonly layers: number
  readonly heads: number
  readonly size: number
  /** A token sees only so many: itself and those before it. Default: all. */
  readonly window?: number
  /**
   * A text is read so many tokens at a time, and the rest one by one. Weights in few bits are part of what is compiled: few graphs serve all
   * lengths. Default: at once.
   */
  readonly chunk?: number
}

interface Sizes {
  readonly contextLength: number
  readonly vocabSize: number
}

/** A language model that looks back at keys and values of earlier tokens. */
export interface CausalModel {
  readonly config: Sizes
  readonly cacheShape: CacheShape
  /** Logits `[B, T, V]` of ids `[B, T]`. */
  forward(ids: Ids): Floats
  /** Reads texts of one length, `[B, T]`: logits `[B, V]` of the token after it. */
  prefill(ids: Ids): Reading
  /**
   * Reads further tokens, `[B, T]` at their positions `[B, T]`: logits `[B, T, V]`. Of the past, `[B, heads, Tmax, size]`, `visible` says
   * what counts: bool `[B, Tmax]`.
   */
  decode(ids: Ids, positions: Ids, past: readonly Present[], visible: Visible): Reading
  eval(): unknown
}

/** What a recurrent model remembers of a text: tensors, in arrays and objects. */
export type TextState = unknown

/** A language model that carries a state from token to token. */
export interface RecurrentModel {
  readonly config: Sizes
  startState(batch: number): TextState
  /** Reads ids `[B, T]`: logits `[B, T, V]` and the state after them. */
  read(ids: Ids, state: TextState): { readonly logits: Floats; readonly state: TextState }
  eval(): unknown
}

/** A model that says what comes next in a text. */
export type LanguageModel = CausalModel | RecurrentModel

export const isRecurrent = (model: LanguageModel): model is RecurrentModel => 'startState' in model
