import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelError } from '../core/errors.ts'
import { defineOptions, type Infer, integer } from '../core/options.ts'
import { readSafetensors } from '../io/safetensors.ts'
import { checkRate } from '../recipes/learning-rate.ts'
import { checkModel, describeModel } from '../recipes/recurrent-model.ts'
import { prepareRecurrent, type RecurrentRun, recurrentOptions } from '../recipes/recurrent.ts'
import { firstTokens, generate, streamDecoder } from '../text/index.ts'
import type { TrainResult } from '../train/trainer.ts'
import { type Context, defineCommand } from './command.ts'
import { readData } from './read-text.ts'
import { checkFolder, folderOptions, trainInFolder } from './train-folder.ts'

const options = defineOptions({
  ...recurrentOptions.declaration,
  ...folderOptions('runs/lstm', 'run folder, itself a model folder'),
  sample: integer({ default: 200, min: 0, help: 'tokens of text to show at the end' }),
})
type TrainOptions = Infer<typeof options>

export const trainLstmCommand = defineCommand({
  name: 'train lstm',
  summary: 'train a recurrent language model on text',
  examples: [
    'gradus train lstm --data shakespeare.txt --out runs/bard',
    'gradus train lstm --data shakespeare.txt --cell gru --layers 1 --hidden 128 --epochs 5',
    'gradus train lstm --data shakespeare.txt --cell mamba --hidden 128',
    'gradus train lstm --config runs/bard/train.json --out runs/bard --resume',
  ],
  options,
  positionals: ['data'],
  check: o => {
    checkModel('train lstm', o)
    // Of a number of passes the updates are known with the text.
    if (o.epochs === undefined) checkRate('train lstm', o, o.steps)
    checkFolder('train lstm', o)
  },
  async run(context) {
    const o = context.options
    context.note(`seed ${o.seed}`)
    const run = prepareRecurrent(await readData(context.io, o.data), recurrentOptions.validate('train lstm', pick(o)))
    describe(context, run)
    if (o.dryRun) return dryRun(context, run)
    await execute(context, run)
  },
})

/** The recipe's own options among the command's. */
const pick = (o: TrainOptions): Record<string, unknown> =>
  Object.fromEntries(Object.entries(o).filter(([key]) => key in recurrentOptions.declaration))

const describe = (
  { options: o, note }: Context<TrainOptions>,
  { model, trainTokens, valTokens, tokenizer }: RecurrentRun,
): void => {
  note(
    `${model.parameterCount().toLocaleString('en')} parameters: ${describeModel(model)}, windows of ${model.config.contextLength}, ${tokenizer.vocabSize} symbols`,
  )
  note(
    `${trainTokens.length.toLocaleString('en')} tokens to train on in ${o.batchSize} stretches, ${valTokens.length.toLocaleString('en')} to validate`,
  )
}

const dryRun = async ({ options: o, result }: Context<TrainOptions>, { model, task }: RecurrentRun): Promise<void> => {
  const loss = await task.step()
  const document = {
    parameters: model.parameterCount(),
    input: [o.batchSize, o.contextLength],
    logits: [o.batchSize, o.contextLength, model.config.vocabSize],
    loss,
  }
  result(
    document,
    `one update done: ids [${document.input}] -> logits [${document.logits}], loss ${loss.toFixed(4)}; nothing was written`,
  )
}

/** Ids mean symbols: a run goes on only with the symbols that it began with. */
const requireSameTokenizer = async (checkpoint: string, { task }: RecurrentRun): Promise<void> => {
  const path = join(checkpoint, 'tokenizer.json')
  const saved = await readFile(path, 'utf8').catch(() => null)
  if (saved === null || saved === `${JSON.stringify(task.documents['tokenizer.json'], null, 2)}\n`) return
  throw new ModelError(
    `train lstm: the text has other symbols than the one that ${checkpoint} was trained on. Resume with that text, or train anew with another --out.`,
  )
}

const execute = async (context: Context<TrainOptions>, run: RecurrentRun): Promise<void> => {
  const { options: o } = context
  const outcome = await trainInFolder(context, {
    command: 'train lstm',
    task: run.task,
    steps: run.steps,
    evalEvery: o.evalEvery,
    patience: o.patience,
    items: { name: 'tok', perStep: o.batchSize * o.contextLength },
    checkResume: path => requireSameTokenizer(path, run),
  })
  if (outcome) await finish(context, run, outcome)
}

/** Judges the best weights on the whole validation split, shows a sample and says how to go on. */
const finish = async (
  context: Context<TrainOptions>,
  { model, tokenizer, fullLoss }: RecurrentRun,
  outcome: TrainResult,
): Promise<void> => {
  const { options: o, note, event, json, io } = context
  model.loadState((await readSafetensors(join(o.out, 'model.safetensors'))).tensors)
  const validation = await fullLoss()
  const best = outcome.best?.step ?? outcome.step
  if (outcome.reason === 'early-stop')
    note(`stopped early at step ${outcome.step}: no better loss in ${o.patience} evaluations`)
  note(`validation loss ${validation.toFixed(4)} nats per token over the whole split (weights of step ${best})`)
  if (o.sample > 0) note(`\n${await sampleOf(context, { model, tokenizer })}\n`)
  note(
    `Go on with:\n  npx gradus generate --model ${o.out} --tokens 300\n  npx gradus eval --model ${o.out} --data ${o.data}`,
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

const sampleOf = async (
  { options: o, stopSignal }: Context<TrainOptions>,
  { model, tokenizer }: Pick<RecurrentRun, 'model' | 'tokenizer'>,
): Promise<string> => {
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
  return sample + decoder.flush()
}
