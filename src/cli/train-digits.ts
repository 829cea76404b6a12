import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineOptions, type Infer } from '../core/options.ts'
import { ArgumentError, DataError, FormatError, ModelError } from '../core/errors.ts'
import { readSafetensors } from '../io/safetensors.ts'
import { augmentNames } from '../recipes/augment.ts'
import { judge, loadClassifier, scoreOf } from '../recipes/classify.ts'
import { type DigitsOptions, type DigitsRun, digitsOptions, prepareDigits } from '../recipes/digits.ts'
import type { ImageSet } from '../recipes/image-data.ts'
import type { TrainResult } from '../train/trainer.ts'
import { type Context, defineCommand } from './command.ts'
import { readTestImages } from './eval-images.ts'
import { UsageError } from './exit-codes.ts'
import { checkFolder, folderOptions, trainInFolder } from './train-folder.ts'

const options = defineOptions({
  ...digitsOptions.declaration,
  ...folderOptions('runs/digits', 'run folder'),
})
type TrainOptions = Infer<typeof options>

export const trainDigitsCommand = defineCommand({
  name: 'train digits',
  summary: 'train a classifier of images',
  examples: [
    'gradus train digits',
    'gradus train digits --data mnist --model lenet5 --epochs 5 --out runs/mnist',
    'gradus train digits --data photos --size 64 --model resnet18 --width 16 --augment flip,shift',
  ],
  options,
  positionals: ['data'],
  check: o => {
    augmentNames('train digits', o.augment)
    checkFolder('train digits', o)
  },
  async run(context) {
    const o = context.options
    context.note(`seed ${o.seed}`)
    const run = await prepareDigits(digitsOptions.validate('train digits', pick(o)) as DigitsOptions).catch(error => {
      // Options that do not go with these images, such as a model that needs larger ones.
      throw error instanceof ArgumentError ? new UsageError(error.message) : error
    })
    describe(context, run)
    for (const { path, reason } of run.train.skipped) context.note(`passed over ${path}: ${reason}`)
    try {
      await (o.dryRun ? dryRun(context, run) : trained(context, run))
    } finally {
      await run.close()
    }
  },
})

const trained = async (context: Context<TrainOptions>, run: DigitsRun): Promise<void> => {
  const o = context.options
  const outcome = await trainInFolder(context, {
    command: 'train digits',
    task: run.task,
    steps: run.steps,
    evalEvery: run.stepsPerEpoch,
    patience: o.patience,
    items: { name: 'images', perStep: o.batchSize },
    checkResume: path => requireSameModel(path, run),
  })
  if (outcome) await finish(context, run, outcome)
}

/** The recipe's own options among the command's. */
const pick = (o: TrainOptions): Record<string, unknown> =>
  Object.fromEntries(Object.entries(o).filter(([key]) => key in digitsOptions.declaration))

const describe = ({ options: o, note }: Context<TrainOptions>, { model, train, val, steps }: DigitsRun): void => {
  const [n, channels, height, width] = train.shape
  note(
    `${o.model}: ${model.parameterCount().toLocaleString('en')} parameters; ${n.toLocaleString('en')} images of ${channels} × ${height} × ${width} in ${train.classes.length} classes to train on, ${val.shape[0].toLocaleString('en')} to validate; ${steps.toLocaleString('en')} updates`,
  )
}

const dryRun = async (
  { options: o, result }: Context<TrainOptions>,
  { model, task, train }: DigitsRun,
): Promise<void> => {
  const loss = await task.step()
  const document = {
    parameters: model.parameterCount(),
    input: [o.batchSize, ...train.shape.slice(1)],
    logits: [o.batchSize, train.classes.length],
    loss,
  }
  result(
    document,
    `one update done: images [${document.input}] -> scores [${document.logits}], loss ${loss.toFixed(4)}; nothing was written`,
  )
}

/** Weights go on only in the model, with the classes, that they were trained in. */
const requireSameModel = async (checkpoint: string, { task }: DigitsRun): Promise<void> => {
  const saved = await readFile(join(checkpoint, 'config.json'), 'utf8').catch(() => null)
  if (saved === null || saved === `${JSON.stringify(task.documents['config.json'], null, 2)}\n`) return
  throw new ModelError(
    `train digits: ${checkpoint} holds another model, or one for other images. Resume with the options that it was begun with (--config ${join(checkpoint, 'train.json')}), or train anew with another --out.`,
  )
}

/** The test images, where the data has any that fit; what else is wrong with them is said, and no reason to end badly. */
const testImages = async ({ out, data }: TrainOptions, note: (message: string) => void): Promise<ImageSet | null> => {
  try {
    return await readTestImages(out, data, (await loadClassifier(out)).config)
  } catch (error) {
    if (!(error instanceof DataError || error instanceof FormatError)) throw error
    if (!error.details.noTest) note(`no score on test images: ${error.message}`)
    return null
  }
}

/** Judges the best weights on the validation images and, where there are any with classes, on the test images. */
const finish = async (
  { options: o, note, event, json, io }: Context<TrainOptions>,
  { model, val, normalization }: DigitsRun,
  outcome: TrainResult,
): Promise<void> => {
  model.loadState((await readSafetensors(join(o.out, 'model.safetensors'))).tensors)
  const best = outcome.best?.step ?? outcome.step
  if (outcome.reason === 'early-stop')
    note(`stopped early at step ${outcome.step}: no better loss in ${o.patience} epochs`)
  const judgeSet = judge(model, normalization)
  const validation = scoreOf(await judgeSet(val), val.labels!)
  note(
    `validation accuracy ${percent(validation.accuracy)}, loss ${validation.loss.toFixed(4)} (weights of step ${best})`,
  )
  const images = await testImages(o, note)
  const test = images?.labels ? scoreOf(await judgeSet(images), images.labels) : null
  if (test)
    note(
      `test accuracy ${percent(test.accuracy)}, loss ${test.loss.toFixed(4)} over ${images!.shape[0].toLocaleString('en')} images`,
    )
  note(
    `Go on with:\n  npx gradus eval --model ${o.out} --data ${o.data} --report ${join(o.out, 'report')}\n  npx gradus predict ${o.out} your-digit.png`,
  )
  event({ type: 'done', step: outcome.step, loss: outcome.loss, validation, test, bestStep: best, out: o.out })
  if (!json) io.stdout.write(`${o.out}\n`)
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`
