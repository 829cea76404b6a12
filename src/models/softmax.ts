import { flatten } from '../nn/flatten.ts'
import { Linear } from '../nn/linear.ts'
import { ImageClassifier, type Images, requireSizes } from './image-classifier.ts'

export interface FlatOptions {
  readonly numClasses: number
  readonly inChannels?: number
  /** Height and width of the square images, in pixels. */
  readonly imageSize: number
}

/**
 * The linear classifier: one score for each class, a weighted sum of all pixels, `softmax(W x + b)` after the softmax of the loss.
 *
 * **Shape** x: `[N, C, H, W]` → `[N, numClasses]`; weight `[numClasses, C·H·W]`.
 *
 * Source: Bishop 2006, section 4.3.4 (multiclass logistic regression).
 */
export class SoftmaxClassifier extends ImageClassifier {
  linear: Linear

  constructor({ numClasses, inChannels = 3, imageSize }: FlatOptions) {
    super()
    requireSizes('softmax', { numClasses, inChannels, imageSize })
    this.linear = new Linear(inChannels * imageSize * imageSize, numClasses)
  }
  override get head(): Linear {
    return this.linear
  }
  protected override set head(head: Linear) {
    this.linear = head
  }
  protected override call(x: Images): Images {
    return this.linear.forward(flatten().forward(x) as Images) as Images
  }
}

/** The linear classifier of all pixels. */
export const softmaxClassifier = (options: FlatOptions): SoftmaxClassifier => new SoftmaxClassifier(options)
