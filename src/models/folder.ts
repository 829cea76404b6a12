import { join, readFile } from '#files'
import { DataError, FormatError, ModelError } from '../core/errors.ts'
import { fileCause } from '../io/atomic.ts'
import { readModelWeights } from '../io/model-weights.ts'
import type { WeightStorage } from '../nn/parameter.ts'
import { type Tokenizer, tokenizerFromJSON } from '../text/index.ts'
import { Gpt } from './gpt.ts'

/** Reads a JSON document of a model folder. @throws ModelError naming the file */
const readDocument = async (folder: string, name: string): Promise<unknown> => {
  const path = join(folder, name)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { cause } = fileCause(error)
    throw new ModelError(
      `${path}: could not be read: ${cause}. Give a model folder with config.json, tokenizer.json and model.safetensors.`,
      { path },
      error,
    )
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ModelError(`${path}: is not valid JSON. Save the model again, or fetch the file anew.`, { path }, error)
  }
}

export interface LoadGptOptions {
  /**
   * What the weights are kept in (transformers' `dtype`), whatever the file has them in; computed with in float32. Default float32; float16
   * takes half the memory, and a model in it can be used but not trained.
   */
  readonly dtype?: WeightStorage
}

/**
 * The model that a folder in Hugging Face's layout holds, in prediction mode, and its tokenizer.
 *
 * @throws ModelError where the folder is not such a model, or a weight is beyond the range of `dtype`
 */
export const loadGpt = async (
  folder: string,
  { dtype = 'float32' }: LoadGptOptions = {},
): Promise<{ model: Gpt; tokenizer: Tokenizer }> => {
  const config = await readDocument(folder, 'config.json')
  const model = Gpt.fromJSON(config, join(folder, 'config.json')).to(dtype)
  const tokenizer = tokenizerFromJSON(await readDocument(folder, 'tokenizer.json'), join(folder, 'tokenizer.json'))
  const path = join(folder, 'model.safetensors')
  let tensors: Awaited<ReturnType<typeof readModelWeights>>
  try {
    tensors = await readModelWeights(folder)
  } catch (error) {
    // To the caller a folder whose weights cannot be read is no model, whatever is wrong with the file.
    if (error instanceof FormatError || error instanceof DataError)
      throw new ModelError(error.message, error.details, error)
    throw error
  }
  // Published checkpoints carry causal masks and the tied head, which follow from the configuration.
  const map = new Map(
    [...tensors].filter(([name]) => !/\.attn\.(masked_)?bias$/.test(name) && name !== 'lm_head.weight'),
  )
  const prefixed = [...map.keys()].some(name => name.startsWith('transformer.'))
  model.loadState(map, { from: path, ...(!prefixed && { map: name => name.replace(/^transformer\./, '') }) })
  return { model: model.eval(), tokenizer }
}
