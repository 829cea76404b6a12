import { ArgumentError, DataError } from '../core/errors.ts'
import { defineOptions, flag, type Infer, integer, number, oneOf, text } from '../core/options.ts'
import { type VisionModelName, visionModelNames, visionModels } from '../models/vision.ts'
import { imageClassifierType } from '../models/vision-folder.ts'
import { Dataset } from '../data/dataset.ts'
import { crossEntropy } from '../nn/index.ts'
import { adamw, sgd } from '../optim/index.ts'
import { Generator, generator, permutation, setSeed } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { compile } from '../tensor/transforms.ts'
import type { TrainTask } from '../train/trainer.ts'
import { imageLoader, type LoadedBatch } from '../vision/image-loader.ts'
import { softCrossEntropy } from '../vision/soft-cross-entropy.ts'
import { compose } from '../vision/transforms/compose.ts'
import { normalize as normalizeBy } from '../vision/transforms/normalize.ts'
import { augmentations, augmentFor, augmentNames, augmentOf } from './augment.ts'
import { type Classifier, judge, type Normalization, normalizationOf, scoreOf } from './classify.ts'
import { type ImageSet, readImages, takeImages } from './image-data.ts'
import { checkRate, rateOptions, scheduleOf } from './learning-rate.ts'

/** Everything about training a classifier of images. */
export const digitsOptions = defineOptions({
  data: text({
    default: 'digits',
    placeholder: 'digits|mnist|fashion|cifar10|FOLDER',
    help: 'images to learn from: drawn here, a known set, or a folder of idx files or of pictures by class',
  }),
  count: integer({ min: 100, help: 'digits to draw, where they are drawn here; 20,000 unless given' }),
  model: oneOf(visionModelNames, { default: 'lenet5', help: 'what is trained' }),
  width: integer({ min: 1, max: 4096, help: 'channels of the first stage, of models that can be narrowed' }),
  augment: text({
    default: 'auto',
    placeholder: 'NAME,...',
    help: `random changes of the images while training: ${augmentations.join(', ')}; none; auto is affine for digits and shift,flip for the rest, and none for softmax and mlp`,
  }),
  epochs: integer({ default: 5, min: 1, help: 'passes over the images' }),
  batchSize: integer({ default: 64, min: 1, aliases: ['batch'], help: 'images computed at once' }),
  optimizer: oneOf(['adamw', 'sgd'], { default: 'adamw', help: 'AdamW, or SGD with Nesterov momentum 0.9' }),
  ...rateOptions(3e-3, 'a hundredth of the peak'),
  weightDecay: number({ default: 0.01, min: 0, help: 'decay of matrices and kernels (not of biases and norms)' }),
  labelSmoothing: number({ default: 0, min: 0, below: 1, help: 'share of the target that is spread over all classes' }),
  valFraction: number({
    default: 0.1,
    above: 0,
    below: 1,
    help: 'share of the images, drawn at random, kept for validation',
  }),
  patience: integer({ min: 1, help: 'stop after this many epochs without a better validation loss' }),
  workers: integer({ default: 1, min: 0, max: 64, help: 'threads that change images beside the training' }),
  download: flag({ help: 'fetch mnist, fashion or cifar10 where it is nowhere on this machine' }),
  grey: flag({ help: 'read pictures of a folder without their colours' }),
  skipBad: flag({ help: 'pass over pictures of a folder that cannot be read; they are counted and listed' }),
  size: integer({ min: 1, max: 4096, help: 'height and width that pictures of a folder are brought to' }),
  seed: integer({ default: 0, min: 0, help: 'the same seed gives the same run' }),
})
export type DigitsOptions = Infer<typeof digitsOptions>

export interface DigitsRun {
  readonly model: Classifier
  readonly task: TrainTask
  readonly train: ImageSet
  readonly val: ImageSet
  readonly steps: number
  readonly stepsPerEpoch: number
  readonly normalization: Normalization
  /** Ends the threads. */
  readonly close: () => Promise<void>
}

/** Splits the images at random: the validation part is the same for a seed, whatever else is chosen. */
export const splitImages = (
  data: string,
  set: ImageSet,
  { valFraction, seed }: { readonly valFraction: number; readonly seed: number },
): { readonly train: ImageSet; readonly val: ImageSet } => {
  const n = set.shape[0]
  const kept = Math.round(n * valFraction)
  if (kept < 1 || kept >= n) {
    throw new DataError(
      `${data}: a validation share of ${valFraction} leaves a part of ${n} images empty. Give more images, or another share.`,
      { images: n },
    )
  }
  const order = permutation(n, new Generator(seed).fork(2))
  return { train: takeImages(set, order.slice(kept)), val: takeImages(set, order.slice(0, kept)) }
}

/** Mean −Σ t ln p: of classes, or, after mixup and cutmix, of shares of classes. */
const lossOf = (scores: Tensor, y: Tensor, labelSmoothing: number): Tensor => {
  if (y.dtype === 'int32') return crossEntropy(scores as never, y as never, { labelSmoothing }) as unknown as Tensor
  const shares = labelSmoothing > 0 ? y.mul(1 - labelSmoothing).add(labelSmoothing / scores.shape[1]!) : y
  return softCrossEntropy(scores, shares) as unknown as Tensor
}

