import { ArgumentError, ModelError } from '../core/errors.ts'
import { isRecord, quote } from '../io/json.ts'
import { JsonConfig } from './json-config.ts'

export interface BertConfig {
  readonly vocabSize: number
  /** Most tokens the model sees at once. */
  readonly contextLength: number
  readonly numLayers: number
  readonly numHeads: number
  readonly embedDim: number
  /** Units of the hidden layer of each block. Default 4 · embedDim. */
  readonly hiddenDim?: number
  /** Kinds of tokens: those of a first text and those of a second. Default 2. */
  readonly tokenTypes?: number
  /** While training, after the embeddings and each block's branches. Default 0.1, BERT's. */
  readonly dropout?: number
  /** While training, on attention weights. Default: as `dropout`. */
  readonly attentionDropout?: number
  /** While training, before the head of a classifier. Default: as `dropout`. */
  readonly headDropout?: number
  /** Added to the variance in the norms. Default 1e-12. */
  readonly epsilon?: number
  /** Standard deviation of new weights. Default 0.02, which is right for BERT's 768 numbers; see {@link evenGain}. */
  readonly initializerRange?: number
  /** Fills up a batch. Default 0. */
  readonly padTokenId?: number
  /** What a classifier's classes are called, in the order of its scores. */
  readonly classes?: readonly string[]
}

/**
 * The standard deviation of new weights by which maps of any width change the size of vectors as BERT's 768 wide ones with 0.02 do. With 0.02 itself
 * a narrow model's attention is nearly even at first, and it learns the context late.
 */
export const evenGain = (embedDim: number): number => 0.02 * Math.sqrt(768 / embedDim)

/** @throws ArgumentError for sizes that no model can have */
export const checkBertConfig = (config: BertConfig): void => {
  const { embedDim, numHeads, hiddenDim = 1, tokenTypes = 2 } = config
  const sizes = { ...config, hiddenDim, tokenTypes }
  for (const key of [
    'vocabSize',
    'contextLength',
    'numLayers',
    'numHeads',
    'embedDim',
    'hiddenDim',
    'tokenTypes',
  ] as const) {
    if (!Number.isSafeInteger(sizes[key]) || sizes[key] < 1)
      throw new ArgumentError(`bert: ${key} must be a whole number of at least 1; got ${sizes[key]}.`, {
        [key]: sizes[key],
      })
  }
  if (embedDim % numHeads !== 0) {
    throw new ArgumentError(
      `bert: embedDim ${embedDim} is not a multiple of numHeads ${numHeads}. Each head needs an equal share: choose a multiple.`,
      { embedDim, numHeads },
    )
  }
}

/** config.json, as Hugging Face's BERT models read it. */
export const bertJson = (architecture: string, config: BertConfig): Record<string, unknown> => {
  const { embedDim, dropout = 0.1, headDropout, classes } = config
  return {
    architectures: [architecture],
    model_type: 'bert',
    vocab_size: config.vocabSize,
    hidden_size: embedDim,
    num_hidden_layers: config.numLayers,
    num_attention_heads: config.numHeads,
    intermediate_size: config.hiddenDim ?? 4 * embedDim,
    hidden_act: 'gelu',
    hidden_dropout_prob: dropout,
    attention_probs_dropout_prob: config.attentionDropout ?? dropout,
    classifier_dropout: headDropout ?? null,
    max_position_embeddings: config.contextLength,
    type_vocab_size: config.tokenTypes ?? 2,
    initializer_range: config.initializerRange ?? 0.02,
    layer_norm_eps: config.epsilon ?? 1e-12,
    pad_token_id: config.padTokenId ?? 0,
    position_embedding_type: 'absolute',
    tie_word_embeddings: true,
    is_decoder: false,
    ...(classes && {
      id2label: Object.fromEntries(classes.map((name, i) => [i, name])),
      label2id: Object.fromEntries(classes.map((name, i) => [name, i])),
      problem_type: 'single_label_classification',
    }),
    dtype: 'float32',
  }
}

/** The classes that config.json names; where it names none, the two that transformers gives every model. */
export const classesOf = (read: JsonConfig): readonly string[] => {
  const named = read.get('id2label')
  if (named === undefined || named === null) {
    const count = read.optionalSize('num_labels') ?? 2
    return Array.from({ length: count }, (_, i) => `LABEL_${i}`)
  }
  const classes = isRecord(named) ? Object.keys(named).map((_, i) => named[i]) : []
  if (classes.length > 0 && classes.every(name => typeof name === 'string')) return classes as string[]
  throw new ModelError(`${read.where}: id2label is ${quote(named)}. Expected a name for each class, by its number.`, {
    key: 'id2label',
  })
}

/** The sizes in a config.json. @throws ModelError for another architecture, or a form of this one that is not here */
export const bertConfigOf = (read: JsonConfig): BertConfig => {
  read.require('hidden_act', 'gelu')
  read.require('position_embedding_type', 'absolute')
  read.require('tie_word_embeddings', true)
  read.require('is_decoder', false)
  read.require('add_cross_attention', false)
  const dropout = read.share('hidden_dropout_prob', 0.1)
  const headDropout = read.get('classifier_dropout')
  return {
    vocabSize: read.size('vocab_size'),
    contextLength: read.size('max_position_embeddings'),
    numLayers: read.layers('num_hidden_layers'),
    numHeads: read.size('num_attention_heads'),
    embedDim: read.size('hidden_size'),
    hiddenDim: read.size('intermediate_size'),
    tokenTypes: read.optionalSize('type_vocab_size') ?? 2,
    dropout,
    attentionDropout: read.share('attention_probs_dropout_prob', 0.1),
    ...(headDropout !== undefined &&
      headDropout !== null && { headDropout: read.share('classifier_dropout', dropout) }),
    epsilon: read.number('layer_norm_eps', 1e-12),
    initializerRange: read.number('initializer_range', 0.02),
    padTokenId: read.id('pad_token_id') ?? 0,
  }
}

export const readBertJson = (json: unknown, where: string): JsonConfig => new JsonConfig(json, where, ['bert'])
