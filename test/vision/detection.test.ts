import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ArgumentError,
  fromArray,
  grad,
  type Shape,
  ShapeError,
  setEngine,
  type Tensor,
  tensor,
} from '../../src/index.ts'
import {
  assignTargets,
  type BoxFormat,
  type BoxMeasure,
  ciou,
  convertBoxes,
  type DetectionLossOptions,
  type Detections,
  detectionLoss,
  diou,
  giou,
  iou,
  type LabelledBoxes,
  type MeanAveragePrecisionOptions,
  meanAveragePrecision,
  type NmsOptions,
  nonMaxSuppression,
  overlap,
  priorsOf,
} from '../../src/vision/detection/index.ts'
import { enginesUnderTest } from '../engines.ts'
import { expectClose, expectError } from '../optim/expect.ts'

// Reference values in float64 from formulas in PyTorch and from brute force (tools/fixtures/detection.py).

interface Stored {
  readonly shape: Shape
  readonly data: readonly number[]
}
type Terms = Readonly<Record<'total' | 'box' | 'objectness' | 'class', number>>
interface Fixture {
  readonly measures: Record<BoxMeasure, { readonly value: Stored; readonly gradient: Stored }> & {
    readonly a: Stored
    readonly b: Stored
    readonly equal: Record<BoxMeasure, Stored>
    readonly pairs: Stored
  }
  readonly suppressions: readonly {
    readonly title: string
    readonly boxes: Stored
    readonly scores: readonly number[]
    readonly classes: readonly number[]
    readonly options: NmsOptions
    readonly kept: readonly number[]
  }[]
  readonly assignments: {
    readonly imageSize: number
    readonly stride: number
    readonly anchors: readonly (readonly [number, number])[]
    readonly priors: Stored
    readonly images: readonly {
      readonly boxes: Stored
      readonly owner: readonly number[]
      readonly empty: readonly number[]
    }[]
  }
  readonly losses: {
    readonly outputs: Record<'boxes' | 'objectness' | 'classes', Stored>
    readonly targets: Record<'assigned' | 'empty' | 'boxes' | 'classes', Stored>
    readonly cases: readonly {
      readonly options: DetectionLossOptions
      readonly terms: Terms
      readonly gradients: readonly Stored[]
    }[]
    readonly nothing: Terms
  }
  readonly precisions: {
    readonly truths: readonly { readonly boxes: Stored; readonly classes: readonly number[] }[]
    readonly detections: readonly {
      readonly boxes: Stored
      readonly classes: readonly number[]
      readonly scores: readonly number[]
    }[]
    readonly numClasses: number
    readonly cases: readonly (Omit<MeanAveragePrecisionOptions, 'numClasses'> & {
      readonly byClass: readonly (readonly number[] | null)[]
    })[]
  }
}
const file = new URL('../fixtures/detection.json', import.meta.url)
const fixture = JSON.parse(readFileSync(file, 'utf8')) as Fixture

type Floats = Tensor<Shape, 'float32'>
const floats = ({ data, shape }: Stored): Floats => fromArray(Float32Array.from(data), shape, 'float32')
const measures = { iou, giou, diou, ciou }
const names = Object.keys(measures) as BoxMeasure[]
const boxesOf = (boxes: readonly number[], classes: readonly number[] = boxes.slice(0, boxes.length / 4).fill(0)) => ({
  boxes: Float32Array.from(boxes),
  classes: Int32Array.from(classes),
})
const detectionsOf = (
  scores: readonly number[],
  boxes: readonly number[],
  classes?: readonly number[],
): Detections => ({
  ...boxesOf(boxes, classes),
  scores: Float32Array.from(scores),
})

