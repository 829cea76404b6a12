import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelError } from '../core/errors.ts'
import { defineOptions, type Infer, integer } from '../core/options.ts'
import { readSafetensors } from '../io/safetensors.ts'
import { checkGptOptions, type GptOptions, type GptRun, gptOptions, prepareGpt } from '../recipes/gpt.ts'
import { firstTokens, generate, streamDecoder } from '../text/index.ts'
import type { TrainResult } from '../train/trainer.ts'
import { megabytes, trainingBytes } from '../models/accounting.ts'
import { type Context, defineCommand } from './command.ts'
import { readData } from './read-text.ts'
import { checkFolder, folderOptions, trainInFolder } from './train-folder.ts'

const options = defineOptions({
  ...gptOptions.declaration,
  ...folderOptions('runs/gpt', 'run folder, itself a Hugging Face model folder'),
  sample: integer({ default: 200, min: 0, help: 'tokens of text to show at the end' }),
})
type TrainOptions = Infer<typeof options>

export const trainGptCommand = defineCommand({
  name: 'train gpt',
  summary: 'train a GPT language model on text',
  examples: [
    'gradus train gpt --data shakespeare.txt --out runs/bard',
    'gradus train gpt --data src --layers 6 --embed 192 --heads 6 --context 128 --steps 5000',
    'gradus train gpt --config runs/bard/train.json --out runs/bard --resume',
  ],
  options,
  positionals: ['data'],
  check: o => {
    checkGptOptions(o as unknown as GptOptions)
    checkFolder('train gpt', o)
  },
  async run(context) {
    const o = context.options
    context.note(`seed ${o.seed}`)
    const run = prepareGpt(await readData(context.io, o.data), gptOptions.validate('train gpt', pick(o)))
    describe(context, run)
    if (o.dryRun) return dryRun(context, run)
    await execute(context, run)
  },
})

/** The recipe's own options among the command's. */
const pick = (o: TrainOptions): Record<string, unknown> =>
  Object.fromEntries(Object.entries(o).filter(([key]) => key in gptOptions.declaration))

const describe = (
  { options: o, note }: Context<TrainOptions>,
  { model, trainTokens, valTokens, tokenizer }: GptRun,
): void => {
  note(
    `${model.parameterCount().toLocaleString('en')} parameters: ${o.numLayers} layers, ${o.numHeads} heads, ${o.embedDim} wide, context ${o.contextLength}, ${tokenizer.vocabSize} symbols`,
  )
  note(
    `${trainTokens.length.toLocaleString('en')} tokens to train on, ${valTokens.length.toLocaleString('en')} to validate; about ${megabytes(trainingBytes(model, o.batchSize))} of memory`,
  )
}

const dryRun = async ({ options: o, result }: Context<TrainOptions>, { model, task }: GptRun): Promise<void> => {
  const loss = await task.step()
  const document = {
    parameters: model.parameterCount(),
    input: [o.batchSize, o.contextLength],
    logits: [o.batchSize, o.contextLength, model.config.vocabSize],
    memoryBytes: trainingBytes(model, o.batchSize),
    loss,
  }
  result(
    document,
    `one update done: ids [${document.input}] -> logits [${document.logits}], loss ${loss.toFixed(4)}; nothing was written`,
  )
}

/** Ids mean symbols: a run goes on only with the symbols that it began with. */
const requireSameTokenizer = async (checkpoint: string, { task }: GptRun): Promise<void> => {
  const path = join(checkpoint, 'tokenizer.json')
  const saved = await readFile(path, 'utf8').catch(() => null)
  if (saved === null || saved === `${JSON.stringify(task.documents['tokenizer.json'], null, 2)}\n`) return
  throw new ModelError(
    `train gpt: the text has other symbols than the one that ${checkpoint} was trained on. Resume with that text, or train anew with another --out.`,
  )
}

const execute = async (context: Context<TrainOptions>, run: GptRun): Promise<void> => {
  const { options: o } = context
  const outcome = await trainInFolder(context, {
    command: 'train gpt',
    task: run.task,
    steps: o.steps,
    evalEvery: o.evalEvery,
    patience: o.patience,
    items: { name: 'tok', perStep: o.batchSize * o.accumulate * o.contextLength },
    checkResume: path => requireSameTokenizer(path, run),
  })
  if (outcome) await finish(context, run, outcome)
}

/** Judges the best weights on the whole validation split, shows a sample and says how to go on. */
const finish = async (
  { options: o, note, event, json, io, stopSignal }: Context<TrainOptions>,
  { model, tokenizer, fullLoss }: GptRun,
  outcome: TrainResult,
): Promise<void> => {
  model.loadState((await readSafetensors(join(o.out, 'model.safetensors'))).tensors)
  const validation = await fullLoss()
  const best = outcome.best?.step ?? outcome.step
  if (outcome.reason === 'early-stop')
    note(`stopped early at step ${outcome.step}: no better loss in ${o.patience} evaluations`)
  note(`validation loss ${validation.toFixed(4)} nats per token over the whole split (weights of step ${best})`)
  if (o.sample > 0) {
    const decoder = streamDecoder(tokenizer)
    let sample = ''
    for await (const id of generate(model, firstTokens(tokenizer), {
      maxNewTokens: o.sample,
      temperature: 0.8,
      topK: 40,
      seed: o.seed,
      signal: stopSignal(),
    }))
      sample += decoder.push(id)
    note(`\n${sample + decoder.flush()}\n`)
  }
  note(
    `Go on with:\n  npx gradus generate --model ${o.out} --tokens 300\n  npx gradus eval --model ${o.out} --data ${o.data}\n  npx gradus train gpt --data your-own.txt --out runs/yours`,
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
