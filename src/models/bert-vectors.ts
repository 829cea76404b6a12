import { fromArray } from '../tensor/creation.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { compile } from '../tensor/transforms.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { type BertInput, BertModel } from './bert.ts'
import type { AnyBert } from './bert-folder.ts'
import { bertBatch, bertRows, bertSpecials, paddedLength } from './bert-input.ts'

type Floats = Tensor<readonly number[], 'float32'>

export interface SentenceVectorOptions {
  /** `mean`: of all tokens of a text, the special ones among them; `cls`: the vector of its first token. Default mean. */
  readonly pooling?: 'mean' | 'cls'
  /** Whether vectors have length 1, so that their product is their cosine. Default true. */
  readonly normalize?: boolean
  /** Texts computed at once. Default 32. */
  readonly batchSize?: number
  /** Tokens that are read of a text, the special ones among them. Default: the model's context. */
  readonly maxLength?: number
}

/** The encoder of any of BERT's forms. */
export const encoderOf = (model: AnyBert): BertModel => (model instanceof BertModel ? model : model.bert)

/**
 * A vector for each text, `[N, C]`: texts of like meaning lie near each other, as far as the model was trained to that.
 *
 * @throws DataError where the tokenizer is not one of BERT's
 * @example
 * const { BertModel, sentenceVectors } = await import('gradus/models')
 * const { WordPieceTokenizer } = await import('gradus/text')
 * const words = WordPieceTokenizer.train('to be or not to be', { vocabSize: 30 })
 * const bert = new BertModel({ vocabSize: 30, contextLength: 16, numLayers: 1, numHeads: 2, embedDim: 8 })
 * const vectors = await sentenceVectors(bert, words, ['to be', 'or not to be'])
 * vectors.shape // [2, 8]
 *
 * Source: Reimers & Gurevych 2019, section 3 (mean and first token).
 */
export const sentenceVectors = async (
  model: AnyBert,
  tokenizer: Tokenizer,
  texts: readonly string[],
  options: SentenceVectorOptions = {},
): Promise<Tensor<readonly [number, number], 'float32'>> => {
  const encoder = encoderOf(model)
  const { contextLength, embedDim } = encoder.config
  const { pooling = 'mean', normalize = true, batchSize = 32, maxLength = contextLength } = options
  const rows = bertRows(tokenizer, texts, Math.min(maxLength, contextLength))
  const { pad } = bertSpecials(tokenizer)
  const vectorsOf = compile((input: Required<BertInput>): Floats => {
    const { hidden } = encoder.forward(input)
    const [B, T, C] = hidden.shape as readonly [number, number, number]
    if (pooling === 'cls') return hidden.slice(null, { start: 0, end: 1 }).reshape([B, C]) as Floats
    const counts = input.mask.to('float32').reshape([B, T, 1]) as Floats
    return hidden.mul(counts).sum(1).div(counts.sum(1)) as Floats
  })
  // Texts of one length stand in one batch, so that little is padded.
  const order = rows.map((_, i) => i).sort((a, b) => rows[a]!.ids.length - rows[b]!.ids.length)
  const out = new Float32Array(texts.length * embedDim)
  const training = encoder.training
  encoder.eval()
  try {
    for (let at = 0; at < order.length; at += batchSize) {
      const places = order.slice(at, at + batchSize)
      const batch = places.map(i => rows[i]!)
      const T = paddedLength(Math.max(...batch.map(({ ids }) => ids.length)), contextLength)
      const found = (await (await vectorsOf(bertBatch(batch, T, pad))).data()) as Float32Array
      for (const [b, i] of places.entries()) out.set(found.subarray(b * embedDim, (b + 1) * embedDim), i * embedDim)
    }
  } finally {
    encoder.train(training)
  }
  if (normalize) toUnitLength(out, embedDim)
  return fromArray(out, [texts.length, embedDim], 'float32')
}

const toUnitLength = (vectors: Float32Array, width: number): void => {
  for (let at = 0; at < vectors.length; at += width) {
    const vector = vectors.subarray(at, at + width)
    const length = Math.hypot(...vector)
    if (length > 0) for (let i = 0; i < width; i++) vector[i]! /= length
  }
}
