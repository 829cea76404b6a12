/** The neural probabilistic language model. Source: Bengio, Ducharme, Vincent & Jauvin 2003, equation 1 and the text around it. */
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { show } from '../core/shape.ts'
import { Embedding } from '../nn/embedding.ts'
import { constantInit, uniformInit } from '../nn/initializers.ts'
import { Linear } from '../nn/linear.ts'
import { Module } from '../nn/module.ts'
import { fromArray } from '../tensor/creation.ts'
import { concat, crossEntropy } from '../tensor/functions.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Floats, Ids } from '../text/causal-model.ts'
import { JsonConfig } from './json-config.ts'

export interface BengioConfig {
  readonly vocabSize: number
  /** Tokens of a training window; the model itself looks at `order − 1`. */
  readonly contextLength: number
  /** n: a token is predicted from the n − 1 before it. */
  readonly order: number
  readonly hiddenSize: number
  readonly embedDim: number
  /** Whether embeddings reach the scores past the hidden layer too: `W x`. Default false. */
  readonly direct?: boolean
}

/** The last n − 1 ids of each text, `[B, n − 1]`; before a text stands the id behind the vocabulary's last. */
export interface BengioState {
  readonly ids: Ids
}

/**
 * `y = b + W x + U tanh(d + H x)`, where x are the embeddings of the last n − 1 tokens side by side, the newest first: scores of the next token
 * from a window of fixed size. W is there with `direct` only.
 *
 * **Shape** ids: int32 `[B, T]` → logits `[B, T, vocabSize]`; `embedding.weight` `[vocabSize + 1, embedDim]`, of which the last row stands
 * for what is before a text.
 *
 * @example
 * const model = new BengioLanguageModel({ vocabSize: 65, contextLength: 64, order: 9, hiddenSize: 128, embedDim: 24 })
 * const { logits, state } = model.read(tensor([[1, 2, 3]], 'int32'), model.startState(1)) // [1, 3, 65]
 */
export class BengioLanguageModel extends Module {
  readonly config: BengioConfig
  readonly embedding: Embedding
  readonly hidden: Linear
  readonly output: Linear
  readonly direct: Linear | null

  constructor(config: BengioConfig) {
    super()
    checkConfig(config)
    const { vocabSize, order, hiddenSize, embedDim, direct = false } = config
    const width = (order - 1) * embedDim
    this.config = config
    this.embedding = new Embedding(vocabSize + 1, embedDim, { init: uniformInit(-0.1, 0.1) })
    this.hidden = new Linear(width, hiddenSize)
    this.output = new Linear(hiddenSize, vocabSize)
    // Zeros: at first the hidden layer speaks alone.
    this.direct = direct ? new Linear(width, vocabSize, { bias: false, init: constantInit(0) }) : null
  }

  /** The state before a text, for each of `batchSize` rows. */
  startState(batchSize: number): BengioState {
    const { vocabSize, order } = this.config
    const shape = [batchSize, order - 1]
    return { ids: fromArray(new Int32Array(batchSize * (order - 1)).fill(vocabSize), shape, 'int32') }
  }

  /** Reads on from a state: scores of the next token after each of the given ones, and the state after the last. */
  read(ids: Ids, state: BengioState): { readonly logits: Floats; readonly state: BengioState } {
    if (ids.ndim !== 2) {
      throw new ShapeError(`bengioLanguageModel: ids are ${show(ids.shape)}. Expected [B, T].`, { shape: ids.shape })
    }
    const T = ids.shape[1]!
    const all = concat([state.ids, ids], 1) as Ids // [B, n − 1 + T]
    const vectors = this.embedding.forward(all) as Floats
    // The token k before the newest, for all windows at once.
    const back = (k: number): Floats => {
      const end = all.shape[1]! - k
      return vectors.slice(null, { start: end - T, end }) as Floats
    }
    const x = concat(Array.from({ length: this.config.order - 1 }, (_, k) => back(k)) as Floats[], 2) as Floats
    const scores = this.output.forward((this.hidden.forward(x) as Floats).tanh() as Floats) as Floats
    const logits = this.direct ? scores.add(this.direct.forward(x) as Floats) : scores
    return { logits: logits as Floats, state: { ids: all.slice(null, { start: T }) as Ids } }
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
    const { vocabSize, contextLength, order, hiddenSize, embedDim, direct } = this.config
    return {
      architectures: ['BengioLanguageModel'],
      model_type: 'gradus_bengio',
      vocab_size: vocabSize,
      context_length: contextLength,
      order,
      hidden_size: hiddenSize,
      embed_dim: embedDim,
      direct: direct ?? false,
      dtype: 'float32',
    }
  }

  /** The model that a config.json describes, with new weights. @throws ModelError for another architecture */
  static fromJSON(json: unknown, where = 'config.json'): BengioLanguageModel {
    const config = new JsonConfig(json, where, ['gradus_bengio'])
    return config.build(
      () =>
        new BengioLanguageModel({
          vocabSize: config.size('vocab_size'),
          contextLength: config.size('context_length'),
          order: config.size('order'),
          hiddenSize: config.size('hidden_size'),
          embedDim: config.size('embed_dim'),
          direct: config.flag('direct', false),
        }),
    )
  }
}

const checkConfig = (config: BengioConfig): void => {
  for (const [key, least] of [
    ['vocabSize', 1],
    ['contextLength', 1],
    ['order', 2],
    ['hiddenSize', 1],
    ['embedDim', 1],
  ] as const) {
    if (Number.isSafeInteger(config[key]) && config[key] >= least) continue
    throw new ArgumentError(
      `bengioLanguageModel: ${key} must be a whole number of at least ${least}; got ${config[key]}.`,
      { [key]: config[key] },
    )
  }
}
