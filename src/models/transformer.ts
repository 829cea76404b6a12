/**
 * The Transformer of 2017, from top to bottom: an encoder and a decoder of attention layers. Source: Vaswani et al. 2017, "Attention is all
 * you need"; names and layout of the layers as PyTorch's `nn.Transformer`.
 */
import { ArgumentError } from '../core/errors.ts'
import { Dropout } from '../nn/dropout.ts'
import { Embedding } from '../nn/embedding.ts'
import { normalInit, xavierUniform } from '../nn/initializers.ts'
import { Linear } from '../nn/linear.ts'
import { Module } from '../nn/module.ts'
import type { KeysValues } from '../nn/multi-head-attention.ts'
import { project } from '../nn/project.ts'
import { sinusoids } from '../nn/sinusoids.ts'
import { TransformerDecoder } from '../nn/transformer-decoder.ts'
import { TransformerEncoder } from '../nn/transformer-encoder.ts'
import { arange, zeros } from '../tensor/creation.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { DecodingStep, EncoderDecoder, Encoding } from '../text/encoder-decoder.ts'
import {
  type ConfigReader,
  type Floats,
  type Ids,
  type Mask,
  readConfig,
  seenBy,
  tokenLoss,
} from './encoder-decoder-parts.ts'

export interface TransformerConfig {
  /** Sizes of the vocabularies, with the ids for padding, begin and end that they begin with. */
  readonly sourceVocabSize: number
  readonly targetVocabSize: number
  /** Size of a token's vector, a multiple of numHeads. The paper: 512. */
  readonly embedDim: number
  /** The paper: 8. */
  readonly numHeads: number
  /** Layers of the encoder, and of the decoder. The paper: 6. */
  readonly numLayers: number
  /** Units of each layer's hidden part. Default 4 · embedDim, as in the paper. */
  readonly feedForwardDim?: number
  /** While training, after embeddings, on attention weights, hidden units and each branch. Default 0.1, the paper's. */
  readonly dropout?: number
  /** Default relu, the paper's. */
  readonly activation?: 'relu' | 'gelu'
  /** Normalise each branch at its beginning, instead of its sum with what came in; easier to train. Default false, the paper's way. */
  readonly normFirst?: boolean
  /** One embedding for both languages, which then need one vocabulary. Default false. */
  readonly sharedEmbeddings?: boolean
  /** Whether the head's weight is the target embedding's. Default true, the paper's way (section 3.4). */
  readonly tiedHead?: boolean
}

type Complete = Required<TransformerConfig>

/** Attention weights of every layer, by head. */
export interface TransformerAttentions {
  /** Of the encoder, `[B, nh, S, S]` a layer. */
  readonly encoder: readonly Floats[]
  /** Of the decoder to itself, `[B, nh, T, T]` a layer. */
  readonly decoder: readonly Floats[]
  /** Of the decoder to the encoder's output, `[B, nh, T, S]` a layer. */
  readonly cross: readonly Floats[]
}

interface Memory {
  readonly layers: readonly KeysValues[]
  readonly mask: Mask
}

/**
 * An encoder-decoder of attention.
 *
 * **Shape** source int32 `[B, S]`, lengths int32 `[B]`, target int32 `[B, T]` → logits `[B, T, targetVocabSize]`.
 *
 * @throws ArgumentError for a configuration that no model can have
 * @example
 * const { Transformer } = await import('gradus/models')
 * const sizes = { sourceVocabSize: 13, targetVocabSize: 13, embedDim: 16, numHeads: 2, numLayers: 1 }
 * const sorter = new Transformer(sizes)
 * const source = tensor([[5, 3, 4, 2], [7, 2, 0, 0]], 'int32')
 * sorter.forward(source, tensor([4, 2], 'int32'), tensor([[1, 3, 4], [1, 7, 2]], 'int32')).shape // [2, 3, 13]
 *
 * Source: Vaswani et al. 2017.
 */
export class Transformer extends Module implements EncoderDecoder {
  readonly source_embedding: Embedding
  readonly target_embedding: Embedding
  private readonly drop: Dropout
  readonly encoder: TransformerEncoder
  readonly decoder: TransformerDecoder
  readonly head: Linear | null
  readonly config: Complete

  constructor(config: TransformerConfig) {
    super()
    const complete = completed(config)
    const { sourceVocabSize, targetVocabSize, embedDim, numHeads, numLayers, dropout } = complete
    this.config = complete
    const init = normalInit({ std: embedDim ** -0.5 })
    this.target_embedding = new Embedding(targetVocabSize, embedDim, { init })
    this.source_embedding = complete.sharedEmbeddings
      ? this.target_embedding
      : new Embedding(sourceVocabSize, embedDim, { init })
    this.drop = new Dropout(dropout)
    this.encoder = new TransformerEncoder(numLayers, embedDim, numHeads, complete)
    this.decoder = new TransformerDecoder(numLayers, embedDim, numHeads, complete)
    this.head = complete.tiedHead ? null : new Linear(embedDim, targetVocabSize, { bias: false, init: xavierUniform() })
  }

  /** Scores of the token after each one of the target, whose rows begin with the begin id. */
  forward(source: Ids, lengths: Ids, target: Ids): Floats {
    return this.scores(this.run(source, lengths, target).output)
  }

  /** Mean −ln p of `next`, the target one token on, in nats; padding does not count. */
  loss(
    source: Ids,
    lengths: Ids,
    target: Ids,
    next: Ids,
    options: { readonly labelSmoothing?: number } = {},
  ): Tensor<readonly [], 'float32'> {
    return tokenLoss(this.forward(source, lengths, target), next, options)
  }

