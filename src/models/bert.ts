/**
 * BERT, from top to bottom. Sources: Devlin et al. 2019 (the model and its two tasks), Vaswani et al. 2017 (the encoder), and for names,
 * layout and initialisation the published checkpoints as Hugging Face transformers 5.18 (`BertModel` and its heads) reads them.
 */
import { ShapeError } from '../core/errors.ts'
import { type Shape, show } from '../core/shape.ts'
import { Dropout } from '../nn/dropout.ts'
import { Embedding } from '../nn/embedding.ts'
import { constantInit, type Initializer, normalInit } from '../nn/initializers.ts'
import { LayerNorm } from '../nn/layer-norm.ts'
import { Linear } from '../nn/linear.ts'
import { Module } from '../nn/module.ts'
import { Parameter } from '../nn/parameter.ts'
import { project } from '../nn/project.ts'
import { arange, zeros } from '../tensor/creation.ts'
import { attention, crossEntropy } from '../tensor/functions.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type BertConfig, bertConfigOf, bertJson, checkBertConfig, classesOf, readBertJson } from './bert-config.ts'
import { joinHeads, splitHeads } from './past-attention.ts'

type Floats = Tensor<Shape, 'float32'>
type Ids = Tensor<Shape, 'int32'>
type Mask = Tensor<Shape, 'bool'>
export type BertLoss = Tensor<readonly [], 'float32'>

/** Texts as the model reads them, `[B, T]` each. */
export interface BertInput {
  readonly ids: Ids
  /** 0 for tokens of a first text, 1 for those of a second. Default 0. */
  readonly tokenTypes?: Ids
  /** False for padding, which no token sees. Default: none is. */
  readonly mask?: Mask
}

/** Tokens to be found again: places in the batch, `row · T + column`, and what stood there; −100 where a place does not count. */
export interface MaskedTokens {
  readonly places: Ids
  readonly labels: Ids
}
const uncounted = -100

const initOf = ({ initializerRange = 0.02 }: BertConfig): Initializer => normalInit({ std: initializerRange })
const affineMap = (inFeatures: number, outFeatures: number, config: BertConfig): Linear =>
  new Linear(inFeatures, outFeatures, { init: initOf(config) })
const normOf = ({ embedDim, epsilon = 1e-12 }: BertConfig): LayerNorm => new LayerNorm(embedDim, { epsilon })

/** Sum of a word's, its place's and its text's vector, normalised. */
class BertEmbeddings extends Module {
  readonly word_embeddings: Embedding
  readonly position_embeddings: Embedding
  readonly token_type_embeddings: Embedding
  readonly LayerNorm: LayerNorm
  private readonly dropout: Dropout

  constructor(config: BertConfig) {
    super()
    const { vocabSize, contextLength, tokenTypes = 2, embedDim, dropout = 0.1 } = config
    const init = initOf(config)
    this.word_embeddings = new Embedding(vocabSize, embedDim, { init })
    this.position_embeddings = new Embedding(contextLength, embedDim, { init })
    this.token_type_embeddings = new Embedding(tokenTypes, embedDim, { init })
    // Places and texts are no words: in few bits they would cost much and save little.
    for (const { weight } of [this.position_embeddings, this.token_type_embeddings]) weight.inputAxis = null
    this.LayerNorm = normOf(config)
    this.dropout = new Dropout(dropout)
  }
  forward({ ids, tokenTypes = zeros(ids.shape, 'int32') as Ids }: BertInput): Floats {
    const [contextLength] = this.position_embeddings.weight.shape
    const T = ids.shape[1]
    if (ids.ndim !== 2 || T! > contextLength) {
      throw new ShapeError(
        `bert: ids are ${show(ids.shape)}. Expected [B, T] with T at most ${contextLength}, the context; cut texts to it.`,
        { shape: ids.shape },
      )
    }
    const words = this.word_embeddings.forward(ids) as Floats // [B, T, C]
    const places = this.position_embeddings.forward(arange(0, T!, { dtype: 'int32' })) as Floats // [T, C]
    const sum = words.add(this.token_type_embeddings.forward(tokenTypes) as Floats).add(places) as Floats
    return this.dropout.forward(this.LayerNorm.forward(sum) as Floats) as Floats
  }
}

/** Queries, keys and values of each head. */
class BertSelfAttention extends Module {
  readonly query: Linear
  readonly key: Linear
  readonly value: Linear
  private readonly dropout: Dropout
  private readonly numHeads: number

