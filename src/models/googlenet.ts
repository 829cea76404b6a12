import { BatchNorm2d } from '../nn/batch-norm.ts'
import { Conv2d } from '../nn/convolution.ts'
import { Dropout } from '../nn/dropout.ts'
import { flatten } from '../nn/flatten.ts'
import { Linear } from '../nn/linear.ts'
import { Layer } from '../nn/module.ts'
import { adaptiveAveragePool2d, maxPool2d } from '../nn/pooling.ts'
import { Sequential } from '../nn/sequential.ts'
import { fromArray } from '../tensor/creation.ts'
import { concat, crossEntropy } from '../tensor/functions.ts'
import type { LinearOptions } from '../nn/linear.ts'
import type { Tensor } from '../tensor/tensor.ts'
import {
  type ClassifierOptions,
  ImageClassifier,
  type Images,
  normal01,
  requireSizes,
  scaledBy,
} from './image-classifier.ts'

export interface GoogLeNetOptions extends ClassifierOptions {
  /** Channels of the first convolution, 64 in the paper, which the others follow. */
  readonly width?: number
  /** Before the head, while training. Default 0.2. The paper has 0.4. */
  readonly dropout?: number
  /** Two more heads halfway, for `loss` while training. Default false: they are not needed to predict. */
  readonly auxLogits?: boolean
  /** Before the auxiliary heads' last layers. Default 0.7, as in the paper. */
  readonly auxDropout?: number
  /** Takes images normalised by ImageNet's statistics to mean 0.5 and deviation 0.5, as torchvision's pretrained weights expect. Default false. */
  readonly transformInput?: boolean
}

/** Convolution, batch normalisation and ReLU. */
class BasicConv2d extends Layer {
  readonly conv: Conv2d
  readonly bn: BatchNorm2d

  constructor(inChannels: number, outChannels: number, kernelSize: number, stride = 1) {
    super()
    const padding = Math.floor(kernelSize / 2)
    this.conv = new Conv2d(inChannels, outChannels, kernelSize, { stride, padding, bias: false, init: normal01 })
    this.bn = new BatchNorm2d(outChannels, { epsilon: 0.001 })
  }
  protected override call(x: Images): Images {
    return (this.bn.forward(this.conv.forward(x)) as Images).relu()
  }
}

/** Channels of the branches: 1 × 1; 3 × 3 and what comes before it; the second such pair; after the pooling. */
type Branches = readonly [number, number, number, number, number, number]

/** Four branches side by side, their channels joined. Source: the paper's figure 2 (b). */
class Inception extends Layer {
  readonly branch1: BasicConv2d
  readonly branch2: Sequential
  readonly branch3: Sequential
  readonly branch4: Sequential

  constructor(inChannels: number, [one, reduce3, three, reduce5, five, pooled]: Branches) {
    super()
    this.branch1 = new BasicConv2d(inChannels, one, 1)
    this.branch2 = new Sequential([new BasicConv2d(inChannels, reduce3, 1), new BasicConv2d(reduce3, three, 3)])
    // 5 × 5 in the paper; torchvision's weights, like TensorFlow's, are those of a 3 × 3 convolution.
    this.branch3 = new Sequential([new BasicConv2d(inChannels, reduce5, 1), new BasicConv2d(reduce5, five, 3)])
    this.branch4 = new Sequential([
      maxPool2d(3, { stride: 1, padding: 1, ceilMode: true }),
      new BasicConv2d(inChannels, pooled, 1),
    ])
  }
  protected override call(x: Images): Images {
    const branches = [this.branch1, this.branch2, this.branch3, this.branch4]
    return concat(branches.map(branch => branch.forward(x) as Images) as readonly Images[], 1) as Images
  }
}

/** A head halfway, which brings gradients to the lower layers. Source: the paper's section 5. */
class InceptionAux extends Layer {
  readonly conv: BasicConv2d
  readonly fc1: Linear
  fc2: Linear
  private readonly avgpool = adaptiveAveragePool2d(4)
  private readonly dropout: Dropout

