/** A tokenizer.json document, as Hugging Face's `tokenizers` reads and writes it. */
export type TokenizerJSON = Readonly<Record<string, unknown>>

/** Text to numbers and back. */
export interface Tokenizer {
  /** Ids are 0 to `vocabSize - 1`. */
  readonly vocabSize: number
  /** The ids of a text, with the special tokens that the tokenizer's own document puts around a text, if any. */
  encode(text: string): Int32Array
  /** The text of ids, special tokens included. */
  decode(ids: ArrayLike<number>): string
  /** The tokenizer.json document, which `tokenizerFromJSON` and Hugging Face's libraries read. */
  toJSON(): TokenizerJSON
}
