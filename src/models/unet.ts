import { ShapeError } from '../core/errors.ts'
import { relu } from '../nn/activations.ts'
import { BatchNorm2d } from '../nn/batch-norm.ts'
import { Conv2d, ConvTranspose2d } from '../nn/convolution.ts'
import { heNormal } from '../nn/initializers.ts'
import { Layer } from '../nn/module.ts'
import { maxPool2d } from '../nn/pooling.ts'
import { Sequential } from '../nn/sequential.ts'
import { concat } from '../tensor/functions.ts'
import { type ClassifierOptions, type Images, requireSizes } from './image-classifier.ts'

export interface UNetOptions extends ClassifierOptions {
  /** Channels at full size, 64 in the paper; each halving doubles them. */
  readonly width?: number
  /** Halvings, 4 in the paper. */
  readonly depth?: number
  /** Batch normalisation after each convolution. Default false, as in the paper. */
  readonly batchNorm?: boolean
}

/** Two 3 × 3 convolutions with ReLU, padded so that the size stays. */
const doubleConv = (inChannels: number, outChannels: number, batchNorm: boolean): Sequential => {
  const conv = (from: number) => [
    new Conv2d(from, outChannels, 3, { padding: 1, bias: !batchNorm, init: heNormal() }),
    ...(batchNorm ? [new BatchNorm2d(outChannels)] : []),
    relu(),
  ]
  return new Sequential([...conv(inChannels), ...conv(outChannels)])
}

/**
 * U-Net: a path down that halves the image and one up that doubles it, each level seeing what the path down had at its size. For scores
 * of every pixel: segmentation, and noise in diffusion.
 *
 * **Shape** x: `[N, C, H, W]`, H and W multiples of 2^depth → `[N, numClasses, H, W]`; the paper's, of one channel and two classes, has
 * 31,030,658 parameters.
 *
 * Source: Ronneberger, Fischer & Brox 2015, figure 1, with padding, so that nothing is cropped, and its initial values (section 3).
 */
export class UNet extends Layer {
  readonly down: readonly Sequential[]
  readonly bottom: Sequential
  readonly grow: readonly ConvTranspose2d[]
  readonly up: readonly Sequential[]
  readonly head: Conv2d
  private readonly pool = maxPool2d(2)

  constructor(options: UNetOptions = {}) {
    super()
    const { numClasses = 2, inChannels = 3, width = 64, depth = 4, batchNorm = false } = options
    requireSizes('unet', { numClasses, inChannels, width, depth })
    const levels = Array.from({ length: depth }, (_, i) => width * 2 ** i)
    this.down = levels.map((channels, i) => doubleConv(levels[i - 1] ?? inChannels, channels, batchNorm))
    this.bottom = doubleConv(levels.at(-1)!, 2 * levels.at(-1)!, batchNorm)
    this.grow = levels.toReversed().map(channels => new ConvTranspose2d(2 * channels, channels, 2, { stride: 2 }))
    this.up = levels.toReversed().map(channels => doubleConv(2 * channels, channels, batchNorm))
    this.head = new Conv2d(width, numClasses, 1)
  }

  protected override call(x: Images): Images {
    this.checkSize(x)
    let h = x
    const kept = this.down.map(level => {
      const seen = level.forward(h) as Images
      h = this.pool.forward(seen) as Images
      return seen
    })
    h = this.bottom.forward(h) as Images
    for (const [i, grow] of this.grow.entries()) {
      const beside = kept.at(-1 - i)!
      h = this.up[i]!.forward(concat([beside, grow.forward(h) as Images] as readonly Images[], 1) as Images) as Images
    }
    return this.head.forward(h) as Images
  }

  private checkSize({ shape }: Images): void {
    const step = 2 ** this.down.length
    if (shape.length === 4 && shape[2]! % step === 0 && shape[3]! % step === 0) return
    throw new ShapeError(
      `unet: images are [${shape.join(', ')}]. Expected [N, C, H, W] with H and W multiples of ${step}, as they are halved ${this.down.length} times: pad or resize them.`,
      { shape },
    )
  }
}

/** U-Net with padding: scores for every pixel. */
export const unet = (options: UNetOptions = {}): UNet => new UNet(options)