  /** Where each layer and head looks when the target is read. */
  attentions(source: Ids, lengths: Ids, target: Ids): TransformerAttentions {
    const { encoder, decoder, cross } = this.run(source, lengths, target)
    return { encoder, decoder, cross }
  }

  encode(source: Ids, lengths: Ids, room: number): Encoding {
    const { numLayers, numHeads, embedDim } = this.config
    const mask = seenBy(source, lengths)
    const { output } = this.encoder.forward(this.embed(this.source_embedding, source), { keyMask: mask })
    const empty = (): Floats => zeros([source.shape[0]!, numHeads, room, embedDim / numHeads]) as Floats
    const state = Array.from({ length: numLayers }, () => ({ keys: empty(), values: empty() }))
    return { memory: { layers: this.decoder.memoryOf(output), mask } satisfies Memory, state }
  }

  step(ids: Ids, position: Ids, state: unknown, memory: unknown): DecodingStep {
    const { layers, mask } = memory as Memory
    const past = state as readonly KeysValues[]
    const [B, room] = [ids.shape[0]!, past[0]!.keys.shape[2]!]
    const places = arange(0, room, { dtype: 'int32' }) as Ids
    const wave = sinusoids(room, this.config.embedDim).gather(position.reshape([1])) as Floats // [1, C]
    const x = this.vectors(this.target_embedding, ids).add(wave) as Floats
    const out = this.decoder.step(this.drop.forward(x).reshape([B, 1, this.config.embedDim]) as Floats, past, {
      here: places.equal(position as never).reshape([room, 1]) as Mask,
      visible: places.lessEqual(position as never).reshape([1, room]) as Mask,
      memory: layers,
      memoryMask: mask,
    })
    const logits = this.scores(out.output).reshape([B, this.config.targetVocabSize]) as Floats
    // The last layer's heads together: the one picture of where a step looks.
    const weights = out.crossWeights.at(-1)!.mean(1).reshape([B, mask.shape[1]!]) as Floats
    return { logits, state: out.past, weights }
  }

  private run(source: Ids, lengths: Ids, target: Ids): TransformerAttentions & { readonly output: Floats } {
    const mask = seenBy(source, lengths)
    const read = this.encoder.forward(this.embed(this.source_embedding, source), { keyMask: mask })
    const written = this.decoder.forward(this.embed(this.target_embedding, target), read.output, { memoryMask: mask })
    return { output: written.output, encoder: read.weights, decoder: written.selfWeights, cross: written.crossWeights }
  }

  /** Vectors as long as the waves that are added to them (the paper's section 3.4). */
  private vectors(table: Embedding, ids: Ids): Floats {
    return table.forward(ids).mul(Math.sqrt(this.config.embedDim)) as Floats
  }
  private embed(table: Embedding, ids: Ids): Floats {
    const waves = sinusoids(ids.shape[1]!, this.config.embedDim)
    return this.drop.forward(this.vectors(table, ids).add(waves as never) as Floats) as Floats
  }
  private scores(x: Floats): Floats {
    if (this.head) return this.head.forward(x) as Floats
    return project(x, this.target_embedding.weight)
  }

  /** config.json. */
  toJSON(): Record<string, unknown> {
    return { model_type: 'gradus_transformer', architectures: ['Transformer'], ...this.config }
  }

  /** The model that a config.json describes, with new weights. @throws ModelError for another one */
  static fromJSON(json: unknown, where = 'config.json'): Transformer {
    return readConfig(json, where, 'gradus_transformer', ({ size, share, choice, flag }: ConfigReader) => {
      const config: Complete = {
        sourceVocabSize: size('sourceVocabSize'),
        targetVocabSize: size('targetVocabSize'),
        embedDim: size('embedDim'),
        numHeads: size('numHeads'),
        numLayers: size('numLayers'),
        feedForwardDim: size('feedForwardDim'),
        dropout: share('dropout'),
        activation: choice('activation', ['relu', 'gelu']),
        normFirst: flag('normFirst'),
        sharedEmbeddings: flag('sharedEmbeddings'),
        tiedHead: flag('tiedHead'),
      }
      return new Transformer(config)
    })
  }
}

/** The configuration with its defaults, checked. */
const completed = (config: TransformerConfig): Complete => {
  const complete: Complete = {
    feedForwardDim: 4 * config.embedDim,
    dropout: 0.1,
    activation: 'relu',
    normFirst: false,
    sharedEmbeddings: false,
    tiedHead: true,
    ...config,
  }
  const { sourceVocabSize, targetVocabSize, embedDim, numHeads, numLayers, feedForwardDim } = complete
  for (const [name, value] of Object.entries({
    sourceVocabSize,
    targetVocabSize,
    numLayers,
    feedForwardDim,
    embedDim,
    numHeads,
  })) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new ArgumentError(`transformer: ${name} must be a whole number of at least 1; got ${value}.`, {
        [name]: value,
      })
  }
  if (embedDim % numHeads !== 0 || embedDim % 2 !== 0) {
    throw new ArgumentError(
      `transformer: embedDim ${embedDim} does not go with ${numHeads} heads. It must be a multiple of numHeads, and even for the sines and cosines of positions.`,
      { embedDim, numHeads },
    )
  }
  if (complete.sharedEmbeddings && sourceVocabSize !== targetVocabSize) {
    throw new ArgumentError(
      `transformer: sharedEmbeddings needs one vocabulary; the sizes are ${sourceVocabSize} and ${targetVocabSize}. Give one tokenizer for both sides, or leave it out.`,
      { sourceVocabSize, targetVocabSize },
    )
  }
  return complete
}

/** An encoder-decoder of attention, as small as the configuration says. */
export const transformer = (config: TransformerConfig): Transformer => new Transformer(config)
