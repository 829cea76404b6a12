import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ArgumentError, fromArray, ModelError, type Shape, type Tensor } from '../../src/index.ts'
import { Detector, detector } from '../../src/models/detector.ts'
import type * as nn from '../../src/nn/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { checkDetectorOptions, detectorOptions, loadDetector, prepareDetector } from '../../src/recipes/detector.ts'
import { RunFolder } from '../../src/train/run-folder.ts'
import { train } from '../../src/train/trainer.ts'
import { assignTargets, detectionLoss, drawScenes } from '../../src/vision/detection/index.ts'
import { expectClose, expectError } from '../optim/expect.ts'

interface Stored {
  readonly shape: Shape
  readonly data: readonly number[]
}
type Outputs = Readonly<Record<'boxes' | 'objectness' | 'classes', Stored>>
interface Fixture {
  readonly names: readonly (readonly [string, Shape])[]
  readonly predicted: Outputs
  readonly trained: Outputs
}
const file = new URL('../fixtures/detection.json', import.meta.url)
const { model: fixture } = JSON.parse(readFileSync(file, 'utf8')) as { model: Fixture }
const folder = mkdtempSync(join(tmpdir(), 'gradus-detector-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Images = Tensor<readonly [number, 3, number, number], 'float32'>
const imagesOf = ({ images }: ReturnType<typeof drawScenes>): Images => fromArray(images.data, images.shape, 'float32')

describe('the model', () => {
  const small = (): Detector => detector({ numClasses: 2, imageSize: 32, width: 2 })

  test('computes what the same layers in PyTorch do, predicting and training', async () => {
    const model = small()
    // The weights' formula in tools/fixtures/detection.py.
    const entries = fixture.names.map(([name, shape], j): [string, nn.StateEntry] => {
      if (shape.length === 0) return [name, { dtype: 'int64', shape, data: BigInt64Array.of(0n) }]
      const size = shape.reduce((product, n) => product * n, 1)
      const shift = name.endsWith('running_var') ? 1 : 0
      const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i + j + 1) / 2 + shift)
      return [name, { dtype: 'float32', shape, data }]
    })
    model.loadState(new Map(entries))
    const pixels = Float32Array.from({ length: 2 * 3 * 32 * 32 }, (_, i) => Math.sin(i * 0.37) / 2 + 0.5)
    const x = fromArray(pixels, [2, 3, 32, 32], 'float32')
    for (const [mode, expected] of [
      ['predicted', fixture.predicted],
      ['trained', fixture.trained],
    ] as const) {
      const outputs = model.train(mode === 'trained').forward(x)
      for (const key of ['boxes', 'objectness', 'classes'] as const) {
        expect(outputs[key].shape).toEqual(expected[key].shape)
        expectClose(await outputs[key].data(), expected[key].data, 1e-4, `${mode} ${key}`)
      }
    }
  })

  test('gives every parameter a gradient', async () => {
    const model = small()
    const { truths, ...set } = drawScenes({ count: 4, size: 32, maxObjects: 2 })
    const targets = assignTargets(
      truths.map(({ boxes, classes }) => ({ boxes, classes: classes.map(k => k % 2) })),
      model.grid,
    )
    const loss = detectionLoss(model.forward(imagesOf({ truths, ...set })), targets).total
    const gradients = await Promise.all(
      sgd(model, { learningRate: 0 })
        .gradients(loss)
        .map(g => g.data()),
    )
    const names = [...model.namedParameters().keys()]
    expect(gradients.length).toBe(names.length)
    for (const [i, g] of gradients.entries()) {
      const values = Array.from(g, Number)
      expect(values.every(Number.isFinite), names[i]).toBe(true)
      expect(
        values.some(v => Math.abs(v) > 1e-9),
        names[i],
      ).toBe(true)
    }
  })

  test('begins with boxes that are its priors, moved within their cells, and few of them sure', async () => {
    const model = small().eval()
    const outputs = model.forward(imagesOf(drawScenes({ count: 2, size: 32 })))
    const sure = await outputs.objectness.sigmoid().data()
    expect(sure.length).toBe(2 * 4 * 4 * 2)
    expect(Math.max(...sure)).toBeLessThan(0.1)
    expect((await model.detect(imagesOf(drawScenes({ count: 2, size: 32 }))))[0]!.scores.length).toBe(0)
  })

  test('keeps the largest box finite, and puts it where its outputs say', async () => {
    const model = small().eval()
    const { weight, bias } = model.head as nn.Conv2d
    weight.set({ dtype: 'float32', array: new Float32Array(14 * 8) })
    // tx, ty, tw, th, objectness and two classes of each prior: the width far beyond what is allowed.
    bias!.set({ dtype: 'float32', array: Float32Array.of(...[0, 0, 1000, 0, 0, 0, 0], ...[0, 0, -1, 1, 0, 0, 0]) })
    const { boxes } = model.forward(imagesOf(drawScenes({ count: 1, size: 32 })))
    const [w, h] = [0.2 * 32 * Math.exp(4), 0.2 * 32]
    const [u, v] = [0.4 * 32 * Math.exp(-1), 0.4 * 32 * Math.exp(1)]
    const first = [4 - w / 2, 4 - h / 2, 4 + w / 2, 4 + h / 2, 4 - u / 2, 4 - v / 2, 4 + u / 2, 4 + v / 2]
    expectClose((await boxes.data()).slice(0, 8), first, 1e-5, 'boxes of the first cell')
  })

  test('scores a box by the probability of there being one times that of its class', async () => {
    const found = await small().select({
      boxes: fromArray(Float32Array.of(1, 1, 5, 5, 9, 9, 15, 15, 20, 2, 24, 8), [1, 3, 4], 'float32'),
      objectness: fromArray(Float32Array.of(Math.log(4), Math.log(9), Math.log(1 / 9)), [1, 3], 'float32'),
      classes: fromArray(Float32Array.of(0, Math.log(3), Math.log(4), 0, 0, 9), [1, 3, 2], 'float32'),
    })
    // 0.9 · 0.8, then 0.8 · 0.75; the third, 0.1, is below the lowest score.
    expectClose(found[0]!.scores, [0.72, 0.6], 1e-6, 'scores')
    expect([...found[0]!.classes]).toEqual([0, 1])
    expect([...found[0]!.boxes]).toEqual([9, 9, 15, 15, 1, 1, 5, 5])
  })

  test('is the same again from its configuration, and refuses another', async () => {
    const model = detector({ numClasses: 3, imageSize: 40, width: 4, anchors: [0.1, 0.3, 0.6] })
    const json = JSON.parse(JSON.stringify(model))
    const again = Detector.fromJSON(json)
    expect(again.config).toEqual(model.config)
    expect([...again.state()].map(([name, { shape }]) => [name, shape])).toEqual(
      [...model.state()].map(([name, { shape }]) => [name, shape]),
    )
    await expectError(
      () => Detector.fromJSON({ model_type: 'gpt2' }, 'runs/bard/config.json'),
      ModelError,
      'runs/bard/config.json: model_type is "gpt2". Expected "gradus-detector": give the run folder of gradus train detector.',
    )
    await expectError(
      () => Detector.fromJSON(null),
      ModelError,
      'config.json: model_type is missing. Expected "gradus-detector": give the run folder of gradus train detector.',
    )
    await expectError(
      () => Detector.fromJSON({ ...json, options: { ...json.options, width: 0 } }),
      ModelError,
      'config.json: detector: width must be an integer of at least 1; got 0. Save the model again.',
    )
    await expectError(
      () => detector({ numClasses: 3, imageSize: 44 }),
      ArgumentError,
      'detectionGrid: an image of 44 pixels is not a whole number of cells of 8. Choose a multiple of 8.',
    )
  })
})

