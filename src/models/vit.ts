import { ArgumentError, ShapeError } from '../core/errors.ts'
import { gelu } from '../nn/activations.ts'
import { Conv2d } from '../nn/convolution.ts'
import { Dropout } from '../nn/dropout.ts'
import { type Initializer, normalInit, xavierUniform } from '../nn/initializers.ts'
import { LayerNorm } from '../nn/layer-norm.ts'
import { Linear } from '../nn/linear.ts'
import { Layer, Module } from '../nn/module.ts'
import { Parameter } from '../nn/parameter.ts'
import { Sequential } from '../nn/sequential.ts'
import { zeros } from '../tensor/creation.ts'
import { affine, attention, concat } from '../tensor/functions.ts'
import { type ClassifierOptions, ImageClassifier, type Images, requireSizes, zeroInit } from './image-classifier.ts'

export interface ViTOptions extends ClassifierOptions {
  /** Height and width of the square images, in pixels. Default 224. */
  readonly imageSize?: number
  /** Height and width of the square patches, in pixels, which must divide imageSize. */
  readonly patchSize?: number
  readonly numLayers?: number
  readonly numHeads?: number
  /** Size of a patch's vector, a multiple of numHeads. */
  readonly embedDim?: number
  /** Units of the hidden layers. Default 4 times embedDim. */
  readonly mlpDim?: number
  /** While training, after the position embedding and each block's branches. Default 0. */
  readonly dropout?: number
}

const epsilon = 1e-6
/** The weight by Glorot's rule, the bias next to 0. */
const tinyBias: Initializer = normalInit({ std: 1e-6 })

type Sizes = Required<Pick<ViTOptions, 'numHeads' | 'embedDim' | 'mlpDim' | 'dropout'>>

/** Every patch looks at every patch. The maps to queries, keys and values lie in one, as in PyTorch's `MultiheadAttention`. */
class SelfAttention extends Layer {
  readonly in_proj_weight: Parameter
  readonly in_proj_bias: Parameter
  readonly out_proj: Linear
  private readonly numHeads: number

  constructor({ embedDim, numHeads }: Sizes) {
    super()
    this.in_proj_weight = new Parameter([3 * embedDim, embedDim], xavierUniform())
    this.in_proj_bias = new Parameter([3 * embedDim], zeroInit)
    this.out_proj = new Linear(embedDim, embedDim)
    this.out_proj.bias!.set({ dtype: 'float32', array: new Float32Array(embedDim) })
    this.numHeads = numHeads
  }
  protected override call(x: Images): Images {
    const [B, T, C] = x.shape as readonly [number, number, number]
    const heads = (t: Images): Images =>
      t.reshape([B, T, this.numHeads, C / this.numHeads]).transpose([0, 2, 1, 3]) as Images
    const all = affine(x, this.in_proj_weight.value.transpose() as Images, this.in_proj_bias.value as Images) as Images
    const [q, k, v] = all.split(3, 2).map(heads) as [Images, Images, Images] // [B, nh, T, hd] each
    const out = attention(q, k, v).transpose([0, 2, 1, 3]).reshape([B, T, C]) as Images
    return this.out_proj.forward(out) as Images
  }
}

/** Attention and MLP, each normalised before and added to what came in. Source: the paper's equations 2 and 3. */
class EncoderBlock extends Layer {
  readonly ln_1: LayerNorm
  readonly self_attention: SelfAttention
  private readonly dropout: Dropout
  readonly ln_2: LayerNorm
  readonly mlp: Sequential

  constructor(sizes: Sizes) {
    super()
    const { embedDim, mlpDim, dropout } = sizes
    this.ln_1 = new LayerNorm(embedDim, { epsilon })
    this.self_attention = new SelfAttention(sizes)
    this.dropout = new Dropout(dropout)
    this.ln_2 = new LayerNorm(embedDim, { epsilon })
    this.mlp = new Sequential([
      mlpLayer(embedDim, mlpDim),
      gelu(),
      new Dropout(dropout),
      mlpLayer(mlpDim, embedDim),
      new Dropout(dropout),
    ])
  }
  protected override call(x: Images): Images {
    const attended = this.self_attention.forward(this.ln_1.forward(x) as Images) as Images
    const mid = x.add(this.dropout.forward(attended)) as Images
    return mid.add(this.mlp.forward(this.ln_2.forward(mid) as Images) as Images) as Images
  }
}
const mlpLayer = (inFeatures: number, outFeatures: number): Linear => {
  const layer = new Linear(inFeatures, outFeatures, { init: xavierUniform(), bias: false })
  return Object.assign(layer, { bias: new Parameter([outFeatures], tinyBias) })
}

/** The stack of blocks; a module of its own because checkpoints prefix its names with `encoder.`. */
class Encoder extends Layer {
  readonly pos_embedding: Parameter
  private readonly dropout: Dropout
  readonly layers: Readonly<Record<string, EncoderBlock>>
  readonly ln: LayerNorm

