import { ModelError } from '../core/errors.ts'
import { defineOptions, type Given, integer, numbers, type Infer } from '../core/options.ts'
import type { Shape } from '../core/shape.ts'
import { batchNorm2d, conv2d, type Layer, leakyRelu, Module, Sequential } from '../nn/index.ts'
import { evaluate } from '../tensor/transforms.ts'
import { fromArray } from '../tensor/creation.ts'
import { concat } from '../tensor/functions.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Detections } from '../vision/detection/boxes.ts'
import type { DetectionOutputs } from '../vision/detection/loss.ts'
import { type NmsOptions, nonMaxSuppression } from '../vision/detection/nms.ts'
import { cellsOf, type DetectionGrid, priorsOf } from '../vision/detection/targets.ts'

type Floats = Tensor<Shape, 'float32'>

const declared = defineOptions({
  numClasses: integer({ min: 1, required: true, help: 'kinds of things to find' }),
  inChannels: integer({ min: 1, default: 3, help: 'channels of an image' }),
  imageSize: integer({ min: 32, default: 64, help: 'width and height of an image in pixels; a multiple of 8' }),
  width: integer({ min: 1, default: 16, help: 'channels of the first layer' }),
  anchors: numbers({ above: 0, default: [0.2, 0.4], help: 'sides of the square priors, as shares of the image' }),
})
export interface DetectorOptions extends Given<typeof declared> {}
export type DetectorConfig = Infer<typeof declared>

/** Width and height of a detector's cell in pixels: three layers halve the image. */
export const cellSize = 8
/** A box is at most e⁴ times its prior: a wild output must not become infinity. */
const largestLogScale = 4
/** The first bias of the objectness: a share of 0.01 of the priors holds a box. Source: Lin et al. 2017, section 4.1. */
const objectnessBias = -Math.log((1 - 0.01) / 0.01)

/** Convolution, batch normalisation, leaky ReLU of 0.1: the block of Redmon & Farhadi 2018. */
const block = (inChannels: number, outChannels: number, strides = 1): Layer => {
  const options = { stride: strides, padding: 1, bias: false }
  return new Sequential([conv2d(inChannels, outChannels, 3, options), batchNorm2d(outChannels), leakyRelu(0.1)])
}

/**
 * A small single-shot detector: a convolutional backbone brings the image down to cells of 8 pixels, and a 1×1 convolution says for each
 * prior of each cell where a box is, how likely there is one, and of what class it is.
 *
 * **Shape** images: `[N, inChannels, imageSize, imageSize]`; with S = imageSize/8 cells along a side and A anchors there are P = S·S·A
 * priors, in the order of {@link DetectionGrid}.
 *
 * @param options.numClasses K
 * @param options.imageSize in pixels, a multiple of 8. Default 64
 * @param options.width channels of the first layer; deeper ones have 2, 4 times as many. Default 16
 * @param options.anchors sides of the square priors of each cell, as shares of the image. Default 0.2 and 0.4
 * @throws ArgumentError for an image that is not a whole number of cells
 *
 * Source: Redmon et al. 2016, "You Only Look Once"; the way from outputs to boxes: Redmon & Farhadi 2018, section 2.1.
 */
export class Detector extends Module {
  readonly backbone: Layer
  readonly head: Layer
  readonly config: DetectorConfig
  readonly grid: DetectionGrid
  private readonly cells: number

  constructor(options: DetectorOptions) {
    super()
    this.config = declared.validate('detector', options)
    const { numClasses, inChannels, imageSize, width: w, anchors } = this.config
    this.grid = {
      imageSize,
      stride: cellSize,
      anchors: anchors.map(share => [share * imageSize, share * imageSize] as const),
    }
    this.cells = cellsOf(this.grid)
    this.backbone = new Sequential([
      block(inChannels, w, 2), // imageSize / 2
      block(w, 2 * w, 2), // imageSize / 4
      block(2 * w, 2 * w),
      block(2 * w, 4 * w, 2), // imageSize / 8
      block(4 * w, 4 * w),
      block(4 * w, 4 * w),
    ])
    const head = conv2d(4 * w, anchors.length * (5 + numClasses), 1)
    const bias = Float32Array.from({ length: head.bias!.shape[0] }, (_, i) =>
      i % (5 + numClasses) === 4 ? objectnessBias : 0,
    )
    head.bias!.set({ dtype: 'float32', array: bias })
    this.head = head
  }

