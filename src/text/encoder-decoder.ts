import type { Floats, Ids } from './causal-model.ts'

/** Ids that every vocabulary of an encoder-decoder begins with; a tokenizer's own ids come after them. */
export const specialIds = { pad: 0, begin: 1, end: 2 } as const
/** How many of them there are. */
export const specialCount = 3

/** What the decoder has of a batch of sources: tensors, or arrays and plain objects of them, whose first axis is the batch. */
export interface Encoding {
  /** What stays as it is, such as the encoder's outputs. */
  readonly memory: unknown
  /** What each step gives anew, such as a recurrent state or the keys and values of the tokens so far. */
  readonly state: unknown
}

/** What one more token of each target gives. */
export interface DecodingStep {
  /** Scores of each possible next token, `[B, V]`. */
  readonly logits: Floats
  readonly state: unknown
  /** Where in the source the step looked, `[B, S]`; null for a model without attention. */
  readonly weights: Floats | null
}

/** A model that reads a source and writes a target. */
export interface EncoderDecoder {
  readonly config: { readonly sourceVocabSize: number; readonly targetVocabSize: number }
  readonly training: boolean
  /** Reads sources `[B, S]`, of which the first `lengths` `[B]` tokens of each row count; `room` is the most steps that will follow. */
  encode(source: Ids, lengths: Ids, room: number): Encoding
  /** Reads one more token of each target, ids `[B]` at `position` `[]`. */
  step(ids: Ids, position: Ids, state: unknown, memory: unknown): DecodingStep
  train(training?: boolean): unknown
  eval(): unknown
}