describe('training', () => {
  const options = (given: object = {}) =>
    detectorOptions.validate('test', {
      imageSize: 48,
      width: 8,
      maxObjects: 2,
      batchSize: 16,
      steps: 300,
      evalEvery: 150,
      valScenes: 40,
      testScenes: 60,
      ...given,
    })

  test('brings the loss down, finds shapes in scenes it has not seen, and the folder gives the same detector again', async () => {
    const o = options()
    const run = prepareDetector(o)
    const before = await run.score(run.test)
    const out = new RunFolder(join(folder, 'run'))
    await out.create({ overwrite: false })
    const losses: number[] = []
    const evaluations: (Readonly<Record<string, number>> | undefined)[] = []
    await train(run.task, {
      steps: o.steps,
      evalEvery: o.evalEvery,
      folder: out,
      onStep: (_, loss) => losses.push(loss),
      onEvaluate: (_, { metrics }) => evaluations.push(metrics),
    })
    const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length
    expect(mean(losses.slice(-20))).toBeLessThan(0.5 * mean(losses.slice(0, 20)))
    expect(Object.keys(evaluations[1]!)).toEqual(['mAP50', 'mAP'])
    const after = await run.score(run.test)
    expect(after.loss.total).toBeLessThan(0.5 * before.loss.total)
    const { box, objectness, class: category, total } = after.loss
    expect(2 * box + objectness + category).toBeCloseTo(total, 4)
    expect(after.map50).toBeGreaterThan(before.map50 + 0.15)

    const { model, classes } = await loadDetector(out.path)
    expect(classes).toEqual(['circle', 'square', 'triangle', 'ring', 'cross'])
    const x = imagesOf(drawScenes({ count: 4, size: 48, first: 77 }))
    expect(await model.detect(x, { scoreThreshold: 0.05 })).toEqual(
      await run.model.eval().detect(x, { scoreThreshold: 0.05 }),
    )
  })

  test('goes on from a checkpoint as if it had not been stopped', async () => {
    const given = {
      width: 2,
      batchSize: 4,
      steps: 6,
      evalEvery: 3,
      valScenes: 4,
      testScenes: 4,
      lrSchedule: 'constant',
    }
    const losses = async (path: string | null, resume: boolean, steps: number): Promise<number[]> => {
      const run = prepareDetector(options(given))
      const found: number[] = []
      const out = path === null ? null : new RunFolder(join(folder, path))
      if (out && !resume) await out.create({ overwrite: false })
      await train(run.task, {
        steps,
        evalEvery: 3,
        ...(out && { folder: out }),
        ...(out && resume && { resume: await out.load('last') }),
        onStep: (_, loss) => found.push(loss),
      })
      return found
    }
    const whole = await losses(null, false, 6)
    expect(whole.length).toBe(6)
    expect([...(await losses('parts', false, 3)), ...(await losses('parts', true, 6))]).toEqual(whole)
  })

  test('refuses a folder that holds no detector, and options that contradict each other', async () => {
    const path = join(folder, 'none')
    await expectError(
      () => loadDetector(path),
      ModelError,
      `${join(path, 'config.json')}: could not be read: no such file or directory (ENOENT). Give the run folder of gradus train detector.`,
    )
    const wrong = join(folder, 'run')
    writeFileSync(join(wrong, 'config.json'), '{')
    await expectError(
      () => loadDetector(wrong),
      ModelError,
      `${join(wrong, 'config.json')}: is not valid JSON. Save the model again.`,
    )
    await expectError(
      () => checkDetectorOptions(options({ imageSize: 60 })),
      ArgumentError,
      "train detector: --size 60 is not a multiple of 8, the width of a detector's cell. Choose 64.",
    )
    await expectError(
      () => checkDetectorOptions(options({ steps: 5, warmupSteps: 5 })),
      ArgumentError,
      'train detector: --warmup 5 leaves nothing of 5 steps for the cosine. Choose a shorter warm-up.',
    )
  })
})
