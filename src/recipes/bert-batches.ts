import type { BertInput, MaskedTokens } from '../models/bert.ts'
import { type BertRow, type BertSpecials, bertBatch, bertRow, bertSpecials } from '../models/bert-input.ts'
import { fromArray } from '../tensor/creation.ts'
import type { Generator } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { drawPair, requireSentences, type Sentences, uniforms } from './bert-sentences.ts'
import { maskedCount, type MaskingOptions, maskTokens } from './masking.ts'

type Ids = Tensor<readonly number[], 'int32'>

/** What a step of pre-training reads. */
export interface BertBatch {
  readonly input: Required<BertInput>
  readonly masked: MaskedTokens
  /** 1 where the second text is from elsewhere. */
  readonly elsewhere: Ids
  /** Tokens to be found. */
  readonly count: number
}

/** A text or pair of a batch. */
export interface DrawnRow {
  readonly row: BertRow
  readonly elsewhere: boolean
}

/** Where rows come from. */
export interface RowSource {
  readonly draw: (source: Generator) => DrawnRow
  /** Rows that cover the text about once, or at most `limit` of them, evenly spread: the same at each call. */
  readonly all: (limit?: number) => DrawnRow[]
}

export interface BatchRules {
  /** Tokens of a row, the special ones among them. */
  readonly length: number
  readonly specials: BertSpecials
  readonly masking: MaskingOptions & { readonly share: number }
}

/** How a tokenizer's texts are masked. @throws DataError where it is not one of BERT's */
export const batchRules = (
  tokenizer: Tokenizer,
  o: { readonly contextLength: number; readonly maskShare: number; readonly wholeWords: boolean },
): BatchRules => {
  const specials = bertSpecials(tokenizer)
  const special = new Set(tokenizer.specialTokens?.values())
  const inner = new Set<number>()
  if (o.wholeWords)
    for (let id = 0; id < tokenizer.vocabSize; id++) if (tokenizer.tokenOf?.(id)?.startsWith('##')) inner.add(id)
  return {
    length: o.contextLength,
    specials,
    masking: {
      share: o.maskShare,
      maskId: specials.mask,
      vocabSize: tokenizer.vocabSize,
      isSpecial: id => special.has(id),
      ...(o.wholeWords && { continues: id => inner.has(id) }),
    },
  }
}

/** Windows of a text, without a second one. */
export const windowRows = (tokens: Int32Array, { length, specials }: BatchRules): RowSource => {
  const size = length - 2
  const at = (start: number): DrawnRow => ({
    row: bertRow(specials, [tokens.subarray(start, start + size)], length),
    elsewhere: false,
  })
  const count = Math.max(1, Math.floor(tokens.length / size))
  return {
    draw: source => at(Math.floor(uniforms(1, source)[0]! * Math.max(1, tokens.length - size + 1))),
    all: (limit = count) => {
      const taken = Math.min(count, limit)
      return Array.from({ length: taken }, (_, i) => at(Math.floor((i * count) / taken) * size))
    },
  }
}

/** Pairs of sentences, half of which follow one another. `fixed` gives a generator for those that are the same at each call. */
export const pairRows = (
  where: string,
  sentences: Sentences,
  { length, specials }: BatchRules,
  fixed: () => Generator,
): RowSource => {
  requireSentences(where, sentences)
  const draw = (source: Generator): DrawnRow => {
    const { first, second, elsewhere } = drawPair(sentences, length - 3, source)
    return { row: bertRow(specials, [first, second], length), elsewhere }
  }
  const count = Math.max(1, Math.floor(sentences.tokens.length / (length - 3)))
  return {
    draw,
    all: (limit = count) => {
      const source = fixed()
      return Array.from({ length: Math.min(count, limit) }, () => draw(source))
    },
  }
}

/** Rows as a batch in which tokens are hidden. */
export const maskedBatch = (rows: readonly DrawnRow[], rules: BatchRules, source: Generator): BertBatch => {
  const { length, specials, masking } = rules
  // As many places for every row, so that all batches are of one shape.
  const most = maskedCount(length - 2, masking.share)
  const places = new Int32Array(rows.length * most)
  const labels = new Int32Array(rows.length * most).fill(-100)
  let count = 0
  const hidden = rows.map(({ row }, b): BertRow => {
    const { ids, places: at, labels: there } = maskTokens(row.ids, masking, source)
    for (const [k, place] of at.entries()) places[b * most + k] = b * length + place
    labels.set(there, b * most)
    count += at.length
    return { ids, second: row.second }
  })
  const shape = [rows.length * most] as const
  return {
    input: bertBatch(hidden, length, specials.pad),
    masked: { places: fromArray(places, shape, 'int32'), labels: fromArray(labels, shape, 'int32') },
    elsewhere: fromArray(
      Int32Array.from(rows, ({ elsewhere }) => Number(elsewhere)),
      [rows.length],
      'int32',
    ),
    count,
  }
}
