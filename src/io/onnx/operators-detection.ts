import { type Shape, show } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import * as ar from '../../ops/arithmetic.ts'
import { reshape } from '../../ops/broadcast.ts'
import { gather } from '../../ops/indexing.ts'
import { concat } from '../../ops/movement.ts'
import { max } from '../../ops/reduce.ts'
import { resample, type Taps } from '../../ops/resample.ts'
import type { Call, Operator, Operators } from './call.ts'
import { held, int64s } from './known.ts'
import { num, upTo } from './nodes.ts'

// What these operators give depends on the values of boxes: how many there are, and which pixels they cover. The boxes must be known
// while the graph is built; gradients flow into the features.

type Box = readonly [number, number, number, number]

/** Corners in order, from two corners in any order or from centre and size. */
const cornersOf = (b: readonly number[], centred: boolean): Box => {
  const [p, q, r, s] = b as [number, number, number, number]
  if (centred) return [q - s / 2, p - r / 2, q + s / 2, p + r / 2]
  return [Math.min(p, r), Math.min(q, s), Math.max(p, r), Math.max(q, s)]
}
/** Area that two boxes share, of that which both cover. */
const overlap = (a: Box, b: Box): number => {
  const height = Math.min(a[2], b[2]) - Math.max(a[0], b[0])
  const width = Math.min(a[3], b[3]) - Math.max(a[1], b[1])
  if (height <= 0 || width <= 0) return 0
  const shared = height * width
  const area = (c: Box): number => (c[2] - c[0]) * (c[3] - c[1])
  return shared / (area(a) + area(b) - shared)
}

/** Boxes by falling score, without those that cover a better one too much. */
const nonMaxSuppression: Operator = call => {
  const [boxes, scores] = [call.known(0), call.known(1)]
  const [batches, count] = boxes.shape as readonly [number, number]
  const classes = scores.shape[1] ?? 0
  if (boxes.shape.length !== 3 || boxes.shape[2] !== 4 || scores.shape.length !== 3 || scores.shape[2] !== count)
    call.fail(
      `takes boxes ${show(boxes.shape)} and scores ${show(scores.shape)}`,
      '[N, boxes, 4] and [N, classes, boxes] were expected.',
    )
  const most = call.number(2, 0)
  const limit = call.number(3, 0)
  const least = call.optional(4) ? call.number(4) : Number.NEGATIVE_INFINITY
  const centred = call.flag('center_point_box')
  const chosen: number[][] = []
  for (let n = 0; n < batches; n++) {
    const corners = upTo(count).map(i =>
      cornersOf(Array.from(boxes.data.slice((n * count + i) * 4, (n * count + i) * 4 + 4)), centred),
    )
    for (let c = 0; c < classes; c++) {
      const score = (i: number): number => scores.data[(n * classes + c) * count + i]!
      const order = upTo(count)
        .filter(i => score(i) > least)
        .sort((i, j) => score(j) - score(i) || i - j)
      const kept: number[] = []
      for (const i of order) {
        if (kept.length >= most) break
        if (kept.every(k => overlap(corners[k]!, corners[i]!) <= limit)) kept.push(i)
      }
      for (const i of kept) chosen.push([n, c, i])
    }
  }
  return held(chosen.flat(), [chosen.length, 3], 'int64')
}

/** Height and width of what a region is pooled to. */
const pooledSize = (call: Call, size: readonly number[]): readonly [number, number] => {
  if (size.length !== 2 || size.some(n => n < 1))
    call.fail(`pools to ${show(size)}`, 'Height and width of at least 1 were expected.')
  for (const n of size) call.claim(n)
  return [size[0]!, size[1]!]
}

/** Features of one image, `[C, H, W]`. */
const imageOf = (call: Call, x: Node, index: number): Node => {
  if (!(index >= 0 && index < x.shape[0]!)) call.fail(`takes image ${index} of ${x.shape[0]}`, 'It must exist.')
  return reshape(gather(x, int64s([index]), 0), x.shape.slice(1))
}

/** One axis of a region: sample points in each bin, as taps on the pixels. */
interface RegionAxis {
  readonly bins: number
  readonly samples: number
  readonly points: readonly number[]
}
const regionAxis = (call: Call, start: number, end: number, bins: number, ratio: number, least: number): RegionAxis => {
  const length = Math.max(end - start, least)
  const samples = ratio > 0 ? ratio : Math.max(Math.ceil(length / bins), 0)
  call.claim(bins * samples)
  const points = upTo(bins).flatMap(b => upTo(samples).map(s => start + (length / bins) * (b + (s + 0.5) / samples)))
  return { bins, samples, points }
}
/** The two pixels around a point with their weights; nothing for a point outside. */
const pixelTaps = (point: number, n: number): { positions: number[]; weights: number[] } => {
  if (point < -1 || point > n) return { positions: [], weights: [] }
  const at = Math.min(Math.max(point, 0), n - 1)
  const low = Math.floor(at)
  const high = Math.min(low + 1, n - 1)
  return { positions: [low, high], weights: [1 - (at - low), at - low] }
}
/** The mean of the samples of each bin as weights on the pixels. */
const meanTaps = ({ bins, samples, points }: RegionAxis, n: number): Taps => {
  const each = points.map(p => pixelTaps(p, n))
  const own = upTo(bins).map(b => each.slice(b * samples, (b + 1) * samples))
  return {
    positions: own.map(list => list.flatMap(t => t.positions)),
    weights: own.map(list => list.flatMap(t => t.weights.map(w => w / Math.max(samples, 1)))),
  }
}

