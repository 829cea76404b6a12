import { describe, expect, test } from 'vitest'
import { overlap } from '../../src/vision/detection/boxes.ts'
import { drawScenes, sceneClasses, scenes } from '../../src/vision/detection/index.ts'
import { outlineOf } from '../../src/vision/detection/shapes.ts'

const { images, truths } = drawScenes({ count: 60, seed: 3 })
const scene = (i: number, set = images): Float32Array => {
  const size = set.data.length / set.shape[0]
  return set.data.slice(i * size, (i + 1) * size)
}

describe.each(sceneClasses.map((name, k) => [name, k] as const))('a %s', (_, k) => {
  test.each([0, 0.3, 1, 2.5, 4])('turned by %s fills its box and no more', angle => {
    const radius = 9
    const { distance, box } = outlineOf(k, radius, angle)
    const step = 1 / 32
    const seen = [Infinity, Infinity, -Infinity, -Infinity]
    for (let y = -radius - 1; y <= radius + 1; y += step) {
      for (let x = -radius - 1; x <= radius + 1; x += step) {
        if (distance(x, y) > 0) continue
        seen[0] = Math.min(seen[0]!, x)
        seen[1] = Math.min(seen[1]!, y)
        seen[2] = Math.max(seen[2]!, x)
        seen[3] = Math.max(seen[3]!, y)
      }
    }
    // A pointed corner ends between two points of the grid.
    for (const [i, side] of box.entries()) expect(Math.abs(side - seen[i]!)).toBeLessThan(3 * step)
  })
})

test('squares and crosses are the same again after a quarter turn, triangles after a third, circles after any', () => {
  const turns: Record<string, number> = {
    circle: 1,
    ring: 0.7,
    square: Math.PI / 2,
    cross: Math.PI / 2,
    triangle: (2 * Math.PI) / 3,
  }
  for (const [k, name] of sceneClasses.entries()) {
    const [before, after] = [outlineOf(k, 9, 0.4), outlineOf(k, 9, 0.4 + turns[name]!)]
    for (let i = 0; i < 50; i++) {
      const [x, y] = [10 * Math.sin(i), 10 * Math.sin(2.3 * i)]
      expect(after.distance(x, y)).toBeCloseTo(before.distance(x, y), 9)
    }
  }
})

describe('scenes', () => {
  test('are images from 0 to 1 with one to five shapes of every class, each within the image', () => {
    expect(images.shape).toEqual([60, 3, 64, 64])
    expect(images.data.every(v => v >= 0 && v <= 1)).toBe(true)
    const counts = truths.map(({ classes }) => classes.length)
    expect([Math.min(...counts), Math.max(...counts)]).toEqual([1, 5])
    expect(new Set(truths.flatMap(({ classes }) => [...classes]))).toEqual(new Set([0, 1, 2, 3, 4]))
    for (const { boxes, classes } of truths) {
      expect(boxes.length).toBe(4 * classes.length)
      expect(boxes.every(v => v >= 0 && v <= 64)).toBe(true)
    }
  })

  test('show each shape: its box differs from the background around it', () => {
    // Scenes of one shape, other than a ring: the middle of the box against a place beside it.
    const alone = [...truths.entries()].filter(([, { classes }]) => classes.length === 1 && classes[0] !== 3)
    expect(alone.length).toBeGreaterThan(3)
    for (const [i, { boxes }] of alone) {
      const [x1, y1, x2, y2] = boxes as unknown as [number, number, number, number]
      const values = scene(i)
      const mean = (x: number, y: number, c: number): number => {
        let sum = 0
        for (let dy = -1; dy <= 1; dy++)
          for (let dx = -1; dx <= 1; dx++) sum += values[(c * 64 + Math.floor(y) + dy) * 64 + Math.floor(x) + dx]! / 9
        return sum
      }
      const inside = [0, 1, 2].map(c => mean((x1 + x2) / 2, (y1 + y2) / 2, c))
      const outside = [0, 1, 2].map(c => mean(Math.max(2, x1 - 3), Math.max(2, y1 - 3), c))
      expect(Math.hypot(...inside.map((v, c) => v - outside[c]!))).toBeGreaterThan(0.2)
    }
  })

  test('keep shapes apart as far as they are told', () => {
    const most = (maxOverlap: number): number => {
      const { truths } = drawScenes({ count: 40, maxObjects: 8, maxOverlap })
      const found = truths.flatMap(({ boxes, classes }) =>
        [...classes.keys()].flatMap(i => [...classes.keys()].slice(i + 1).map(j => overlap(boxes, i, boxes, j))),
      )
      return Math.max(...found)
    }
    expect(most(0)).toBe(0)
    // A share of the smaller box is never less than that of the union.
    expect(most(0.2)).toBeGreaterThan(0.02)
    expect(most(0.2)).toBeLessThanOrEqual(0.2)
  })

  test('depend on the seed and their number alone', () => {
    const part = drawScenes({ count: 2, first: 5, seed: 3 })
    expect(scene(0, part.images)).toEqual(scene(5))
    expect(part.truths).toEqual(truths.slice(5, 7))
    expect(scene(0, drawScenes({ count: 1, seed: 4 }).images)).not.toEqual(scene(0))
  })

  test('for tests are none of those to train on', () => {
    const set = scenes({ count: 3, testCount: 2, size: 32, maxObjects: 2, seed: 3 })
    expect(set.classes).toEqual(['circle', 'square', 'triangle', 'ring', 'cross'])
    expect(set.train).toEqual(drawScenes({ count: 3, size: 32, maxObjects: 2, seed: 3 }))
    expect(set.test.images.shape).toEqual([2, 3, 32, 32])
    for (const i of [0, 1]) {
      for (const j of [0, 1, 2]) expect(scene(i, set.test.images)).not.toEqual(scene(j, set.train.images))
    }
  })
})
