/**
 * Sequence to sequence by recurrent networks, with attention. Sources: Sutskever, Vinyals & Le 2014 (encoder and decoder); Bahdanau, Cho &
 * Bengio 2015 (additive attention, bidirectional encoder); Luong, Pham & Manning 2015 (dot and general attention, input feeding).
 */
import { ArgumentError } from '../core/errors.ts'
import { Dropout } from '../nn/dropout.ts'
import { Embedding } from '../nn/embedding.ts'
import { uniformInit } from '../nn/initializers.ts'
import { Linear } from '../nn/linear.ts'
import { Module } from '../nn/module.ts'
import { Gru, GruCell, Lstm, LstmCell, type RecurrentCell, type RecurrentState } from '../nn/index.ts'
import { Parameter } from '../nn/parameter.ts'
import { zeros } from '../tensor/creation.ts'
import { concat, stack, where } from '../tensor/functions.ts'
import { rand } from '../tensor/random.ts'
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

/** How a decoder's state is compared with the encoder's outputs. */
export const attentionNames = ['additive', 'dot', 'general', 'none'] as const
export type AttentionName = (typeof attentionNames)[number]

export interface Seq2SeqConfig {
  /** Sizes of the vocabularies, with the ids for padding, begin and end that they begin with. */
  readonly sourceVocabSize: number
  readonly targetVocabSize: number
  /** Size of a token's vector. */
  readonly embedDim: number
  /** Size of the decoder's state; the encoder's two directions have half of it each. */
  readonly hiddenSize: number
  /** Recurrent layers of the encoder, and of the decoder. Default 1. */
  readonly numLayers?: number
  /** Default lstm. */
  readonly cell?: 'lstm' | 'gru'
  /** Whether the encoder reads in both directions. Default true. */
  readonly bidirectional?: boolean
  /** `additive` is Bahdanau's, `dot` and `general` are Luong's; `none` leaves the decoder with the encoder's last state. Default additive. */
  readonly attention?: AttentionName
  /** While training, on embeddings, between layers and before the head. Default 0. */
  readonly dropout?: number
  /** One embedding for both languages, which then need one vocabulary. Default false. */
  readonly sharedEmbeddings?: boolean
}
type Complete = Required<Seq2SeqConfig>

/** The encoder's outputs as the decoder looks at them. */
interface Memory {
  /** `[B, S, H]`. */
  readonly values: Floats
  /** What states are compared with, `[B, S, H]`. */
  readonly keys: Floats
  readonly mask: Mask
}
/** The decoder between two tokens. */
interface State {
  readonly layers: readonly RecurrentState[]
  /** What the last step gave to the head, `[B, H]`: it is read with the next token (input feeding). */
  readonly fed: Floats
}

/** The same between steps of a search: one tensor for all layers, `[B, L, H]`, the batch first. */
interface PackedState {
  readonly h: Floats
  readonly c: Floats | null
  readonly fed: Floats
}
const packed = ({ layers, fed }: State): PackedState => {
  const together = (parts: readonly Floats[]): Floats => stack(parts, 1) as Floats
  const cells = layers.flatMap(layer => ('c' in layer ? [layer.c as Floats] : []))
  return { h: together(layers.map(({ h }) => h)), c: cells.length > 0 ? together(cells) : null, fed }
}
const unpacked = ({ h, c, fed }: PackedState, count: number): State => {
  const layerOf = (all: Floats, i: number): Floats => all.slice(null, i) as Floats
  const layers = Array.from({ length: count }, (_, i) => ({ h: layerOf(h, i), ...(c && { c: layerOf(c, i) }) }))
  return { layers, fed }
}

/** Compares a state with the memory and takes a weighted mean of it. */
class Attention extends Module {
  readonly query: Linear | null
  readonly key: Linear | null
  readonly score: Parameter | null
  private readonly name: AttentionName

  constructor(name: AttentionName, hiddenSize: number) {
    super()
    const map = (): Linear => new Linear(hiddenSize, hiddenSize, { bias: false })
    this.name = name
    this.query = name === 'additive' ? map() : null
    this.key = name === 'additive' || name === 'general' ? map() : null
    const bound = 1 / Math.sqrt(hiddenSize)
    this.score = name === 'additive' ? new Parameter([hiddenSize], uniformInit(-bound, bound)) : null
  }

  /** What of the memory does not depend on the state: computed once. */
  keysOf(values: Floats): Floats {
    return this.key ? (this.key.forward(values) as Floats) : values
  }

