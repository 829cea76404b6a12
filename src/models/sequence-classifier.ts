/** What recurrent layers say about sequences: one label for a whole one, or one for each step. */
import { Dropout } from '../nn/dropout.ts'
import { Embedding } from '../nn/embedding.ts'
import { Linear } from '../nn/linear.ts'
import { Module } from '../nn/module.ts'
import type { RecurrentLayer } from '../nn/recurrent/recurrent-layer.ts'
import { type RecurrentKind, recurrentLayerOf } from '../nn/recurrent/kinds.ts'
import { ArgumentError } from '../core/errors.ts'
import { concat } from '../tensor/functions.ts'
import type { Tensor } from '../tensor/tensor.ts'

type Floats = Tensor<readonly number[], 'float32'>
type Ids = Tensor<readonly number[], 'int32'>

export interface SequenceModelConfig {
  /** Default lstm. */
  readonly cell?: RecurrentKind
  /** Tokens, where sequences are of ids; they are embedded. */
  readonly vocabSize?: number
  /** Features of a step, where sequences are of vectors; or the size of an embedding. */
  readonly inputSize: number
  readonly hiddenSize: number
  readonly numClasses: number
  /** Default 1. */
  readonly numLayers?: number
  /** Whether a second layer reads from the end. Default false for a classifier, true for a tagger. */
  readonly bidirectional?: boolean
  /** While training, on the input, between layers and before the head. Default 0. */
  readonly dropout?: number
}

/** Embedding (of ids), recurrent layers and head: what classifier and tagger share. */
abstract class SequenceModel extends Module {
  readonly config: SequenceModelConfig
  readonly embedding: Embedding | null
  readonly rnn: RecurrentLayer
  readonly head: Linear
  protected readonly drop: Dropout

  constructor(config: SequenceModelConfig, bidirectional: boolean) {
    super()
    const { cell = 'lstm', vocabSize, inputSize, hiddenSize, numClasses, numLayers = 1, dropout = 0 } = config
    this.config = config
    this.embedding = vocabSize === undefined ? null : new Embedding(vocabSize, inputSize)
    this.rnn = recurrentLayerOf(cell)(inputSize, hiddenSize, { numLayers, dropout, bidirectional })
    this.head = new Linear(hiddenSize * (bidirectional ? 2 : 1), numClasses)
    this.drop = new Dropout(dropout)
  }

  /** Outputs `[B, T, D · H]` and last states `[L · D, B, H]` of ids `[B, T]` or vectors `[B, T, inputSize]`. */
  protected run(x: Ids | Floats, lengths?: Ids): { output: Floats; h: Floats } {
    if (this.embedding ? x.dtype !== 'int32' : x.dtype !== 'float32') {
      throw new ArgumentError(
        `sequenceModel: x is ${x.dtype}. ${this.embedding ? 'With vocabSize it is of ids, int32 [B, T].' : 'Without vocabSize it is of vectors, float32 [B, T, inputSize].'}`,
      )
    }
    const vectors = this.embedding ? this.embedding.forward(x) : x
    const { output, state } = this.rnn.forward(this.drop.forward(vectors as never) as Floats, {
      ...(lengths && { lengths }),
    })
    return { output, h: state.h }
  }
}

/**
 * One label for a whole sequence, from the state of the last layer at its end; with both directions from both ends.
 *
 * **Shape** x: int32 ids `[B, T]` or vectors `[B, T, inputSize]`, lengths int32 `[B]` → logits `[B, numClasses]`.
 *
 * @example
 * const model = new SequenceClassifier({ vocabSize: 27, inputSize: 16, hiddenSize: 32, numClasses: 18 })
 * model.forward(zeros([4, 12], 'int32'), tensor([12, 3, 7, 1], 'int32')).shape // [4, 18]
 */
export class SequenceClassifier extends SequenceModel {
  constructor(config: SequenceModelConfig) {
    super(config, config.bidirectional ?? false)
  }
  /** Scores of each class. */
  forward(x: Ids | Floats, lengths?: Ids): Floats {
    const { h } = this.run(x, lengths)
    const rows = (this.config.bidirectional ? [h.slice(-2), h.slice(-1)] : [h.slice(-1)]) as Floats[] // [B, H] each
    return this.head.forward(this.drop.forward(concat(rows, 1)) as never) as Floats
  }
}

/**
 * A label for each step of a sequence, from both directions.
 *
 * **Shape** x: int32 ids `[B, T]` or vectors `[B, T, inputSize]`, lengths int32 `[B]` → logits `[B, T, numClasses]`. Those behind a row's
 * length mean nothing: leave them out of the loss with `ignoreIndex`.
 *
 * Source: Graves & Schmidhuber 2005.
 *
 * @example
 * const model = new SequenceTagger({ vocabSize: 100, inputSize: 16, hiddenSize: 32, numClasses: 5 })
 * model.forward(zeros([4, 12], 'int32')).shape // [4, 12, 5]
 */
export class SequenceTagger extends SequenceModel {
  constructor(config: SequenceModelConfig) {
    super(config, config.bidirectional ?? true)
  }
  /** Scores of each class at each step. */
  forward(x: Ids | Floats, lengths?: Ids): Floats {
    return this.head.forward(this.drop.forward(this.run(x, lengths).output as never) as never) as Floats
  }
}
