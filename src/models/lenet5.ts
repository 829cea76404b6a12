import { ArgumentError } from '../core/errors.ts'
import { Conv2d } from '../nn/convolution.ts'
import { flatten } from '../nn/flatten.ts'
import { Linear } from '../nn/linear.ts'
import { averagePool, maxPool } from '../tensor/pooling.ts'
import { type ClassifierOptions, ImageClassifier, type Images, requireSizes, scaledBy } from './image-classifier.ts'

export interface LeNet5Options extends ClassifierOptions {
  /** Height and width, at least 12. Default 32, the paper's; 28 × 28 images are padded to it. */
  readonly imageSize?: number
  /** Channels of the first convolution, 6 in the paper, which the others follow. */
  readonly width?: number
  /** `tanh` and `average` are the paper's and the default; `relu` and `max` train faster. */
  readonly activation?: 'tanh' | 'relu'
  readonly pooling?: 'average' | 'max'
}

/**
 * LeNet-5: two convolutions, each with a pooling that halves the image, and three affine maps.
 *
 * **Shape** x: `[N, C, 32, 32]` → `[N, numClasses]`; of ten classes and one channel 61,706 parameters.
 *
 * As it is built today, it leaves out what the paper had to spare: the second convolution sees all channels (the paper's table I joins a
 * part of them), poolings have no trained scale, tanh is not stretched, and the last layer is linear (the paper's measures distances to drawn
 * digits).
 *
 * Source: LeCun, Bottou, Bengio & Haffner 1998, figure 2; names as in PyTorch's tutorials.
 */
export class LeNet5 extends ImageClassifier {
  readonly conv1: Conv2d
  readonly conv2: Conv2d
  readonly fc1: Linear
  readonly fc2: Linear
  fc3: Linear
  private readonly activation: 'tanh' | 'relu'
  private readonly pooling: 'average' | 'max'

  constructor(options: LeNet5Options = {}) {
    super()
    const { numClasses = 10, inChannels = 1, imageSize = 32, width = 6 } = options
    requireSizes('lenet5', { numClasses, inChannels, imageSize, width })
    if (imageSize < 12) {
      throw new ArgumentError(
        `lenet5: imageSize must be at least 12, for two convolutions and poolings; got ${imageSize}.`,
        {
          imageSize,
        },
      )
    }
    const scaled = scaledBy(width, 6)
    const padding = imageSize === 28 ? 2 : 0
    // (N + 2P − F)/S + 1, twice a 5 × 5 window and a halving.
    const afterFirst = Math.floor((imageSize + 2 * padding - 4) / 2)
    const side = Math.floor((afterFirst - 4) / 2)
    this.conv1 = new Conv2d(inChannels, width, 5, { padding })
    this.conv2 = new Conv2d(width, scaled(16), 5)
    this.fc1 = new Linear(scaled(16) * side * side, scaled(120))
    this.fc2 = new Linear(scaled(120), scaled(84))
    this.fc3 = new Linear(scaled(84), numClasses)
    this.activation = options.activation ?? 'tanh'
    this.pooling = options.pooling ?? 'average'
  }
  override get head(): Linear {
    return this.fc3
  }
  protected override set head(head: Linear) {
    this.fc3 = head
  }

  protected override call(x: Images): Images {
    const first = this.halved(this.conv1.forward(x) as Images) // [N, 6, 14, 14]
    const second = this.halved(this.conv2.forward(first) as Images) // [N, 16, 5, 5]
    const features = flatten().forward(second) as Images // [N, 400]
    const hidden = this.active(this.fc1.forward(features) as Images) // [N, 120]
    return this.fc3.forward(this.active(this.fc2.forward(hidden) as Images)) as Images
  }
  private active(x: Images): Images {
    return this.activation === 'tanh' ? x.tanh() : x.relu()
  }
  private halved(x: Images): Images {
    return (this.pooling === 'average' ? averagePool : maxPool)(this.active(x), { kernelSize: 2 })
  }
}

/** LeNet-5, 61,706 parameters for ten digits. */
export const lenet5 = (options: LeNet5Options = {}): LeNet5 => new LeNet5(options)
