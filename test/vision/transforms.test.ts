import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ArgumentError, Generator, ShapeError, tensor } from '../../src/index.ts'
import { crossEntropy } from '../../src/nn/index.ts'
import { digits } from '../../src/data/index.ts'
import * as vision from '../../src/vision/index.ts'
import {
  decodeImage,
  encodePng,
  fromPlanes,
  type ImageBatch,
  softCrossEntropy,
  type Transform,
} from '../../src/vision/index.ts'
import { Draws, fork } from '../../src/vision/transforms/random.ts'
import { fromSpec, transformNames } from '../../src/vision/transforms/registry.ts'
import { specOf } from '../../src/vision/transforms/transform.ts'
import { expectClose, expectError } from '../optim/expect.ts'

const seed = { state: { seed: 5 } }
const uniform = (length: number, index = 0): Float32Array => {
  const out = new Float32Array(length)
  new Draws({ state: { seed: 99 } }, index).fill(out)
  return out
}
/** N colour images of 12 × 10 of random numbers; image i is the same in every batch. */
const batchOf = (
  indices: readonly number[],
  [c, h, w]: readonly [number, number, number] = [3, 12, 10],
): ImageBatch => {
  const data = new Float32Array(indices.length * c * h * w)
  for (const [i, index] of indices.entries()) data.set(uniform(c * h * w, index), i * c * h * w)
  return { data, shape: [indices.length, c, h, w], indices, labels: Int32Array.from(indices, i => i % 4) }
}
const imageOf = ({ data, shape }: ImageBatch, i: number): Float32Array => {
  const size = data.length / shape[0]
  return data.slice(i * size, (i + 1) * size)
}

/** Options with which every transform of an image by itself does something. */
const examples: Readonly<Record<string, Transform>> = {
  affine: vision.affine({ degrees: 30, translate: [0.1, 0.2], scale: [0.8, 1.2], shear: 10 }),
  centerCrop: vision.centerCrop({ size: [5, 6] }),
  colorJitter: vision.colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.2 }),
  crop: vision.crop({ size: 4, top: 3, left: 2 }),
  elastic: vision.elastic({ alpha: 20, sigma: 2 }),
  gaussianBlur: vision.gaussianBlur(),
  grayscale: vision.grayscale({ probability: 0.5 }),
  horizontalFlip: vision.horizontalFlip(),
  normalize: vision.normalize(vision.imagenetStatistics),
  pad: vision.pad({ padding: [1, 2, 3, 4], mode: 'reflect' }),
  perspective: vision.perspective({ probability: 0.8 }),
  randomCrop: vision.randomCrop({ size: 12, padding: 2 }),
  randomErasing: vision.randomErasing({ probability: 0.8 }),
  randomResizedCrop: vision.randomResizedCrop({ size: 8 }),
  resize: vision.resize({ size: 7 }),
  rotate: vision.rotate({ degrees: 45 }),
  verticalFlip: vision.verticalFlip(),
}
const random = Object.entries(examples).filter(
  ([name]) => !['centerCrop', 'crop', 'normalize', 'pad', 'resize'].includes(name),
)

