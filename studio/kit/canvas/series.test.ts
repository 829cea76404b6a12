import { expect, test } from 'vitest'
import { boundsOf, cameraMatrix, nearest, projected, startCamera } from './camera.ts'
import { withOpacity } from './points-2d.ts'
import { bucketOf, smoothed, thinned, thinnedSteps } from './thin.ts'

test('few points are all drawn, and what is not finite is a gap', () => {
  expect(bucketOf(4000, 4000)).toBe(1)
  expect(thinned([1, Number.NaN, 3, 9], 3, 1)).toEqual([1, null, 3])
  expect(thinnedSteps(3, 1)).toEqual([1, 2, 3])
})

test('many points keep the smallest and the largest of each bucket, in order', () => {
  const values = Array.from({ length: 10_000 }, (_, i) => Math.sin(i / 900))
  values[5003] = 50
  values[7001] = -50
  values[7002] = Number.NaN
  const bucket = bucketOf(values.length, 4000)
  expect(bucket).toBe(5)
  const out = thinned(values, values.length, bucket)
  expect(out).toHaveLength(4000)
  expect(thinnedSteps(values.length, bucket)).toHaveLength(4000)
  expect(out).toContain(50)
  expect(out).toContain(-50)
  expect(thinned([1, 5, 2, 4, 0, 3], 6, 3)).toEqual([1, 5, 4, 0])
  expect(thinned([1, 2], 6, 3)).toEqual([1, 2, null, null])
})

test('steps of buckets rise strictly, also at a last bucket of one', () => {
  for (const length of [7, 8, 9, 4001, 12_347]) {
    const steps = thinnedSteps(length, 4)
    for (let i = 1; i < steps.length; i++) expect(steps[i]!).toBeGreaterThan(steps[i - 1]!)
    expect(thinned([], length, 4)).toHaveLength(steps.length)
  }
})

test('smoothing leaves constants and gaps as they are, and does not pull to the start', () => {
  expect(smoothed([3, null, 3, 3], 0.9).map(value => (value === null ? null : +value.toFixed(9)))).toEqual([
    3,
    null,
    3,
    3,
  ])
  expect(smoothed([1, 2, 4], 0)).toEqual([1, 2, 4])
  expect(smoothed([1, 2], 0.5)[1]).toBeCloseTo(1.6667, 3)
})

test('a camera shows all points, in two dimensions with y upwards', () => {
  const size = { width: 300, height: 200 }
  const positions = new Float32Array([0, 0, 4, 2, 2, 1])
  const m = cameraMatrix(startCamera, boundsOf(positions, 2), 2, size)
  const seen = [0, 1, 2].map(i => projected(m, positions, 2, i, size))
  expect(seen[2]!.x).toBeCloseTo(150, 4)
  expect(seen[2]!.y).toBeCloseTo(100, 4)
  expect(seen[0]!.y).toBeGreaterThan(seen[1]!.y)
  expect((seen[1]!.x - seen[0]!.x) / (seen[0]!.y - seen[1]!.y)).toBeCloseTo(2, 4)
  expect(nearest(m, positions, 2, size, seen[1]!)).toBe(1)
  expect(nearest(m, positions, 2, size, { x: 20, y: 20 })).toBeNull()
})

test('a camera in three dimensions keeps a ball in the picture and picks the point in front', () => {
  const size = { width: 200, height: 200 }
  const positions = new Float32Array(3 * 500)
  for (let i = 0; i < 500; i++) {
    const z = 1 - (2 * i) / 499
    const r = Math.sqrt(1 - z * z)
    positions.set([r * Math.cos(i * 2.4) + 5, r * Math.sin(i * 2.4), z], i * 3)
  }
  const m = cameraMatrix({ ...startCamera, yaw: 1 }, boundsOf(positions, 3), 3, size)
  for (let i = 0; i < 500; i++) {
    const { x, y, w } = projected(m, positions, 3, i, size)
    expect(w).toBeGreaterThan(0)
    expect(Math.max(Math.abs(x - 100), Math.abs(y - 100))).toBeLessThan(100)
  }
  const two = new Float32Array([0, 0, -1, 0, 0, 1])
  const front = cameraMatrix({ ...startCamera, yaw: 0, pitch: 0 }, boundsOf(two, 3), 3, size)
  expect(nearest(front, two, 3, size, { x: 100, y: 100 })).toBe(1)
})

test('colours of three bytes get an opacity, and missing ones are grey', () => {
  expect([...withOpacity(new Uint8Array([1, 2, 3]), 2)]).toEqual([1, 2, 3, 255, 128, 128, 128, 255])
  const four = new Uint8Array(8)
  expect(withOpacity(four, 2)).toBe(four)
})
