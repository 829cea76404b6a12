import { defineOptions, type Given, type Infer, integer, number } from '../../core/options.ts'
import { blocksFor, fillNormal, fillUniform } from '../../core/philox.ts'
import type { Column } from '../../data/dataset.ts'
import { Generator } from '../../tensor/random.ts'
import type { LabelledBoxes } from './boxes.ts'
import { type Outline, outlineOf, shapeNames } from './shapes.ts'

const scene = {
  size: integer({ min: 32, max: 1024, default: 64, help: 'width and height of a scene in pixels' }),
  maxObjects: integer({ min: 1, max: 50, default: 5, help: 'most shapes in a scene' }),
  maxOverlap: number({ min: 0, below: 1, default: 0.2, help: 'share of a box that another may cover' }),
  seed: integer({ min: 0, default: 0, help: 'seed of all that is random' }),
} as const
const drawing = defineOptions({
  count: integer({ min: 1, required: true, help: 'scenes to draw' }),
  first: integer({ min: 0, max: 2 ** 31, default: 0, help: 'number of the first scene' }),
  ...scene,
})
const declared = defineOptions({
  count: integer({ min: 1, default: 1000, help: 'scenes to train on' }),
  testCount: integer({ min: 1, default: 200, help: 'scenes to test with' }),
  ...scene,
})
export interface DrawScenesOptions extends Given<typeof drawing> {}
export interface ScenesOptions extends Given<typeof declared> {}

export interface Scenes {
  /** `[N, 3, size, size]`, from 0 to 1. */
  readonly images: Column<readonly [3, number, number], 'float32'>
  /** What is in each image. */
  readonly truths: readonly LabelledBoxes[]
}

/** The classes of scenes: circle, square, triangle, ring, cross. */
export const sceneClasses: readonly string[] = shapeNames

/** Places tried for one shape before it is left out. */
const tries = 12
/** Random numbers that one scene takes before its noise. */
const drawsFor = (maxObjects: number): number => 16 + maxObjects * (6 + 2 * tries)
/** Block of the random stream where test scenes begin: no training scene reaches it. */
const testBlock = 2 ** 52

type Colour = readonly [number, number, number]
type Next = (low: number, high: number) => number
type Settings = Infer<typeof drawing>

interface Placed {
  readonly shape: number
  readonly outline: Outline
  readonly x: number
  readonly y: number
  readonly box: readonly [number, number, number, number]
}

/** Soft waves between two near colours. Returns the colour in the middle. */
const paintBackground = (image: Float32Array, size: number, next: Next): Colour => {
  const middle: Colour = [next(0.15, 0.85), next(0.15, 0.85), next(0.15, 0.85)]
  const swing: Colour = [next(-0.12, 0.12), next(-0.12, 0.12), next(-0.12, 0.12)]
  const wave = () => ({ x: next(-9, 9) / size, y: next(-9, 9) / size, phase: next(0, 2 * Math.PI) })
  const [a, b] = [wave(), wave()]
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const height = (Math.sin(a.x * x + a.y * y + a.phase) + Math.sin(b.x * x + b.y * y + b.phase)) / 2
      for (let c = 0; c < 3; c++) image[(c * size + y) * size + x] = middle[c]! + swing[c]! * height
    }
  }
  return middle
}

/** A random colour that is far enough from another. */
const contrasting = (other: Colour, next: Next): Colour => {
  const colour: Colour = [next(0, 1), next(0, 1), next(0, 1)]
  const distance = Math.hypot(colour[0] - other[0], colour[1] - other[1], colour[2] - other[2])
  return distance >= 0.45 ? colour : (colour.map(v => (v + 0.5) % 1) as unknown as Colour)
}

/** Share of the smaller box that both cover. */
const covered = (a: Placed['box'], b: Placed['box']): number => {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0])
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1])
  if (width <= 0 || height <= 0) return 0
  const area = (box: Placed['box']): number => (box[2] - box[0]) * (box[3] - box[1])
  return (width * height) / Math.min(area(a), area(b))
}

/** A place within the image where the shape covers no other too much; nothing where none of the tries is one. */
const place = (shape: number, outline: Outline, others: readonly Placed[], o: Settings, next: Next): Placed | null => {
  const [left, top, right, bottom] = outline.box
  let found: Placed | null = null
  // Every try is drawn, so that what follows does not depend on how many were needed.
  for (let i = 0; i < tries; i++) {
    const [x, y] = [next(-left, o.size - right), next(-top, o.size - bottom)]
    const box = [x + left, y + top, x + right, y + bottom] as const
    if (!found && others.every(other => covered(box, other.box) <= o.maxOverlap)) found = { shape, outline, x, y, box }
  }
  return found
}