  constructor(config: BertConfig) {
    super()
    const { embedDim, numHeads, dropout = 0.1, attentionDropout = dropout } = config
    this.query = affineMap(embedDim, embedDim, config)
    this.key = affineMap(embedDim, embedDim, config)
    this.value = affineMap(embedDim, embedDim, config)
    this.dropout = new Dropout(attentionDropout)
    this.numHeads = numHeads
  }
  forward(x: Floats, seen: Mask | undefined): Floats {
    const heads = (map: Linear): Floats => splitHeads(map.forward(x) as Floats, this.numHeads) // [B, nh, T, hd]
    const out = attention(heads(this.query), heads(this.key), heads(this.value), {
      ...(seen && { mask: seen }),
      onWeights: w => this.dropout.forward(w) as Floats,
    })
    return joinHeads(out as Floats)
  }
}

/** What ends a branch: an affine map, and the normalised sum with what came in. */
class BertBranchEnd extends Module {
  readonly dense: Linear
  readonly LayerNorm: LayerNorm
  private readonly dropout: Dropout

  constructor(inFeatures: number, config: BertConfig) {
    super()
    this.dense = affineMap(inFeatures, config.embedDim, config)
    this.LayerNorm = normOf(config)
    this.dropout = new Dropout(config.dropout ?? 0.1)
  }
  forward(branch: Floats, x: Floats): Floats {
    return this.LayerNorm.forward(this.dropout.forward(this.dense.forward(branch) as Floats).add(x) as Floats) as Floats
  }
}

/** Each token looks at every other. */
class BertAttention extends Module {
  readonly self: BertSelfAttention
  readonly output: BertBranchEnd

  constructor(config: BertConfig) {
    super()
    this.self = new BertSelfAttention(config)
    this.output = new BertBranchEnd(config.embedDim, config)
  }
  forward(x: Floats, seen: Mask | undefined): Floats {
    return this.output.forward(this.self.forward(x, seen), x)
  }
}

/** An affine map with the exact GELU behind it. */
class BertIntermediate extends Module {
  readonly dense: Linear

  constructor(config: BertConfig) {
    super()
    const { embedDim, hiddenDim = 4 * embedDim } = config
    this.dense = affineMap(embedDim, hiddenDim, config)
  }
  forward(x: Floats): Floats {
    return this.dense.forward(x).gelu() as Floats
  }
}

/** Attention and hidden layer, each added to what came in and normalised after. */
class BertLayer extends Module {
  readonly attention: BertAttention
  readonly intermediate: BertIntermediate
  readonly output: BertBranchEnd

  constructor(config: BertConfig) {
    super()
    this.attention = new BertAttention(config)
    this.intermediate = new BertIntermediate(config)
    this.output = new BertBranchEnd(config.hiddenDim ?? 4 * config.embedDim, config)
  }
  forward(x: Floats, seen: Mask | undefined): Floats {
    const mid = this.attention.forward(x, seen)
    return this.output.forward(this.intermediate.forward(mid), mid)
  }
}

class BertEncoder extends Module {
  readonly layer: readonly BertLayer[]

  constructor(config: BertConfig) {
    super()
    this.layer = Array.from({ length: config.numLayers }, () => new BertLayer(config))
  }
  forward(x: Floats, seen: Mask | undefined): Floats {
    return this.layer.reduce((hidden, layer) => layer.forward(hidden, seen), x)
  }
}

/** The first token's vector through an affine map and tanh: what stands for the whole text. */
class BertPooler extends Module {
  readonly dense: Linear

  constructor(config: BertConfig) {
    super()
    this.dense = affineMap(config.embedDim, config.embedDim, config)
  }
  forward(hidden: Floats): Floats {
    const [B, , C] = hidden.shape as readonly [number, number, number]
    const first = hidden.slice(null, { start: 0, end: 1 }).reshape([B, C]) as Floats
    return this.dense.forward(first).tanh() as Floats
  }
}

/** What BERT says of texts. */
export interface BertHidden {
  /** A vector for each token, `[B, T, C]`. */
  readonly hidden: Floats
  /** One for each text, `[B, C]`: of its first token, through the pooler. Null for a model without one. */
  readonly pooled: Floats | null
}

/**
 * The encoder without a head.
 *
 * **Shape** ids: int32 `[B, T]`, tokenTypes the same, mask bool `[B, T]`, T ≤ contextLength → hidden `[B, T, C]`, pooled `[B, C]`.
 *
 * @example
 * const { BertModel } = await import('gradus/models')
 * const bert = new BertModel({ vocabSize: 100, contextLength: 16, numLayers: 2, numHeads: 2, embedDim: 8 })
 * bert.forward({ ids: zeros([3, 5], 'int32') }).hidden.shape // [3, 5, 8]
 */
export class BertModel extends Module {
  readonly config: BertConfig
  readonly embeddings: BertEmbeddings
  readonly encoder: BertEncoder
  readonly pooler: BertPooler | null

