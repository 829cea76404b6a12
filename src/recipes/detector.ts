import { join, readFile } from '#files'
import { ArgumentError, DataError, FormatError, ModelError } from '../core/errors.ts'
import { defineOptions, type Infer, integer, number, oneOf } from '../core/options.ts'
import { fillIntegers } from '../core/philox.ts'
import { fileCause } from '../io/atomic.ts'
import { readModelWeights } from '../io/model-weights.ts'
import { cellSize, Detector } from '../models/detector.ts'
import { adamw } from '../optim/index.ts'
import { fromArray } from '../tensor/creation.ts'
import { generator, setSeed } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { compile, evaluate } from '../tensor/transforms.ts'
import type { TrainTask } from '../train/trainer.ts'
import type { Detections } from '../vision/detection/boxes.ts'
import { type DetectionLoss, detectionLoss } from '../vision/detection/loss.ts'
import { type MeanAveragePrecision, meanAveragePrecision } from '../vision/detection/mean-average-precision.ts'
import { drawScenes, type Scenes, sceneClasses, scenes } from '../vision/detection/scenes.ts'
import { assignTargets } from '../vision/detection/targets.ts'
import { checkRate, rateOptions, scheduleOf } from './learning-rate.ts'

/** Everything about training a detector of shapes on scenes drawn by a program. */
export const detectorOptions = defineOptions({
  imageSize: integer({ default: 64, min: 32, max: 1024, aliases: ['size'], help: 'width and height in pixels; 8 n' }),
  width: integer({ default: 16, min: 1, max: 1024, help: 'channels of the first layer' }),
  maxObjects: integer({ default: 5, min: 1, max: 50, help: 'most shapes in a scene' }),
  batchSize: integer({ default: 32, min: 1, aliases: ['batch'], help: 'scenes computed at once' }),
  steps: integer({ default: 3000, min: 1, help: 'updates, each on scenes not seen before' }),
  ...rateOptions(3e-3),
  weightDecay: number({ default: 0.01, min: 0, help: 'decay of kernels (not of biases and norms)' }),
  clipNorm: number({ default: 10, min: 0, aliases: ['clip'], help: 'largest norm of the gradient; 0 does not clip' }),
  boxLoss: oneOf(['iou', 'giou', 'diou', 'ciou'], { default: 'ciou', help: 'measure of how well a box fits' }),
  evalEvery: integer({ default: 500, min: 1, help: 'updates between evaluations and checkpoints' }),
  valScenes: integer({ default: 200, min: 1, help: 'scenes of an evaluation on the way' }),
  testScenes: integer({ default: 500, min: 1, help: 'scenes of the evaluation at the end' }),
  patience: integer({ min: 1, help: 'stop after this many evaluations without a better loss' }),
  seed: integer({ default: 0, min: 0, help: 'the same seed gives the same run' }),
})
export type DetectorRunOptions = Infer<typeof detectorOptions>

/** Rules that concern several options. */
export const checkDetectorOptions = (o: DetectorRunOptions): void => {
  if (o.imageSize % cellSize !== 0) {
    throw new ArgumentError(
      `train detector: --size ${o.imageSize} is not a multiple of ${cellSize}, the width of a detector's cell. Choose ${cellSize * Math.round(o.imageSize / cellSize)}.`,
      { imageSize: o.imageSize },
    )
  }
  checkRate('train detector', o, o.steps)
}

/** What a detector found in scenes, and how good that is. */
export interface DetectorScore {
  readonly detections: readonly Detections[]
  /** Mean average precision at an intersection over union of 0.5, and over 0.5, 0.55, …, 0.95: COCO's way. */
  readonly map50: number
  readonly map: number
  readonly precisions: MeanAveragePrecision
  /** Mean loss and its terms. */
  readonly loss: Readonly<Record<keyof DetectionLoss, number>>
}

export interface DetectorRun {
  readonly model: Detector
  readonly task: TrainTask
  readonly test: Scenes
  readonly classes: readonly string[]
  readonly score: (set: Scenes) => Promise<DetectorScore>
}

/** Training scenes have numbers below this, validation scenes from it on. */
const firstValidation = 2 ** 30

type Images = Tensor<readonly [number, 3, number, number], 'float32'>
type Targets = Omit<ReturnType<typeof assignTargets>, 'unassigned'>

const targetsOf = (model: Detector, truths: Scenes['truths']): Targets => {
  const { unassigned: _, ...targets } = assignTargets(truths, model.grid)
  return targets
}

/** Lowest score of a detection in an evaluation: precision at high recall needs the unsure ones too. */
const evaluationScore = 0.01