describe('a transform', () => {
  test('is tried here, each but those that mix images', () => {
    expect(Object.keys(examples).sort()).toEqual(
      transformNames.filter(name => name !== 'mixup' && name !== 'cutmix').sort(),
    )
  })

  test.each(Object.entries(examples))(
    '%s: does to an image the same in any batch, and leaves its input alone',
    (_, transform) => {
      const batch = batchOf([0, 1, 2, 3, 4, 5, 6, 7])
      const before = batch.data.slice()
      const all = transform.apply(batch, seed)
      expect(batch.data).toEqual(before)
      expect(all.data.every(Number.isFinite)).toBe(true)
      expect(all.shape[0]).toBe(8)
      expect(all.data.length).toBe(all.shape.reduce((a, b) => a * b, 1))
      expect([...all.labels!]).toEqual([0, 1, 2, 3, 0, 1, 2, 3])
      const some = transform.apply(batchOf([6, 2]), seed)
      expect(imageOf(some, 0)).toEqual(imageOf(all, 6))
      expect(imageOf(some, 1)).toEqual(imageOf(all, 2))
    },
  )

  test.each(random)('%s: differs by seed and by image, and is repeated by the same', (_, transform) => {
    const same = batchOf([3, 3, 3, 3, 3, 3, 3, 3])
    const batch = { ...same, indices: [0, 1, 2, 3, 4, 5, 6, 7] }
    const once = transform.apply(batch, seed)
    expect(transform.apply(batch, seed).data).toEqual(once.data)
    expect(transform.apply(batch, { state: { seed: 6 } }).data).not.toEqual(once.data)
    expect(new Set(Array.from({ length: 8 }, (_, i) => String(imageOf(once, i)))).size).toBeGreaterThan(1)
    expect(transform.apply(same, seed).data.slice(0, 20)).toEqual(
      transform.apply({ ...same, indices: [3, 9, 9, 9, 9, 9, 9, 9] }, seed).data.slice(0, 20),
    )
  })

  test('takes a generator, which it does not move on', () => {
    const generator = new Generator(5)
    expect(examples.rotate!.apply(batchOf([1, 2]), generator)).toEqual(examples.rotate!.apply(batchOf([1, 2]), seed))
    expect(generator.state).toEqual({ seed: 5, block: 0 })
  })

  test.each(Object.entries(examples))('%s: is made again from its plain data', (name, transform) => {
    const spec = JSON.parse(JSON.stringify(specOf(transform)))
    expect(spec.name).toBe(name)
    expect(fromSpec(spec).apply(batchOf([4, 5]), seed)).toEqual(transform.apply(batchOf([4, 5]), seed))
  })
})

