import { ArgumentError } from '../core/errors.ts'
import { fromArray } from '../tensor/creation.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { BertForMaskedLM, BertForPreTraining } from './bert.ts'
import { bertBatch, bertRows, bertSpecials } from './bert-input.ts'

/** What may stand at a mask. */
export interface Filling {
  readonly id: number
  /** As the vocabulary writes it: `##ing` goes on a word. */
  readonly token: string
  readonly probability: number
}

export interface FillMaskOptions {
  /** How many fillings are given of each mask. Default 5. */
  readonly topK?: number
}

/**
 * The most probable tokens at each `[MASK]` of a text, the best first; masks are filled each by itself.
 *
 * @throws ArgumentError where the text has no mask, or more tokens than the model's context
 * @example
 * const { BertForMaskedLM, fillMask } = await import('gradus/models')
 * const { WordPieceTokenizer } = await import('gradus/text')
 * const words = WordPieceTokenizer.train('the cat sat', { vocabSize: 30 })
 * const bert = new BertForMaskedLM({ vocabSize: 30, contextLength: 16, numLayers: 1, numHeads: 2, embedDim: 8 })
 * const [best] = await fillMask(bert, words, 'The [MASK] sat', { topK: 3 })
 * best!.length // 3
 */
export const fillMask = async (
  model: BertForMaskedLM | BertForPreTraining,
  tokenizer: Tokenizer,
  text: string,
  { topK = 5 }: FillMaskOptions = {},
): Promise<Filling[][]> => {
  const { contextLength, vocabSize } = model.config
  const { mask, pad } = bertSpecials(tokenizer)
  const [row] = bertRows(tokenizer, [text], Number.MAX_SAFE_INTEGER)
  const { ids } = row!
  const places = Int32Array.from(ids.keys()).filter(i => ids[i] === mask)
  if (places.length === 0)
    throw new ArgumentError(
      `fillMask: the text ${JSON.stringify(text)} has no [MASK]. Write one where a word is to be.`,
    )
  if (ids.length > contextLength) {
    throw new ArgumentError(
      `fillMask: the text has ${ids.length} tokens, and the model's context is ${contextLength}. Give a shorter one.`,
      { tokens: ids.length, contextLength },
    )
  }
  const training = model.training
  model.eval()
  try {
    const at = fromArray(places, [places.length], 'int32')
    const logits = model.logitsAt(bertBatch([row!], ids.length, pad), at)
    const found = (await logits.softmax(-1).data()) as Float32Array
    return Array.from(places, (_, i) => {
      const probabilities = found.subarray(i * vocabSize, (i + 1) * vocabSize)
      return best(probabilities, topK).map(id => ({
        id,
        token: tokenizer.tokenOf?.(id) ?? `<${id}>`,
        probability: probabilities[id]!,
      }))
    })
  } finally {
    model.train(training)
  }
}

/** Places of the largest values, the largest first. */
const best = (values: Float32Array, count: number): number[] =>
  Array.from(values.keys())
    .sort((a, b) => values[b]! - values[a]!)
    .slice(0, count)