/** The largest of the weighted corners of all samples of a bin, as ONNX has it. */
const largestSample = (image: Node, rows: RegionAxis, columns: RegionAxis): Node => {
  const [c, h, w] = image.shape as readonly [number, number, number]
  const [ys, xs] = [rows.points.map(p => pixelTaps(p, h)), columns.points.map(p => pixelTaps(p, w))]
  const at: number[] = []
  const weights: number[] = []
  for (let bin = 0; bin < rows.bins * columns.bins; bin++) {
    const [r, q] = [Math.floor(bin / columns.bins), bin % columns.bins]
    for (let s = 0; s < rows.samples * columns.samples; s++) {
      const y = ys[r * rows.samples + Math.floor(s / columns.samples)]!
      const x = xs[q * columns.samples + (s % columns.samples)]!
      for (let corner = 0; corner < 4; corner++) {
        const [i, j] = [corner >> 1, corner & 1]
        at.push((y.positions[i] ?? 0) * w + (x.positions[j] ?? 0))
        weights.push((y.weights[i] ?? 0) * (x.weights[j] ?? 0))
      }
    }
  }
  const shape: Shape = [rows.bins * columns.bins, at.length / (rows.bins * columns.bins)]
  const picked = gather(reshape(image, [c, h * w]), held(at, shape, 'int64'), 1)
  const values = ar.mul(picked, ar.cast(held(weights, shape, 'float64'), image.dtype))
  return reshape(max(values, 2), [c, rows.bins, columns.bins])
}

/** Source: He, Gkioxari, Dollár & Girshick 2017, "Mask R-CNN", section 3. */
const roiAlign: Operator = call => {
  const x = call.input(0)
  const rois = call.known(1)
  const batches = call.values(2)
  const half =
    call.choice(
      'coordinate_transformation_mode',
      ['half_pixel', 'output_half_pixel'],
      call.version < 16 ? 'output_half_pixel' : 'half_pixel',
    ) === 'half_pixel'
  const [height, width] = pooledSize(call, [call.int('output_height', 1), call.int('output_width', 1)])
  const [ratio, scale] = [call.int('sampling_ratio', 0), call.float('spatial_scale', 1)]
  const largest = call.choice('mode', ['avg', 'max'], 'avg') === 'max'
  const regions = upTo(rois.shape[0] ?? 0).map(i => {
    call.spend(1)
    const [x1, y1, x2, y2] = upTo(4).map(k => rois.data[4 * i + k]! * scale - (half ? 0.5 : 0)) as [
      number,
      number,
      number,
      number,
    ]
    const least = half ? Number.NEGATIVE_INFINITY : 1
    const rows = regionAxis(call, y1, y2, height, ratio, least)
    const columns = regionAxis(call, x1, x2, width, ratio, least)
    const image = imageOf(call, x, batches[i]!)
    if (largest) return largestSample(image, rows, columns)
    return resample(resample(image, 1, meanTaps(rows, x.shape[2]!)), 2, meanTaps(columns, x.shape[3]!))
  })
  return regionsOf(call, x, regions, [height, width])
}
const regionsOf = (call: Call, x: Node, regions: readonly Node[], size: Shape): Node => {
  if (x.shape.length !== 4) call.fail(`takes ${show(x.shape)}`, '[N, C, H, W] was expected.')
  const shape = [1, x.shape[1]!, ...size]
  if (regions.length === 0) return ar.cast(held([], [0, ...shape.slice(1)], 'float32'), x.dtype)
  return concat(
    regions.map(r => reshape(r, shape)),
    0,
  )
}

/** Pixels of each bin of a region along one axis. */
const binPixels = (start: number, end: number, bins: number, n: number): number[][] => {
  const size = Math.max(end - start + 1, 1) / bins
  const at = (v: number): number => Math.min(Math.max(v + start, 0), n)
  return upTo(bins).map(b => {
    const [from, to] = [at(Math.floor(b * size)), at(Math.ceil((b + 1) * size))]
    return upTo(Math.max(to - from, 0)).map(k => from + k)
  })
}

/** Source: Girshick 2015, "Fast R-CNN", section 2.1. */
const maxRoiPool: Operator = call => {
  const x = call.input(0)
  const rois = call.known(1)
  const [height, width] = pooledSize(call, call.ints('pooled_shape'))
  const scale = call.float('spatial_scale', 1)
  const [c, h, w] = x.shape.slice(1) as [number, number, number]
  const regions = upTo(rois.shape[0] ?? 0).map(i => {
    call.spend(1)
    const [batch, ...box] = upTo(5).map(k => rois.data[5 * i + k]!) as [number, number, number, number, number]
    const [x1, y1, x2, y2] = box.map(v => Math.round(v * scale)) as [number, number, number, number]
    const [rows, columns] = [binPixels(y1, y2, height, h), binPixels(x1, x2, width, w)]
    const bins = rows.flatMap(ys => columns.map(xs => ys.flatMap(y => xs.map(q => y * w + q))))
    const most = Math.max(1, ...bins.map(b => b.length))
    call.claim(most * bins.length)
    // A shorter bin repeats its first pixel; an empty one gives 0.
    const at = bins.flatMap(b => upTo(most).map(k => b[k] ?? b[0] ?? 0))
    const picked = gather(reshape(imageOf(call, x, batch), [c, h * w]), held(at, [bins.length, most], 'int64'), 1)
    const empty = held(
      bins.map(b => b.length === 0),
      [bins.length],
      'bool',
    )
    const pooled = max(picked, 2)
    return reshape(ar.where(empty, num(0, pooled), pooled), [c, height, width])
  })
  return regionsOf(call, x, regions, [height, width])
}

export const detectionOperators: Operators = {
  NonMaxSuppression: nonMaxSuppression,
  RoiAlign: roiAlign,
  MaxRoiPool: maxRoiPool,
}