describe('transforms one by one', () => {
  test('compose gives each its own stream, in whatever chains they are', () => {
    const [flip, turn, crop] = [vision.horizontalFlip(), vision.rotate({ degrees: 20 }), vision.randomCrop({ size: 8 })]
    const batch = batchOf([0, 1, 2, 3, 4])
    const by = (transform: Transform) => transform.apply(batch, seed).data
    const chain = vision.compose([flip, turn, crop])
    const steps = crop.apply(turn.apply(flip.apply(batch, fork(seed, 1)), fork(seed, 2)), fork(seed, 3))
    expect(by(chain)).toEqual(steps.data)
    expect(by(vision.compose([vision.compose([flip, turn]), crop]))).toEqual(steps.data)
    expect(by(fromSpec(JSON.parse(JSON.stringify(specOf(chain)))))).toEqual(steps.data)
    expect(vision.compose([]).apply(batch, seed)).toEqual(batch)
    expect(fork(seed, 7).state.seed).toBe(new Generator(5).fork(7).state.seed)
  })

  test('flips mirror with probability 1, do nothing with 0, and half the images with a half', () => {
    const batch: ImageBatch = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [1, 1, 2, 3], indices: [0] }
    expect([...vision.horizontalFlip({ probability: 1 }).apply(batch, seed).data]).toEqual([3, 2, 1, 6, 5, 4])
    expect([...vision.verticalFlip({ probability: 1 }).apply(batch, seed).data]).toEqual([4, 5, 6, 1, 2, 3])
    expect([...vision.verticalFlip({ probability: 0 }).apply(batch, seed).data]).toEqual([1, 2, 3, 4, 5, 6])
    const many = {
      data: new Float32Array(4000).map((_, i) => i % 2),
      shape: [2000, 1, 1, 2],
      indices: Array.from({ length: 2000 }, (_, i) => i),
    } as const
    const flipped = vision
      .horizontalFlip()
      .apply(many, seed)
      .data.filter((x, i) => i % 2 === 0 && x === 1).length
    // Five standard deviations of a binomial count.
    expect(Math.abs(flipped - 1000)).toBeLessThan(5 * Math.sqrt(500))
  })

  test('a random crop is a part of the padded image, at every place that there is', () => {
    const data = Float32Array.from({ length: 16 }, (_, i) => i + 1)
    const n = 400
    const batch: ImageBatch = {
      data: new Float32Array(16 * n).map((_, i) => data[i % 16]!),
      shape: [n, 1, 4, 4],
      indices: Array.from({ length: n }, (_, i) => i),
    }
    const crops = vision.randomCrop({ size: 4, padding: 1 }).apply(batch, seed)
    // A pixel in the middle tells where the crop is.
    const places = new Set(Array.from({ length: n }, (_, i) => imageOf(crops, i)[5]))
    expect(places).toEqual(new Set([1, 2, 3, 5, 6, 7, 9, 10, 11]))
    const whole = Array.from({ length: n }, (_, i) => imageOf(crops, i)).find(image => image[5] === 6)
    expect(whole).toEqual(data)
    const corner = Array.from({ length: n }, (_, i) => imageOf(crops, i)).find(image => image[5] === 1)
    expect([...corner!]).toEqual([0, 0, 0, 0, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11])
  })

  test('crops of the middle begin where Python rounds to', () => {
    const row = (width: number, size: number) =>
      vision
        .centerCrop({ size: [1, size] })
        .apply({ data: Float32Array.from({ length: width }, (_, i) => i), shape: [1, 1, 1, width], indices: [0] }, seed)
        .data[0]
    expect([row(5, 4), row(5, 2), row(7, 2), row(6, 2)]).toEqual([0, 2, 2, 2])
  })

  test('a random resized crop has the area and proportion asked for', () => {
    // An image whose values are its columns and rows tells how wide and high the part was.
    const side = 64
    const n = 200
    const one = Float32Array.from({ length: 2 * side * side }, (_, i) =>
      i < side * side ? i % side : Math.floor((i - side * side) / side),
    )
    const data = new Float32Array(n * one.length)
    for (let i = 0; i < n; i++) data.set(one, i * one.length)
    const batch: ImageBatch = { data, shape: [n, 2, side, side], indices: Array.from({ length: n }, (_, i) => i) }
    const out = vision
      .randomResizedCrop({ size: 2, scale: [0.2, 0.5], ratio: [0.5, 2], antialias: false })
      .apply(batch, seed)
    for (let i = 0; i < n; i++) {
      const [left, right, , , top, , below] = imageOf(out, i)
      // Two pixels taken from the middles of halves, which are half the part's width apart.
      const [width, height] = [2 * (right! - left!), 2 * (below! - top!)]
      expect((width * height) / side ** 2).toBeGreaterThan(0.17)
      expect((width * height) / side ** 2).toBeLessThan(0.53)
      expect(width / height).toBeGreaterThan(0.46)
      expect(width / height).toBeLessThan(2.15)
    }
    expect(
      vision.randomResizedCrop({ size: 3, scale: [1, 1], ratio: [1, 1] }).apply(batchOf([1], [1, 3, 3]), seed).data,
    ).toEqual(uniform(9, 1))
    // No part of this proportion and area fits: the largest in the middle.
    const wide = vision
      .randomResizedCrop({ size: 1, scale: [1, 1], ratio: [1, 1] })
      .apply({ data: Float32Array.of(9, 1, 9), shape: [1, 1, 1, 3], indices: [0] }, seed)
    expect([...wide.data]).toEqual([1])
  })

  test('resizing by one number keeps the proportion', () => {
    expect(vision.resize({ size: 6 }).apply(batchOf([0], [1, 12, 10]), seed).shape).toEqual([1, 1, 7, 6])
    expect(vision.resize({ size: 6 }).apply(batchOf([0], [1, 10, 12]), seed).shape).toEqual([1, 1, 6, 7])
  })

  test('erasing leaves all but one rectangle, of the value or of noise', () => {
    const batch = batchOf([0, 1, 2, 3, 4, 5])
    const out = vision.randomErasing({ probability: 1, scale: [0.1, 0.3], value: 7 }).apply(batch, seed)
    for (let i = 0; i < 6; i++) {
      const at = [...imageOf(out, i)].flatMap((x, k) => (x === 7 ? [k] : []))
      const rows = new Set(at.map(k => Math.floor(k / 10)))
      const columns = new Set(at.map(k => k % 10))
      expect(at.length).toBe(rows.size * columns.size)
      expect(at.length / 360).toBeGreaterThan(0.05)
      expect(at.length / 360).toBeLessThan(0.4)
      const kept = imageOf(out, i).map((x, k) => (x === 7 ? imageOf(batch, i)[k]! : x))
      expect(kept).toEqual(imageOf(batch, i))
    }
    const noisy = vision.randomErasing({ probability: 1, noise: true }).apply(batchOf([0]), seed)
    expect(noisy.data.some(x => x < 0)).toBe(true)
    // No rectangle of that shape fits.
    const none = vision.randomErasing({ probability: 1, scale: [1, 1], ratio: [1, 1] })
    expect(none.apply(batch, seed).data).toEqual(batch.data)
  })

  test('normalizing subtracts the mean and divides by the deviation of each channel', () => {
    const batch: ImageBatch = { data: Float32Array.of(1, 2, 3, 4), shape: [1, 2, 1, 2], indices: [0] }
    expect([...vision.normalize({ mean: [1, 2], std: [0.5, 2] }).apply(batch, seed).data]).toEqual([0, 2, 0.5, 1])
  })

  test('grey images have no saturation and no hue to change', () => {
    const batch = batchOf([0, 1], [1, 3, 3])
    expect(vision.colorJitter({ saturation: 0.9, hue: 0.5 }).apply(batch, seed).data).toEqual(batch.data)
    expect(vision.grayscale({ probability: 1 }).apply(batch, seed).data).toEqual(batch.data)
    const grey = vision.grayscale({ probability: 1 }).apply(batchOf([0]), seed).data
    expect(grey.slice(0, 120)).toEqual(grey.slice(120, 240))
  })
})

