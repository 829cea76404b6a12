import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelError } from '../core/errors.ts'
import { defineOptions, type Infer } from '../core/options.ts'
import { readSafetensors } from '../io/safetensors.ts'
import { type BertOptions, type BertRun, bertOptions, checkBertOptions, prepareBert } from '../recipes/bert.ts'
import type { TrainResult } from '../train/trainer.ts'
import { type Context, defineCommand } from './command.ts'
import { readData } from './read-text.ts'
import { checkFolder, folderOptions, trainInFolder } from './train-folder.ts'
import { own } from './train-text.ts'

const options = defineOptions({
  ...bertOptions.declaration,
  ...folderOptions('runs/bert', 'run folder, itself a Hugging Face model folder'),
})
type TrainOptions = Infer<typeof options>

export const trainBertCommand = defineCommand({
  name: 'train bert',
  summary: 'pre-train a BERT on text: find hidden words, and tell what follows what',
  examples: [
    'gradus train bert --data novels --out runs/bert',
    'gradus train bert --data novels --no-nsp --whole-words --vocab-size 4000',
    'gradus train bert --data more.txt --tokenizer runs/bert --layers 6 --embed 192 --heads 6 --context 128',
    'gradus train bert --config runs/bert/train.json --out runs/bert --resume',
  ],
  options,
  positionals: ['data'],
  check: o => {
    checkBertOptions(o as unknown as BertOptions)
    checkFolder('train bert', o)
  },
  async run(context) {
    const { options: o, io, note } = context
    note(`seed ${o.seed}`)
    const run = await prepareBert(await readData(io, o.data), bertOptions.validate('train bert', own(o, bertOptions)))
    describe(context, run)
    if (o.dryRun) return dryRun(context, run)
    const outcome = await trainInFolder(context, {
      command: 'train bert',
      task: run.task,
      steps: o.steps,
      evalEvery: o.evalEvery,
      patience: o.patience,
      items: { name: 'tok', perStep: o.batchSize * o.accumulate * o.contextLength },
      checkResume: path => requireSameTokenizer('train bert', path, run.task.documents['tokenizer.json']),
    })
    if (outcome) await finish(context, run, outcome)
  },
})

const describe = ({ options: o, note }: Context<TrainOptions>, run: BertRun): void => {
  const sizes = `${o.numLayers} layers, ${o.numHeads} heads, ${o.embedDim} wide, context ${o.contextLength}`
  note(
    `${run.model.parameterCount().toLocaleString('en')} parameters: ${sizes}, ${run.tokenizer.vocabSize.toLocaleString('en')} pieces of words`,
  )
  note(
    `${run.trainTokens.toLocaleString('en')} tokens to train on, ${run.valTokens.toLocaleString('en')} to validate, which their frequencies alone tell with ${run.unigram.toFixed(4)} nats each`,
  )
}

const dryRun = async ({ options: o, result }: Context<TrainOptions>, { model, task }: BertRun): Promise<void> => {
  const loss = await task.step()
  const document = {
    parameters: model.parameterCount(),
    input: [o.batchSize, o.contextLength],
    hidden: [o.batchSize, o.contextLength, o.embedDim],
    loss,
  }
  result(
    document,
    `one update done: ids [${document.input}] -> vectors [${document.hidden}], loss ${loss.toFixed(4)}; nothing was written`,
  )
}

/** Ids mean pieces of words: a run goes on only with those that it began with. */
export const requireSameTokenizer = async (command: string, checkpoint: string, tokenizer: unknown): Promise<void> => {
  const path = join(checkpoint, 'tokenizer.json')
  const saved = await readFile(path, 'utf8').catch(() => null)
  if (saved === null || saved === `${JSON.stringify(tokenizer, null, 2)}\n`) return
  throw new ModelError(
    `${command}: the text has other pieces of words than the one that ${checkpoint} was trained on. Resume with that text, or train anew with another --out.`,
  )
}

/** Judges the best weights on the whole validation split, and says how to go on. */
const finish = async (
  { options: o, note, event, json, io }: Context<TrainOptions>,
  { model, fullScore, unigram }: BertRun,
  outcome: TrainResult,
): Promise<void> => {
  model.loadState((await readSafetensors(join(o.out, 'model.safetensors'))).tensors)
  const { loss, masked, nextAccuracy, tokens } = await fullScore()
  const best = outcome.best?.step ?? outcome.step
  if (outcome.reason === 'early-stop')
    note(`stopped early at step ${outcome.step}: no better loss in ${o.patience} evaluations`)
  note(
    `validation: ${masked.toFixed(4)} nats per hidden token over ${tokens.toLocaleString('en')} of them, ${unigram.toFixed(4)} by frequencies alone (weights of step ${best})`,
  )
  if (nextAccuracy !== undefined)
    note(`validation: right about what follows what in ${(100 * nextAccuracy).toFixed(1)} % of the pairs`)
  note(
    `Go on with:\n  npx gradus predict ${o.out} "The [MASK] was cold." --top 5\n  npx gradus eval --model ${o.out} --data ${o.data}\n  npx gradus train classifier --base ${o.out} --data labelled.tsv`,
  )
  event({
    type: 'done',
    step: outcome.step,
    loss: outcome.loss,
    validationLoss: loss,
    masked,
    unigram,
    ...(nextAccuracy !== undefined && { nextAccuracy }),
    bestStep: best,
    out: o.out,
  })
  if (!json) io.stdout.write(`${o.out}\n`)
}
