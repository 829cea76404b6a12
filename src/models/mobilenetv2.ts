import { relu6 } from '../nn/activations.ts'
import { BatchNorm2d } from '../nn/batch-norm.ts'
import { Conv2d } from '../nn/convolution.ts'
import { Dropout } from '../nn/dropout.ts'
import { flatten } from '../nn/flatten.ts'
import { Linear } from '../nn/linear.ts'
import { Layer } from '../nn/module.ts'
import { adaptiveAveragePool2d } from '../nn/pooling.ts'
import { Sequential } from '../nn/sequential.ts'
import {
  type ClassifierOptions,
  heFanOut,
  ImageClassifier,
  type Images,
  normal01,
  requireSizes,
} from './image-classifier.ts'

export interface MobileNetV2Options extends ClassifierOptions {
  /**
   * Channels of the first convolution, 32 in the paper, which the others follow, rounded to multiples of 8; the last convolution keeps its 1280
   * channels in narrower models. The paper's width multiplier is width/32.
   */
  readonly width?: number
  /** Before the head, while training. Default 0.2, as torchvision. */
  readonly dropout?: number
}

interface ConvOptions {
  readonly kernelSize?: 1 | 3
  readonly stride?: number
  readonly groups?: number
}
/** Convolution and batch normalisation, without an activation: a bottleneck is linear (the paper's section 3.2). */
const convNorm = (inChannels: number, outChannels: number, o: ConvOptions = {}): [Conv2d, BatchNorm2d] => {
  const { kernelSize = 1, stride = 1, groups = 1 } = o
  const padding = (kernelSize - 1) / 2
  return [
    new Conv2d(inChannels, outChannels, kernelSize, { stride, padding, groups, bias: false, init: heFanOut }),
    new BatchNorm2d(outChannels),
  ]
}
const convNormRelu6 = (inChannels: number, outChannels: number, o: ConvOptions = {}): Sequential =>
  new Sequential([...convNorm(inChannels, outChannels, o), relu6()])

interface Bottleneck {
  readonly inChannels: number
  readonly outChannels: number
  readonly stride: number
  /** How many times as many channels there are inside. */
  readonly expansion: number
}

/** Widen, filter each channel by itself, narrow; added to what came in where the shapes agree. Source: the paper's table 1. */
class InvertedResidual extends Layer {
  readonly conv: Sequential
  private readonly adds: boolean

  constructor({ inChannels, outChannels, stride, expansion }: Bottleneck) {
    super()
    const inside = inChannels * expansion
    this.conv = new Sequential([
      ...(expansion === 1 ? [] : [convNormRelu6(inChannels, inside)]),
      convNormRelu6(inside, inside, { kernelSize: 3, stride, groups: inside }),
      ...convNorm(inside, outChannels),
    ])
    this.adds = stride === 1 && inChannels === outChannels
  }
  protected override call(x: Images): Images {
    const y = this.conv.forward(x) as Images
    return this.adds ? (x.add(y) as Images) : y
  }
}

/** Expansion, channels, blocks and stride of each stage: the paper's table 2. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const

/** The nearest multiple of 8 that takes off no more than a tenth. */
const roundedTo8 = (channels: number): number => {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8)
  return rounded < 0.9 * channels ? rounded + 8 : rounded
}

/**
 * MobileNetV2: inverted residuals, whose convolutions see one channel each, between 1 × 1 convolutions.
 *
 * **Shape** x: `[N, C, H, W]`, 224 × 224 in the paper → `[N, numClasses]`; 3,504,872 parameters.
 *
 * Source: Sandler, Howard, Zhu, Zhmoginov & Chen 2018, table 2; names, rounding and initial values as torchvision's `mobilenet_v2`.
 */
export class MobileNetV2 extends ImageClassifier {
  readonly features: Sequential
  readonly classifier: Sequential
  private readonly avgpool = adaptiveAveragePool2d(1)

  constructor({ numClasses = 1000, inChannels = 3, width = 32, dropout = 0.2 }: MobileNetV2Options = {}) {
    super()
    requireSizes('mobilenetv2', { numClasses, inChannels, width })
    const c = (channels: number): number => roundedTo8((channels * width) / 32)
    const last = roundedTo8(1280 * Math.max(1, width / 32))
    let before = c(32)
    const blocks = stages.flatMap(([expansion, channels, count, stride]) =>
      Array.from({ length: count }, (_, i) => {
        const shape = { inChannels: before, outChannels: c(channels), stride: i === 0 ? stride : 1, expansion }
        before = c(channels)
        return new InvertedResidual(shape)
      }),
    )
    this.features = new Sequential([
      convNormRelu6(inChannels, c(32), { kernelSize: 3, stride: 2 }),
      ...blocks,
      convNormRelu6(before, last),
    ])
    this.classifier = new Sequential([new Dropout(dropout), new Linear(last, numClasses, { init: normal01 })])
  }
  override get head(): Linear {
    return this.classifier.at(-1) as unknown as Linear
  }
  protected override set head(head: Linear) {
    this.classifier.replace(-1, head)
  }
  protected override call(x: Images): Images {
    const features = this.avgpool.forward(this.features.forward(x) as Images) as Images // [N, 1280, 1, 1]
    return this.classifier.forward(flatten().forward(features) as Images) as Images
  }
}

/** MobileNetV2, 3,504,872 parameters. */
export const mobilenetv2 = (options: MobileNetV2Options = {}): MobileNetV2 => new MobileNetV2(options)
