import { BatchNorm2d } from '../nn/batch-norm.ts'
import { Conv2d } from '../nn/convolution.ts'
import { flatten } from '../nn/flatten.ts'
import { Linear } from '../nn/linear.ts'
import { Layer } from '../nn/module.ts'
import { adaptiveAveragePool2d, maxPool2d } from '../nn/pooling.ts'
import { Sequential } from '../nn/sequential.ts'
import { type ClassifierOptions, heFanOut, ImageClassifier, type Images, requireSizes } from './image-classifier.ts'

export interface ResNetOptions extends ClassifierOptions {
  /** Channels of the first stage, 64 in the paper; each later stage has twice as many. */
  readonly width?: number
  /**
   * How the model begins: `imagenet`, the default, with a 7 × 7 convolution and a pooling that take 224 pixels to 56, or `small`, with a 3 × 3
   * convolution that leaves the size alone, for images of about 32 pixels (section 4.2 of the paper).
   */
  readonly stem?: 'imagenet' | 'small'
}

/** A convolution before batch normalisation, whose shift makes a bias needless. */
const conv = (inChannels: number, outChannels: number, kernelSize: 1 | 3 | 7, stride = 1): Conv2d =>
  new Conv2d(inChannels, outChannels, kernelSize, {
    stride,
    padding: (kernelSize - 1) / 2,
    bias: false,
    init: heFanOut,
  })

/** Brings what is added to a block's output to its shape, where that differs. */
const shortcut = (inChannels: number, outChannels: number, stride: number): Sequential | null =>
  stride === 1 && inChannels === outChannels
    ? null
    : new Sequential([conv(inChannels, outChannels, 1, stride), new BatchNorm2d(outChannels)])

/** Two 3 × 3 convolutions and a shortcut. Source: figure 5, left. */
class BasicBlock extends Layer {
  readonly conv1: Conv2d
  readonly bn1: BatchNorm2d
  readonly conv2: Conv2d
  readonly bn2: BatchNorm2d
  readonly downsample: Sequential | null

  constructor(inChannels: number, channels: number, stride: number) {
    super()
    this.conv1 = conv(inChannels, channels, 3, stride)
    this.bn1 = new BatchNorm2d(channels)
    this.conv2 = conv(channels, channels, 3)
    this.bn2 = new BatchNorm2d(channels)
    this.downsample = shortcut(inChannels, channels, stride)
  }
  protected override call(x: Images): Images {
    const h = (this.bn1.forward(this.conv1.forward(x)) as Images).relu()
    const y = this.bn2.forward(this.conv2.forward(h)) as Images
    return (y.add(this.downsample ? (this.downsample.forward(x) as Images) : x) as Images).relu()
  }
}

/** 1 × 1 to fewer channels, 3 × 3 among those, 1 × 1 back to four times as many. Source: figure 5, right; the stride as in torchvision. */
class Bottleneck extends Layer {
  readonly conv1: Conv2d
  readonly bn1: BatchNorm2d
  readonly conv2: Conv2d
  readonly bn2: BatchNorm2d
  readonly conv3: Conv2d
  readonly bn3: BatchNorm2d
  readonly downsample: Sequential | null

  constructor(inChannels: number, channels: number, stride: number) {
    super()
    this.conv1 = conv(inChannels, channels, 1)
    this.bn1 = new BatchNorm2d(channels)
    this.conv2 = conv(channels, channels, 3, stride)
    this.bn2 = new BatchNorm2d(channels)
    this.conv3 = conv(channels, 4 * channels, 1)
    this.bn3 = new BatchNorm2d(4 * channels)
    this.downsample = shortcut(inChannels, 4 * channels, stride)
  }
  protected override call(x: Images): Images {
    const narrow = (this.bn1.forward(this.conv1.forward(x)) as Images).relu()
    const seen = (this.bn2.forward(this.conv2.forward(narrow)) as Images).relu()
    const y = this.bn3.forward(this.conv3.forward(seen)) as Images
    return (y.add(this.downsample ? (this.downsample.forward(x) as Images) : x) as Images).relu()
  }
}

/** Blocks of the four stages: the paper's table 1. */
const stages = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
} as const
export type ResNetDepth = keyof typeof stages

/**
 * The residual network: four stages of blocks, each block adding what it computes to what came in; all later stages halve the image and
 * double the channels.
 *
 * **Shape** x: `[N, C, H, W]`, 224 × 224 in the paper → `[N, numClasses]`.
 *
 * Source: He, Zhang, Ren & Sun 2016, table 1; names, initial values and the place of the stride as torchvision's `resnet18` to `resnet152`.
 */
export class ResNet extends ImageClassifier {
  readonly conv1: Conv2d
  readonly bn1: BatchNorm2d
  readonly layer1: Sequential
  readonly layer2: Sequential
  readonly layer3: Sequential
  readonly layer4: Sequential
  fc: Linear
  private readonly maxpool = maxPool2d(3, { stride: 2, padding: 1 })
  private readonly avgpool = adaptiveAveragePool2d(1)
  private readonly stem: 'imagenet' | 'small'

  constructor(depth: ResNetDepth, options: ResNetOptions = {}) {
    super()
    const { numClasses = 1000, inChannels = 3, width = 64, stem = 'imagenet' } = options
    requireSizes(`resnet${depth}`, { numClasses, inChannels, width })
    const [Block, expansion] = depth < 50 ? [BasicBlock, 1] : [Bottleneck, 4]
    const stage = (i: 0 | 1 | 2 | 3): Sequential => {
      const channels = width * 2 ** i
      const before = i === 0 ? width : (expansion * channels) / 2
      return new Sequential(
        Array.from({ length: stages[depth][i] }, (_, b) =>
          b === 0 ? new Block(before, channels, i === 0 ? 1 : 2) : new Block(expansion * channels, channels, 1),
        ),
      )
    }
    this.stem = stem
    this.conv1 = stem === 'small' ? conv(inChannels, width, 3) : conv(inChannels, width, 7, 2)
    this.bn1 = new BatchNorm2d(width)
    this.layer1 = stage(0)
    this.layer2 = stage(1)
    this.layer3 = stage(2)
    this.layer4 = stage(3)
    this.fc = new Linear(8 * width * expansion, numClasses)
  }
  override get head(): Linear {
    return this.fc
  }
  protected override set head(head: Linear) {
    this.fc = head
  }

  protected override call(x: Images): Images {
    const seen = (this.bn1.forward(this.conv1.forward(x)) as Images).relu()
    let h = this.stem === 'small' ? seen : (this.maxpool.forward(seen) as Images)
    for (const stage of [this.layer1, this.layer2, this.layer3, this.layer4]) h = stage.forward(h) as Images
    return this.fc.forward(flatten().forward(this.avgpool.forward(h) as Images) as Images) as Images
  }
}

/** ResNet with 18 layers, 11,689,512 parameters. */
export const resnet18 = (options: ResNetOptions = {}): ResNet => new ResNet(18, options)
/** ResNet with 34 layers, 21,797,672 parameters. */
export const resnet34 = (options: ResNetOptions = {}): ResNet => new ResNet(34, options)
/** ResNet with 50 layers, 25,557,032 parameters. */
export const resnet50 = (options: ResNetOptions = {}): ResNet => new ResNet(50, options)
/** ResNet with 101 layers, 44,549,160 parameters. */
export const resnet101 = (options: ResNetOptions = {}): ResNet => new ResNet(101, options)
/** ResNet with 152 layers, 60,192,808 parameters. */
export const resnet152 = (options: ResNetOptions = {}): ResNet => new ResNet(152, options)