/** Judges a detector on scenes, some at a time. */
export const scoreDetector = (
  model: Detector,
  options: Pick<DetectorRunOptions, 'batchSize' | 'boxLoss'>,
): ((set: Scenes) => Promise<DetectorScore>) => {
  const look = compile((x: Images, targets: Targets) => {
    const outputs = model.forward(x)
    return { outputs, loss: detectionLoss(outputs, targets, { box: options.boxLoss }) }
  })
  return async ({ images, truths }) => {
    const training = model.training
    model.eval()
    const detections: Detections[] = []
    const sums = { total: 0, box: 0, objectness: 0, class: 0 }
    try {
      for (let from = 0; from < truths.length; from += options.batchSize) {
        const part = truths.slice(from, from + options.batchSize)
        const { outputs, loss } = await look(batchOf(images, from, part.length), targetsOf(model, part))
        await evaluate(...Object.values(loss))
        for (const term of Object.keys(sums) as (keyof typeof sums)[])
          sums[term] += ((await loss[term].item()) * part.length) / truths.length
        detections.push(...(await model.select(outputs, { scoreThreshold: evaluationScore })))
      }
    } finally {
      model.train(training)
    }
    const precisions = meanAveragePrecision(detections, truths, { numClasses: model.config.numClasses })
    return { detections, map50: precisions.byThreshold[0]!, map: precisions.mean, precisions, loss: sums }
  }
}

const batchOf = ({ data, shape }: Scenes['images'], from: number, count: number): Images => {
  const [, channels, height, width] = shape
  const size = channels * height * width
  return fromArray(data.subarray(from * size, (from + count) * size), [count, channels, height, width], 'float32')
}

/** A detector, its scenes and its optimizer, ready to train. */
export const prepareDetector = (o: DetectorRunOptions): DetectorRun => {
  setSeed(o.seed)
  const source = generator()
  const order = source.fork(1)
  const { imageSize, width, maxObjects, seed } = o
  const model = new Detector({ numClasses: sceneClasses.length, imageSize, width })
  const optimizer = adamw(model, {
    learningRate: scheduleOf(o, o.steps),
    weightDecay: o.weightDecay,
    decays: (_, shape) => shape.length >= 2,
    ...(o.clipNorm > 0 && { clipNorm: o.clipNorm }),
  })
  const update = compile((x: Images, targets: Targets) => {
    const { total } = detectionLoss(model.forward(x), targets, { box: o.boxLoss })
    optimizer.step(optimizer.gradients(total))
    return total
  })
  const drawn = { size: imageSize, maxObjects, seed }
  const validation = drawScenes({ ...drawn, count: o.valScenes, first: firstValidation })
  const { test, classes } = scenes({ ...drawn, count: 1, testCount: o.testScenes })
  const score = scoreDetector(model, o)
  const first = new Int32Array(1)
  const task: TrainTask = {
    model,
    optimizer,
    step: async () => {
      order.draw<Int32Array>(1, (out, key, block) => fillIntegers(out, key, block, 0, firstValidation - o.batchSize))(
        first,
      )
      const { images, truths } = drawScenes({ ...drawn, count: o.batchSize, first: first[0]! })
      return (await update(batchOf(images, 0, o.batchSize), targetsOf(model, truths))).item()
    },
    evaluate: async () => {
      const { loss, map50, map } = await score(validation)
      return { loss: loss.total, metrics: { mAP50: map50, mAP: map } }
    },
    generators: { default: source, order },
    documents: {
      'config.json': { ...model.toJSON(), classes },
      'train.json': JSON.parse(detectorOptions.toJson(o)),
    },
  }
  return { model, task, test, classes, score }
}

/**
 * The detector of a run folder, in prediction mode, and the names of its classes.
 *
 * @throws ModelError where the folder is not one
 */
export const loadDetector = async (
  folder: string,
): Promise<{ readonly model: Detector; readonly classes: readonly string[] }> => {
  const path = join(folder, 'config.json')
  const text = await readFile(path, 'utf8').catch(error => {
    const { cause } = fileCause(error)
    throw new ModelError(
      `${path}: could not be read: ${cause}. Give the run folder of gradus train detector.`,
      { path },
      error,
    )
  })
  const json = parse(text, path)
  const model = Detector.fromJSON(json, path)
  const weights = await readModelWeights(folder).catch(error => {
    // To the caller a folder whose weights cannot be read is no model, whatever is wrong with the file.
    if (error instanceof FormatError || error instanceof DataError)
      throw new ModelError(error.message, error.details, error)
    throw error
  })
  model.loadState(weights, { from: join(folder, 'model.safetensors') })
  const { classes } = json as { classes?: readonly string[] }
  return { model: model.eval(), classes: classes ?? [] }
}

const parse = (text: string, path: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ModelError(`${path}: is not valid JSON. Save the model again.`, { path }, error)
  }
}