describe('mixing', () => {
  const constant = (values: readonly number[], side = 8): ImageBatch => ({
    data: Float32Array.from({ length: values.length * side * side }, (_, i) => values[Math.floor(i / side / side)]!),
    shape: [values.length, 1, side, side],
    indices: values.map((_, i) => i),
    labels: Int32Array.from(values.keys()),
  })

  test('mixup blends an image with the one before and their classes by the same share', () => {
    const out = vision.mixup({ numClasses: 3 }).apply(constant([0, 1, 0]), seed)
    expect(out.labels).toBeUndefined()
    const [first, , , , middle] = out.targets!
    expect(middle).toBeGreaterThan(0)
    expect(middle).toBeLessThan(1)
    expect([...imageOf(out, 1)].every(x => Math.abs(x - middle!) < 1e-6)).toBe(true)
    expectClose(
      out.targets!,
      [first!, 0, 1 - first!, 1 - middle!, middle!, 0, 0, 1 - out.targets![8]!, out.targets![8]!],
      1e-6,
      'targets',
    )
  })

  test('cutmix puts a rectangle of the one before in, its area the share of its class', () => {
    const values = Array.from({ length: 40 }, (_, i) => i)
    const out = vision.cutmix({ numClasses: 40 }).apply(constant(values), seed)
    let cut = 0
    for (const i of values) {
      const image = imageOf(out, i)
      const own = [...image].filter(x => x === i).length / 64
      expect(out.targets![i * 40 + i]).toBeCloseTo(own, 6)
      expect(out.targets![i * 40 + ((i + 39) % 40)]).toBeCloseTo(1 - own, 6)
      const at = [...image].flatMap((x, k) => (x === i ? [] : [k]))
      expect(at.length).toBe(new Set(at.map(k => k >> 3)).size * new Set(at.map(k => k & 7)).size)
      if (own < 1) cut++
    }
    expect(cut).toBeGreaterThan(20)
  })

  test('shares come from the Beta distribution', () => {
    for (const alpha of [0.2, 1, 4]) {
      const shares = Array.from({ length: 4000 }, (_, i) => new Draws(seed, i).beta(alpha))
      const mean = shares.reduce((sum, x) => sum + x, 0) / 4000
      const variance = shares.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 4000
      // Mean ½ and variance 1 / (4 (2α + 1)); five standard errors of the mean, a tenth of the variance.
      const expected = 1 / (4 * (2 * alpha + 1))
      expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(expected / 4000))
      expect(Math.abs(variance / expected - 1)).toBeLessThan(0.1)
    }
    expect([0, 0.5, 1]).toContain(Math.round(2 * new Draws(seed, 1).beta(1e-9)) / 2)
  })

  test('one after the other mixes the shares that the first has left', () => {
    const both = vision.compose([vision.mixup({ numClasses: 3, alpha: 0.4 }), vision.cutmix({ numClasses: 3 })])
    const { targets } = both.apply(constant([1, 2, 3]), seed)
    for (let i = 0; i < 3; i++) expect(targets![3 * i]! + targets![3 * i + 1]! + targets![3 * i + 2]!).toBeCloseTo(1, 5)
  })
})

