import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  affineGrid,
  depthToSpace,
  fromArray,
  gridSample,
  interpolate,
  pixelShuffle,
  pixelUnshuffle,
  setEngine,
  type Shape,
  spaceToDepth,
  Tensor,
  tensor,
} from '../../src/index.ts'
import { type ResizeOptions, resize } from '../../src/ops/resize.ts'
import { checkAgainstTorch, type Run } from './torch-cases.ts'

const run = (op: string): Run => {
  switch (op) {
    case 'interpolate':
      return ([x], o) => interpolate(x!, o)
    case 'gridSample':
      return ([x, grid], o) => gridSample(x!, grid!, o)
    case 'affineGrid':
      return ([theta], { size, ...o }) => affineGrid(theta!, size, o)
    case 'pixelShuffle':
      return ([x], { blockSize }) => pixelShuffle(x!, blockSize)
    case 'pixelUnshuffle':
      return ([x], { blockSize }) => pixelUnshuffle(x!, blockSize)
    case 'depthToSpace':
      return ([x], { blockSize }) => depthToSpace(x!, blockSize)
    case 'spaceToDepth':
      return ([x], { blockSize }) => spaceToDepth(x!, blockSize)
    default:
      throw new Error(`the fixtures have an operation "${op}" that this test does not know`)
  }
}

checkAgainstTorch('vision', run)

interface Resized {
  readonly title: string
  readonly x: { readonly shape: Shape; readonly data: readonly number[] }
  readonly axes: readonly number[]
  readonly options: ResizeOptions
  readonly y: { readonly shape: Shape; readonly data: readonly number[] }
}
const { cases } = JSON.parse(readFileSync(new URL('../fixtures/resize.json', import.meta.url), 'utf8')) as {
  cases: Resized[]
}

describe.each(['native', 'reference'])('resize on %s', engine => {
  beforeAll(() => setEngine(engine, { always: true }))
  afterAll(() => setEngine('native', { always: true }))
  test.each(cases)('is ONNX’s: $title', async ({ x, axes, options, y }) => {
    const input = fromArray(Float64Array.from(x.data), x.shape, 'float64')
    const got = new Tensor(resize(input.node, axes, options))
    expect(got.shape).toEqual(y.shape)
    const values = Array.from(await got.data(), Number)
    // The reference forms the cubic's weights in float32.
    for (const [i, v] of values.entries()) {
      const error = Math.abs(v - y.data[i]!) / Math.max(Math.abs(y.data[i]!), 1)
      expect(error, `element ${i}`).toBeLessThan(5e-6)
    }
  })
  test('the nearest of integers and truth values are themselves', async () => {
    const labels = tensor([[[1, 2]]], 'int32')
    expect(await interpolate(labels, { scale: 2 }).toArray()).toEqual([[[1, 1, 2, 2]]])
    expect(await interpolate(labels.greater(1), { size: 3 }).toArray()).toEqual([[[false, false, true]]])
  })
})