  /** What the detector says of images `[N, C, H, W]`: boxes in pixels `[N, P, 4]`, logits `[N, P]` and `[N, P, K]`. */
  forward(images: Tensor): DetectionOutputs {
    const maps = this.head.forward(this.backbone.forward(images as never) as never) as Floats // [N, A (5 + K), S, S]
    const { numClasses } = this.config
    const [n, s, a] = [images.shape[0]!, this.cells, this.grid.anchors.length]
    const rows = maps
      .reshape([n, a, 5 + numClasses, s, s])
      .transpose([0, 3, 4, 1, 2])
      .reshape([n, s * s * a, 5 + numClasses]) as Floats // [N, P, 5 + K]
    const [centres, sizes, objectness, classes] = rows.split([2, 2, 1, numClasses], -1) as [
      Floats,
      Floats,
      Floats,
      Floats,
    ]
    return { boxes: this.decode(centres, sizes), objectness: objectness.squeeze(-1), classes }
  }

  /** `centre = (σ(t) + cell) · cellSize`, `size = prior · eᵗ`, as corners. */
  private decode(centres: Floats, sizes: Floats): Floats {
    const priors = priorsOf(this.grid)
    const p = priors.length / 4
    const constants = (of: (x1: number, y1: number, x2: number, y2: number) => [number, number]): Floats => {
      const pairs = Array.from({ length: p }, (_, k) =>
        of(...(priors.subarray(4 * k, 4 * k + 4) as unknown as Corners)),
      )
      return fromArray(Float32Array.from(pairs.flat()), [p, 2], 'float32')
    }
    const corner = constants((x1, y1, x2, y2) => [(x1 + x2 - cellSize) / 2, (y1 + y2 - cellSize) / 2])
    const size = constants((x1, y1, x2, y2) => [x2 - x1, y2 - y1])
    const centre = centres.sigmoid().mul(cellSize).add(corner)
    const half = sizes.clamp({ max: largestLogScale }).exp().mul(size).mul(0.5)
    return concat([centre.sub(half), centre.add(half)], -1) as Floats
  }

  /**
   * The things in each image, best first: a box's score is the probability that there is one times that of its class.
   *
   * @param images `[N, C, H, W]`; the model should be in prediction mode
   * @param options of {@link nonMaxSuppression}; the lowest score is 0.25 unless given
   */
  async detect(images: Tensor, options: NmsOptions = {}): Promise<Detections[]> {
    const { boxes, objectness, classes } = this.forward(images)
    return this.select({ boxes, objectness, classes }, options)
  }

  /** The best of outputs that are there already. */
  async select({ boxes, objectness, classes }: DetectionOutputs, options: NmsOptions = {}): Promise<Detections[]> {
    const probabilities = classes.softmax()
    const scores = objectness.sigmoid().mul(probabilities.max(-1) as Floats)
    const labels = probabilities.argmax(-1)
    await evaluate(boxes, scores, labels)
    const [b, s, l] = [await boxes.data(), await scores.data(), (await labels.data()) as Int32Array]
    const [n, p] = scores.shape as readonly [number, number]
    return Array.from({ length: n }, (_, i) => {
      const [from, to] = [i * p, (i + 1) * p]
      const all = { boxes: b.subarray(4 * from, 4 * to), scores: s.subarray(from, to), classes: l.subarray(from, to) }
      return nonMaxSuppression(all, { scoreThreshold: 0.25, ...options })
    })
  }

  /** The config.json of a model folder. */
  toJSON(): Record<string, unknown> {
    return { model_type: modelType, options: this.config }
  }
  /** An untrained detector of a saved configuration. @throws ModelError for that of another model */
  static fromJSON(json: unknown, where = 'config.json'): Detector {
    const { model_type, options } = (json ?? {}) as { model_type?: unknown; options?: unknown }
    if (model_type !== modelType)
      throw new ModelError(
        `${where}: model_type is ${JSON.stringify(model_type) ?? 'missing'}. Expected "${modelType}": give the run folder of gradus train detector.`,
      )
    try {
      return new Detector(options as DetectorOptions)
    } catch (error) {
      throw new ModelError(`${where}: ${(error as Error).message} Save the model again.`, {}, error)
    }
  }
}
type Corners = [number, number, number, number]
const modelType = 'gradus-detector'

/** A small single-shot detector; see {@link Detector}. */
export const detector = (options: DetectorOptions): Detector => new Detector(options)
