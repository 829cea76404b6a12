import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelError } from '../core/errors.ts'
import { defineOptions, flag, type Infer, integer, text } from '../core/options.ts'
import { readSafetensors } from '../io/safetensors.ts'
import { EventWriter } from '../io/tensorboard.ts'
import { checkGptOptions, type GptOptions, type GptRun, gptOptions, prepareGpt } from '../recipes/gpt.ts'
import { firstTokens, generate, streamDecoder } from '../text/index.ts'
import { RunFolder } from '../train/run-folder.ts'
import { type TrainResult, train } from '../train/trainer.ts'
import { megabytes, trainingBytes } from '../models/accounting.ts'
import { type Context, defineCommand } from './command.ts'
import { UsageError } from './exit-codes.ts'
import { readData } from './read-text.ts'

const options = defineOptions({
  ...gptOptions.declaration,
  out: text({ default: 'runs/gpt', placeholder: 'DIR', help: 'run folder, itself a Hugging Face model folder' }),
  overwrite: flag({ help: 'replace an earlier run in the output folder' }),
  resume: text({ bare: 'last', placeholder: 'last|best|PATH', help: 'go on from a checkpoint' }),
  sample: integer({ default: 200, min: 0, help: 'tokens of text to show at the end' }),
  tensorboard: flag({ help: 'also write TensorBoard events' }),
  dryRun: flag({ help: 'show shapes, parameters and memory, do one update, and end' }),
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
    if (o.resume !== undefined && o.overwrite)
      throw new UsageError('train gpt: --resume and --overwrite contradict each other. Give one of them.')
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
  const { options: o, note, event } = context
  const folder = new RunFolder(o.out)
  const resume = o.resume === undefined ? undefined : await folder.load(o.resume)
  if (resume) {
    await requireSameTokenizer(resume.path, run)
    note(`resuming from ${resume.path} at step ${resume.state.step}`)
    if (resume.state.step >= o.steps) note(`nothing is left to do: --steps is ${o.steps}`)
  }
  if (!resume || !folder.holds(resume)) await folder.create({ overwrite: o.overwrite })
  const signal = context.stopSignal()
  const line = context.progress({
    total: o.steps,
    items: { name: 'tok', perStep: o.batchSize * o.accumulate * o.contextLength },
  })
  const events = o.tensorboard ? await EventWriter.open(o.out, { fromStep: (resume?.state.step ?? -1) + 1 }) : null
  const outcome = await train(run.task, {
    steps: o.steps,
    evalEvery: o.evalEvery,
    folder,
    signal,
    ...(resume && { resume }),
    ...(o.patience !== undefined && { patience: o.patience }),
    onStep: (step, loss, learningRate) => {
      line.update(step, { loss, lr: learningRate })
      event({ type: 'step', step, loss, learningRate })
      events?.scalar(step, 'train/loss', loss)
      events?.scalar(step, 'train/learning_rate', learningRate)
    },
    onEvaluate: (step, val) => {
      line.evaluated(step, { val })
      event({ type: 'eval', step, loss: val })
      events?.scalar(step, 'val/loss', val)
    },
  }).finally(() => events?.close())
  line.done()
  if (outcome.reason === 'interrupted') {
    note(
      `stopped at step ${outcome.step}; everything is saved. Go on with:\n  npx gradus train gpt --config ${join(o.out, 'train.json')} --out ${o.out} --resume`,
    )
    return
  }
  await finish(context, run, outcome)
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
