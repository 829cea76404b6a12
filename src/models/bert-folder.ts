import { join } from '#files'
import { DataError, FormatError, ModelError } from '../core/errors.ts'
import { isRecord, quote } from '../io/json.ts'
import { readModelWeights } from '../io/model-weights.ts'
import type { StoredTensor } from '../io/safetensors.ts'
import type { Module } from '../nn/module.ts'
import { shapesOnly } from '../nn/parameter.ts'
import type { Tokenizer, TokenizerJSON } from '../text/tokenizer.ts'
import { loadTokenizer } from '../text/tokenizers/load.ts'
import { BertForMaskedLM, BertForPreTraining, BertForSequenceClassification, BertModel } from './bert.ts'
import { readDocument } from './language-folder.ts'
import { writeModelFolder } from './write-folder.ts'

const classes = { BertModel, BertForMaskedLM, BertForPreTraining, BertForSequenceClassification } as const
/** The name of one of BERT's forms in `architectures` of config.json. */
export type BertArchitecture = keyof typeof classes
export type AnyBert = BertModel | BertForMaskedLM | BertForPreTraining | BertForSequenceClassification

export const bertArchitectures = Object.keys(classes) as readonly BertArchitecture[]

export interface LoadBertOptions<A extends BertArchitecture> {
  /** Which form to load; what config.json names unless given. A folder may hold heads that the form has not, but not the other way. */
  readonly as?: A
  /** File or folder of the tokenizer. Default: in the model's folder. */
  readonly tokenizer?: string
}

export interface LoadedBert<M extends AnyBert = AnyBert> {
  readonly model: M
  readonly tokenizer: Tokenizer
}

/** To the caller a model that cannot be read is no model, whatever is wrong with the file. */
const asModelError = (error: unknown): never => {
  if (error instanceof FormatError || error instanceof DataError)
    throw new ModelError(error.message, error.details, error)
  throw error
}

/** The weights in a folder under a model's own names: older ones have other words for gains and biases, and some leave out `bert.`. */
const weightsFor = async (folder: string, model: Module): Promise<Map<string, StoredTensor>> => {
  const own = model.state()
  const named = new Map<string, StoredTensor>()
  for (const [name, tensor] of await readModelWeights(folder).catch(asModelError)) {
    const modern = name
      .replace(/LayerNorm\.gamma$/, 'LayerNorm.weight')
      .replace(/LayerNorm\.beta$/, 'LayerNorm.bias')
      .replace(/^cls\.predictions\.decoder\.bias$/, 'cls.predictions.bias')
    const known = [modern, `bert.${modern}`, modern.replace(/^bert\./, '')].find(candidate => own.has(candidate))
    if (known !== undefined) named.set(known, tensor)
    else if (!surplus.test(modern))
      // The model says that it has no such weight.
      named.set(modern, tensor)
  }
  return named
}
/** What a file may hold that a form has not: other heads, and what follows from the configuration or from the embedding. */
const surplus = /^((bert\.)?embeddings\.position_ids|cls\..*|classifier\..*|qa_outputs\..*|(bert\.)?pooler\..*)$/

/** Which form a folder holds, by its config.json. @throws ModelError where it is none that is here */
export const bertArchitecture = (config: unknown, where: string): BertArchitecture => {
  const given = isRecord(config) ? config.architectures : undefined
  const named = Array.isArray(given) ? given[0] : 'BertModel'
  if (Object.hasOwn(classes, named)) return named as BertArchitecture
  throw new ModelError(
    `${where}: architectures is ${quote(given)}. Forms of BERT that can be loaded are ${bertArchitectures.join(', ')}.`,
    { given },
  )
}

const requireVocabulary = (where: string, tokenizer: Tokenizer, vocabSize: number): void => {
  if (tokenizer.vocabSize <= vocabSize) return
  throw new ModelError(
    `${where}: the tokenizer has ${tokenizer.vocabSize} tokens and the model ${vocabSize}. They do not belong together: give the model's own tokenizer.`,
    { tokenizer: tokenizer.vocabSize, model: vocabSize },
  )
}

/**
 * The BERT in a folder in Hugging Face's layout, in prediction mode, and its tokenizer.
 *
 * @throws ModelError where there is none, or its weights are another model's
 * @example
 * const { loadBert } = await import('gradus/models')
 * const load = () => loadBert('bert-base-uncased', { as: 'BertForMaskedLM' })
 */
export const loadBert = async <A extends BertArchitecture = BertArchitecture>(
  folder: string,
  { as, tokenizer }: LoadBertOptions<A> = {},
): Promise<LoadedBert<InstanceType<(typeof classes)[A]>>> => {
  const config = await readDocument(folder, 'config.json')
  const where = join(folder, 'config.json')
  const form: { fromJSON(json: unknown, where: string): AnyBert } = classes[as ?? bertArchitecture(config, where)]
  const model = shapesOnly(() => form.fromJSON(config, where))
  model.loadState(await weightsFor(folder, model), { from: join(folder, 'model.safetensors') })
  const words = await loadTokenizer(tokenizer ?? folder).catch(asModelError)
  requireVocabulary(folder, words, model.config.vocabSize)
  return { model: model.eval() as InstanceType<(typeof classes)[A]>, tokenizer: words }
}

/**
 * Puts a folder's encoder into a model with another head, which keeps its initial values; so does a pooler that the folder has not.
 *
 * @throws ModelError where a weight of the encoder is missing or of another shape
 */
export const loadBertEncoder = async (
  folder: string,
  model: BertForSequenceClassification | BertForPreTraining | BertForMaskedLM,
): Promise<void> => {
  const weights = await weightsFor(folder, model)
  const encoder = new Map([...weights].filter(([name]) => name.startsWith('bert.')))
  for (const [name, { dtype, shape, buffer }] of model.state()) {
    const stays = !name.startsWith('bert.') || (name.startsWith('bert.pooler.') && !encoder.has(name))
    if (stays) encoder.set(name, { dtype, shape, data: buffer.array })
  }
  model.loadState(encoder, { from: join(folder, 'model.safetensors') })
}

/** tokenizer_config.json, by which transformers knows which tokens are which. */
export const bertTokenizerConfig = (tokenizer: Tokenizer): TokenizerJSON => {
  const roles = { unk_token: '[UNK]', pad_token: '[PAD]', cls_token: '[CLS]', sep_token: '[SEP]', mask_token: '[MASK]' }
  const named = Object.entries(roles).filter(([, token]) => tokenizer.specialTokens?.has(token))
  return { tokenizer_class: 'PreTrainedTokenizerFast', ...Object.fromEntries(named) }
}

/**
 * Writes a BERT into a folder, which is made, as transformers and {@link loadBert} read it: config.json, tokenizer.json, tokenizer_config.json
 * and model.safetensors.
 *
 * @throws GradusError with code `file` where a file cannot be written
 */
export const saveBert = (folder: string, model: AnyBert, tokenizer: Tokenizer): Promise<void> =>
  writeModelFolder(folder, model, {
    'config.json': model.toJSON(),
    'tokenizer.json': tokenizer.toJSON(),
    'tokenizer_config.json': bertTokenizerConfig(tokenizer),
  })
