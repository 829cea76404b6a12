import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ArgumentError } from '../core/errors.ts'
import { defineOptions, integer, text } from '../core/options.ts'
import { readSafetensors } from '../io/safetensors.ts'
import { writeModelFolder } from '../models/write-folder.ts'
import {
  checkFinetuneOptions,
  type FinetuneOptions,
  type FinetuneRun,
  finetuneOptions,
  prepareFinetune,
} from '../recipes/finetune.ts'
import { checkOwnFolder } from '../recipes/own-folder.ts'
import { firstTokens, generateText } from '../text/index.ts'
import type { TrainResult } from '../train/trainer.ts'
import { type Context, defineCommand } from './command.ts'
import { UsageError } from './exit-codes.ts'
import { readData } from './read-text.ts'
import { checkFolder, folderOptions, trainInFolder } from './train-folder.ts'
import { own } from './train-text.ts'

const runOptions = {
  ...folderOptions(
    'runs/tuned',
    'run folder: a Hugging Face model folder, or with --lora one of adapters as PEFT has it',
  ),
  merge: text({
    placeholder: 'DIR',
    help: 'with --lora, also write the whole model with the changes in it to this folder',
  }),
  sample: integer({ default: 200, min: 0, help: 'tokens of text to show at the end' }),
} as const
const options = defineOptions({ ...finetuneOptions.declaration, ...runOptions })
type RunOptions = FinetuneOptions & {
  readonly out: string
  readonly overwrite: boolean
  readonly resume?: string
  readonly tensorboard: boolean
  readonly dryRun: boolean
  readonly merge?: string
  readonly sample: number
}
type RunContext = Context<RunOptions>

export const trainFinetuneCommand = defineCommand({
  name: 'train',
  summary: 'go on training a language model on a text, or on conversations; --lora learns adapters alone',
  examples: [
    'gradus train --lora --base runs/bard --data darwin.txt --out runs/naturalist',
    'gradus train --base runs/bard --data darwin.txt --steps 500',
    'gradus train --lora --base llama --data chats.jsonl --chat-template chatml --packing --merge runs/chat',
    'gradus train --lora --base llama --weights int8 --rank 16 --targets q_proj --targets v_proj --data notes.txt',
    'gradus train --config runs/naturalist/train.json --out runs/naturalist --resume',
  ],
  options,
  check: o => {
    const given = o as unknown as RunOptions
    checkFinetuneOptions(given)
    checkFolder('train', given)
    if (given.merge === undefined) return
    if (!given.lora) throw new UsageError('train: --merge is for adapters. Give --lora too, or leave it out.')
    if (given.weights !== 'float32')
      throw new UsageError(
        `train: --merge is not there with --weights ${given.weights}, which rounds small changes away. Leave one of them out.`,
      )
  },
  async run(given) {
    const context = given as unknown as RunContext
    const { options: o, io, note } = context
    note(`seed ${o.seed}`)
    const content = await readData(io, o.data)
    const run = await prepared(content, finetuneOptions.validate('train', own(o, finetuneOptions)))
    describe(context, run)
    if (o.dryRun) return dryRun(context, run)
    const before = await run.fullLoss()
    note(`validation loss of the base: ${before.toFixed(4)} nats per token`)
    if (o.merge !== undefined) await checkOwnFolder(o.merge, mergeFolder(o))
    const outcome = await trainInFolder(context, {
      command: 'train',
      task: run.task,
      steps: o.steps,
      evalEvery: o.evalEvery,
      patience: o.patience,
      items: { name: 'tok', perStep: o.batchSize * o.accumulate * run.data.window },
    })
    if (run.adapters) await publishAdapter(o.out)
    if (outcome) await finish(context, run, outcome, before)
  },
})

/** What the model has not, such as a layer of that name, is a mistake of the call. */
const prepared = (content: string, o: FinetuneOptions): Promise<FinetuneRun> =>
  prepareFinetune(content, o).catch(error => {
    throw error instanceof ArgumentError ? new UsageError(error.message) : error
  })