  /** The mean `[B, H]` of the memory and its weights `[B, S]`, for a state `[B, H]`. */
  forward(state: Floats, { values, keys, mask }: Memory): { context: Floats; weights: Floats } {
    const [B, S, H] = keys.shape as readonly [number, number, number]
    const scores = this.compare(state, keys).reshape([B, S])
    // Padding has the weight 0 exactly: e to this power is 0.
    const hidden = mask.to('float32').sub(1).mul(1e30) as Floats
    const weights = scores.add(hidden).softmax() as Floats
    const context = weights.reshape([B, 1, S]).matmul(values).reshape([B, H]) as Floats
    return { context, weights }
  }

  private compare(state: Floats, keys: Floats): Floats {
    const [B, , H] = keys.shape as readonly [number, number, number]
    // Luong's equation 8: hᵀ W s, of which W s is in the keys. The paper does not scale them.
    if (this.name !== 'additive') return keys.matmul(state.reshape([B, H, 1]) as Floats) as Floats
    // Bahdanau's appendix A.1.2: vᵀ tanh(W s + U h).
    const both = keys.add(this.query!.forward(state).reshape([B, 1, H]) as never).tanh() as Floats
    return both.matmul(this.score!.value.reshape([H, 1]) as Floats) as Floats
  }
}

/** One token at a time: recurrent cells over the token and what was seen last, then attention. */
class Decoder extends Module {
  readonly cells: readonly RecurrentCell[]
  readonly attention: Attention | null
  readonly combine: Linear | null
  private readonly hiddenSize: number

  constructor({ cell, embedDim, hiddenSize, numLayers, attention }: Complete) {
    super()
    const make = (inputs: number): RecurrentCell =>
      (cell === 'lstm' ? new LstmCell(inputs, hiddenSize) : new GruCell(inputs, hiddenSize)) as RecurrentCell
    const fed = attention === 'none' ? 0 : hiddenSize
    this.cells = Array.from({ length: numLayers }, (_, i) => make(i === 0 ? embedDim + fed : hiddenSize))
    this.attention = attention === 'none' ? null : new Attention(attention, hiddenSize)
    this.combine = attention === 'none' ? null : new Linear(2 * hiddenSize, hiddenSize, { bias: false })
    this.hiddenSize = hiddenSize
  }

  /** The encoder's last state as the first one here. */
  start(layers: readonly RecurrentState[], batch: number): State {
    return { layers, fed: zeros([batch, this.hiddenSize]) as Floats }
  }

  /** x `[B, embedDim]` is the token's vector; `keep` is what dropout leaves between layers. */
  step(x: Floats, state: State, memory: Memory, keep: readonly Floats[]): { state: State; weights: Floats | null } {
    let h = this.attention ? (concat([x, state.fed] as readonly Floats[], 1) as Floats) : x
    const layers = this.cells.map((cell, i) => {
      const after = cell.step(h, state.layers[i]!)
      h = (keep[i] ? after.h.mul(keep[i]!) : after.h) as Floats
      return after
    })
    if (!this.attention) return { state: { layers, fed: h }, weights: null }
    const { context, weights } = this.attention.forward(h, memory)
    // Luong's equation 5.
    const fed = this.combine!.forward(concat([context, h] as readonly Floats[], 1) as Floats).tanh() as Floats
    return { state: { layers, fed }, weights }
  }
}

export interface Seq2SeqCall {
  /** How often the decoder reads the target's token while training, instead of its own best guess. Default 1. Source: Bengio et al. 2015. */
  readonly teacherForcing?: number
}

/**
 * An encoder-decoder of recurrent layers with attention.
 *
 * **Shape** source int32 `[B, S]`, lengths int32 `[B]`, target int32 `[B, T]` → logits `[B, T, targetVocabSize]`. Padding behind a row's
 * length changes nothing.
 *
 * @throws ArgumentError for a configuration that no model can have
 * @example
 * const { Seq2Seq } = await import('gradus/models')
 * const sizes = { sourceVocabSize: 13, targetVocabSize: 13, embedDim: 8, hiddenSize: 16 }
 * const reverser = new Seq2Seq(sizes)
 * const source = tensor([[5, 3, 4, 2], [7, 2, 0, 0]], 'int32')
 * reverser.forward(source, tensor([4, 2], 'int32'), tensor([[1, 4, 3], [1, 7, 2]], 'int32')).shape // [2, 3, 13]
 *
 * Source: Sutskever et al. 2014; Bahdanau et al. 2015; Luong et al. 2015, with input feeding for every attention.
 */
