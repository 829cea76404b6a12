/** A tokenizer.json document, as Hugging Face's `tokenizers` reads and writes it. */
export type TokenizerJSON = Readonly<Record<string, unknown>>

export interface EncodeOptions {
  /** Whether the tokens that the tokenizer puts around a text (`[CLS]`, `<s>`) are put there. Default true. */
  readonly specialTokens?: boolean
}

export interface DecodeOptions {
  /** Whether special tokens are left out of the text. Default false. */
  readonly skipSpecialTokens?: boolean
}

/** Text to numbers and back. */
export interface Tokenizer {
  /** Ids are 0 to `vocabSize - 1`. */
  readonly vocabSize: number
  /** The token that begins a text, where there is one. */
  readonly bosId?: number | undefined
  /** The token that ends a text. */
  readonly eosId?: number | undefined
  /** The token for what the vocabulary has not. */
  readonly unkId?: number | undefined
  /** The token that fills up a batch. */
  readonly padId?: number | undefined
  /** Ids of the tokens that stand for no text of their own, by the words that they are written in. */
  readonly specialTokens?: ReadonlyMap<string, number>
  /** The ids of a text, with the special tokens that the tokenizer's own document puts around a text, if any. */
  encode(text: string, options?: EncodeOptions): Int32Array
  /** The text of ids, special tokens included. */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string
  /** The token of an id as the vocabulary writes it (`Ġthe`, `##ing`, `▁the`), or undefined where there is none. */
  tokenOf?(id: number): string | undefined
  /** The tokenizer.json document, which `tokenizerFromJSON` and Hugging Face's libraries read. */
  toJSON(): TokenizerJSON
}
