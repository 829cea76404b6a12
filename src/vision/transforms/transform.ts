import { ShapeError } from '../../core/errors.ts'
import { type Declaration, defineOptions, type Given, type Infer, type Options } from '../../core/options.ts'
import { show } from '../../core/shape.ts'
import { Draws, type Seeded } from './random.ts'

/** Images of a batch, their classes, and which images they are. Transforms read it and make a new one. */
export interface ImageBatch {
  /** `[N, C, H, W]`; from 0 to 1 unless normalized. */
  readonly data: Float32Array
  readonly shape: readonly [N: number, C: number, H: number, W: number]
  /** What the random numbers of each image are drawn by, such as its place in the data set: whole numbers from 0 to 2^33 − 1. */
  readonly indices: ArrayLike<number>
  /** Class of each image, `[N]`. */
  readonly labels?: Int32Array
  /** Shares of the classes, `[N, K]`, adding up to 1, in the place of `labels` after `mixup` and `cutmix`. */
  readonly targets?: Float32Array
}

/** Something done to images, at random or not. */
export interface Transform {
  readonly name: string
  /**
   * The batch transformed; the given one is left as it is. What happens to an image depends on the generator's seed and on the
   * image's index, not on the batch it is in nor on the thread.
   */
  apply(batch: ImageBatch, generator: Seeded): ImageBatch
}

/** A transform as plain data, from which another thread makes it again. */
export interface TransformSpec {
  readonly name: string
  readonly options: unknown
}
const specs = new WeakMap<Transform, TransformSpec>()
/** The plain data of a transform of Gradus's own; nothing for another's. */
export const specOf = (transform: Transform): TransformSpec | undefined => specs.get(transform)
/** Notes what a transform is made from. */
export const withSpec = (transform: Transform, options: unknown): Transform => {
  specs.set(transform, { name: transform.name, options })
  return transform
}

type Apply = Transform['apply']
/** Declares a transform by its options: the factory validates what it is given. */
export const defineTransform = <const D extends Declaration>(
  name: string,
  declaration: D,
  make: (options: Infer<Options<D>>) => Apply,
): ((options?: Given<Options<D>>) => Transform) => {
  const declared = defineOptions(declaration)
  return (options = {} as Given<Options<D>>) => {
    const apply = make(declared.validate(name, options) as Infer<Options<D>>)
    return withSpec({ name, apply: (batch, generator) => apply(checked(name, batch), generator) }, options)
  }
}

const checked = (where: string, batch: ImageBatch): ImageBatch => {
  const { data, shape, indices } = batch
  const [n = 0, c = 0, h = 0, w = 0] = shape
  if (shape.length !== 4 || data.length !== n * c * h * w || indices.length !== n)
    throw new ShapeError(
      `${where}: ${data.length} values and ${indices.length} indices do not make images of ${show(shape)}. [N, C, H, W] values and N indices were expected.`,
      { shape },
    )
  return batch
}

/** One image on its way: planes of `[C, H, W]`. */
export interface Planes {
  readonly data: Float32Array
  readonly channels: number
  readonly height: number
  readonly width: number
}

/** Applies `change` to each image. All of them get the same new height and width; what `change` writes to begins as zeros. */
export const eachImage = (
  batch: ImageBatch,
  generator: Seeded,
  change: (from: Planes, to: Planes, draws: Draws) => void,
  size: readonly [height: number, width: number] = [batch.shape[2], batch.shape[3]],
): ImageBatch => {
  const [n, channels, height, width] = batch.shape
  const [toHeight, toWidth] = size
  const data = new Float32Array(n * channels * toHeight * toWidth)
  const planes = (all: Float32Array, i: number, height: number, width: number): Planes => {
    const length = channels * height * width
    return { data: all.subarray(i * length, (i + 1) * length), channels, height, width }
  }
  for (let i = 0; i < n; i++) {
    const draws = new Draws(generator, batch.indices[i]!)
    change(planes(batch.data, i, height, width), planes(data, i, toHeight, toWidth), draws)
  }
  return { ...batch, data, shape: [n, channels, toHeight, toWidth] }
}

/** The image as it is. */
export const copy = (from: Planes, to: Planes): void => to.data.set(from.data)

/** Throws unless images are grey or colour, for what means something for colours only. */
export const checkColours = (where: string, { shape }: ImageBatch): void => {
  if (shape[1] !== 1 && shape[1] !== 3)
    throw new ShapeError(
      `${where}: images must have 1 channel (grey) or 3 (red, green, blue); got ${shape[1]}: ${show(shape)}.`,
      { shape },
    )
}