  constructor(inChannels: number, numClasses: number, { c, dropout }: { c: (n: number) => number; dropout: number }) {
    super()
    this.conv = new BasicConv2d(inChannels, c(128), 1)
    this.fc1 = new Linear(16 * c(128), c(1024), { init: normal01 })
    this.fc2 = new Linear(c(1024), numClasses, { init: normal01 })
    this.dropout = new Dropout(dropout)
  }
  protected override call(x: Images): Images {
    const features = this.conv.forward(this.avgpool.forward(x) as Images) as Images // [N, 128, 4, 4]
    const hidden = (this.fc1.forward(flatten().forward(features) as Images) as Images).relu()
    return this.fc2.forward(this.dropout.forward(hidden)) as Images
  }
}

/** Channels of the nine modules: the paper's table 1. */
const table: Readonly<Record<string, Branches>> = {
  '3a': [64, 96, 128, 16, 32, 32],
  '3b': [128, 128, 192, 32, 96, 64],
  '4a': [192, 96, 208, 16, 48, 64],
  '4b': [160, 112, 224, 24, 64, 64],
  '4c': [128, 128, 256, 24, 64, 64],
  '4d': [112, 144, 288, 32, 64, 64],
  '4e': [256, 160, 320, 32, 128, 128],
  '5a': [256, 160, 320, 32, 128, 128],
  '5b': [384, 192, 384, 48, 128, 128],
}

/** Statistics of ImageNet's channels, by which its images are normalised. */
const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const

/**
 * GoogLeNet (Inception v1): nine modules that look at several scales at once.
 *
 * **Shape** x: `[N, C, H, W]`, 224 × 224 in the paper → `[N, numClasses]`; 6,624,904 parameters, with auxiliary heads 13,004,888.
 *
 * Source: Szegedy et al. 2015, table 1, with batch normalisation (Ioffe & Szegedy 2015) in the place of local response normalisation; names
 * and initial values as torchvision's `googlenet`.
 */
export class GoogLeNet extends ImageClassifier {
  readonly conv1: BasicConv2d
  readonly conv2: BasicConv2d
  readonly conv3: BasicConv2d
  readonly inception3a: Inception
  readonly inception3b: Inception
  readonly inception4a: Inception
  readonly inception4b: Inception
  readonly inception4c: Inception
  readonly inception4d: Inception
  readonly inception4e: Inception
  readonly inception5a: Inception
  readonly inception5b: Inception
  readonly aux1: InceptionAux | null
  readonly aux2: InceptionAux | null
  fc: Linear
  private readonly maxpool = maxPool2d(3, { stride: 2, ceilMode: true })
  private readonly maxpool4 = maxPool2d(2, { stride: 2, ceilMode: true })
  private readonly avgpool = adaptiveAveragePool2d(1)
  private readonly dropout: Dropout
  private readonly transformInput: boolean

