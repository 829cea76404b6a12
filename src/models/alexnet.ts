import { relu } from '../nn/activations.ts'
import { Conv2d } from '../nn/convolution.ts'
import { Dropout } from '../nn/dropout.ts'
import { flatten } from '../nn/flatten.ts'
import { Linear } from '../nn/linear.ts'
import { adaptiveAveragePool2d, maxPool2d } from '../nn/pooling.ts'
import { Sequential } from '../nn/sequential.ts'
import { type ClassifierOptions, ImageClassifier, type Images, requireSizes, scaledBy } from './image-classifier.ts'

export interface AlexNetOptions extends ClassifierOptions {
  /** Channels of the first convolution, 64 by default, which the others follow. */
  readonly width?: number
  /** Before the two hidden layers, while training. Default 0.5, as in the paper. */
  readonly dropout?: number
}

/**
 * AlexNet: five convolutions and three affine maps, with dropout.
 *
 * **Shape** x: `[N, C, H, W]`, H and W at least 63, 224 in the paper → `[N, numClasses]`; 61,100,840 parameters.
 *
 * Source: Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks" (Krizhevsky, Sutskever & Hinton 2012 for one
 * processor, without local response normalisation); names, sizes and initial values as torchvision's `alexnet`.
 */
export class AlexNet extends ImageClassifier {
  readonly features: Sequential
  readonly avgpool = adaptiveAveragePool2d(6)
  readonly classifier: Sequential

  constructor({ numClasses = 1000, inChannels = 3, width = 64, dropout = 0.5 }: AlexNetOptions = {}) {
    super()
    requireSizes('alexnet', { numClasses, inChannels, width })
    const c = scaledBy(width, 64)
    this.features = new Sequential([
      new Conv2d(inChannels, width, 11, { stride: 4, padding: 2 }),
      relu(),
      maxPool2d(3, { stride: 2 }),
      new Conv2d(width, c(192), 5, { padding: 2 }),
      relu(),
      maxPool2d(3, { stride: 2 }),
      new Conv2d(c(192), c(384), 3, { padding: 1 }),
      relu(),
      new Conv2d(c(384), c(256), 3, { padding: 1 }),
      relu(),
      new Conv2d(c(256), c(256), 3, { padding: 1 }),
      relu(),
      maxPool2d(3, { stride: 2 }),
    ])
    this.classifier = new Sequential([
      new Dropout(dropout),
      new Linear(c(256) * 6 * 6, c(4096)),
      relu(),
      new Dropout(dropout),
      new Linear(c(4096), c(4096)),
      relu(),
      new Linear(c(4096), numClasses),
    ])
  }
  override get head(): Linear {
    return this.classifier.at(-1) as unknown as Linear
  }
  protected override set head(head: Linear) {
    this.classifier.replace(-1, head)
  }
  protected override call(x: Images): Images {
    const features = this.avgpool.forward(this.features.forward(x) as Images) as Images // [N, 256, 6, 6]
    return this.classifier.forward(flatten().forward(features) as Images) as Images
  }
}

/** AlexNet, 61,100,840 parameters. */
export const alexnet = (options: AlexNetOptions = {}): AlexNet => new AlexNet(options)
