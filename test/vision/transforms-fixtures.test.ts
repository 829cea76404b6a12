import { describe, expect, test } from 'vitest'
import { adjustments } from '../../src/vision/transforms/color.ts'
import { affineOrigin, type Motion } from '../../src/vision/transforms/affine.ts'
import { blur, gaussian, gaussianBlur, radiusFor } from '../../src/vision/transforms/blur.ts'
import { displacedOrigin } from '../../src/vision/transforms/elastic.ts'
import { pad } from '../../src/vision/transforms/pad.ts'
import { type Corners, perspectiveOrigin } from '../../src/vision/transforms/perspective.ts'
import { resize } from '../../src/vision/transforms/resize.ts'
import type { ImageBatch, Planes, Transform } from '../../src/vision/transforms/transform.ts'
import { type Origin, warp } from '../../src/vision/transforms/warp.ts'
import { expectClose } from '../optim/expect.ts'
import fixtures from '../fixtures/transforms.json' with { type: 'json' }

interface Case {
  readonly kind: string
  readonly title: string
  readonly options: Readonly<Record<string, unknown>>
  readonly shape: readonly number[]
  readonly x: readonly number[]
  readonly outShape: readonly number[]
  readonly y: readonly number[]
}
const cases = fixtures.cases as unknown as Case[]

const batchOf = ({ shape, x }: Case): ImageBatch => ({
  data: Float32Array.from(x),
  shape: shape as unknown as ImageBatch['shape'],
  indices: Array.from({ length: shape[0]! }, (_, i) => i),
})
const planes = (data: Float32Array, [, channels, height, width]: readonly number[]): Planes => ({
  data,
  channels: channels!,
  height: height!,
  width: width!,
})
/** What a transform makes of the input, with any generator. */
const applied = (given: Case, transform: Transform): Float32Array => {
  const { data, shape } = transform.apply(batchOf(given), { state: { seed: 3 } })
  expect(shape).toEqual(given.outShape)
  return data
}
const warped = (given: Case, origin: Origin, style: { interpolation: 'bilinear' | 'nearest'; fill: number }) => {
  const to = planes(new Float32Array(given.y.length), given.outShape)
  warp(planes(Float32Array.from(given.x), given.shape), to, origin, style)
  return to.data
}
const adjusted = (given: Case, name: keyof typeof adjustments): Float32Array => {
  const image = planes(Float32Array.from(given.x), given.shape)
  adjustments[name](image, given.options.by as number)
  return image.data
}

const kinds: Readonly<Record<string, (given: Case) => ArrayLike<number>>> = {
  resize: given => applied(given, resize(given.options as never)),
  pad: given => applied(given, pad(given.options as never)),
  gaussianBlur: given => applied(given, gaussianBlur(given.options as never)),
  affine: given => {
    const { motion, ...style } = given.options as unknown as { motion: Motion; interpolation: 'bilinear'; fill: number }
    return warped(given, affineOrigin(motion, given.shape[2]!, given.shape[3]!), style)
  },
  perspective: given => {
    const [height, width] = given.shape.slice(2) as [number, number]
    const own: Corners = [
      [0, 0],
      [width, 0],
      [width, height],
      [0, height],
    ]
    const { corners, fill } = given.options as { corners: Corners; fill: number }
    return warped(given, perspectiveOrigin(own, corners), { interpolation: 'bilinear', fill })
  },
  elastic: given => {
    const [height, width] = given.shape.slice(2) as [number, number]
    const { sigma, alpha, noise } = given.options as { sigma: number; alpha: number; noise: number[] }
    const field = Float64Array.from(noise, n => alpha * n)
    blur(field.slice(), field, [height, width], gaussian(sigma, radiusFor(sigma)))
    return warped(given, displacedOrigin(field, height, width), { interpolation: 'bilinear', fill: 0 })
  },
  brightness: given => adjusted(given, 'brightness'),
  contrast: given => adjusted(given, 'contrast'),
  saturation: given => adjusted(given, 'saturation'),
  hue: given => adjusted(given, 'hue'),
}

describe('the arithmetic of transforms is that of PyTorch, SciPy and colorsys:', () => {
  test.each(cases.map(given => [`${given.kind}: ${given.title}`, given] as const))('%s', (title, given) => {
    expectClose(kinds[given.kind]!(given), given.y, 1e-6, title)
  })

  test('every kind of fixture has been used', () => {
    expect(new Set(cases.map(({ kind }) => kind))).toEqual(new Set(Object.keys(kinds)))
  })
})