/** Options that say something of other images than these would have no effect. */
const refuseIdle = (o: DigitsOptions, { kind }: ImageSet): void => {
  const refuse = (flag: string, what: string): never => {
    throw new ArgumentError(
      `train digits: ${flag} has no effect with --data ${o.data}: it is for ${what}. Leave it out.`,
    )
  }
  if (o.count !== undefined && kind !== 'drawn') refuse('--count', 'digits that are drawn here')
  if (kind !== 'pictures') {
    if (o.size !== undefined) refuse('--size', 'folders of pictures')
    if (o.grey) refuse('--grey', 'folders of pictures')
    if (o.skipBad) refuse('--skip-bad', 'folders of pictures')
  }
  if (o.download && !['mnist', 'fashion', 'cifar10'].includes(o.data))
    refuse('--download', 'mnist, fashion and cifar10')
}

/** A model, its images and its optimizer, ready to train. @throws DataError for images without classes, or too few */
export const prepareDigits = async (o: DigitsOptions): Promise<DigitsRun> => {
  setSeed(o.seed)
  const set = await readImages(o.data, 'train', {
    ...(o.count !== undefined && { count: o.count }),
    seed: o.seed,
    download: o.download,
    skipBad: o.skipBad,
    channels: o.grey ? 1 : 3,
    ...(o.size !== undefined && { size: o.size }),
  })
  refuseIdle(o, set)
  if (!set.labels) throw new DataError(`${o.data}: has images to train on, but no labels. Put the labels beside them.`)
  const { train, val } = splitImages(o.data, set, o)
  const [n, ...item] = train.shape
  const [inChannels, height, width] = item
  if (height !== width) {
    throw new DataError(
      `${o.data}: images are ${height} × ${width}. The models take square ones${set.kind === 'pictures' ? ': give --size' : ''}.`,
      {
        item,
      },
    )
  }
  const stepsPerEpoch = Math.floor(n / o.batchSize)
  if (stepsPerEpoch === 0) {
    throw new DataError(
      `${o.data}: ${n} images to train on are fewer than a batch of ${o.batchSize}. Choose a smaller --batch.`,
      { images: n },
    )
  }
  const steps = o.epochs * stepsPerEpoch
  checkRate('train digits', o, steps)
  const normalization = normalizationOf(train)
  const modelOptions = {
    numClasses: set.classes.length,
    inChannels,
    imageSize: height,
    ...(o.width !== undefined && { width: o.width }),
  }
  const model = visionModels[o.model as VisionModelName](modelOptions) as Classifier
  const shared = {
    learningRate: scheduleOf(o, steps, 0.01),
    weightDecay: o.weightDecay,
    decays: (_: string, shape: readonly number[]) => shape.length >= 2,
  }
  const optimizer =
    o.optimizer === 'sgd' ? sgd(model, { ...shared, momentum: 0.9, nesterov: true }) : adamw(model, shared)
  const augment = augmentOf(augmentNames('train digits', augmentFor(o.augment, o.model, set.classes)), {
    size: height,
    numClasses: set.classes.length,
  })
  const update = compile((x: Tensor, y: Tensor) => {
    const loss = lossOf(model.forward(x), y, o.labelSmoothing)
    optimizer.step(optimizer.gradients(loss))
    return loss
  })
  const loader = imageLoader(
    new Dataset(
      { dtype: 'uint8', shape: train.shape, data: train.pixels },
      { dtype: 'int32', shape: [n], data: train.labels! },
    ),
    {
      batchSize: o.batchSize,
      shuffle: true,
      dropLast: true,
      seed: o.seed,
      workers: augment ? o.workers : 0,
      transform: compose([...(augment ? [augment] : []), normalizeBy(normalization)]),
    },
  )
  let epoch: { readonly batches: AsyncIterator<LoadedBatch>; next: number } | null = null
  /** The batch of a step: epochs follow each other, and a resumed run begins in the midst of one. */
  const batchAt = async (step: number): Promise<LoadedBatch> => {
    if (epoch?.next !== step) {
      loader.state = { seed: o.seed, epoch: Math.floor(step / stepsPerEpoch), batch: step % stepsPerEpoch }
      epoch = { batches: loader[Symbol.asyncIterator](), next: step }
    }
    let { done, value } = await epoch.batches.next()
    if (done) {
      epoch = { batches: loader[Symbol.asyncIterator](), next: step }
      ;({ done, value } = await epoch.batches.next())
    }
    epoch.next += 1
    return value as LoadedBatch
  }
  const judgeSet = judge(model, normalization)
  const task: TrainTask = {
    model,
    optimizer,
    step: async () => {
      const { x, y } = await batchAt(optimizer.stepCount)
      const loss = await update(x, y)
      return Number(await loss.item())
    },
    evaluate: async () => {
      const { loss, accuracy } = scoreOf(await judgeSet(val), val.labels!)
      return { loss, metrics: { accuracy } }
    },
    generators: { default: generator() },
    documents: {
      'config.json': {
        model_type: imageClassifierType,
        architecture: o.model,
        options: modelOptions,
        classes: set.classes,
        normalization,
      },
      'train.json': JSON.parse(digitsOptions.toJson(o)),
    },
  }
  return { model, task, train, val, steps, stepsPerEpoch, normalization, close: () => loader.close() }
}
