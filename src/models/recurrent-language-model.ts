/**
 * Recurrent language models. Sources: Mikolov et al. 2010 (the model), Zaremba, Sutskever & Vinyals 2014 (dropout between the layers only),
 * Press & Wolf 2017 (one matrix for embedding and head).
 */
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { show } from '../core/shape.ts'
import { Dropout } from '../nn/dropout.ts'
import { Embedding } from '../nn/embedding.ts'
import { uniformInit } from '../nn/initializers.ts'
import { Linear } from '../nn/linear.ts'
import { Module } from '../nn/module.ts'
import { project } from '../nn/project.ts'
import type { RecurrentState } from '../nn/recurrent/cell-rule.ts'
import { type RecurrentKind, recurrentKinds, recurrentLayerOf } from '../nn/recurrent/kinds.ts'
import type { RecurrentLayer } from '../nn/recurrent/recurrent-layer.ts'
import { crossEntropy } from '../tensor/functions.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { JsonConfig } from './json-config.ts'

type Floats = Tensor<readonly number[], 'float32'>
type Ids = Tensor<readonly number[], 'int32'>

export interface RecurrentLanguageModelConfig {
  readonly cell: RecurrentKind
  readonly vocabSize: number
  /** Tokens of a training window: what gradients flow through. The state knows no bound. */
  readonly contextLength: number
  readonly numLayers: number
  readonly hiddenSize: number
  readonly embedDim: number
  /** While training, on embeddings, between layers and before the head. Default 0. */
  readonly dropout?: number
  /** Whether the head is the embedding's matrix; it needs embedDim = hiddenSize. Default false. */
  readonly tieWeights?: boolean
}

/**
 * Embedding, recurrent layers, head: scores of each next token from all tokens so far.
 *
 * **Shape** ids: int32 `[B, T]` → logits `[B, T, vocabSize]`; state `[numLayers, B, hiddenSize]` each.
 *
 * @example
 * const size = { vocabSize: 65, contextLength: 64, numLayers: 2, hiddenSize: 128, embedDim: 128 }
 * const model = new RecurrentLanguageModel({ cell: 'lstm', ...size })
 * const { x, y } = randomWindows(tokens, 64, 2, new Generator(0))
 * const loss = await model.loss(x, y).item() // about ln 65 = 4.17
 */
export class RecurrentLanguageModel extends Module {
  readonly config: RecurrentLanguageModelConfig
  readonly embedding: Embedding
  readonly rnn: RecurrentLayer
  readonly head: Linear | null
  private readonly drop: Dropout

  constructor(config: RecurrentLanguageModelConfig) {
    super()
    checkConfig(config)
    const { cell, vocabSize, numLayers, hiddenSize, embedDim, dropout = 0, tieWeights = false } = config
    this.config = config
    this.embedding = new Embedding(vocabSize, embedDim, { init: uniformInit(-0.1, 0.1) })
    this.rnn = recurrentLayerOf(cell)(embedDim, hiddenSize, { numLayers, dropout })
    this.head = tieWeights ? null : new Linear(hiddenSize, vocabSize)
    this.drop = new Dropout(dropout)
  }

  /** The state before a text: zeros for each of `batchSize` rows. */
  startState(batchSize: number): RecurrentState {
    return this.rnn.startState(batchSize)
  }

  /** Reads on from a state: scores of the next token after each of the given ones, and the state after the last. */
  read(ids: Ids, state: RecurrentState): { readonly logits: Floats; readonly state: RecurrentState } {
    if (ids.ndim !== 2) {
      throw new ShapeError(`recurrentLanguageModel: ids are ${show(ids.shape)}. Expected [B, T].`, { shape: ids.shape })
    }
    const { output, state: after } = this.rnn.forward(this.drop.forward(this.embedding.forward(ids)) as Floats, {
      state,
    })
    const hidden = this.drop.forward(output) as Floats
    const logits = this.head ? this.head.forward(hidden as never) : project(hidden, this.embedding.weight)
    return { logits: logits as Floats, state: after }
  }

  /** Scores of each possible next token, at each position of texts that begin here. */
  forward(ids: Ids): Floats {
    return this.read(ids, this.startState(ids.shape[0]!)).logits
  }

  /** Mean −ln p of the targets in nats; targets: int32 `[B, T]`, the ids one position on. */
  loss(ids: Ids, targets: Ids): Tensor<readonly [], 'float32'> {
    return crossEntropy(this.forward(ids), targets)
  }

  /** config.json. */
  toJSON(): Record<string, unknown> {
    const { cell, vocabSize, contextLength, numLayers, hiddenSize, embedDim, dropout, tieWeights } = this.config
    return {
      architectures: ['RecurrentLanguageModel'],
      model_type: `gradus_${cell}`,
      vocab_size: vocabSize,
      context_length: contextLength,
      num_layers: numLayers,
      hidden_size: hiddenSize,
      embed_dim: embedDim,
      dropout: dropout ?? 0,
      tie_word_embeddings: tieWeights ?? false,
      dtype: 'float32',
    }
  }

  /** The model that a config.json describes, with new weights. @throws ModelError for another architecture */
  static fromJSON(json: unknown, where = 'config.json'): RecurrentLanguageModel {
    const types = recurrentKinds.map(kind => `gradus_${kind}`)
    const config = new JsonConfig(json, where, types)
    return config.build(
      () =>
        new RecurrentLanguageModel({
          cell: recurrentKinds[types.indexOf(config.text('model_type', ''))]!,
          vocabSize: config.size('vocab_size'),
          contextLength: config.size('context_length'),
          numLayers: config.size('num_layers'),
          hiddenSize: config.size('hidden_size'),
          embedDim: config.size('embed_dim'),
          dropout: config.share('dropout', 0),
          tieWeights: config.flag('tie_word_embeddings', false),
        }),
    )
  }
}

const checkConfig = (config: RecurrentLanguageModelConfig): void => {
  for (const key of ['vocabSize', 'contextLength', 'numLayers', 'hiddenSize', 'embedDim'] as const) {
    if (Number.isSafeInteger(config[key]) && config[key] >= 1) continue
    throw new ArgumentError(
      `recurrentLanguageModel: ${key} must be a whole number of at least 1; got ${config[key]}.`,
      { [key]: config[key] },
    )
  }
  if (config.tieWeights && config.embedDim !== config.hiddenSize) {
    throw new ArgumentError(
      `recurrentLanguageModel: tied weights need embedDim and hiddenSize to be equal; got ${config.embedDim} and ${config.hiddenSize}. Make them equal, or leave the weights untied.`,
      { embedDim: config.embedDim, hiddenSize: config.hiddenSize },
    )
  }
}