/** Lays a colour on the pixels that a shape covers, in part where its edge goes through. */
const paint = (image: Float32Array, { outline, x, y, box }: Placed, size: number, colour: Colour): void => {
  const [bottom, right] = [Math.min(size, Math.ceil(box[3])), Math.min(size, Math.ceil(box[2]))]
  for (let row = Math.max(0, Math.floor(box[1])); row < bottom; row++) {
    for (let column = Math.max(0, Math.floor(box[0])); column < right; column++) {
      const cover = Math.min(1, Math.max(0, 0.5 - outline.distance(column + 0.5 - x, row + 0.5 - y)))
      for (let c = 0; c < 3; c++) {
        const at = (c * size + row) * size + column
        image[at] = image[at]! + cover * (colour[c]! - image[at]!)
      }
    }
  }
}

/** Draws one scene into `image`. */
const drawScene = (image: Float32Array, uniform: Float64Array, noise: Float32Array, o: Settings): LabelledBoxes => {
  let used = 0
  const next: Next = (low, high) => low + (high - low) * uniform[used++]!
  const background = paintBackground(image, o.size, next)
  const strength = next(0.02, 0.08)
  const count = Math.floor(next(1, o.maxObjects + 1))
  const placed: Placed[] = []
  for (let i = 0; i < count; i++) {
    const shape = Math.floor(next(0, shapeNames.length))
    const outline = outlineOf(shape, next(0.08, 0.22) * o.size, next(0, 2 * Math.PI))
    const colour = contrasting(background, next)
    const found = place(shape, outline, placed, o, next)
    if (!found) continue
    paint(image, found, o.size, colour)
    placed.push(found)
  }
  for (let i = 0; i < image.length; i++) image[i] = Math.min(1, Math.max(0, image[i]! + strength * noise[i]!))
  return {
    boxes: Float32Array.from(placed.flatMap(({ box }) => box)),
    classes: Int32Array.from(placed, ({ shape }) => shape),
  }
}

const draw = (o: Settings, firstBlock: number): Scenes => {
  const values = 3 * o.size * o.size
  const data = new Float32Array(o.count * values)
  // A stream of its own: a model that begins with the same seed draws its weights from another.
  const source = new Generator(o.seed).fork(3)
  const { seed } = source.state
  const uniform = new Float64Array(drawsFor(o.maxObjects))
  const noise = new Float32Array(values)
  const blocks = blocksFor(uniform.length) + blocksFor(values)
  const truths = Array.from({ length: o.count }, (_, i) => {
    source.state = { seed, block: firstBlock + (o.first + i) * blocks }
    source.draw<Float64Array>(uniform.length, fillUniform)(uniform)
    source.draw<Float32Array>(values, fillNormal)(noise)
    return drawScene(data.subarray(i * values, (i + 1) * values), uniform, noise, o)
  })
  return { images: { dtype: 'float32', shape: [o.count, 3, o.size, o.size], data }, truths }
}

/**
 * Scenes `first` to `first + count − 1` of an endless row: coloured shapes of random size, angle and place, on a wavy and noisy
 * background. Scene i depends on the options other than `first` and `count`, and on i alone.
 *
 * **Shape** images: `[N, 3, size, size]` float32 from 0 to 1; boxes in pixels, `xyxy`, each the smallest around its shape.
 *
 * @param options.first number of the first scene. Default 0
 * @param options.size width and height in pixels. Default 64
 * @param options.maxObjects at least one and at most so many shapes. Default 5
 * @param options.maxOverlap share of the smaller of two boxes that both may cover; a shape without such a place is left out. Default 0.2
 * @param options.seed default 0
 */
export const drawScenes = (options: DrawScenesOptions): Scenes => draw(drawing.validate('drawScenes', options), 0)

/**
 * A data set for object detection, drawn by a program: as `drawScenes`, with test scenes that no training scene is one of.
 *
 * @param options.count scenes to train on. Default 1000
 * @param options.testCount scenes to test with. Default 200
 */
export const scenes = (
  options: ScenesOptions = {},
): { readonly train: Scenes; readonly test: Scenes; readonly classes: readonly string[] } => {
  const { count, testCount, ...rest } = declared.validate('scenes', options)
  return {
    train: draw({ ...rest, count, first: 0 }, 0),
    test: draw({ ...rest, count: testCount, first: 0 }, testBlock),
    classes: sceneClasses,
  }
}