describe('the loss of shares of classes', () => {
  const logits = tensor([
    [1, -2, 0.5],
    [0, 3, -1],
  ])

  test('is that of the classes where the shares are whole, and between where they are not', async () => {
    const of = async (rows: readonly (readonly number[])[]) =>
      softCrossEntropy(logits, tensor(rows as number[][])).item()
    const [first, second] = [
      [1, 0, 0],
      [0, 0, 1],
    ] as const
    const hard = async (labels: number[]) => crossEntropy(logits, tensor(labels, 'int32')).item()
    expect(await of([first, second])).toBeCloseTo(await hard([0, 2]), 6)
    const [a, b] = [await hard([0, 0]), await hard([2, 2])]
    expect(
      await of([
        [0.25, 0, 0.75],
        [0.25, 0, 0.75],
      ]),
    ).toBeCloseTo(0.25 * a + 0.75 * b, 6)
  })

  test('refuses classes by index, in words', () =>
    expectError(
      () => softCrossEntropy(logits, tensor([0, 1])),
      ShapeError,
      'softCrossEntropy: logits are [2, 3] and targets [2]. Both must be [B, K]; for the index of each class there is crossEntropy.',
    ))
})

describe('transforms refuse, in words,', () => {
  const batch = batchOf([0], [3, 4, 4])
  const cases: readonly (readonly [() => unknown, typeof ArgumentError | typeof ShapeError, string])[] = [
    [() => vision.resize({} as never), ArgumentError, 'resize: size is required: height and width in pixels.'],
    [
      () => vision.resize({ size: 0 }),
      ArgumentError,
      'resize: size must be a whole number of pixels of at least 1, or [height, width]; got 0.',
    ],
    [
      () => vision.rotate({ degrees: [10, -10] }),
      ArgumentError,
      'rotate: degrees must be a number, or [low, high]; got [10,-10].',
    ],
    [
      () => vision.affine({ scale: 1.2 }),
      ArgumentError,
      'affine: scale must be [low, high]; got 1.2. Pass [1.2, 1.2] to fix it.',
    ],
    [
      () => vision.affine({ translate: [0, 2] }),
      ArgumentError,
      'affine: translate must be two numbers from 0 to 1, the shares of width and height; got [0,2].',
    ],
    [
      () => vision.gaussianBlur({ kernelSize: 4 }),
      ArgumentError,
      'gaussianBlur: kernelSize must be an odd whole number of pixels of at least 1; got 4.',
    ],
    [
      () => vision.pad({ padding: -1 }),
      ArgumentError,
      'pad: padding must be a whole number of pixels of at least 0, or [left, top, right, bottom]; got -1.',
    ],
    [
      () => vision.colorJitter({ hue: 0.6 }),
      ArgumentError,
      'colorJitter: hue must be a number from -0.5 to 0.5, or [low, high]; got 0.6.',
    ],
    [
      () => vision.normalize({ mean: [0], std: [1, 1] }),
      ArgumentError,
      'normalize: there are 1 means and 2 standard deviations. Pass one of each for each channel.',
    ],
    [
      () => vision.normalize({ mean: [0], std: [1] }).apply(batch, seed),
      ShapeError,
      'normalize: 1 means do not fit images of 3 channels: [1, 3, 4, 4]. Pass one for each channel.',
    ],
    [
      () => vision.randomCrop({ size: 6 }).apply(batch, seed),
      ShapeError,
      'randomCrop: images of 4 × 4 are smaller than a crop of 6 × 6. Pass { padding }, or resize them before.',
    ],
    [
      () => vision.centerCrop({ size: [2, 5] }).apply(batch, seed),
      ShapeError,
      'centerCrop: images of 4 × 4 are smaller than a crop of 2 × 5. Resize or pad them before.',
    ],
    [
      () => vision.crop({ size: 3, top: 2 }).apply(batch, seed),
      ShapeError,
      'crop: images of 4 × 4 are smaller than a crop of 3 × 3. It begins at row 2 and column 0.',
    ],
    [
      () => vision.grayscale().apply(batchOf([0], [2, 2, 2]), seed),
      ShapeError,
      'grayscale: images must have 1 channel (grey) or 3 (red, green, blue); got 2: [1, 2, 2, 2].',
    ],
    [
      () => vision.horizontalFlip().apply({ ...batch, indices: [] }, seed),
      ShapeError,
      'horizontalFlip: 48 values and 0 indices do not make images of [1, 3, 4, 4]. [N, C, H, W] values and N indices were expected.',
    ],
    [
      () => vision.horizontalFlip().apply({ ...batch, indices: [-1] }, seed),
      ArgumentError,
      'transform: the index of an image must be a whole number from 0 to 8589934591; got -1.',
    ],
    [
      () => vision.mixup({ numClasses: 2 }).apply({ ...batch, labels: Int32Array.of(2) }, seed),
      ArgumentError,
      'mixup: label 2 is outside the 2 classes, 0 to 1.',
    ],
    [
      () => vision.cutmix({ numClasses: 2 }).apply({ data: batch.data, shape: batch.shape, indices: [0] }, seed),
      ArgumentError,
      'cutmix: the batch has no labels to mix. Pass { labels }, the class of each image.',
    ],
    [
      () => vision.cutmix({ numClasses: 2 }).apply({ ...batch, targets: Float32Array.of(1, 0, 0) }, seed),
      ArgumentError,
      'cutmix: numClasses is 2, but the targets of 1 images have 3 classes.',
    ],
    [
      () => vision.compose(new Array(128).fill(vision.horizontalFlip())),
      ArgumentError,
      'compose: at most 127 transforms have random numbers of their own; got 128.',
    ],
    [() => fromSpec({ name: 'toString', options: {} }), ArgumentError, 'fromSpec: there is no transform "toString".'],
  ]
  test.each(cases.map(([action, kind, message]) => [message, action, kind] as const))('%s', (message, action, kind) =>
    expectError(action, kind, message),
  )
})

