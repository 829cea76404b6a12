import { ArgumentError, DataError } from '../core/errors.ts'
import { fromArray } from '../tensor/creation.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { BertInput } from './bert.ts'

/** Ids of the tokens that stand around texts, fill up a batch, and stand for what is to be found. */
export interface BertSpecials {
  readonly pad: number
  readonly cls: number
  readonly sep: number
  readonly mask: number
}

const names = { pad: '[PAD]', cls: '[CLS]', sep: '[SEP]', mask: '[MASK]' } as const

/** @throws DataError where the tokenizer lacks one of BERT's special tokens */
export const bertSpecials = (tokenizer: Tokenizer, where = 'the tokenizer'): BertSpecials => {
  const idOf = (name: keyof typeof names): number => {
    const id = tokenizer.specialTokens?.get(names[name])
    if (id !== undefined) return id
    throw new DataError(
      `${where} has no ${names[name]}, so it is not one of BERT's. Give a WordPiece tokenizer with ${Object.values(names).join(', ')}.`,
      { token: names[name] },
    )
  }
  return { pad: idOf('pad'), cls: idOf('cls'), sep: idOf('sep'), mask: idOf('mask') }
}

/** A text or a pair as ids, with its special tokens; the second text begins at `second`. */
export interface BertRow {
  readonly ids: Int32Array
  readonly second: number
}

/** `[CLS] first [SEP]`, or `[CLS] first [SEP] second [SEP]`; what is too long loses ends, the longer text first. */
export const bertRow = (
  { cls, sep }: BertSpecials,
  texts: readonly [Int32Array] | readonly [Int32Array, Int32Array],
  maxLength: number,
): BertRow => {
  const room = maxLength - 1 - texts.length
  if (room < 0) {
    throw new ArgumentError(
      `bertInput: maxLength ${maxLength} has no room for the tokens around ${texts.length === 1 ? 'a text' : 'two texts'}. Give at least ${1 + texts.length}.`,
      { maxLength },
    )
  }
  const [first, second] = texts
  if (!second) {
    const kept = first.subarray(0, room)
    return { ids: Int32Array.of(cls, ...kept, sep), second: kept.length + 2 }
  }
  const after = Math.min(second.length, Math.max(Math.floor(room / 2), room - first.length))
  const [a, b] = [first.subarray(0, room - after), second.subarray(0, after)]
  return { ids: Int32Array.of(cls, ...a, sep, ...b, sep), second: a.length + 2 }
}

/** Rows in one batch of length `T`, padded. */
export const bertBatch = (rows: readonly BertRow[], T: number, pad: number): Required<BertInput> => {
  const ids = new Int32Array(rows.length * T).fill(pad)
  const types = new Int32Array(rows.length * T)
  const seen = new Uint8Array(rows.length * T)
  for (const [b, { ids: row, second }] of rows.entries()) {
    ids.set(row, b * T)
    types.fill(1, b * T + Math.min(second, row.length), b * T + row.length)
    seen.fill(1, b * T, b * T + row.length)
  }
  const shape = [rows.length, T] as const
  return {
    ids: fromArray(ids, shape, 'int32'),
    tokenTypes: fromArray(types, shape, 'int32'),
    mask: fromArray(seen, shape, 'bool'),
  }
}

/** Lengths that batches are padded to: each is compiled once, so there are few. */
export const paddedLength = (longest: number, contextLength: number): number =>
  Math.min(contextLength, Math.ceil(longest / 16) * 16)

/** A text, or two that the model shall see together. */
export type BertText = string | readonly [string, string]

/** Texts as rows of ids. @throws DataError where the tokenizer is not one of BERT's */
export const bertRows = (tokenizer: Tokenizer, texts: readonly BertText[], maxLength: number): BertRow[] => {
  const specials = bertSpecials(tokenizer)
  const idsOf = (text: string): Int32Array => tokenizer.encode(text, { specialTokens: false })
  return texts.map(text =>
    bertRow(specials, typeof text === 'string' ? [idsOf(text)] : [idsOf(text[0]), idsOf(text[1])], maxLength),
  )
}

/**
 * Texts, or pairs of texts, as a BERT reads them: `[CLS] text [SEP]`, or `[CLS] first [SEP] second [SEP]`, padded to the longest of them.
 *
 * @param options `maxLength`, the context of the model: what is longer loses its end
 * @throws DataError where the tokenizer is not one of BERT's
 * @example
 * const { bertInput } = await import('gradus/models')
 * const { WordPieceTokenizer } = await import('gradus/text')
 * const words = WordPieceTokenizer.train('to be or not to be', { vocabSize: 30 })
 * bertInput(words, ['to be', 'or not to be'], { maxLength: 16 }).ids.shape // [2, 6]
 */
export const bertInput = (
  tokenizer: Tokenizer,
  texts: readonly BertText[],
  { maxLength }: { readonly maxLength: number },
): Required<BertInput> => {
  if (texts.length === 0) throw new ArgumentError('bertInput: there are no texts. Give at least one.')
  const rows = bertRows(tokenizer, texts, maxLength)
  return bertBatch(rows, Math.max(...rows.map(({ ids }) => ids.length)), bertSpecials(tokenizer).pad)
}
