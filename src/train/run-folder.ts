import { basename, copyFile, join, link, mkdir, readdir, readFile, rename, resolve, rm } from '#files'
import { DataError, FormatError, GradusError, ModelError } from '../core/errors.ts'
import { fileCause, writeFileAtomic } from '../io/atomic.ts'
import { readSafetensors, type StoredTensor, writeSafetensors } from '../io/safetensors.ts'
import type { StateEntry } from '../nn/module.ts'
import type { GeneratorState } from '../tensor/random.ts'

/** All that a run needs to go on exactly, apart from weights and moments. */
export interface TrainerState {
  /** Updates done. */
  readonly step: number
  readonly generators: Readonly<Record<string, GeneratorState>>
  readonly best: { readonly step: number; readonly loss: number } | null
  /** Evaluations since the best. */
  readonly stale: number
}

export interface Checkpoint {
  readonly model: ReadonlyMap<string, StateEntry>
  readonly optimizer: ReadonlyMap<string, StateEntry>
  readonly state: TrainerState
  /** The folder that it was read from. */
  readonly path: string
}

/** Which checkpoints a run folder points to. */
interface Pointers {
  readonly lastCheckpoint: string | null
  readonly bestCheckpoint: string | null
}

const stateFile = 'trainer_state.json'
const asStored = (state: ReadonlyMap<string, StateEntry>): [string, StoredTensor][] =>
  [...state].map(([name, entry]) => [name, entry as StoredTensor])

/**
 * A run's folder. It is itself a Hugging Face model folder (`config.json`, `tokenizer.json`, `model.safetensors`: the best weights);
 * beside them `metrics.jsonl` and `checkpoint-N` folders. A checkpoint is written under another name and renamed when complete, then
 * `trainer_state.json` is made to point to it, then older ones go: at every moment the pointer names a complete checkpoint.
 */
export class RunFolder {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  /** Makes the folder. @throws DataError if it holds something and `overwrite` is not given; its old contents are removed then */
  async create(options: { readonly overwrite: boolean }): Promise<void> {
    await this.guard('created', () => mkdir(this.path, { recursive: true }))
    const names = await readdir(this.path)
    if (names.length === 0) return
    if (!options.overwrite) {
      throw new DataError(
        `${this.path}: the output folder is not empty. Pass --overwrite to replace it, --resume to go on with it, or choose another --out.`,
        { path: this.path },
      )
    }
    const foreign = names.some(name => runNames.test(name)) ? names.filter(name => !ownNames.test(name)) : names
    if (foreign.length > 0) {
      throw new DataError(
        `${this.path}: holds ${foreign.slice(0, 3).join(', ')}, which no run wrote, so it is not overwritten. Choose another --out, or remove it yourself.`,
        { path: this.path },
      )
    }
    for (const name of names) await rm(join(this.path, name), { recursive: true, force: true })
  }

  /** Writes the files that make the folder a model: config.json, tokenizer.json and the like. */
  async writeDocuments(documents: Readonly<Record<string, unknown>>, folder = this.path): Promise<void> {
    for (const [name, document] of Object.entries(documents)) {
      await writeFileAtomic(join(folder, name), `${JSON.stringify(document, null, 2)}\n`)
    }
  }

  /** Goes on from one of the folder's checkpoints: what was trained after it is given up with the next checkpoint. */
  async rewind({ path, state }: Checkpoint): Promise<void> {
    await this.point(basename(path), state)
  }

  /** Whether a checkpoint is one of this folder's. */
  holds({ path }: Checkpoint): boolean {
    return resolve(path, '..') === resolve(this.path)
  }

  /** Names the last checkpoint and the best: that of the best evaluation, or the last while there is none (or it is not kept). Returns the best's name. */
  private async point(last: string, state: TrainerState): Promise<string> {
    const names = await readdir(this.path)
    const wanted = `checkpoint-${state.best?.step}`
    const best = names.includes(wanted) ? wanted : last
    await this.publish(join(this.path, best, 'model.safetensors'))
    await this.writeDocuments({ [stateFile]: { lastCheckpoint: last, bestCheckpoint: best, ...state } })
    return best
  }

