import { join } from '#files'
import { DivergedError, ModelError } from '../core/errors.ts'
import type { Module, StateEntry } from '../nn/module.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import type { Generator, GeneratorState } from '../tensor/random.ts'
import { MetricsLog } from './metrics-log.ts'
import type { Checkpoint, RunFolder, TrainerState } from './run-folder.ts'

/** What an evaluation found: the loss decides which weights are best, the rest is told and logged. */
export interface Evaluation {
  readonly loss: number
  readonly metrics?: Readonly<Record<string, number>>
}

/** What is trained and how: the loop knows no more of it. */
export interface TrainTask {
  readonly model: Module
  readonly optimizer: Optimizer
  /** One update; returns the loss before it. */
  readonly step: () => Promise<number>
  /** Judges on data that is not trained on. */
  readonly evaluate?: () => Promise<Evaluation>
  /** Every source of randomness, by name: saved and restored. */
  readonly generators: Readonly<Record<string, Generator>>
  /** Files that make the checkpoints complete models. */
  readonly documents: Readonly<Record<string, unknown>>
}

export interface TrainOptions {
  /** Updates to do in all. */
  readonly steps: number
  /** Updates between evaluations (and checkpoints). */
  readonly evalEvery: number
  /** Stops after this many evaluations without a better loss. */
  readonly patience?: number
  readonly folder?: RunFolder
  /** Goes on from here. */
  readonly resume?: Checkpoint
  /** Aborted: finish the update, save, return. */
  readonly signal?: AbortSignal
  readonly onStep?: (step: number, loss: number, learningRate: number) => void
  readonly onEvaluate?: (step: number, found: Evaluation) => void
}

export interface TrainResult {
  readonly step: number
  /** Loss of the last update. */
  readonly loss: number
  readonly best: TrainerState['best']
  readonly reason: 'done' | 'interrupted' | 'early-stop'
}

/**
 * Trains: updates, evaluations, checkpoints (the last and the best), metrics.jsonl. Resumed from a checkpoint, the run gives the
 * same numbers as one that was never stopped.
 *
 * @throws DivergedError when the loss is no longer a finite number; earlier checkpoints stay
 */
export const train = async (task: TrainTask, options: TrainOptions): Promise<TrainResult> => {
  const { model, optimizer, generators } = task
  const { folder, resume } = options
  if (resume) restore(task, resume)
  const continues = resume && folder?.holds(resume)
  if (resume && continues) await folder?.rewind(resume)
  await folder?.writeDocuments(task.documents)
  let step = resume?.state.step ?? 0
  // In another folder nothing is best yet: the checkpoint that was is not there.
  let best = folder && !continues ? null : (resume?.state.best ?? null)
  let stale = resume?.state.stale ?? 0
  let loss = Number.NaN
  const log = folder ? await MetricsLog.open(join(folder.path, 'metrics.jsonl'), step) : null

  const save = async (): Promise<void> => {
    await log?.flush()
    await model.fetch()
    await optimizer.fetch()
    const states = Object.entries(generators).map(([name, g]): [string, GeneratorState] => [name, g.state])
    const state: TrainerState = { step, generators: Object.fromEntries(states), best, stale }
    await folder?.save({ model: entriesOf(model), optimizer: optimizer.state(), state }, task.documents)
  }
  const evaluate = async (): Promise<void> => {
    if (!task.evaluate) return
    const found = await task.evaluate()
    const { loss } = found
    requireFinite('the validation loss', loss, step)
    const better = best === null || loss < best.loss
    if (better) best = { step, loss }
    stale = better ? 0 : stale + 1
    log?.write({ type: 'eval', step, loss, ...found.metrics })
    options.onEvaluate?.(step, found)
  }

  if (!continues) await save()
  const result = (reason: TrainResult['reason']): TrainResult => ({ step, loss, best, reason })
  let saved = step
  // A run that had ended so, resumed: it has ended.
  if (options.patience !== undefined && stale >= options.patience) return result('early-stop')
  try {
    while (step < options.steps) {
      const { learningRate } = optimizer
      loss = await task.step()
      step += 1
      requireFinite('the loss', loss, step)
      log?.write({ type: 'step', step, loss, learningRate })
      options.onStep?.(step, loss, learningRate)
      if (step % options.evalEvery === 0 || step === options.steps) {
        await evaluate()
        await save()
        saved = step
        if (options.patience !== undefined && stale >= options.patience) return result('early-stop')
      }
      if (options.signal?.aborted) {
        if (saved !== step) await save()
        return result('interrupted')
      }
    }
    return result('done')
  } finally {
    // When the loss diverges, the log shows how.
    await log?.flush()
  }
}

const requireFinite = (what: string, value: number, step: number): void => {
  if (Number.isFinite(value)) return
  throw new DivergedError(
    `train: ${what} became ${value} at step ${step}. Checkpoints from before are kept. Lower the learning rate, lengthen the warm-up, or clip gradients harder.`,
    { step },
  )
}

/** A model's state as it is saved. */
export const entriesOf = (model: Module): Map<string, StateEntry> =>
  new Map(
    [...model.state()].map(([name, slot]) => [
      name,
      { dtype: slot.buffer.dtype, shape: slot.shape, data: slot.buffer.array },
    ]),
  )

const restore = (
  { model, optimizer, generators }: TrainTask,
  { model: weights, optimizer: moments, state, path }: Checkpoint,
): void => {
  model.loadState(weights, { from: path })
  optimizer.loadState(moments, state.step)
  for (const [name, generator] of Object.entries(generators)) {
    const saved = state.generators[name]
    if (!saved)
      throw new ModelError(
        `${path}: has no state of the generator "${name}". Resume from another checkpoint, or train anew.`,
        { name },
      )
    generator.state = saved
  }
}
