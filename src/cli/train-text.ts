import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelError } from '../core/errors.ts'
import { type Infer, integer, type Options } from '../core/options.ts'
import { readSafetensors } from '../io/safetensors.ts'
import { megabytes } from '../models/accounting.ts'
import type { AnyLanguageModel } from '../models/language-folder.ts'
import { firstTokens, generate, streamDecoder } from '../text/index.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { TrainResult, TrainTask } from '../train/trainer.ts'
import type { Context } from './command.ts'
import { folderOptions, trainInFolder } from './train-folder.ts'

/** What a command that trains a language model is told of its run. */
export const textRunOptions = (out: string) =>
  ({
    ...folderOptions(out, 'run folder, itself a Hugging Face model folder'),
    sample: integer({ default: 200, min: 0, help: 'tokens of text to show at the end' }),
  }) as const
type RunOptions = Infer<Options<ReturnType<typeof textRunOptions>>>

/** A run that the command has prepared. */
export interface PreparedText {
  /** The verb as it is typed. */
  readonly command: string
  readonly model: AnyLanguageModel
  readonly tokenizer: Tokenizer
  readonly task: TrainTask
  readonly steps: number
  readonly evalEvery: number
  readonly patience?: number | undefined
  readonly batchSize: number
  /** Tokens of a window. */
  readonly window: number
  /** What training takes, where that is known. */
  readonly memoryBytes?: number
  /** Tokens that an update reads. */
  readonly perStep: number
  readonly trainTokens: Int32Array
  readonly valTokens: Int32Array
  readonly fullLoss: () => Promise<number>
  /** The model in words: `4 layers, 4 heads, 128 wide`. */
  readonly sizes: string
  readonly data: string
  readonly seed: number
}

/** The recipe's own options among a command's. */
export const own = <O extends object>(options: O, recipe: { readonly declaration: object }): Record<string, unknown> =>
  Object.fromEntries(Object.entries(options).filter(([key]) => key in recipe.declaration))

/** Trains a language model in a run folder, judges its best weights on the whole validation split, shows a sample and says how to go on. */
export const trainText = async (context: Context<RunOptions>, run: PreparedText): Promise<void> => {
  describe(context, run)
  if (context.options.dryRun) return dryRun(context, run)
  const outcome = await trainInFolder(context, {
    command: run.command,
    task: run.task,
    steps: run.steps,
    evalEvery: run.evalEvery,
    patience: run.patience,
    items: { name: 'tok', perStep: run.perStep },
    checkResume: path => requireSameTokenizer(path, run),
  })
  if (outcome) await finish(context, run, outcome)
}

const describe = ({ note }: Context<RunOptions>, run: PreparedText): void => {
  const { model, trainTokens, valTokens, tokenizer } = run
  note(`${model.parameterCount().toLocaleString('en')} parameters: ${run.sizes}, ${tokenizer.vocabSize} symbols`)
  note(
    `${trainTokens.length.toLocaleString('en')} tokens to train on, ${valTokens.length.toLocaleString('en')} to validate${run.memoryBytes === undefined ? '' : `; about ${megabytes(run.memoryBytes)} of memory`}`,
  )
}

const dryRun = async ({ result }: Context<RunOptions>, run: PreparedText): Promise<void> => {
  const { model, task, batchSize, window, memoryBytes } = run
  const loss = await task.step()
  const document = {
    parameters: model.parameterCount(),
    input: [batchSize, window],
    logits: [batchSize, window, model.config.vocabSize],
    ...(memoryBytes !== undefined && { memoryBytes }),
    loss,
  }
  result(
    document,
    `one update done: ids [${document.input}] -> logits [${document.logits}], loss ${loss.toFixed(4)}; nothing was written`,
  )
}

/** Ids mean symbols: a run goes on only with the symbols that it began with. */
const requireSameTokenizer = async (checkpoint: string, { task, command }: PreparedText): Promise<void> => {
  const path = join(checkpoint, 'tokenizer.json')
  const saved = await readFile(path, 'utf8').catch(() => null)
  if (saved === null || saved === `${JSON.stringify(task.documents['tokenizer.json'], null, 2)}\n`) return
  throw new ModelError(
    `${command}: the text has other symbols than the one that ${checkpoint} was trained on. Resume with that text, or train anew with another --out.`,
  )
}

const finish = async (
  { options: o, note, event, json, io, stopSignal }: Context<RunOptions>,
  run: PreparedText,
  outcome: TrainResult,
): Promise<void> => {
  const { model, tokenizer } = run
  model.loadState((await readSafetensors(join(o.out, 'model.safetensors'))).tensors)
  const validation = await run.fullLoss()
  const best = outcome.best?.step ?? outcome.step
  if (outcome.reason === 'early-stop')
    note(`stopped early at step ${outcome.step}: no better loss in ${run.patience} evaluations`)
  note(`validation loss ${validation.toFixed(4)} nats per token over the whole split (weights of step ${best})`)
  if (o.sample > 0) {
    const begin = firstTokens(tokenizer)
    const decoder = streamDecoder(tokenizer, begin)
    let sample = ''
    for await (const id of generate(model, begin, {
      maxNewTokens: o.sample,
      temperature: 0.8,
      topK: 40,
      seed: run.seed,
      signal: stopSignal(),
    }))
      sample += decoder.push(id)
    note(`\n${sample + decoder.flush()}\n`)
  }
  note(
    `Go on with:\n  npx gradus generate --model ${o.out} --tokens 300\n  npx gradus eval --model ${o.out} --data ${run.data}\n  npx gradus ${run.command} --data your-own.txt --out runs/yours`,
  )
  event({
    type: 'done',
    step: outcome.step,
    loss: outcome.loss,
    validationLoss: validation,
    bestStep: best,
    out: o.out,
  })
  if (!json) io.stdout.write(`${o.out}\n`)
}