export class Seq2Seq extends Module implements EncoderDecoder {
  readonly source_embedding: Embedding
  readonly target_embedding: Embedding
  readonly encoder: Lstm | Gru
  readonly decoder: Decoder
  readonly head: Linear
  private readonly drop: Dropout
  readonly config: Complete

  constructor(config: Seq2SeqConfig) {
    super()
    const complete = completed(config)
    const { sourceVocabSize, targetVocabSize, embedDim, hiddenSize, numLayers, cell, bidirectional, dropout } = complete
    this.config = complete
    this.target_embedding = new Embedding(targetVocabSize, embedDim)
    this.source_embedding = complete.sharedEmbeddings ? this.target_embedding : new Embedding(sourceVocabSize, embedDim)
    const options = { numLayers, bidirectional, dropout }
    const width = bidirectional ? hiddenSize / 2 : hiddenSize
    this.encoder = cell === 'lstm' ? new Lstm(embedDim, width, options) : new Gru(embedDim, width, options)
    this.decoder = new Decoder(complete)
    this.head = new Linear(hiddenSize, targetVocabSize)
    this.drop = new Dropout(dropout)
  }

  /** Scores of the token after each one of the target, whose rows begin with the begin id. */
  forward(source: Ids, lengths: Ids, target: Ids, call: Seq2SeqCall = {}): Floats {
    return this.run(source, lengths, target, call).logits
  }

  /** Mean −ln p of `next`, the target one token on, in nats; padding does not count. */
  loss(
    source: Ids,
    lengths: Ids,
    target: Ids,
    next: Ids,
    { teacherForcing = 1, ...options }: Seq2SeqCall & { readonly labelSmoothing?: number } = {},
  ): Tensor<readonly [], 'float32'> {
    return tokenLoss(this.forward(source, lengths, target, { teacherForcing }), next, options)
  }

  /** Where the decoder looks when the target is read: the alignment matrix `[B, T, S]`, or null without attention. */
  attentions(source: Ids, lengths: Ids, target: Ids): { readonly cross: Floats | null } {
    const { weights } = this.run(source, lengths, target, {})
    return { cross: weights.length > 0 ? (stack(weights, 1) as Floats) : null }
  }

  encode(source: Ids, lengths: Ids): Encoding {
    const { memory, state } = this.read(source, lengths)
    return { memory, state: packed(state) }
  }

  step(ids: Ids, _position: Ids, state: unknown, memory: unknown): DecodingStep {
    const x = this.drop.forward(this.target_embedding.forward(ids) as Floats) as Floats
    const before = unpacked(state as PackedState, this.config.numLayers)
    const after = this.decoder.step(x, before, memory as Memory, this.dropped(ids.shape[0]!))
    return { logits: this.scores(after.state.fed), state: packed(after.state), weights: after.weights }
  }

  private read(source: Ids, lengths: Ids): { memory: Memory; state: State } {
    const { numLayers, bidirectional, hiddenSize } = this.config
    const B = source.shape[0]!
    const x = this.drop.forward(this.source_embedding.forward(source) as Floats) as Floats
    const { output, state } = this.encoder.forward(x, { lengths })
    const directions = bidirectional ? 2 : 1
    // The directions of a layer stand one after the other in the state; side by side they are as wide as the decoder's.
    const joined = (all: Floats): Floats[] =>
      all
        .reshape([numLayers, directions, B, hiddenSize / directions])
        .transpose([0, 2, 1, 3])
        .reshape([numLayers, B, hiddenSize])
        .split(numLayers, 0)
        .map(layer => layer.reshape([B, hiddenSize]) as Floats)
    const h = joined(state.h)
    const c = 'c' in state && state.c ? joined(state.c) : null
    const layers = h.map((part, i) => (c ? { h: part, c: c[i]! } : { h: part }))
    const keys = this.decoder.attention ? this.decoder.attention.keysOf(output) : output
    const memory: Memory = { values: output, keys, mask: seenBy(source, lengths) }
    return { memory, state: this.decoder.start(layers, B) }
  }