describe.each([...enginesUnderTest])('on the %s engine', engine => {
  beforeAll(() => setEngine(engine, { always: true }))
  afterAll(() => setEngine('native', { always: true }))

  test.each(names)('%s and its gradient are those of the formula in PyTorch', async name => {
    const { a, b, [name]: expected } = fixture.measures
    const measure = measures[name]
    const value = measure(floats(a), floats(b))
    expectClose(await value.data(), expected.value.data, 1e-6, name)
    const mask = Float32Array.from(expected.value.data, (_, i) => (i === 14 ? 0 : 1))
    const smooth = (x: Floats): Tensor =>
      measure(x, floats(b))
        .mul(fromArray(mask, [24], 'float32'))
        .sum()
    expectClose(await grad(smooth)(floats(a)).data(), expected.gradient.data, 1e-5, `gradient of ${name}`)
  })

  test.each(names)('%s of equal boxes is 1', async name => {
    const a = floats({ shape: [3, 4], data: fixture.measures.a.data.slice(0, 12) })
    const expected = fixture.measures.equal[name].data
    expect(expected).toEqual([1, 1, 1])
    expectClose(await measures[name](a, a).data(), expected, 1e-6, name)
  })

  test('leading axes broadcast, so that every pair can be measured', async () => {
    const { a, b, pairs } = fixture.measures
    const some = (boxes: Stored, count: number): Floats =>
      floats({ shape: [count, 4], data: boxes.data.slice(0, 4 * count) })
    const every = iou(some(a, 5).reshape([5, 1, 4]), some(b, 7))
    expect(every.shape).toEqual([5, 7])
    expectClose(await every.data(), pairs.data, 1e-6, 'pairs')
  })

  test.each(names)('%s of empty boxes is a number, and so is its gradient', async name => {
    const point = tensor([[3, 3, 3, 3]]) as Floats
    const line = tensor([[3, 3, 3, 9]]) as Floats
    for (const [x, y] of [
      [point, point],
      [point, line],
      [line, line],
    ] as const) {
      const values = [
        ...(await measures[name](x, y).data()),
        ...(await grad((z: Floats) => measures[name](z, y).sum())(x).data()),
      ]
      expect(values.filter(v => !Number.isFinite(v))).toEqual([])
    }
    expect(await iou(point, line).data()).toEqual(Float32Array.of(0))
  })

  test.each(fixture.losses.cases.map(c => [JSON.stringify(c.options), c] as const))(
    'the loss with %s has the terms and gradients of PyTorch',
    async (_, { options, terms, gradients }) => {
      const { outputs, targets } = fixture.losses
      const aims = {
        assigned: floats(targets.assigned) as Tensor<readonly [number, number], 'float32'>,
        empty: floats(targets.empty) as Tensor<readonly [number, number], 'float32'>,
        boxes: floats(targets.boxes) as Tensor<readonly [number, number, 4], 'float32'>,
        classes: fromArray(Int32Array.from(targets.classes.data), [2, 9], 'int32'),
      }
      const given = {
        boxes: floats(outputs.boxes),
        objectness: floats(outputs.objectness),
        classes: floats(outputs.classes),
      }
      const loss = detectionLoss(given, aims, options)
      for (const term of ['total', 'box', 'objectness', 'class'] as const)
        expectClose([await loss[term].item()], [terms[term]], 1e-5, term)
      const slopes = grad((x: typeof given) => detectionLoss(x, aims, options).total)(given)
      for (const [i, key] of (['boxes', 'objectness', 'classes'] as const).entries())
        expectClose(await slopes[key].data(), gradients[i]!.data, 1e-5, `gradient by ${key}`)
    },
  )
})

test('a loss without any assigned box is that of the empty priors alone', async () => {
  const { outputs, nothing } = fixture.losses
  const given = {
    boxes: floats(outputs.boxes),
    objectness: floats(outputs.objectness),
    classes: floats(outputs.classes),
  }
  const { assigned, empty, boxes, classes } = assignTargets([boxesOf([]), boxesOf([])], {
    imageSize: 24,
    stride: 8,
    anchors: [[8, 8]],
  })
  const loss = detectionLoss(given, { assigned, empty, boxes, classes })
  for (const term of ['total', 'box', 'objectness', 'class'] as const)
    expectClose([await loss[term].item()], [nothing[term]], 1e-5, term)
})

