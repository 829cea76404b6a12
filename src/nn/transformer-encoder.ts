import type { Shape } from '../core/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { LayerNorm } from './layer-norm.ts'
import type { Linear } from './linear.ts'
import { Module } from './module.ts'
import { MultiHeadAttention, type SeenOptions } from './multi-head-attention.ts'
import { feedForwardMaps, TransformerLayer, type TransformerLayerOptions } from './transformer-layer.ts'

type Floats = Tensor<Shape, 'float32'>

/** What a layer of an encoder gives. */
export interface Encoded {
  /** `[B, T, embedDim]`. */
  readonly output: Floats
  /** Attention weights `[B, nh, T, T]`. */
  readonly weights: Floats
}

/**
 * A layer of the Transformer's encoder: attention of a sequence to itself, then two affine maps, each added to what came in and
 * normalised.
 *
 * **Shape** x: `[B, T, embedDim]` → output `[B, T, embedDim]`, weights `[B, nh, T, T]`.
 *
 * @example
 * const layer = nn.transformerEncoderLayer(16, 4, { feedForwardDim: 32 })
 * const { output } = layer.forward(randn([2, 5, 16])) // [2, 5, 16]
 *
 * Source: Vaswani et al. 2017, section 3.1; names and defaults as PyTorch 2.13's `TransformerEncoderLayer` with `batch_first`.
 */
export class TransformerEncoderLayer extends TransformerLayer {
  readonly self_attn: MultiHeadAttention
  readonly linear1: Linear
  readonly linear2: Linear
  readonly norm1: LayerNorm
  readonly norm2: LayerNorm

  constructor(embedDim: number, numHeads: number, options: TransformerLayerOptions = {}) {
    super(options)
    const { dropout = 0.1, epsilon = 1e-5, generator } = options
    this.self_attn = new MultiHeadAttention(embedDim, numHeads, { dropout, ...(generator && { generator }) })
    const [linear1, linear2] = feedForwardMaps(embedDim, options)
    this.linear1 = linear1
    this.linear2 = linear2
    this.norm1 = new LayerNorm(embedDim, { epsilon })
    this.norm2 = new LayerNorm(embedDim, { epsilon })
  }

  forward(x: Floats, seen: SeenOptions = {}): Encoded {
    let weights: Floats | undefined
    const mid = this.join(x, this.norm1, given => {
      const attended = this.self_attn.forward(given, given, given, seen)
      weights = attended.weights
      return attended.output
    })
    const output = this.join(mid, this.norm2, given => this.feedForward(given, this.linear1, this.linear2))
    return { output, weights: weights! }
  }
}

/** A stack of encoder layers, with a norm at its end where the layers normalise their branches first. */
export class TransformerEncoder extends Module {
  readonly layers: readonly TransformerEncoderLayer[]
  readonly norm: LayerNorm | null

  constructor(numLayers: number, embedDim: number, numHeads: number, options: TransformerLayerOptions = {}) {
    super()
    this.layers = Array.from({ length: numLayers }, () => new TransformerEncoderLayer(embedDim, numHeads, options))
    this.norm = options.normFirst ? new LayerNorm(embedDim, { epsilon: options.epsilon ?? 1e-5 }) : null
  }

  /** The last layer's output, and the attention weights of each layer. */
  forward(x: Floats, seen: SeenOptions = {}): { readonly output: Floats; readonly weights: readonly Floats[] } {
    const weights: Floats[] = []
    let h = x
    for (const layer of this.layers) {
      const out = layer.forward(h, seen)
      h = out.output
      weights.push(out.weights)
    }
    return { output: this.norm ? (this.norm.forward(h) as Floats) : h, weights }
  }
}

/** A layer of the Transformer's encoder. */
export const transformerEncoderLayer = (
  embedDim: number,
  numHeads: number,
  options?: TransformerLayerOptions,
): TransformerEncoderLayer => new TransformerEncoderLayer(embedDim, numHeads, options)

/** A stack of the Transformer's encoder layers. */
export const transformerEncoder = (
  numLayers: number,
  embedDim: number,
  numHeads: number,
  options?: TransformerLayerOptions,
): TransformerEncoder => new TransformerEncoder(numLayers, embedDim, numHeads, options)
