import { ArgumentError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import type { Mismatch, ShapeFn, Unranked } from '../core/shape-types.ts'
import { constantInit, heNormal, type Initializer, normalInit } from '../nn/initializers.ts'
import { Linear, type LinearOptions } from '../nn/linear.ts'
import { Layer } from '../nn/module.ts'
import type { Parameter } from '../nn/parameter.ts'
import type { Tensor } from '../tensor/tensor.ts'

export type Images = Tensor<Shape, 'float32'>

/** `[N, C, H, W]` → `[N, K]`. */
export interface ClassifierFn extends ShapeFn {
  readonly out: this['in'] extends readonly [infer N extends number, number, number, number]
    ? readonly [N, number]
    : this['in'] extends Shape
      ? Unranked<this['in']> extends true
        ? Shape
        : Mismatch<'classifier: expected axes [N, C, H, W]'>
      : Shape
}

/** What most models of images are made from. */
export interface ClassifierOptions {
  /** Scores that come out. Default 1000, ImageNet's classes. */
  readonly numClasses?: number
  /** 3 for colours, the default; 1 for grey. */
  readonly inChannels?: number
}

/**
 * A model from images to a score for each class, `[N, C, H, W]` → `[N, numClasses]`, that ends in a linear map, its head.
 *
 * @example
 * // Transfer learning: a head for other classes, trained alone at first, then the whole at a smaller rate.
 * const model = resnet18({ width: 8 }) // with pretrained weights: model.loadState((await readSafetensors('resnet18.safetensors')).tensors)
 * model.freeze().replaceHead(10)
 * const first = adamw(model, { learningRate: 1e-3 }) // only the head is trained
 * model.unfreeze()
 * const [head, backbone] = [model.head, model.backbone()]
 * const second = adamw([{ parameters: head }, { parameters: backbone, learningRate: 1e-5 }], { learningRate: 1e-4 })
 */
export abstract class ImageClassifier extends Layer<ClassifierFn> {
  /** The last layer. */
  abstract get head(): Linear
  protected abstract set head(head: Linear)

  /**
   * Puts a new head in the place of the last layer, for another number of classes; it is trained even where the rest is frozen. Optimizers
   * made before do not know it.
   */
  replaceHead(numClasses: number, options: LinearOptions = {}): this {
    requireSizes('replaceHead', { numClasses })
    this.head = new Linear(this.head.weight.shape[1], numClasses, options)
    return this
  }
  /** The trained parameters outside the head, by path. */
  backbone(): Map<string, Parameter> {
    const head = new Set(this.head.parameters())
    return new Map([...this.namedParameters()].filter(([, parameter]) => !head.has(parameter)))
  }
}

/** @throws ArgumentError for a size that is not a whole number of at least 1 */
export const requireSizes = (where: string, sizes: Readonly<Record<string, number>>): void => {
  for (const [name, value] of Object.entries(sizes)) {
    if (Number.isSafeInteger(value) && value >= 1) continue
    throw new ArgumentError(`${where}: ${name} must be a whole number of at least 1; got ${value}.`, { [name]: value })
  }
}

/** Channels of a model whose first stage has `width` in the place of `published`: all shrink or grow alike. */
export const scaledBy =
  (width: number, published: number) =>
  (channels: number): number =>
    Math.max(1, Math.round((channels * width) / published))

// How weights begin in several of the published models. torchvision draws some from a normal distribution cut off at ±2; with deviations
// below 0.1 that is 20 deviations away, and the cut changes nothing.

/** Convolutions followed by ReLU, the variance kept backwards. Source: He et al. 2015, equation 14. */
export const heFanOut: Initializer = heNormal({ mode: 'out' })
export const normal01: Initializer = normalInit({ std: 0.01 })
export const zeroInit: Initializer = constantInit(0)