const mergeFolder = ({ overwrite }: RunOptions) => ({
  overwrite,
  own: /^(model\.safetensors|(config|generation_config|tokenizer|tokenizer_config)\.json)$/,
  what: 'merged model',
})

/** The best adapters under the name that PEFT reads. */
const publishAdapter = (out: string): Promise<void> =>
  copyFile(join(out, 'model.safetensors'), join(out, 'adapter_model.safetensors'))

const percent = (part: number): string => `${(100 * part).toPrecision(3)} %`

const describe = ({ note }: RunContext, { model, adapters, data }: FinetuneRun): void => {
  const count = (n: number): string => n.toLocaleString('en')
  if (adapters) {
    const { trained, all, part } = adapters.share
    const places = Object.keys(adapters.base_model.model).length
    note(
      `${count(trained)} of ${count(all)} parameters are trained, ${percent(part)}: rank ${adapters.settings.rank} in ${places} layers (${adapters.targets.join(', ')})`,
    )
  } else note(`${count(model.parameterCount())} parameters, all of them trained`)
  for (const line of data.notes) note(line)
}

const dryRun = async (
  { options: o, result }: RunContext,
  { model, adapters, task, data }: FinetuneRun,
): Promise<void> => {
  const loss = await task.step()
  const document = {
    parameters: model.parameterCount(),
    trained: (adapters ?? model).parameterCount(),
    input: [o.batchSize, data.window],
    loss,
  }
  result(document, `one update done: ids [${document.input}], loss ${loss.toFixed(4)}; nothing was written`)
}

const finish = async (context: RunContext, run: FinetuneRun, outcome: TrainResult, before: number): Promise<void> => {
  const { options: o, note, event, json, io } = context
  const { adapters, model, task } = run
  task.model.loadState((await readSafetensors(join(o.out, 'model.safetensors'))).tensors)
  const validation = await run.fullLoss()
  const best = outcome.best?.step ?? outcome.step
  if (outcome.reason === 'early-stop')
    note(`stopped early at step ${outcome.step}: no better loss in ${o.patience} evaluations`)
  note(`validation loss ${validation.toFixed(4)} nats per token, ${before.toFixed(4)} before (weights of step ${best})`)
  if (o.sample > 0) await showSample(context, run)
  if (adapters && o.merge !== undefined) {
    await adapters.merge()
    await writeModelFolder(o.merge, model, run.modelDocuments)
    note(`the whole model with the changes in it is in ${o.merge}`)
  }
  const using = adapters ? `--model ${o.base} --adapter ${o.out}` : `--model ${o.out}`
  // eval reads whole models.
  const whole = adapters ? o.merge : o.out
  const judging = whole === undefined ? '' : `\n  npx gradus eval --model ${whole} --data your-own.txt`
  note(`Go on with:\n  npx gradus generate ${using} --tokens 300${judging}`)
  event({
    type: 'done',
    step: outcome.step,
    loss: outcome.loss,
    validationLoss: validation,
    baseLoss: before,
    bestStep: best,
    out: o.out,
    ...(o.merge !== undefined && { merged: o.merge }),
  })
  if (!json) io.stdout.write(`${o.out}\n`)
}

/** A text, or the answer to an example that was kept back. */
const showSample = async ({ options: o, note, stopSignal }: RunContext, run: FinetuneRun): Promise<void> => {
  const { model, tokenizer, stopTokens, data } = run
  model.eval()
  let written = ''
  for await (const { text: piece } of generateText(model, tokenizer, data.prompt ?? firstTokens(tokenizer), {
    maxNewTokens: o.sample,
    temperature: 0.8,
    topK: 40,
    seed: o.seed,
    stopTokens,
    signal: stopSignal(),
  }))
    written += piece
  note(`\n${data.prompt === undefined ? '' : tokenizer.decode(data.prompt)}${written}\n`)
}