  private run(
    source: Ids,
    lengths: Ids,
    target: Ids,
    { teacherForcing = 1 }: Seq2SeqCall,
  ): { logits: Floats; weights: Floats[] } {
    if (!(teacherForcing >= 0 && teacherForcing <= 1))
      throw new ArgumentError(`seq2seq: teacherForcing must be from 0 to 1; got ${teacherForcing}.`, { teacherForcing })
    const [B, T] = target.shape as readonly [number, number]
    const { memory, state } = this.read(source, lengths)
    const keep = this.dropped(B)
    const given = this.drop.forward(this.target_embedding.forward(target) as Floats) as Floats // [B, T, E]
    // Guesses are made only where they are read.
    const guesses = teacherForcing < 1 && this.training
    const coins = guesses ? (rand([T, B, 1]).less(teacherForcing) as Mask) : null
    let now = state
    const [fed, weights, scores]: [Floats[], Floats[], Floats[]] = [[], [], []]
    for (let t = 0; t < T; t++) {
      let x = given.slice(null, t) as Floats
      if (coins && t > 0) {
        const guess = scores[t - 1]!.argmax(1) as Ids
        const own = this.drop.forward(this.target_embedding.forward(guess) as Floats) as Floats
        x = where(coins.slice(t) as Mask, x, own as never) as Floats
      }
      const after = this.decoder.step(x, now, memory, keep)
      now = after.state
      fed.push(now.fed)
      if (after.weights) weights.push(after.weights)
      if (coins) scores.push(this.scores(now.fed))
    }
    return { logits: coins ? stack(scores, 1) : this.scores(stack(fed, 1)), weights }
  }

  private scores(fed: Floats): Floats {
    return this.head.forward(this.drop.forward(fed) as Floats) as Floats
  }

  /** What dropout leaves of each layer's output but the last, the same at every step. Source: Gal & Ghahramani 2016. */
  private dropped(batch: number): Floats[] {
    const { numLayers, hiddenSize, dropout } = this.config
    if (dropout === 0 || !this.training) return []
    const share = (): Floats =>
      rand([batch, hiddenSize])
        .greaterEqual(dropout)
        .to('float32')
        .mul(1 / (1 - dropout)) as Floats
    return Array.from({ length: numLayers - 1 }, share)
  }

  /** config.json. */
  toJSON(): Record<string, unknown> {
    return { model_type: 'gradus_seq2seq', architectures: ['Seq2Seq'], ...this.config }
  }

  /** The model that a config.json describes, with new weights. @throws ModelError for another one */
  static fromJSON(json: unknown, where = 'config.json'): Seq2Seq {
    return readConfig(json, where, 'gradus_seq2seq', ({ size, share, choice, flag }: ConfigReader) => {
      const config: Complete = {
        sourceVocabSize: size('sourceVocabSize'),
        targetVocabSize: size('targetVocabSize'),
        embedDim: size('embedDim'),
        hiddenSize: size('hiddenSize'),
        numLayers: size('numLayers'),
        cell: choice('cell', ['lstm', 'gru']),
        bidirectional: flag('bidirectional'),
        attention: choice('attention', attentionNames),
        dropout: share('dropout'),
        sharedEmbeddings: flag('sharedEmbeddings'),
      }
      return new Seq2Seq(config)
    })
  }
}

/** The configuration with its defaults, checked. */
const completed = (config: Seq2SeqConfig): Complete => {
  const complete: Complete = {
    numLayers: 1,
    cell: 'lstm',
    bidirectional: true,
    attention: 'additive',
    dropout: 0,
    sharedEmbeddings: false,
    ...config,
  }
  const { sourceVocabSize, targetVocabSize, embedDim, hiddenSize, numLayers, cell, attention } = complete
  for (const [name, value] of Object.entries({ sourceVocabSize, targetVocabSize, embedDim, hiddenSize, numLayers })) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new ArgumentError(`seq2seq: ${name} must be a whole number of at least 1; got ${value}.`, { [name]: value })
  }
  if (cell !== 'lstm' && cell !== 'gru')
    throw new ArgumentError(`seq2seq: cell must be lstm or gru; got ${JSON.stringify(cell)}.`, { cell })
  if (!attentionNames.includes(attention)) {
    throw new ArgumentError(
      `seq2seq: attention must be one of ${attentionNames.join(', ')}; got ${JSON.stringify(attention)}.`,
      { attention },
    )
  }
  if (complete.bidirectional && hiddenSize % 2 !== 0) {
    throw new ArgumentError(
      `seq2seq: hiddenSize ${hiddenSize} is odd, and each direction of the encoder has half of it. Choose an even one, or bidirectional: false.`,
      { hiddenSize },
    )
  }
  if (complete.sharedEmbeddings && sourceVocabSize !== targetVocabSize) {
    throw new ArgumentError(
      `seq2seq: sharedEmbeddings needs one vocabulary; the sizes are ${sourceVocabSize} and ${targetVocabSize}. Give one tokenizer for both sides, or leave it out.`,
      { sourceVocabSize, targetVocabSize },
    )
  }
  return complete
}

/** An encoder-decoder of recurrent layers with attention. */
export const seq2seq = (config: Seq2SeqConfig): Seq2Seq => new Seq2Seq(config)
