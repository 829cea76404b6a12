import { expect, test } from 'vitest'
import type { Image } from '../../../src/vision/index.ts'
import { ticks } from '../../../src/draw/curves.ts'
import {
  colored,
  confusionSvg,
  curvesSvg,
  enlarged,
  grey,
  heat,
  montage,
  overlaid,
} from '../../../src/vision/look/index.ts'

const dot = (value: number): Image => ({ width: 1, height: 1, channels: 1, data: Uint8Array.of(value) })

test('a montage has its images in rows with a gap around each', () => {
  const { width, height, channels, data } = montage([dot(1), dot(2), dot(3)], { columns: 2, gap: 1, background: 9 })
  expect([width, height, channels]).toEqual([5, 5, 1])
  expect([...data]).toEqual([9, 9, 9, 9, 9, 9, 1, 9, 2, 9, 9, 9, 9, 9, 9, 9, 3, 9, 9, 9, 9, 9, 9, 9, 9])
  const mixed = montage([dot(1), { width: 1, height: 1, channels: 3, data: Uint8Array.of(4, 5, 6) }], { gap: 0 })
  expect([mixed.channels, ...mixed.data]).toEqual([3, 1, 1, 1, 4, 5, 6])
  expect(() => montage([])).toThrow('montage: there are no images.')
  expect(() => montage([dot(1), enlarged(dot(1), 2)])).toThrow(
    'montage: an image of 2 × 2 among some of 1 × 1. They must have one size.',
  )
})

test('pixels grow to squares', () => {
  const image = { width: 2, height: 1, channels: 1, data: Uint8Array.of(1, 2) } as const
  expect([...enlarged(image, 2).data]).toEqual([1, 1, 2, 2, 1, 1, 2, 2])
  expect(() => enlarged(image, 0)).toThrow('enlarged: the factor must be a whole number of at least 1; got 0.')
})

test('numbers become colours between two bounds', () => {
  expect([...colored([0, 5, 10, 20], [2, 2], grey, [0, 10]).data]).toEqual([0, 128, 255, 255])
  expect([...colored([1, 1], [1, 2], grey, [1, 1]).data]).toEqual([0, 0])
  const [first, last] = [heat(0), heat(1)]
  expect([...overlaid(dot(100), [0], heat).data]).toEqual([100, 100, 100])
  expect([...overlaid(dot(100), [1], heat, 1).data]).toEqual([...last])
  expect(first).toEqual([0, 0, 4])
})

test('a confusion matrix names its axes, counts, and classes, with what they hold escaped', () => {
  const svg = confusionSvg(
    [
      [3, 1],
      [0, 4],
    ],
    { classes: ['a<b', 'c'], link: (i, j) => `#cell-${i}-${j}` },
  )
  for (const part of ['predicted class', 'true class', 'a&lt;b', '>3<', '>1<', '>4<', 'href="#cell-0-1"'])
    expect(svg).toContain(part)
  expect(svg).not.toContain('a<b')
  expect(svg).not.toContain('#cell-1-0')
  expect(svg).toContain('a&lt;b taken for c: 1 (25.0 % of a&lt;b)')
  expect(confusionSvg([[0]], { classes: ['alone'] })).toContain('<svg')
})

test('ticks are round numbers inside the range', () => {
  expect(ticks(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
  expect(ticks(0.03, 2.31)).toEqual([0.5, 1, 1.5, 2])
  expect(ticks(-3, 12)).toEqual([-0, 5, 10].map(v => v || 0))
})

test('curves: each a line in the frame, what is not finite left out', () => {
  const svg = curvesSvg(
    [
      {
        name: 'one',
        points: [
          [0, 1],
          [1, Number.NaN],
          [2, 3],
        ],
      },
      { name: 'two & more', points: [[0, 2]] },
    ],
    { title: 'Loss', xLabel: 'update', yLabel: 'nats' },
  )
  expect(svg.match(/<polyline/g)).toHaveLength(2)
  expect(svg.match(/<circle/g)).toHaveLength(3)
  expect(svg).toContain('two &amp; more')
  expect(svg).not.toContain('NaN')
  expect(() => curvesSvg([{ name: 'none', points: [] }], { title: 'Loss', xLabel: '', yLabel: '' })).toThrow(
    'curvesSvg: Loss has no finite point to draw.',
  )
})