test('a sheet of digits and of a colour picture, each transform a row, is drawn to look at', async () => {
  const side = 48
  const { train } = digits({ count: 4 })
  const columns = 8
  const picture = new Float32Array(3 * side * side)
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const ring = Math.hypot(x - 17, y - 17) < 11 ? 1 : 0
      picture.set([0.15 + 0.8 * ring], y * side + x)
      picture.set([0.3 + (0.5 * x) / side], side * side + y * side + x)
      picture.set([x > 26 && y > 26 && (x + y) % 8 < 4 ? 1 : 0.25 + (0.3 * y) / side], 2 * side * side + y * side + x)
    }
  }
  const grey = vision
    .resize({ size: side })
    .apply({ data: train.x.data.slice(0, 784), shape: [1, 1, 28, 28], indices: [0] }, seed)
  const one = new Float32Array(2 * 3 * side * side)
  for (let c = 0; c < 3; c++) one.set(grey.data, c * side * side)
  one.set(picture, 3 * side * side)
  const n = 2 * columns
  const data = new Float32Array(n * 3 * side * side)
  for (let i = 0; i < n; i++)
    data.set(
      one.subarray((i < columns ? 0 : 1) * 3 * side * side, (i < columns ? 1 : 2) * 3 * side * side),
      i * 3 * side * side,
    )
  const batch: ImageBatch = {
    data,
    shape: [n, 3, side, side],
    indices: Array.from({ length: n }, (_, i) => i),
    labels: Int32Array.from({ length: n }, (_, i) => i % 2),
  }
  const rows: Transform[] = [
    vision.compose([]),
    vision.horizontalFlip(),
    vision.randomCrop({ size: side, padding: 8 }),
    vision.randomResizedCrop({ size: side }),
    vision.rotate({ degrees: 30 }),
    vision.affine({ degrees: 20, translate: [0.1, 0.1], scale: [0.7, 1.2], shear: 20, fill: 0.5 }),
    vision.perspective({ probability: 1 }),
    vision.elastic({ alpha: 40, sigma: 5 }),
    vision.gaussianBlur({ sigma: [0.5, 3] }),
    vision.colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.8, hue: 0.3 }),
    vision.grayscale({ probability: 0.5 }),
    vision.randomErasing({ probability: 1, value: 0.5 }),
    vision.mixup({ numClasses: 2 }),
    vision.cutmix({ numClasses: 2 }),
  ]
  const [width, height] = [n * (side + 2), rows.length * (side + 2)]
  const sheet = new Float32Array(3 * width * height).fill(1)
  for (const [row, transform] of rows.entries()) {
    const out = transform.apply(batch, seed)
    for (let i = 0; i < n; i++) {
      for (let c = 0; c < 3; c++) {
        for (let y = 0; y < side; y++) {
          const from = ((i * 3 + c) * side + y) * side
          sheet.set(out.data.subarray(from, from + side), (c * height + row * (side + 2) + y) * width + i * (side + 2))
        }
      }
    }
  }
  const image = fromPlanes(sheet, [3, height, width])
  const bytes = await encodePng(image)
  writeFileSync(join(tmpdir(), 'gradus-augmentations.png'), bytes)
  const read = await decodeImage(bytes)
  expect([read.width, read.height, read.channels, Buffer.compare(read.data, image.data)]).toEqual([width, height, 3, 0])
})