  /** Writes a checkpoint; those that are then neither the last nor the best are removed. */
  async save(checkpoint: Omit<Checkpoint, 'path'>, documents: Readonly<Record<string, unknown>>): Promise<void> {
    const name = `checkpoint-${checkpoint.state.step}`
    const final = join(this.path, name)
    const draft = join(this.path, `.${name}.tmp`)
    await this.guard('written', async () => {
      await rm(draft, { recursive: true, force: true })
      await mkdir(draft)
      try {
        await writeSafetensors(join(draft, 'model.safetensors'), asStored(checkpoint.model), { format: 'pt' })
        await writeSafetensors(join(draft, 'optimizer.safetensors'), asStored(checkpoint.optimizer), { format: 'pt' })
        await this.writeDocuments({ ...documents, [stateFile]: checkpoint.state }, draft)
        await rm(final, { recursive: true, force: true })
        await rename(draft, final)
      } catch (error) {
        await rm(draft, { recursive: true, force: true }).catch(() => {})
        throw error
      }
    })
    const best = await this.point(name, checkpoint.state)
    for (const old of await readdir(this.path)) {
      if (/^\.?checkpoint-/.test(old) && old !== name && old !== best)
        await rm(join(this.path, old), { recursive: true, force: true })
    }
  }

  /** Reads a checkpoint: the last, the best, or a folder (of a run: its last). @throws ModelError if there is none */
  async load(which: string): Promise<Checkpoint> {
    const named = which === 'last' || which === 'best'
    const other = named ? null : await new RunFolder(which).pointers()
    const path = named ? await this.pointed(which) : other?.lastCheckpoint ? join(which, other.lastCheckpoint) : which
    const read = async (file: string): Promise<ReadonlyMap<string, StateEntry>> => {
      try {
        return (await readSafetensors(join(path, file))).tensors
      } catch (error) {
        if (error instanceof FormatError || error instanceof DataError)
          throw new ModelError(error.message, error.details, error)
        throw error
      }
    }
    return {
      model: await read('model.safetensors'),
      optimizer: await read('optimizer.safetensors'),
      state: await readState(join(path, stateFile)),
      path,
    }
  }

  private async pointed(which: 'last' | 'best'): Promise<string> {
    const name = (await this.pointers())[`${which}Checkpoint`]
    if (name !== null) return join(this.path, basename(name))
    throw new ModelError(`${this.path}: has no checkpoint to resume from. Train first, with the same --out.`, {
      path: this.path,
    })
  }

  private async pointers(): Promise<Pointers> {
    const text = await readFile(join(this.path, stateFile), 'utf8').catch(() => null)
    if (text === null) return { lastCheckpoint: null, bestCheckpoint: null }
    const found = parse(text, join(this.path, stateFile)) as Partial<Record<keyof Pointers, unknown>>
    const named = (key: keyof Pointers): string | null => (typeof found[key] === 'string' ? found[key] : null)
    return { lastCheckpoint: named('lastCheckpoint'), bestCheckpoint: named('bestCheckpoint') }
  }

  /** Makes a checkpoint's weights the folder's own without a moment in which there are none. */
  private async publish(weights: string): Promise<void> {
    const beside = join(this.path, '.model.safetensors.tmp')
    await rm(beside, { force: true })
    await this.guard('written', async () => {
      // Some file systems have no hard links.
      await link(weights, beside).catch(() => copyFile(weights, beside))
      await rename(beside, join(this.path, 'model.safetensors'))
    })
  }

  private async guard<T>(verb: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action()
    } catch (error) {
      if (error instanceof GradusError) throw error
      const { cause, remedy } = fileCause(error)
      throw new GradusError(
        'file',
        `${this.path}: could not be ${verb}: ${cause}. Earlier checkpoints are unchanged. ${remedy}`,
        { path: this.path },
        error,
      )
    }
  }
}

/** What only a run has: without one of these the folder may be somebody's model. */
const runNames = /^(trainer_state\.json|train\.json|checkpoint-\d+)$/
/** What a run writes, so that overwriting cannot take anything else. */
const ownNames =
  /^(\.?checkpoint-\d+(\.tmp)?|\.?model\.safetensors(\.tmp)?|adapter_config\.json|adapter_model\.safetensors|\.gradus-[0-9a-f]+\.tmp|events\.out\.tfevents\..*|metrics\.jsonl|report|(config|generation_config|tokenizer|tokenizer_config|trainer_state|train)\.json)$/

const parse = (text: string, where: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new ModelError(`${where}: is not valid JSON. Resume from another checkpoint, or train anew.`)
  }
}

const readState = async (path: string): Promise<TrainerState> => {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new ModelError(`${path}: is missing, so this is not a checkpoint. Give a checkpoint-N folder of a run.`, {
      path,
    })
  })
  const state = parse(text, path) as TrainerState
  const valid =
    typeof state === 'object' &&
    state !== null &&
    Number.isSafeInteger(state.step) &&
    typeof state.generators === 'object' &&
    state.generators !== null
  if (!valid)
    throw new ModelError(`${path}: has no step and generators. Resume from another checkpoint, or train anew.`, {
      path,
    })
  return state
}