  /** @param options `pooler: false` leaves it out, as models do that need none */
  constructor(config: BertConfig, options: { readonly pooler?: boolean } = {}) {
    super()
    checkBertConfig(config)
    this.config = config
    this.embeddings = new BertEmbeddings(config)
    this.encoder = new BertEncoder(config)
    this.pooler = (options.pooler ?? true) ? new BertPooler(config) : null
  }

  forward(input: BertInput): BertHidden {
    const [B, T] = input.ids.shape as readonly [number, number]
    const embedded = this.embeddings.forward(input)
    const hidden = this.encoder.forward(embedded, input.mask?.reshape([B, 1, 1, T]) as Mask | undefined)
    return { hidden, pooled: this.pooler?.forward(hidden) ?? null }
  }

  /** config.json, as Hugging Face's BertModel reads it. */
  toJSON(): Record<string, unknown> {
    return bertJson('BertModel', this.config)
  }
  /** The model that a config.json describes, with new weights. @throws ModelError for another architecture */
  static fromJSON(json: unknown, where = 'config.json'): BertModel {
    const read = readBertJson(json, where)
    return read.build(() => new BertModel(bertConfigOf(read)))
  }
}

class BertTransform extends Module {
  readonly dense: Linear
  readonly LayerNorm: LayerNorm

  constructor(config: BertConfig) {
    super()
    this.dense = affineMap(config.embedDim, config.embedDim, config)
    this.LayerNorm = normOf(config)
  }
  forward(x: Floats): Floats {
    return this.LayerNorm.forward(this.dense.forward(x).gelu() as Floats) as Floats
  }
}

/** Scores of each token of the vocabulary, by its likeness to the token's embedding. */
class BertPredictions extends Module {
  readonly bias: Parameter<readonly [number]>
  readonly transform: BertTransform

  constructor(config: BertConfig) {
    super()
    this.bias = new Parameter([config.vocabSize], constantInit(0))
    this.transform = new BertTransform(config)
  }
  forward(x: Floats, words: Parameter): Floats {
    return project(this.transform.forward(x), words, this.bias)
  }
}

/** Head of masked tokens; a module of its own because checkpoints prefix its names with `cls.`. */
class BertOnlyMlmHead extends Module {
  readonly predictions: BertPredictions
  constructor(config: BertConfig) {
    super()
    this.predictions = new BertPredictions(config)
  }
}
/** The two heads of pre-training. */
class BertPreTrainingHeads extends BertOnlyMlmHead {
  readonly seq_relationship: Linear
  constructor(config: BertConfig) {
    super(config)
    this.seq_relationship = affineMap(config.embedDim, 2, config)
  }
}

/** A model that finds masked tokens. */
abstract class MaskedModel<Head extends BertOnlyMlmHead> extends Module {
  abstract readonly bert: BertModel
  abstract readonly cls: Head
  get config(): BertConfig {
    return this.bert.config
  }

  /** Scores of the vocabulary at each token, `[B, T, V]`. */
  logits(input: BertInput): Floats {
    return this.score(this.bert.forward(input).hidden)
  }
  /** Scores of the vocabulary at some places, `[P, V]`: much less work than at all of them. */
  logitsAt(input: BertInput, places: Ids): Floats {
    return this.scoreAt(this.bert.forward(input).hidden, places)
  }

  protected score(hidden: Floats): Floats {
    return this.cls.predictions.forward(hidden, this.bert.embeddings.word_embeddings.weight)
  }
  protected scoreAt(hidden: Floats, places: Ids): Floats {
    const [B, T, C] = hidden.shape as readonly [number, number, number]
    return this.score(hidden.reshape([B * T, C]).gather(places) as Floats)
  }
  protected maskedLoss(hidden: Floats, { places, labels }: MaskedTokens): BertLoss {
    const scores = this.scoreAt(hidden, places)
    return crossEntropy(scores, labels as never, { ignoreIndex: uncounted }) as BertLoss
  }
}

/**
 * BERT with the head that finds masked tokens; its weight is that of the word embedding.
 *
 * **Shape** ids: int32 `[B, T]` → logits `[B, T, vocabSize]`.
 */
export class BertForMaskedLM extends MaskedModel<BertOnlyMlmHead> {
  readonly bert: BertModel
  readonly cls: BertOnlyMlmHead

  constructor(config: BertConfig) {
    super()
    this.bert = new BertModel(config, { pooler: false })
    this.cls = new BertOnlyMlmHead(config)
  }
  forward(input: BertInput): Floats {
    return this.logits(input)
  }
  /** Mean −ln p of the masked tokens in nats. */
  loss(input: BertInput, masked: MaskedTokens): BertLoss {
    return this.maskedLoss(this.bert.forward(input).hidden, masked)
  }
  toJSON(): Record<string, unknown> {
    return bertJson('BertForMaskedLM', this.config)
  }
  /** The model that a config.json describes, with new weights. @throws ModelError for another architecture */
  static fromJSON(json: unknown, where = 'config.json'): BertForMaskedLM {
    const read = readBertJson(json, where)
    return read.build(() => new BertForMaskedLM(bertConfigOf(read)))
  }
}

