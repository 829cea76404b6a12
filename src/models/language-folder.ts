import { join, readFile, stat } from '#files'
import { DataError, FormatError, ModelError } from '../core/errors.ts'
import { baseOfAdapter, isAdapterFolder, loadAdapter } from '../finetune/adapter-folder.ts'
import { fileCause } from '../io/atomic.ts'
import { isRecord, quote } from '../io/json.ts'
import { readModelWeights } from '../io/model-weights.ts'
import type { StoredTensor } from '../io/safetensors.ts'
import type { Module } from '../nn/module.ts'
import { shapesOnly, type WeightStorage } from '../nn/parameter.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Ids, LanguageModel } from '../text/causal-model.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { tokenizerConfig } from '../text/tokenizer-config.ts'
import { tokenizerFromGguf } from '../text/tokenizers/gguf.ts'
import { loadTokenizer } from '../text/tokenizers/load.ts'
import { BengioLanguageModel } from './bengio.ts'
import { Gpt } from './gpt.ts'
import { Llama } from './llama.ts'
import { loadGgufLlama, loadLlama2c } from './llama-files.ts'
import { MambaLanguageModel } from './mamba.ts'
import { RecurrentLanguageModel } from './recurrent-language-model.ts'
import { writeModelFolder } from './write-folder.ts'

/** A language model that can be trained, saved and loaded. */
export type AnyLanguageModel = LanguageModel &
  Module & {
    /** Mean −ln p of the targets in nats; ids and targets int32 `[B, T]`. */
    loss(ids: Ids, targets: Ids): Tensor<readonly [], 'float32'>
    toJSON(): Record<string, unknown>
  }

interface Kind {
  readonly fromJSON: (json: unknown, where: string) => AnyLanguageModel
  /** What a file may hold beside the weights: it follows from the configuration. */
  readonly surplus?: RegExp
  /** What every weight's name begins with, which some files leave out. */
  readonly prefix?: string
}

const llama: Kind = { fromJSON: Llama.fromJSON, surplus: /rotary_emb\.inv_freq$/, prefix: 'model.' }
const recurrent: Kind = { fromJSON: RecurrentLanguageModel.fromJSON }

/** Language models by the `model_type` of their config.json. */
const kinds = {
  gpt2: { fromJSON: Gpt.fromJSON, surplus: /\.attn\.(masked_)?bias$/, prefix: 'transformer.' },
  llama,
  mistral: llama,
  qwen2: llama,
  mixtral: llama,
  mamba: { fromJSON: MambaLanguageModel.fromJSON },
  gradus_lstm: recurrent,
  gradus_gru: recurrent,
  gradus_rnn: recurrent,
  gradus_bengio: { fromJSON: BengioLanguageModel.fromJSON },
} satisfies Readonly<Record<string, Kind>>
/** `model_type` of a language model. */
export type LanguageModelType = keyof typeof kinds
export const languageModelTypes = Object.keys(kinds) as readonly LanguageModelType[]
export const isLanguageType = (type: unknown): type is LanguageModelType =>
  typeof type === 'string' && Object.hasOwn(kinds, type)

