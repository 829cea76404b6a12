import { relu } from '../nn/activations.ts'
import { BatchNorm2d } from '../nn/batch-norm.ts'
import { Conv2d } from '../nn/convolution.ts'
import { Dropout } from '../nn/dropout.ts'
import { flatten } from '../nn/flatten.ts'
import { Linear } from '../nn/linear.ts'
import { adaptiveAveragePool2d, maxPool2d } from '../nn/pooling.ts'
import { Sequential } from '../nn/sequential.ts'
import {
  type ClassifierOptions,
  heFanOut,
  ImageClassifier,
  type Images,
  normal01,
  requireSizes,
  scaledBy,
} from './image-classifier.ts'

export interface VggOptions extends ClassifierOptions {
  /** Channels of the first stage, 64 in the paper, which the others follow. */
  readonly width?: number
  /** Before the last two layers, while training. Default 0.5, as in the paper. */
  readonly dropout?: number
  /** Batch normalisation after each convolution (torchvision's `vgg11_bn`). Default false, as in the paper. */
  readonly batchNorm?: boolean
}

/** Convolutions of the five stages: columns A and D of the paper's table 1. */
const stages = { 11: [1, 1, 2, 2, 2], 16: [2, 2, 3, 3, 3] } as const
const channels = [64, 128, 256, 512, 512] as const

/**
 * VGG: stages of 3 × 3 convolutions, each stage ending in a pooling that halves the image, and three affine maps.
 *
 * **Shape** x: `[N, C, H, W]`, H and W at least 32, 224 in the paper → `[N, numClasses]`; with 16 layers 138,357,544 parameters.
 *
 * Source: Simonyan & Zisserman 2015, table 1, columns A and D; names and initial values as torchvision's `vgg11` and `vgg16`.
 */
export class Vgg extends ImageClassifier {
  readonly features: Sequential
  readonly avgpool = adaptiveAveragePool2d(7)
  readonly classifier: Sequential

  constructor(depth: 11 | 16, options: VggOptions = {}) {
    super()
    const { numClasses = 1000, inChannels = 3, width = 64, dropout = 0.5, batchNorm = false } = options
    requireSizes(`vgg${depth}`, { numClasses, inChannels, width })
    const c = scaledBy(width, 64)
    let before = inChannels
    this.features = new Sequential(
      stages[depth].flatMap((convolutions, stage) => [
        ...Array.from({ length: convolutions }, () => {
          const conv = new Conv2d(before, c(channels[stage]!), 3, { padding: 1, init: heFanOut })
          before = c(channels[stage]!)
          return [conv, ...(batchNorm ? [new BatchNorm2d(before)] : []), relu()]
        }).flat(),
        maxPool2d(2),
      ]),
    )
    this.classifier = new Sequential([
      new Linear(before * 7 * 7, c(4096), { init: normal01 }),
      relu(),
      new Dropout(dropout),
      new Linear(c(4096), c(4096), { init: normal01 }),
      relu(),
      new Dropout(dropout),
      new Linear(c(4096), numClasses, { init: normal01 }),
    ])
  }
  override get head(): Linear {
    return this.classifier.at(-1) as unknown as Linear
  }
  protected override set head(head: Linear) {
    this.classifier.replace(-1, head)
  }
  protected override call(x: Images): Images {
    const features = this.avgpool.forward(this.features.forward(x) as Images) as Images // [N, 512, 7, 7]
    return this.classifier.forward(flatten().forward(features) as Images) as Images
  }
}

/** VGG with 11 layers (column A), 132,863,336 parameters. */
export const vgg11 = (options: VggOptions = {}): Vgg => new Vgg(11, options)
/** VGG with 16 layers (column D), 138,357,544 parameters. */
export const vgg16 = (options: VggOptions = {}): Vgg => new Vgg(16, options)