test('the loss refuses what does not belong together', async () => {
  const { outputs } = fixture.losses
  const given = {
    boxes: floats(outputs.boxes),
    objectness: floats(outputs.objectness),
    classes: floats(outputs.classes),
  }
  const targets = (cells: number) =>
    assignTargets([boxesOf([]), boxesOf([])], { imageSize: 8 * cells, stride: 8, anchors: [[8, 8]] })
  await expectError(
    () => detectionLoss(given, targets(2)),
    ShapeError,
    "detectionLoss: boxes of the outputs are [2, 9, 4] where the targets, [2, 4], need [2, 4, 4]. Assign targets on the model's own grid.",
  )
  await expectError(
    () => detectionLoss(given, targets(3), { box: 'eiou' as BoxMeasure }),
    ArgumentError,
    'detectionLoss: box must be one of iou, giou, diou, ciou; got "eiou".',
  )
  await expectError(
    () => detectionLoss(given, targets(3), { weights: { empty: -1 } }),
    ArgumentError,
    'detectionLoss: the weight of empty must be a number of at least 0; got -1.',
  )
})

test('a box says the same in every format', async () => {
  const box: Record<BoxFormat, readonly number[]> = {
    xyxy: [2, 3, 8, 7],
    xywh: [2, 3, 6, 4],
    cxcywh: [5, 5, 6, 4],
  }
  const formats = Object.keys(box) as BoxFormat[]
  for (const from of formats) {
    for (const to of formats)
      expect(await convertBoxes(tensor([box[from]]) as Floats, { from, to }).toArray()).toEqual([box[to]])
  }
})

test('boxes of another form are refused', async () => {
  await expectError(
    () => iou(tensor([[1, 2, 3]]) as Floats, tensor([[1, 2, 3, 4]]) as Floats),
    ShapeError,
    'iou: boxes are [1, 3]. Their last axis must hold the 4 numbers of a box: [..., 4].',
  )
  await expectError(
    () => convertBoxes(tensor([[1, 2, 3, 4]]) as Floats, { from: 'yxyx' as BoxFormat, to: 'xyxy' }),
    ArgumentError,
    'convertBoxes: there is no format "yxyx". Choose xyxy, xywh, cxcywh.',
  )
  await expectError(
    () => nonMaxSuppression(detectionsOf([0.5], [0, 0, 1, 1, 5, 5, 6, 6])),
    ShapeError,
    'nonMaxSuppression: 8 coordinates, 2 classes and 1 scores do not belong together. Each box has 4 coordinates and one of the others.',
  )
  await expectError(
    () => nonMaxSuppression(detectionsOf([0.5, 0.4], [0, 0, 1, 1, 5, 5, 4, 6])),
    ArgumentError,
    'nonMaxSuppression: box 1 is [5, 5, 4, 6]. Corners must be x1, y1, x2, y2 with x1 ≤ x2 and y1 ≤ y2.',
  )
  await expectError(
    () => nonMaxSuppression(detectionsOf([0.5, Number.NaN], [0, 0, 1, 1, 5, 5, 6, 6])),
    ArgumentError,
    "nonMaxSuppression: the score of box 1 is NaN. Scores must be numbers: look for NaN in the model's output.",
  )
})

describe('suppression', () => {
  test.each(fixture.suppressions.map(c => [c.title, c] as const))('%s keeps what brute force keeps', (_, c) => {
    const given = detectionsOf(c.scores, c.boxes.data, c.classes)
    const kept = nonMaxSuppression(given, c.options)
    expect(kept).toEqual(
      detectionsOf(
        c.kept.map(i => c.scores[i]!),
        c.kept.flatMap(i => c.boxes.data.slice(4 * i, 4 * i + 4)),
        c.kept.map(i => c.classes[i]!),
      ),
    )
  })

  test('an overlap of just the threshold is allowed, and one of two equal scores is the earlier', () => {
    // Two squares that share a half of each: 1/3 of their union.
    const pair = [0, 0, 6, 6, 3, 0, 9, 6]
    expect(overlap(pair, 0, pair, 1)).toBe(1 / 3)
    const given = detectionsOf([0.5, 0.5], pair)
    expect(nonMaxSuppression(given, { iouThreshold: 1 / 3 }).scores.length).toBe(2)
    expect([...nonMaxSuppression(given, { iouThreshold: 0.33 }).boxes]).toEqual([0, 0, 6, 6])
  })

  test('nothing stays nothing', () => {
    expect(nonMaxSuppression(detectionsOf([], []))).toEqual(detectionsOf([], []))
  })
})