/** Reads a JSON document of a model folder. @throws ModelError naming the file */
export const readDocument = async (folder: string, name: string): Promise<unknown> => {
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

/** To the caller a model that cannot be read is no model, whatever is wrong with the file. */
const asModelError = (error: unknown): unknown =>
  error instanceof FormatError || error instanceof DataError
    ? new ModelError(error.message, error.details, error)
    : error

export interface LoadLanguageModelOptions {
  /**
   * What the weights are kept in (transformers' `dtype`), whatever the file has them in; computed with in float32. Default float32; float16
   * takes half the memory, int8 and int4 less (see `Module.to`). A model in them can be used but not trained.
   */
  readonly dtype?: WeightStorage
  /** File or folder of the tokenizer. Default: in the model's folder or file. */
  readonly tokenizer?: string
  /** Folder of adapters for the model, PEFT's or our own. */
  readonly adapter?: string
}

export interface LoadedLanguageModel {
  readonly model: AnyLanguageModel
  readonly tokenizer: Tokenizer
  /** Tokens that end a text. */
  readonly stopTokens: readonly number[]
}

/** The weights in a folder under the model's own names. */
const weightsOf = async (
  folder: string,
  model: Module,
  { surplus, prefix }: Kind,
): Promise<Map<string, StoredTensor>> => {
  const tensors = await readModelWeights(folder).catch(error => {
    throw asModelError(error)
  })
  const own = model.state()
  const named = new Map<string, StoredTensor>()
  for (const [name, tensor] of tensors) {
    if (surplus?.test(name)) continue
    // A head that is tied to the embedding may stand in the file all the same.
    if (name === 'lm_head.weight' && !own.has(name)) continue
    named.set(prefix !== undefined && !own.has(name) && own.has(prefix + name) ? prefix + name : name, tensor)
  }
  return named
}

const idsOf = (value: unknown): readonly number[] =>
  (Array.isArray(value) ? value : [value]).filter(id => Number.isSafeInteger(id) && id >= 0)

/** Tokens that end a text: of generation_config.json where there is one, else of config.json. */
const stopTokensOf = async (folder: string, config: unknown): Promise<readonly number[]> => {
  const text = await readFile(join(folder, 'generation_config.json'), 'utf8').catch(() => '{}')
  let generation: unknown
  try {
    generation = JSON.parse(text)
  } catch {
    generation = {}
  }
  const named = isRecord(generation) ? idsOf(generation.eos_token_id) : []
  return named.length > 0 ? named : idsOf(isRecord(config) ? config.eos_token_id : undefined)
}

const requireVocabulary = (where: string, model: AnyLanguageModel, tokenizer: Tokenizer): void => {
  // Models may have rows to spare; a token without a row cannot be read.
  if (tokenizer.vocabSize <= model.config.vocabSize) return
  throw new ModelError(
    `${where}: the tokenizer has ${tokenizer.vocabSize} tokens and the model ${model.config.vocabSize}. They do not belong together: give the model's own with --tokenizer.`,
    { tokenizer: tokenizer.vocabSize, model: model.config.vocabSize },
  )
}

const fromFolder = async (
  folder: string,
  { dtype = 'float32', tokenizer }: LoadLanguageModelOptions,
): Promise<LoadedLanguageModel> => {
  const config = await readDocument(folder, 'config.json')
  const where = join(folder, 'config.json')
  const type = isRecord(config) ? config.model_type : undefined
  if (!isLanguageType(type))
    throw new ModelError(
      `${where}: model_type is ${quote(type)}. Language models that can be loaded are ${languageModelTypes.join(', ')}.`,
      { type },
    )
  const kind: Kind = kinds[type]
  const model = shapesOnly(() => kind.fromJSON(config, where)) as AnyLanguageModel
  model.loadState(await weightsOf(folder, model, kind), { from: join(folder, 'model.safetensors') })
  const words = await loadTokenizer(tokenizer ?? folder).catch(error => {
    throw asModelError(error)
  })
  model.to(dtype).eval()
  return {
    model,
    tokenizer: words,
    stopTokens: await stopTokensOf(folder, config),
  }
}

/** Whether a path names a model in one file: GGUF, or a checkpoint of llama2.c. */
export const isModelFile = async (path: string): Promise<boolean> =>
  /\.(gguf|bin)$/.test(path) &&
  !(await stat(path).then(
    found => found.isDirectory(),
    () => false,
  ))

/** The model of one file and its tokenizer. */
const fromFile = async (path: string, options: LoadLanguageModelOptions): Promise<LoadedLanguageModel> => {
  const { dtype, tokenizer } = options
  const own = async (otherwise: () => Tokenizer | Promise<Tokenizer>): Promise<Tokenizer> =>
    tokenizer === undefined
      ? otherwise()
      : loadTokenizer(tokenizer).catch(error => {
          throw asModelError(error)
        })
  if (path.endsWith('.gguf')) {
    const { model, metadata } = await loadGgufLlama(path, dtype)
    return {
      model,
      tokenizer: await own(() => tokenizerFromGguf(metadata, path)),
      stopTokens: idsOf(model.config.eosTokenId),
    }
  }
  const model = await loadLlama2c(path, dtype)
  const words = await own(() => {
    throw new ModelError(
      `${path}: a checkpoint of llama2.c has no tokenizer in it. Give one with --tokenizer, such as its tok512.bin.`,
      { path },
    )
  })
  return { model, tokenizer: words, stopTokens: idsOf(model.config.eosTokenId) }
}

/**
 * The language model at a path, in prediction mode, its tokenizer, and the tokens that end a text: a folder in Hugging Face's layout, a GGUF
 * file, or a checkpoint of llama2.c with its tokenizer. A folder of adapters gives its base with them; in float32 they are merged.
 *
 * @throws ModelError where there is no such model, a weight is beyond the range of `dtype`, or tokenizer and model disagree
 * @example
 * await saveLanguageModel(`${folder}/loaded`, model, tokenizer)
 * const { stopTokens } = await loadLanguageModel(`${folder}/loaded`, { dtype: 'int8' })
 */
export const loadLanguageModel = async (
  path: string,
  options: LoadLanguageModelOptions = {},
): Promise<LoadedLanguageModel> => {
  const { adapter } = options
  if (adapter === undefined && (await isAdapterFolder(path)))
    return loadLanguageModel(await baseOfAdapter(path), { ...options, adapter: path })
  const loaded = await ((await isModelFile(path)) ? fromFile(path, options) : fromFolder(path, options))
  requireVocabulary(path, loaded.model, loaded.tokenizer)
  if (adapter !== undefined) await adapt(loaded.model, adapter)
  return loaded
}

/** Puts adapters on a model; into its matrices, where these can be changed. */
const adapt = async (model: AnyLanguageModel, folder: string): Promise<void> => {
  const adapters = await loadAdapter(model, folder)
  if ([...model.parameters()].some(({ storage }) => storage !== 'float32')) return
  await adapters.merge()
  model.unfreeze()
}

/**
 * Writes a model and its tokenizer into a folder, which is made, as transformers reads them: config.json, model.safetensors, tokenizer.json
 * and tokenizer_config.json.
 *
 * @throws ModelError where the tokenizer has more tokens than the model; GradusError with code `file` where a file cannot be written
 * @example
 * await saveLanguageModel(`${folder}/bard`, model, tokenizer)
 * const { model: again } = await loadLanguageModel(`${folder}/bard`)
 */
export const saveLanguageModel = async (
  folder: string,
  model: AnyLanguageModel,
  tokenizer: Tokenizer,
): Promise<void> => {
  requireVocabulary(folder, model, tokenizer)
  await writeModelFolder(folder, model, {
    'config.json': model.toJSON(),
    'tokenizer.json': tokenizer.toJSON(),
    'tokenizer_config.json': tokenizerConfig(tokenizer),
  })
}

/** The GPT-2 in a folder. @throws ModelError for another model */
export const loadGpt = async (
  folder: string,
  options: LoadLanguageModelOptions = {},
): Promise<LoadedLanguageModel & { readonly model: Gpt }> => {
  const loaded = await loadLanguageModel(folder, options)
  if (loaded.model instanceof Gpt) return { ...loaded, model: loaded.model }
  throw new ModelError(`${folder}: holds another model than a GPT-2. Give the folder of a GPT-2.`, { folder })
}
