import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { defineOptions, type Infer, text } from '../core/options.ts'
import { ModelError } from '../core/errors.ts'
import { readSafetensors } from '../io/safetensors.ts'
import {
  checkDetectorOptions,
  type DetectorRun,
  type DetectorRunOptions,
  type DetectorScore,
  detectorOptions,
  prepareDetector,
} from '../recipes/detector.ts'
import type { TrainResult } from '../train/trainer.ts'
import { encodePng } from '../vision/codec.ts'
import { drawDetections } from '../vision/detection/draw.ts'
import { type Context, defineCommand } from './command.ts'
import { checkFolder, folderOptions, trainInFolder } from './train-folder.ts'

const options = defineOptions({
  ...detectorOptions.declaration,
  ...folderOptions('runs/detector', 'run folder'),
  picture: text({ placeholder: 'FILE.png', help: 'draw what was found in the first test scenes' }),
})
type TrainOptions = Infer<typeof options>

export const trainDetectorCommand = defineCommand({
  name: 'train detector',
  summary: 'train a detector of shapes on drawn scenes',
  examples: [
    'gradus train detector',
    'gradus train detector --steps 3000 --picture found.png --out runs/shapes',
    'gradus train detector --size 96 --max-objects 8 --box-loss giou --json',
  ],
  options,
  check: o => {
    checkDetectorOptions(o as DetectorRunOptions)
    checkFolder('train detector', o)
  },
  async run(context) {
    const o = context.options
    context.note(`seed ${o.seed}`)
    const run = prepareDetector(detectorOptions.validate('train detector', pick(o)))
    context.note(
      `${run.model.parameterCount().toLocaleString('en')} parameters; scenes of ${o.imageSize} × ${o.imageSize} pixels with up to ${o.maxObjects} of ${run.classes.join(', ')}`,
    )
    if (o.dryRun) return dryRun(context, run)
    const outcome = await trainInFolder(context, {
      command: 'train detector',
      task: run.task,
      steps: o.steps,
      evalEvery: o.evalEvery,
      patience: o.patience,
      items: { name: 'scenes', perStep: o.batchSize },
      checkResume: path => requireSameModel(path, run),
    })
    if (outcome) await finish(context, run, outcome)
  },
})

/** The recipe's own options among the command's. */
const pick = (o: TrainOptions): Record<string, unknown> =>
  Object.fromEntries(Object.entries(o).filter(([key]) => key in detectorOptions.declaration))

const dryRun = async ({ options: o, result }: Context<TrainOptions>, { model, task }: DetectorRun): Promise<void> => {
  const loss = await task.step()
  const input = [o.batchSize, model.config.inChannels, o.imageSize, o.imageSize]
  result(
    { parameters: model.parameterCount(), input, loss },
    `one update done: images [${input}], loss ${loss.toFixed(4)}; nothing was written`,
  )
}

/** Weights go on only in the model that they were trained in. */
const requireSameModel = async (checkpoint: string, { task }: DetectorRun): Promise<void> => {
  const saved = await readFile(join(checkpoint, 'config.json'), 'utf8').catch(() => null)
  if (saved === null || saved === `${JSON.stringify(task.documents['config.json'], null, 2)}\n`) return
  throw new ModelError(
    `train detector: ${checkpoint} holds another model. Resume with the options that it was begun with (--config ${join(checkpoint, 'train.json')}), or train anew with another --out.`,
  )
}

/** Judges the best weights on the test scenes, and draws what they found. */
const finish = async (
  { options: o, note, event, json, io }: Context<TrainOptions>,
  { model, test, classes, score }: DetectorRun,
  outcome: TrainResult,
): Promise<void> => {
  model.loadState((await readSafetensors(join(o.out, 'model.safetensors'))).tensors)
  const found = await score(test)
  const best = outcome.best?.step ?? outcome.step
  if (outcome.reason === 'early-stop')
    note(`stopped early at step ${outcome.step}: no better loss in ${o.patience} evaluations`)
  note(
    `test mAP@0.5 ${found.map50.toFixed(4)}, mAP@[.5:.95] ${found.map.toFixed(4)} over ${test.truths.length.toLocaleString('en')} scenes (weights of step ${best})`,
  )
  const byClass = precisionsOf(found, classes)
  for (const { name, ap50, ap } of byClass) note(`  ${name.padEnd(8)} AP@0.5 ${shown(ap50)}, AP@[.5:.95] ${shown(ap)}`)
  if (o.picture !== undefined) {
    await writeFile(resolve(io.cwd, o.picture), await encodePng(drawDetections(test, found.detections, { classes })))
    note(`wrote ${o.picture}`)
  }
  const scores = { mAP50: found.map50, mAP: found.map, loss: found.loss, byClass }
  event({ type: 'done', step: outcome.step, loss: outcome.loss, test: scores, bestStep: best, out: o.out })
  if (!json) io.stdout.write(`${o.out}\n`)
}

const shown = (precision: number | null): string => (precision === null ? 'none there' : precision.toFixed(4))

/** Average precision of each class by name; null for one that is in no scene. */
const precisionsOf = ({ precisions }: DetectorScore, classes: readonly string[]) =>
  classes.map((name, k) => {
    const own = precisions.byClass[k]!
    return { name, ap50: own?.[0] ?? null, ap: own ? own.reduce((sum, p) => sum + p, 0) / own.length : null }
  })
