import { relu } from '../nn/activations.ts'
import { Dropout } from '../nn/dropout.ts'
import { flatten } from '../nn/flatten.ts'
import { Linear } from '../nn/linear.ts'
import { Sequential } from '../nn/sequential.ts'
import { ImageClassifier, type Images, requireSizes } from './image-classifier.ts'
import type { FlatOptions } from './softmax.ts'

export interface MlpOptions extends FlatOptions {
  /** Units of each hidden layer. Default 256 and 128. */
  readonly hidden?: readonly number[]
  /** After each hidden layer, while training. Default 0. */
  readonly dropout?: number
}

/**
 * The multilayer perceptron: affine maps with ReLU between, on all pixels.
 *
 * **Shape** x: `[N, C, H, W]` → `[N, numClasses]`. Parameters are those of torchvision's `MLP` under `layers`: every layer is a linear map
 * (`layers.0`), ReLU and dropout.
 *
 * Source: Rumelhart, Hinton & Williams 1986; ReLU: Nair & Hinton 2010.
 */
export class Mlp extends ImageClassifier {
  readonly layers: Sequential

  constructor({ numClasses, inChannels = 3, imageSize, hidden = [256, 128], dropout = 0 }: MlpOptions) {
    super()
    requireSizes('mlp', { numClasses, inChannels, imageSize })
    for (const units of hidden) requireSizes('mlp', { hidden: units })
    const sizes = [inChannels * imageSize * imageSize, ...hidden]
    this.layers = new Sequential([
      ...hidden.flatMap((units, i) => [new Linear(sizes[i]!, units), relu(), new Dropout(dropout)]),
      new Linear(sizes.at(-1)!, numClasses),
    ])
  }
  override get head(): Linear {
    return this.layers.at(-1) as unknown as Linear
  }
  protected override set head(head: Linear) {
    this.layers.replace(-1, head)
  }
  protected override call(x: Images): Images {
    return this.layers.forward(flatten().forward(x) as Images) as Images
  }
}

/** Affine maps with ReLU between, on all pixels. */
export const mlp = (options: MlpOptions): Mlp => new Mlp(options)
