import { join } from 'node:path'
import { flag, type Infer, type Options, text } from '../core/options.ts'
import { EventWriter } from '../io/tensorboard.ts'
import { RunFolder } from '../train/run-folder.ts'
import { type TrainResult, type TrainTask, train } from '../train/trainer.ts'
import type { Context } from './command.ts'
import { UsageError } from './exit-codes.ts'
import type { ProgressSettings } from './progress.ts'

/** What every `train` command is told of its run folder. */
export const folderOptions = (out: string, help: string) =>
  ({
    out: text({ default: out, placeholder: 'DIR', help }),
    overwrite: flag({ help: 'replace an earlier run in the output folder' }),
    resume: text({ bare: 'last', placeholder: 'last|best|PATH', help: 'go on from a checkpoint' }),
    tensorboard: flag({ help: 'also write TensorBoard events' }),
    dryRun: flag({ help: 'show shapes and parameters, do one update, and end' }),
  }) as const
type FolderOptions = Infer<Options<ReturnType<typeof folderOptions>>>

export const checkFolder = (command: string, o: FolderOptions): void => {
  if (o.resume !== undefined && o.overwrite)
    throw new UsageError(`${command}: --resume and --overwrite contradict each other. Give one of them.`)
}

export interface FolderTraining {
  /** The verb as it is typed. */
  readonly command: string
  readonly task: TrainTask
  readonly steps: number
  readonly evalEvery: number
  readonly patience?: number | undefined
  /** What a step works through. */
  readonly items: NonNullable<ProgressSettings['items']>
  /** Throws where a checkpoint does not belong to this run. */
  readonly checkResume?: (path: string) => Promise<void>
}

/** Trains in a run folder, with progress, events and a good end at Ctrl-C; null when it was interrupted, and said how to go on. */
export const trainInFolder = async (
  context: Context<FolderOptions>,
  { command, task, steps, evalEvery, patience, items, checkResume }: FolderTraining,
): Promise<TrainResult | null> => {
  const { options: o, note, event } = context
  const folder = new RunFolder(o.out)
  const resume = o.resume === undefined ? undefined : await folder.load(o.resume)
  if (resume) {
    await checkResume?.(resume.path)
    note(`resuming from ${resume.path} at step ${resume.state.step}`)
    if (resume.state.step >= steps) note(`nothing is left to do: the run has ${steps} steps`)
  }
  if (!resume || !folder.holds(resume)) await folder.create({ overwrite: o.overwrite })
  const signal = context.stopSignal()
  const line = context.progress({ total: steps, items })
  const events = o.tensorboard ? await EventWriter.open(o.out, { fromStep: (resume?.state.step ?? -1) + 1 }) : null
  const outcome = await train(task, {
    steps,
    evalEvery,
    folder,
    signal,
    ...(resume && { resume }),
    ...(patience !== undefined && { patience }),
    onStep: (step, loss, learningRate) => {
      line.update(step, { loss, lr: learningRate })
      event({ type: 'step', step, loss, learningRate })
      events?.scalar(step, 'train/loss', loss)
      events?.scalar(step, 'train/learning_rate', learningRate)
    },
    onEvaluate: (step, { loss, metrics }) => {
      line.evaluated(step, { val: loss, ...metrics })
      event({ type: 'eval', step, loss, ...metrics })
      events?.scalar(step, 'val/loss', loss)
      for (const [name, value] of Object.entries(metrics ?? {})) events?.scalar(step, `val/${name}`, value)
    },
  }).finally(() => events?.close())
  line.done()
  if (outcome.reason !== 'interrupted') return outcome
  note(
    `stopped at step ${outcome.step}; everything is saved. Go on with:\n  npx gradus ${command} --config ${join(o.out, 'train.json')} --out ${o.out} --resume`,
  )
  return null
}