  constructor(options: GoogLeNetOptions = {}) {
    super()
    const {
      numClasses = 1000,
      inChannels = 3,
      width = 64,
      dropout = 0.2,
      auxLogits = false,
      auxDropout = 0.7,
    } = options
    requireSizes('googlenet', { numClasses, inChannels, width })
    const c = scaledBy(width, 64)
    let before = c(192)
    const inception = (name: string): Inception => {
      const branches = table[name]!.map(c) as unknown as Branches
      const module = new Inception(before, branches)
      before = branches[0] + branches[2] + branches[4] + branches[5]
      return module
    }
    this.conv1 = new BasicConv2d(inChannels, width, 7, 2)
    this.conv2 = new BasicConv2d(width, width, 1)
    this.conv3 = new BasicConv2d(width, c(192), 3)
    this.inception3a = inception('3a')
    this.inception3b = inception('3b')
    this.inception4a = inception('4a')
    const afterFour = before
    this.inception4b = inception('4b')
    this.inception4c = inception('4c')
    this.inception4d = inception('4d')
    const afterSeven = before
    this.inception4e = inception('4e')
    this.inception5a = inception('5a')
    this.inception5b = inception('5b')
    const aux = (channels: number) => new InceptionAux(channels, numClasses, { c, dropout: auxDropout })
    this.aux1 = auxLogits ? aux(afterFour) : null
    this.aux2 = auxLogits ? aux(afterSeven) : null
    this.dropout = new Dropout(dropout)
    this.fc = new Linear(before, numClasses, { init: normal01 })
    this.transformInput = options.transformInput ?? false
  }
  override get head(): Linear {
    return this.fc
  }
  protected override set head(head: Linear) {
    this.fc = head
  }
  /** A new head, and new last layers of the auxiliary heads, where there are any. */
  override replaceHead(numClasses: number, options: LinearOptions = {}): this {
    super.replaceHead(numClasses, options)
    for (const aux of [this.aux1, this.aux2]) {
      if (aux) aux.fc2 = new Linear(aux.fc2.weight.shape[1], numClasses, options)
    }
    return this
  }

  protected override call(x: Images): Images {
    return this.withAuxiliary(x, false).logits
  }

  /** Scores, and those of the auxiliary heads, where the model has them. */
  forwardAll(x: Images): { readonly logits: Images; readonly aux1: Images | null; readonly aux2: Images | null } {
    return this.withAuxiliary(x, true)
  }

  /**
   * Mean −ln p of the targets, int32 `[N]`, in nats; while training a model with auxiliary heads, with 0.3 times each of theirs added
   * (the paper's section 5).
   */
  loss(x: Images, targets: Tensor<readonly number[], 'int32'>): Tensor<readonly [], 'float32'> {
    const { logits, aux1, aux2 } = this.withAuxiliary(x, this.training)
    const main = crossEntropy(logits, targets)
    if (!aux1 || !aux2) return main
    return main.add(crossEntropy(aux1, targets).add(crossEntropy(aux2, targets)).mul(0.3)) as typeof main
  }

  private withAuxiliary(x: Images, all: boolean) {
    const pooled = (y: Images): Images => this.maxpool.forward(y) as Images
    const stem = this.conv2.forward(pooled(this.conv1.forward(this.normalized(x)) as Images)) as Images
    const early = this.through(pooled(this.conv3.forward(stem) as Images), [this.inception3a, this.inception3b])
    const four = this.inception4a.forward(pooled(early)) as Images
    const seven = this.through(four, [this.inception4b, this.inception4c, this.inception4d])
    const eight = this.maxpool4.forward(this.inception4e.forward(seven) as Images) as Images
    const features = this.avgpool.forward(this.through(eight, [this.inception5a, this.inception5b])) as Images
    const logits = this.fc.forward(this.dropout.forward(flatten().forward(features) as Images)) as Images
    const aux1 = all && this.aux1 ? (this.aux1.forward(four) as Images) : null
    const aux2 = all && this.aux2 ? (this.aux2.forward(seven) as Images) : null
    return { logits, aux1, aux2 }
  }
  private through(x: Images, modules: readonly Inception[]): Images {
    return modules.reduce((h, module) => module.forward(h) as Images, x)
  }
  private normalized(x: Images): Images {
    if (!this.transformInput) return x
    const { mean, std } = imagenet
    const scale = fromArray(
      Float32Array.from(std, s => s / 0.5),
      [3, 1, 1],
      'float32',
    )
    const shift = fromArray(
      Float32Array.from(mean, m => (m - 0.5) / 0.5),
      [3, 1, 1],
      'float32',
    )
    return x.mul(scale).add(shift) as Images
  }
}

/** GoogLeNet, 6,624,904 parameters. */
export const googlenet = (options: GoogLeNetOptions = {}): GoogLeNet => new GoogLeNet(options)
