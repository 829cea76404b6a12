/** What a model has read of several texts, kept so that a further token costs the same at every position. */
export interface TextCache {
  /** How many tokens of each text were read. */
  readonly lengths: readonly number[]
  /** Reads texts from their beginning; returns the logits of the token after each. */
  start(texts: readonly (readonly number[])[]): Promise<Float32Array[]>
  /** Reads one more token of each text; returns the logits of the token after it. */
  next(ids: readonly number[]): Promise<Float32Array[]>
  /** Reads as many more tokens of each text; returns the logits after each of them. */
  extend(ids: readonly (readonly number[])[]): Promise<Float32Array[][]>
  /** Forgets what lies beyond these lengths. */
  rewind(lengths: readonly number[]): void
  /** Goes on with other texts in place of these: row i with what was read of row `rows[i]`. */
  reorder(rows: readonly number[]): void
}
