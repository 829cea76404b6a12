import type { Shape } from '../core/shape.ts'
import { where } from '../tensor/functions.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { LayerNorm } from './layer-norm.ts'
import type { Linear } from './linear.ts'
import { Module } from './module.ts'
import { type KeysValues, MultiHeadAttention, type SeenOptions } from './multi-head-attention.ts'
import { feedForwardMaps, TransformerLayer, type TransformerLayerOptions } from './transformer-layer.ts'

type Floats = Tensor<Shape, 'float32'>
type Mask = Tensor<Shape, 'bool'>

export interface DecoderSeenOptions extends SeenOptions {
  /** Each position sees those up to its own. Default true. */
  readonly causal?: boolean
  /** bool `[B, S]`: false hides a place of the memory, such as padding. */
  readonly memoryMask?: Mask
}

/** What a layer of a decoder gives. */
export interface Decoded {
  /** `[B, T, embedDim]`. */
  readonly output: Floats
  /** Attention weights to the sequence itself, `[B, nh, T, T]`, and to the memory, `[B, nh, T, S]`. */
  readonly selfWeights: Floats
  readonly crossWeights: Floats
}

/** What one more position of a sequence needs of those before it. */
export interface DecoderPast {
  /** Of the positions so far, in a room of R: `[B, nh, R, hd]` each. */
  readonly past: KeysValues
  /** bool `[R, 1]`: true where the new position's keys and values belong. */
  readonly here: Mask
  /** bool `[1, R]`: true at the new position and those before it. */
  readonly visible: Mask
  /** The memory, in heads. */
  readonly memory: KeysValues
  readonly memoryMask?: Mask
}

/**
 * A layer of the Transformer's decoder: attention of a sequence to itself, to a memory (an encoder's output), then two affine maps, each
 * added to what came in and normalised.
 *
 * **Shape** x: `[B, T, embedDim]`, memory `[B, S, embedDim]` → output `[B, T, embedDim]`.
 *
 * @example
 * const layer = nn.transformerDecoderLayer(16, 4, { feedForwardDim: 32 })
 * const { output, crossWeights } = layer.forward(randn([2, 3, 16]), randn([2, 5, 16])) // [2, 3, 16] and [2, 4, 3, 5]
 *
 * Source: Vaswani et al. 2017, section 3.1; names and defaults as PyTorch 2.13's `TransformerDecoderLayer` with `batch_first`.
 */
export class TransformerDecoderLayer extends TransformerLayer {
  readonly self_attn: MultiHeadAttention
  readonly multihead_attn: MultiHeadAttention
  readonly linear1: Linear
  readonly linear2: Linear
  readonly norm1: LayerNorm
  readonly norm2: LayerNorm
  readonly norm3: LayerNorm

  constructor(embedDim: number, numHeads: number, options: TransformerLayerOptions = {}) {
    super(options)
    const { dropout = 0.1, epsilon = 1e-5, generator } = options
    const given = { dropout, ...(generator && { generator }) }
    this.self_attn = new MultiHeadAttention(embedDim, numHeads, given)
    this.multihead_attn = new MultiHeadAttention(embedDim, numHeads, given)
    const [linear1, linear2] = feedForwardMaps(embedDim, options)
    this.linear1 = linear1
    this.linear2 = linear2
    this.norm1 = new LayerNorm(embedDim, { epsilon })
    this.norm2 = new LayerNorm(embedDim, { epsilon })
    this.norm3 = new LayerNorm(embedDim, { epsilon })
  }

  forward(x: Floats, memory: Floats, { memoryMask, causal = true, ...seen }: DecoderSeenOptions = {}): Decoded {
    const inHeads = this.multihead_attn.keysValues(memory)
    let selfWeights: Floats | undefined
    const first = this.join(x, this.norm1, given => {
      const { output, weights } = this.self_attn.forward(given, given, given, { ...seen, causal })
      selfWeights = weights
      return output
    })
    return { ...this.afterItself(first, inHeads, memoryMask), selfWeights: selfWeights! }
  }

