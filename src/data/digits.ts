import { defineOptions, type Given, integer } from '../core/options.ts'
import { blocksFor, fillUniform } from '../core/philox.ts'
import { Generator } from '../tensor/random.ts'
import { Dataset } from './dataset.ts'
import { digitStrokes, type Stroke } from './digit-strokes.ts'
import type { ImageDataset } from './mnist.ts'

const declared = defineOptions({
  count: integer({ min: 1, default: 6000, help: 'images to train on' }),
  testCount: integer({ min: 1, default: 1000, help: 'images to test with' }),
  seed: integer({ min: 0, default: 0, help: 'seed of all that is random' }),
})
export interface DigitsOptions extends Given<typeof declared> {}

const side = 28
/** Random numbers that one image takes. */
const drawsPerImage = 24
/** Block of the random stream where test images begin: no training set reaches it. */
const testBlock = 2 ** 40
/** Straight pieces of a curve between two points. */
const pieces = 4

/** A segment of the pen's way in pixels, and the pen's radius there. */
interface Segment {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
  readonly radius: number
}
type Place = (x: number, y: number) => readonly [number, number]

/** The writer's hand: from a stroke's box to pixels. `next(low, high)` is a random number between. */
const drawHand = (next: (low: number, high: number) => number): Place => {
  const waves = Array.from({ length: 2 }, () => ({
    alongX: next(-5, 5),
    alongY: next(-5, 5),
    phase: next(0, 2 * Math.PI),
    dx: next(-0.05, 0.05),
    dy: next(-0.05, 0.05),
  }))
  const angle = next(-0.22, 0.22)
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const slant = next(-0.35, 0.15)
  const width = next(13.5, 20.5)
  const height = next(16.5, 20.5)
  const centre = [13.5 + next(-2, 2), 13.5 + next(-2, 2)] as const
  return (x, y) => {
    let u = x - 0.33
    let v = y - 0.5
    for (const { alongX, alongY, phase, dx, dy } of waves) {
      const wave = Math.sin(alongX * x + alongY * y + phase)
      u += dx * wave
      v += dy * wave
    }
    const a = width * (u + slant * v)
    const b = height * v
    return [centre[0] + cos * a - sin * b, centre[1] + sin * a + cos * b]
  }
}

/** Catmull and Rom's spline through p1 and p2, at t from 0 to 1. */
const spline = (p0: number, p1: number, p2: number, p3: number, t: number): number =>
  p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)))

/** A stroke as segments: curved through its points, straight up to corners and ends. */
const trace = (stroke: Stroke, place: Place, radius: (along: number) => number): Segment[] => {
  const placed = stroke.map(([x, y]) => place(x, y))
  const segments: Segment[] = []
  let [x0, y0] = placed[0]!
  for (let i = 0; i + 1 < placed.length; i++) {
    const [b, c] = [placed[i]!, placed[i + 1]!]
    const a = stroke[i]![2] || i === 0 ? b : placed[i - 1]!
    const d = stroke[i + 1]![2] || i + 2 === placed.length ? c : placed[i + 2]!
    for (let piece = 1; piece <= pieces; piece++) {
      const t = piece / pieces
      const [x1, y1] = [spline(a[0], b[0], c[0], d[0], t), spline(a[1], b[1], c[1], d[1], t)]
      segments.push({ x0, y0, x1, y1, radius: radius((i + t) / (placed.length - 1)) })
      x0 = x1
      y0 = y1
    }
  }
  return segments
}

/** Lays ink on the pixels that a segment covers: 1 within the pen's radius, falling to 0 over one pixel. */
const paint = (image: Float32Array, { x0, y0, x1, y1, radius }: Segment): void => {
  const reach = radius + 0.5
  const [dx, dy] = [x1 - x0, y1 - y0]
  const scale = 1 / Math.max(dx * dx + dy * dy, 1e-12)
  const [left, right] = [Math.max(0, Math.ceil(Math.min(x0, x1) - reach)), Math.min(side - 1, Math.max(x0, x1) + reach)]
  const [top, bottom] = [Math.max(0, Math.ceil(Math.min(y0, y1) - reach)), Math.min(side - 1, Math.max(y0, y1) + reach)]
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const along = Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) * scale))
      const [u, v] = [x - x0 - along * dx, y - y0 - along * dy]
      const ink = Math.min(1, reach - Math.sqrt(u * u + v * v))
      const at = y * side + x
      if (ink > image[at]!) image[at] = ink
    }
  }
}

/** Draws one digit into `image` from random numbers in [0, 1) and returns which it is. */
const drawDigit = (image: Float32Array, random: Float64Array): number => {
  let used = 0
  const next = (low: number, high: number): number => low + (high - low) * random[used++]!
  const label = Math.floor(next(0, 10))
  const ways = digitStrokes[label]!
  const strokes = ways[Math.floor(next(0, ways.length))]!
  const place = drawHand(next)
  const pen = next(0.55, 1.6)
  // The pen is pressed more at one place of the stroke than at others.
  const [press, phase] = [next(0, 0.25), next(0, 2 * Math.PI)]
  const radius = (along: number): number => pen * (1 + press * Math.sin(2 * Math.PI * along + phase))
  for (const stroke of strokes) for (const segment of trace(stroke, place, radius)) paint(image, segment)
  return label
}

const draw = (count: number, seed: number, firstBlock: number): ImageDataset => {
  const pixels = new Float32Array(count * side * side)
  const labels = new Int32Array(count)
  const source = new Generator(seed)
  const random = new Float64Array(drawsPerImage)
  for (let i = 0; i < count; i++) {
    source.state = { seed, block: firstBlock + i * blocksFor(drawsPerImage) }
    source.draw<Float64Array>(drawsPerImage, fillUniform)(random)
    labels[i] = drawDigit(pixels.subarray(i * side * side, (i + 1) * side * side), random)
  }
  return new Dataset(
    { dtype: 'float32', shape: [count, 28, 28], data: pixels },
    { dtype: 'int32', shape: [count], data: labels },
  )
}

/**
 * Digits that look handwritten, drawn by a program: strokes of three ways to write each digit, bent elastically (displaced by two
 * smooth random waves), turned, slanted, scaled and moved at random, with a pen of random width. In the shape of MNIST, for examples
 * and tests that must not need its files. `elastic` of gradus/vision bends the pixels further.
 * Image i depends on the seed and on i alone, so that a smaller set is the beginning of a larger one.
 *
 * **Shape** x: `[N, 28, 28]` float32 from 0 to 1; y: `[N]` int32.
 *
 * @param options.count images to train on. Default 6000
 * @param options.testCount images to test with. Default 1000
 * @param options.seed default 0
 */
export const digits = (options: DigitsOptions = {}): { train: ImageDataset; test: ImageDataset } => {
  const { count, testCount, seed } = declared.validate('digits', options)
  return { train: draw(count, seed, 0), test: draw(testCount, seed, testBlock) }
}
