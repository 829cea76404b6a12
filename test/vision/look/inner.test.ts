import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fromArray, type Tensor } from '../../../src/index.ts'
import * as nn from '../../../src/nn/index.ts'
import { featureMaps, firstFilters, gradCam, saliency } from '../../../src/vision/look/index.ts'

// Expected values: PyTorch, by tools/fixtures/look.py.
const { look: f } = JSON.parse(readFileSync(new URL('../../fixtures/look.json', import.meta.url), 'utf8'))

const wave = (shape: readonly number[], speed: number): Float32Array =>
  Float32Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, i) => Math.sin(speed * i + 1))

class Small extends nn.Module {
  readonly conv1 = nn.conv2d(2, 4, 3, { padding: 1, bias: false })
  readonly conv2 = nn.conv2d(4, 3, 3, { padding: 1, bias: false })
  readonly fc = nn.linear(3, 3, { bias: false })
  forward(x: Tensor): Tensor {
    const hidden = nn.maxPool2d(2).forward(this.conv1.forward(x as never).relu() as never)
    return this.fc.forward(
      this.conv2
        .forward(hidden as never)
        .relu()
        .mean([2, 3]) as never,
    ) as unknown as Tensor
  }
}
const model = new Small()
const shapes = { 'conv1.weight': [4, 2, 3, 3], 'conv2.weight': [3, 4, 3, 3], 'fc.weight': [3, 3] }
const speeds = { 'conv1.weight': 1.3, 'conv2.weight': 0.9, 'fc.weight': 2.1 }
model.loadState(
  new Map(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      { dtype: 'float32', shape, data: wave(shape, speeds[name as keyof typeof speeds]) },
    ]),
  ),
)
const x = (): Tensor => fromArray(wave([2, 2, 8, 8], 0.7), [2, 2, 8, 8], 'float32') as Tensor

const near = (got: ArrayLike<number>, expected: readonly number[]): void => {
  expect(got.length).toBe(expected.length)
  for (const [i, value] of expected.entries()) expect(Math.abs(got[i]! - value)).toBeLessThan(1e-5)
}

test('saliency and Grad-CAM are those of PyTorch', async () => {
  near((await model.forward(x()).data()) as Float32Array, f.scores)
  near(await saliency(model, x(), f.classes), f.saliency)
  near(await gradCam(model, x(), 'conv2', f.classes), f.cam)
})

test('the mode of the model is as it was', async () => {
  model.train()
  await saliency(model, x(), f.classes)
  expect(model.training).toBe(true)
})

test('filters: one picture for each kernel, from blue to red; in colours where it takes three channels', async () => {
  const filters = await firstFilters(model)
  expect(filters.map(({ width, height, channels }) => [width, height, channels])).toEqual(new Array(4).fill([3, 3, 3]))
  // The mean of sin(1) and sin(1.3 · 9 + 1) is about 0.49 of the largest weight: red above blue.
  expect(filters[0]!.data[0]!).toBeGreaterThan(filters[0]!.data[2]!)
  const colour = await firstFilters(nn.conv2d(3, 2, 2))
  expect(colour.map(c => c.channels)).toEqual([3, 3])
  await expect(firstFilters(nn.linear(2, 2))).rejects.toThrow(
    'firstFilters: the model has no convolution over images, and so no filters to see.',
  )
})

test('feature maps: each from black at its least to white at its largest', async () => {
  const one = fromArray(wave([1, 2, 8, 8], 0.7), [1, 2, 8, 8], 'float32') as Tensor
  const maps = await featureMaps(model, one, ['conv1', 'conv2'])
  expect([...maps].map(([name, images]) => [name, images.length, images[0]!.width])).toEqual([
    ['conv1', 4, 8],
    ['conv2', 3, 4],
  ])
  for (const image of [...maps.values()].flat()) {
    expect(Math.min(...image.data)).toBe(0)
    expect(Math.max(...image.data)).toBe(255)
  }
  await expect(featureMaps(model, one, ['fc'])).rejects.toThrow(
    'featureMaps: fc gives [1, 3]. Maps are [N, C, H, W]: name an earlier layer.',
  )
})

test('what cannot be looked for is said in one line', async () => {
  await expect(gradCam(model, x(), 'fc', [0, 0])).rejects.toThrow(
    'gradCam: fc gives [2, 3]. Maps are [N, C, H, W]: name an earlier layer.',
  )
  await expect(saliency(model, x(), [0])).rejects.toThrow(
    'look: there are 2 images and 1 classes. One class is looked for in each image.',
  )
  await expect(saliency(model, x(), [0, 3])).rejects.toThrow("look: class 3 of image 1 is none of the model's, 0 to 2.")
})