  /** One more position, x `[B, 1, embedDim]`: its output, and the past with its keys and values in it. */
  step(
    x: Floats,
    { past, here, visible, memory, memoryMask }: DecoderPast,
  ): Omit<Decoded, 'selfWeights'> & { readonly past: KeysValues } {
    let grown: KeysValues | undefined
    const first = this.join(x, this.norm1, given => {
      const { keys, values } = this.self_attn.keysValues(given)
      const place = (now: Floats, before: Floats): Floats => where(here, now, before as never) as Floats
      grown = { keys: place(keys, past.keys), values: place(values, past.values) }
      return this.self_attn.attend(this.self_attn.queries(given), grown, { mask: visible }).output
    })
    return { ...this.afterItself(first, memory, memoryMask), past: grown! }
  }

  private afterItself(x: Floats, memory: KeysValues, memoryMask?: Mask): { output: Floats; crossWeights: Floats } {
    const cross = this.multihead_attn
    let crossWeights: Floats | undefined
    const second = this.join(x, this.norm2, given => {
      const { output, weights } = cross.attend(cross.queries(given), memory, memoryMask ? { keyMask: memoryMask } : {})
      crossWeights = weights
      return output
    })
    const output = this.join(second, this.norm3, given => this.feedForward(given, this.linear1, this.linear2))
    return { output, crossWeights: crossWeights! }
  }
}

/** A stack of decoder layers, with a norm at its end where the layers normalise their branches first. */
export class TransformerDecoder extends Module {
  readonly layers: readonly TransformerDecoderLayer[]
  readonly norm: LayerNorm | null

  constructor(numLayers: number, embedDim: number, numHeads: number, options: TransformerLayerOptions = {}) {
    super()
    this.layers = Array.from({ length: numLayers }, () => new TransformerDecoderLayer(embedDim, numHeads, options))
    this.norm = options.normFirst ? new LayerNorm(embedDim, { epsilon: options.epsilon ?? 1e-5 }) : null
  }

  /** The last layer's output, and the attention weights of each layer. */
  forward(
    x: Floats,
    memory: Floats,
    seen: DecoderSeenOptions = {},
  ): { readonly output: Floats; readonly selfWeights: readonly Floats[]; readonly crossWeights: readonly Floats[] } {
    const [selfWeights, crossWeights]: [Floats[], Floats[]] = [[], []]
    let h = x
    for (const layer of this.layers) {
      const out = layer.forward(h, memory, seen)
      h = out.output
      selfWeights.push(out.selfWeights)
      crossWeights.push(out.crossWeights)
    }
    return { output: this.end(h), selfWeights, crossWeights }
  }

  /** The memory in each layer's heads: computed once for all steps. */
  memoryOf(memory: Floats): KeysValues[] {
    return this.layers.map(layer => layer.multihead_attn.keysValues(memory))
  }

  /** One more position, x `[B, 1, embedDim]`, with the past and the memory of each layer. */
  step(
    x: Floats,
    past: readonly KeysValues[],
    { memory, ...rest }: Omit<DecoderPast, 'past' | 'memory'> & { readonly memory: readonly KeysValues[] },
  ): { readonly output: Floats; readonly past: readonly KeysValues[]; readonly crossWeights: readonly Floats[] } {
    const grown: KeysValues[] = []
    const crossWeights: Floats[] = []
    let h = x
    for (const [i, layer] of this.layers.entries()) {
      const out = layer.step(h, { ...rest, past: past[i]!, memory: memory[i]! })
      h = out.output
      grown.push(out.past)
      crossWeights.push(out.crossWeights)
    }
    return { output: this.end(h), past: grown, crossWeights }
  }

  private end(x: Floats): Floats {
    return this.norm ? (this.norm.forward(x) as Floats) : x
  }
}

/** A layer of the Transformer's decoder. */
export const transformerDecoderLayer = (
  embedDim: number,
  numHeads: number,
  options?: TransformerLayerOptions,
): TransformerDecoderLayer => new TransformerDecoderLayer(embedDim, numHeads, options)

/** A stack of the Transformer's decoder layers. */
export const transformerDecoder = (
  numLayers: number,
  embedDim: number,
  numHeads: number,
  options?: TransformerLayerOptions,
): TransformerDecoder => new TransformerDecoder(numLayers, embedDim, numHeads, options)