  constructor(numTokens: number, numLayers: number, sizes: Sizes) {
    super()
    this.pos_embedding = new Parameter([1, numTokens, sizes.embedDim], normalInit({ std: 0.02 }))
    this.dropout = new Dropout(sizes.dropout)
    this.layers = Object.fromEntries(
      Array.from({ length: numLayers }, (_, i) => [`encoder_layer_${i}`, new EncoderBlock(sizes)]),
    )
    this.ln = new LayerNorm(sizes.embedDim, { epsilon })
  }
  protected override call(x: Images): Images {
    let h = this.dropout.forward(x.add(this.pos_embedding.value as Images)) as Images
    for (const block of Object.values(this.layers)) h = block.forward(h) as Images
    return this.ln.forward(h) as Images
  }
}

/** The head in a module of its own: `heads.head` in checkpoints. */
class Heads extends Module {
  head: Linear
  constructor(head: Linear) {
    super()
    this.head = head
  }
}

/**
 * The vision transformer: an image as a sequence of patches, and a class token whose last state is classified. By default ViT-B/16.
 *
 * **Shape** x: `[N, C, imageSize, imageSize]` → `[N, numClasses]`; ViT-B/16 has 86,567,656 parameters.
 *
 * Source: Dosovitskiy et al. 2021, equations 1 to 4 and table 1; names and initial values as torchvision's `vit_b_16`.
 */
export class ViT extends ImageClassifier {
  readonly class_token: Parameter
  readonly conv_proj: Conv2d
  readonly encoder: Encoder
  readonly heads: Heads
  private readonly imageSize: number

  constructor(options: ViTOptions = {}) {
    super()
    const { numClasses = 1000, inChannels = 3, imageSize = 224, patchSize = 16 } = options
    const { numLayers = 12, numHeads = 12, embedDim = 768, mlpDim = 4 * embedDim, dropout = 0 } = options
    requireSizes('vit', { numClasses, inChannels, imageSize, patchSize, numLayers, numHeads, embedDim, mlpDim })
    if (imageSize % patchSize !== 0) {
      throw new ArgumentError(
        `vit: patchSize ${patchSize} does not divide imageSize ${imageSize}. Choose one that does.`,
        {
          imageSize,
          patchSize,
        },
      )
    }
    if (embedDim % numHeads !== 0) {
      throw new ArgumentError(
        `vit: embedDim ${embedDim} is not a multiple of numHeads ${numHeads}. Each head needs an equal share: choose a multiple.`,
        { embedDim, numHeads },
      )
    }
    const fanIn = inChannels * patchSize * patchSize
    this.imageSize = imageSize
    this.class_token = new Parameter([1, 1, embedDim], zeroInit)
    this.conv_proj = new Conv2d(inChannels, embedDim, patchSize, {
      stride: patchSize,
      init: normalInit({ std: Math.sqrt(1 / fanIn) }),
    })
    const numTokens = (imageSize / patchSize) ** 2 + 1
    this.encoder = new Encoder(numTokens, numLayers, { numHeads, embedDim, mlpDim, dropout })
    this.heads = new Heads(new Linear(embedDim, numClasses, { init: zeroInit }))
  }
  override get head(): Linear {
    return this.heads.head
  }
  protected override set head(head: Linear) {
    this.heads.head = head
  }

  protected override call(x: Images): Images {
    const { imageSize } = this
    const [N, , H, W] = x.shape
    if (x.ndim !== 4 || H !== imageSize || W !== imageSize) {
      throw new ShapeError(
        `vit: images are [${x.shape.join(', ')}]. Expected [N, C, ${imageSize}, ${imageSize}]: the model has a vector for each place of a patch. Resize them.`,
        { shape: x.shape },
      )
    }
    const patches = this.conv_proj.forward(x) as Images // [N, D, H/P, W/P]
    const [D, side] = [patches.shape[1]!, patches.shape[2]!]
    const sequence = patches.reshape([N!, D, side * side]).transpose([0, 2, 1]) as Images // [N, T − 1, D]
    // A sum with zeros repeats the token for each image, in the way that has a gradient.
    const token = zeros([N!, 1, D]).add(this.class_token.value as Images) as Images
    const h = this.encoder.forward(concat([token, sequence] as readonly Images[], 1) as Images) as Images
    return this.head.forward(h.slice(null, 0).reshape([N!, D]) as Images) as Images
  }
}

/** The vision transformer; ViT-B/16, of 86,567,656 parameters, unless options say otherwise. */
export const vit = (options: ViTOptions = {}): ViT => new ViT(options)

/**
 * The smallest published ViT: 12 layers of 3 heads and 192 numbers a patch; 5,717,416 parameters at 224 pixels. Images of at most 64 pixels
 * have patches of 4 instead of 16.
 *
 * Source: Touvron et al. 2021 (DeiT-Ti), table 1.
 */
export const vitTiny = (options: ViTOptions = {}): ViT => {
  const patchSize = (options.imageSize ?? 224) <= 64 ? 4 : 16
  return new ViT({ patchSize, numHeads: 3, embedDim: 192, ...options })
}
