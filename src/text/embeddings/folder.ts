import { join } from '#files'
import { ArgumentError, DataError, FormatError, ModelError } from '../../core/errors.ts'
import { writeFileAtomic } from '../../io/atomic.ts'
import { isRecord, quote } from '../../io/json.ts'
import { readModelJson } from '../../io/model-json.ts'
import { readSafetensors, writeSafetensors } from '../../io/safetensors.ts'
import { Embeddings } from './embeddings.ts'

/** `model_type` in config.json of a folder of word vectors. */
export const word2vecType = 'gradus_word2vec'

/** What a folder of word vectors tells beside them. */
export interface EmbeddingConfig {
  /** How a text is split into words: as it was in training. */
  readonly split: 'words' | 'spaces'
}

/** What {@link saveEmbeddings} writes: config.json, vocab.json and model.safetensors. */
export const embeddingFiles = /^(config|vocab)\.json$|^model\.safetensors$/

/** Writes a folder: the vectors, the words with their counts, then config.json. */
export const saveEmbeddings = async (
  folder: string,
  table: Embeddings,
  config: EmbeddingConfig & { readonly [key: string]: unknown },
): Promise<void> => {
  const { words, matrix, size, counts } = table
  const shape = [words.length, size]
  await writeSafetensors(join(folder, 'model.safetensors'), [['vectors', { dtype: 'float32', shape, data: matrix }]], {
    format: 'pt',
  })
  await writeFileAtomic(join(folder, 'vocab.json'), `${JSON.stringify({ words, ...(counts && { counts }) })}\n`)
  const document = { model_type: word2vecType, vocab_size: words.length, size, ...config }
  await writeFileAtomic(join(folder, 'config.json'), `${JSON.stringify(document, undefined, 2)}\n`)
}

/** @throws ModelError where a file is missing or damaged, or the folder is another model's */
export const loadEmbeddings = async (
  folder: string,
): Promise<{ readonly table: Embeddings; readonly config: EmbeddingConfig }> => {
  const config = await readModelJson(join(folder, 'config.json'))
  if (!isRecord(config) || config.model_type !== word2vecType)
    throw new ModelError(
      `${folder}: model_type is ${quote(isRecord(config) ? config.model_type : config)}. Expected ${quote(word2vecType)}, a folder that gradus train word2vec wrote.`,
      { folder },
    )
  const damaged = (what: string): ModelError =>
    new ModelError(`${folder}: ${what}. The model is damaged: train it again.`, { folder })
  const vocabulary = await readModelJson(join(folder, 'vocab.json'))
  const { words, counts } = isRecord(vocabulary) ? vocabulary : {}
  if (!Array.isArray(words) || words.length === 0 || !words.every(word => typeof word === 'string'))
    throw damaged('vocab.json has no list of words')
  if (counts !== undefined && !(Array.isArray(counts) && counts.every(count => Number.isSafeInteger(count))))
    throw damaged('vocab.json has counts that are no whole numbers')
  const { split } = config
  if (split !== 'words' && split !== 'spaces') throw damaged(`config.json: split is ${quote(split)}`)
  try {
    const { tensors } = await readSafetensors(join(folder, 'model.safetensors'))
    const vectors = tensors.get('vectors')
    if (vectors?.dtype !== 'float32' || vectors.shape.length !== 2 || vectors.shape[0] !== words.length)
      throw damaged(`model.safetensors has no float32 tensor vectors of ${words.length} rows`)
    return {
      table: new Embeddings(words, vectors.data as Float32Array, { counts: counts as number[] }),
      config: { split },
    }
  } catch (error) {
    if (error instanceof ArgumentError) throw new ModelError(`${folder}: ${error.message}`, { folder }, error)
    if (error instanceof FormatError || error instanceof DataError)
      throw new ModelError(error.message, { folder }, error)
    throw error
  }
}