describe('targets', () => {
  const { images, priors, ...grid } = fixture.assignments

  test('priors lie around the centres of their cells', () => {
    expect([...priorsOf(grid)]).toEqual(priors.data)
  })

  test('each box is assigned to the prior that brute force finds, and others that overlap it are not empty', async () => {
    const truths = images.map(({ boxes }, i) =>
      boxesOf(
        boxes.data,
        Array.from({ length: boxes.shape[0]! }, (_, j) => (i + j) % 3),
      ),
    )
    const targets = assignTargets(truths, grid)
    const owners = images.flatMap(({ owner }) => owner)
    expect([...(await targets.assigned.data())]).toEqual(owners.map(j => (j < 0 ? 0 : 1)))
    expect([...(await targets.empty.data())]).toEqual(images.flatMap(({ empty }) => empty))
    const count = priors.data.length / 4
    const expected = owners.map((j, k) =>
      j < 0
        ? priors.data.slice(4 * (k % count), 4 * (k % count) + 4)
        : images[Math.floor(k / count)]!.boxes.data.slice(4 * j, 4 * j + 4),
    )
    expect([...(await targets.boxes.data())]).toEqual(expected.flat())
    expect([...(await targets.classes.data())]).toEqual(
      owners.map((j, k) => (j < 0 ? 0 : truths[Math.floor(k / count)]!.classes[j]!)),
    )
    // Five equal boxes meet in a cell of three priors.
    const lost = images.map(({ owner, boxes }) => boxes.shape[0]! - owner.filter(j => j >= 0).length)
    expect(lost).toEqual([0, 0, 0, 2])
    expect(targets.unassigned).toBe(2)
  })

  test('a grid or a box that does not fit is refused', async () => {
    await expectError(
      () => assignTargets([], { ...grid, imageSize: 60 }),
      ArgumentError,
      'detectionGrid: an image of 60 pixels is not a whole number of cells of 8. Choose a multiple of 8.',
    )
    await expectError(
      () => assignTargets([], { ...grid, anchors: [[4, 0]] }),
      ArgumentError,
      'detectionGrid: anchors are [[4,0]]. Give at least one, each a width and a height above 0 in pixels.',
    )
    await expectError(
      () => assignTargets([boxesOf([60, 4, 70, 8])], grid),
      ArgumentError,
      'assignTargets: box 0 has its centre at [65, 6], outside the image of 64 by 64 pixels. Clip boxes to the image, or leave that one out.',
    )
    await expectError(
      () => assignTargets([boxesOf([4, 4, 8, 8], [-1])], grid),
      ArgumentError,
      'assignTargets: box 0 has class -1. Classes count from 0.',
    )
  })
})