/** Both losses of pre-training, whose sum is learned from. */
export interface BertPreTrainingLoss {
  readonly loss: BertLoss
  /** Mean −ln p of the masked tokens in nats. */
  readonly masked: BertLoss
  /** Mean −ln p of whether the second text follows the first, in nats. */
  readonly next: BertLoss
  /** The scores of that, `[B, 2]`. */
  readonly nextLogits: Floats
}

/**
 * BERT with both heads of pre-training: that of masked tokens, and whether the second text follows the first.
 *
 * **Shape** ids: int32 `[B, T]` → logits `[B, T, vocabSize]`, next `[B, 2]` (0: it follows, 1: it is from elsewhere).
 *
 * Source: Devlin et al. 2019, section 3.1.
 */
export class BertForPreTraining extends MaskedModel<BertPreTrainingHeads> {
  readonly bert: BertModel
  readonly cls: BertPreTrainingHeads

  constructor(config: BertConfig) {
    super()
    this.bert = new BertModel(config)
    this.cls = new BertPreTrainingHeads(config)
  }
  forward(input: BertInput): { logits: Floats; next: Floats } {
    const { hidden, pooled } = this.bert.forward(input)
    return { logits: this.score(hidden), next: this.cls.seq_relationship.forward(pooled!) as Floats }
  }
  /** @param elsewhere int32 `[B]`: 0 where the second text follows the first, 1 where it is from elsewhere */
  loss(input: BertInput, masked: MaskedTokens, elsewhere: Ids): BertPreTrainingLoss {
    const { hidden, pooled } = this.bert.forward(input)
    const ofTokens = this.maskedLoss(hidden, masked)
    const nextLogits = this.cls.seq_relationship.forward(pooled!) as Floats
    const next = crossEntropy(nextLogits as never, elsewhere as never) as BertLoss
    return { loss: ofTokens.add(next) as BertLoss, masked: ofTokens, next, nextLogits }
  }
  toJSON(): Record<string, unknown> {
    return bertJson('BertForPreTraining', this.config)
  }
  /** The model that a config.json describes, with new weights. @throws ModelError for another architecture */
  static fromJSON(json: unknown, where = 'config.json'): BertForPreTraining {
    const read = readBertJson(json, where)
    return read.build(() => new BertForPreTraining(bertConfigOf(read)))
  }
}

/**
 * BERT that says of which class a text is, or a pair of texts.
 *
 * **Shape** ids: int32 `[B, T]` → logits `[B, K]`.
 *
 * @example
 * const { BertForSequenceClassification } = await import('gradus/models')
 * const sizes = { vocabSize: 100, contextLength: 16, numLayers: 1, numHeads: 2, embedDim: 8 }
 * const judge = new BertForSequenceClassification({ ...sizes, classes: ['ham', 'spam'] })
 * judge.forward({ ids: zeros([3, 5], 'int32') }).shape // [3, 2]
 *
 * Source: Devlin et al. 2019, section 4.1.
 */
export class BertForSequenceClassification extends Module {
  readonly bert: BertModel
  readonly classifier: Linear
  readonly classes: readonly string[]
  private readonly dropout: Dropout

  /** Without `classes`, two. */
  constructor(config: BertConfig) {
    super()
    const { classes = ['LABEL_0', 'LABEL_1'], embedDim, dropout = 0.1, headDropout = dropout } = config
    this.bert = new BertModel({ ...config, classes })
    this.classifier = affineMap(embedDim, classes.length, config)
    this.classes = classes
    this.dropout = new Dropout(headDropout)
  }
  get config(): BertConfig {
    return this.bert.config
  }
  /** Scores of each class. */
  forward(input: BertInput): Floats {
    const { pooled } = this.bert.forward(input)
    return this.classifier.forward(this.dropout.forward(pooled!) as Floats) as Floats
  }
  /** Mean −ln p of the right classes in nats; labels int32 `[B]`, −100 for a row that does not count. */
  loss(input: BertInput, labels: Ids): BertLoss {
    return crossEntropy(this.forward(input) as never, labels as never, { ignoreIndex: uncounted }) as BertLoss
  }
  toJSON(): Record<string, unknown> {
    return bertJson('BertForSequenceClassification', this.config)
  }
  /** The model that a config.json describes, with new weights. @throws ModelError for another architecture */
  static fromJSON(json: unknown, where = 'config.json'): BertForSequenceClassification {
    const read = readBertJson(json, where)
    return read.build(() => new BertForSequenceClassification({ ...bertConfigOf(read), classes: classesOf(read) }))
  }
}