describe('mean average precision', () => {
  const { truths, detections, numClasses, cases } = fixture.precisions
  const found = detections.map(d => detectionsOf(d.scores, d.boxes.data, d.classes))
  const there = truths.map(t => boxesOf(t.boxes.data, t.classes))

  test.each(cases.map(c => [`${c.method} at ${c.iouThresholds}, at most ${c.maxDetections ?? 'all'}`, c] as const))(
    '%s is that of brute force',
    (_, { byClass, ...options }) => {
      const got = meanAveragePrecision(found, there, { ...options, numClasses })
      expect(got.byClass.map(p => p === null)).toEqual(byClass.map(p => p === null))
      for (const [k, expected] of byClass.entries())
        if (expected) expectClose(got.byClass[k]!, expected, 1e-12, `class ${k}`)
      const occurring = byClass.filter(p => p !== null)
      const means = options.iouThresholds!.map(
        (_, t) => occurring.reduce((sum, p) => sum + p[t]!, 0) / occurring.length,
      )
      expectClose(got.byThreshold, means, 1e-12, 'by threshold')
      expectClose([got.mean], [means.reduce((sum, m) => sum + m, 0) / means.length], 1e-12, 'mean')
    },
  )

  // Two truths; by falling score: right, wrong, right. Precision is 1 up to a recall of 1/2, then 2/3.
  const two = [boxesOf([0, 0, 10, 10, 20, 20, 30, 30])]
  const three = [detectionsOf([0.9, 0.8, 0.7], [0, 0, 10, 10, 40, 40, 50, 50, 20, 20, 30, 30])]
  test('of two truths found first and third it is 5/6, and 51 + 50 · 2/3 of 101 by COCO', () => {
    const options = { numClasses: 1, iouThresholds: [0.5] }
    expect(meanAveragePrecision(three, two, { ...options, method: 'voc' }).mean).toBeCloseTo(5 / 6, 12)
    expect(meanAveragePrecision(three, two, options).mean).toBeCloseTo((51 + (50 * 2) / 3) / 101, 12)
  })

  test('a truth that is found twice counts once, unless COCO finds another near it', () => {
    // Both detections overlap the first truth most; the second truth, beside it, is overlapped by 2/3.
    const near = [boxesOf([0, 0, 10, 10, 2, 0, 12, 10])]
    const both = [detectionsOf([0.9, 0.8], [0, 0, 10, 10, 0, 0, 10, 10])]
    const options = { numClasses: 1, iouThresholds: [0.5] }
    expect(meanAveragePrecision(both, near, { ...options, method: 'voc' }).mean).toBe(0.5)
    expect(meanAveragePrecision(both, near, { ...options, method: 'coco' }).mean).toBeCloseTo(1, 12)
  })

  test('perfect detections reach 1, and none 0', () => {
    const perfect = there.map(truth => ({ ...truth, scores: new Float32Array(truth.classes.length).fill(0.5) }))
    for (const method of ['coco', 'voc'] as const) {
      expect(meanAveragePrecision(perfect, there, { numClasses, method }).mean).toBeCloseTo(1, 12)
      const none = there.map(() => detectionsOf([], []))
      expect(meanAveragePrecision(none, there, { numClasses, method }).mean).toBe(0)
    }
  })

  test('what does not belong together is refused', async () => {
    const nothing: readonly LabelledBoxes[] = [boxesOf([])]
    const wrong: readonly (readonly [() => unknown, typeof ArgumentError | typeof ShapeError, string])[] = [
      [
        () => meanAveragePrecision([], two, { numClasses: 1 }),
        ShapeError,
        'meanAveragePrecision: there are detections of 0 images and truths of 1. Give both for every image, in one order; an image without any has empty arrays.',
      ],
      [
        () => meanAveragePrecision(three, two, { numClasses: 1, iouThresholds: [0.5, 0] }),
        ArgumentError,
        'meanAveragePrecision: iouThresholds must be above 0 and at most 1; got 0.',
      ],
      [
        () => meanAveragePrecision(three, two, { numClasses: 1, iouThresholds: [] }),
        ArgumentError,
        'meanAveragePrecision: iouThresholds must be above 0 and at most 1; got none.',
      ],
      [
        () => meanAveragePrecision(found, there, { numClasses: 3 }),
        ArgumentError,
        'meanAveragePrecision: there is no class 3 among 3. Classes count from 0; numClasses must be above the largest.',
      ],
      [
        () => meanAveragePrecision([detectionsOf([], [])], nothing, { numClasses: 1 }),
        ArgumentError,
        'meanAveragePrecision: no image has a true box, so there is no recall. Give images with boxes.',
      ],
    ]
    for (const [action, kind, message] of wrong) await expectError(action, kind, message)
  })
})
