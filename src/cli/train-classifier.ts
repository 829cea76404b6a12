import { join } from 'node:path'
import { defineOptions, type Infer } from '../core/options.ts'
import { readSafetensors } from '../io/safetensors.ts'
import type { ClassificationReport } from '../metrics/index.ts'
import {
  bagOfWords,
  type BertClassifyOptions,
  type BertClassifyRun,
  bertClassifyOptions,
  checkBertClassifyOptions,
  prepareBertClassify,
  scoreTexts,
} from '../recipes/bert-classify.ts'
import type { TrainResult } from '../train/trainer.ts'
import { type Context, defineCommand } from './command.ts'
import { classTable } from './class-table.ts'
import { requireSameTokenizer } from './train-bert.ts'
import { checkFolder, folderOptions, trainInFolder } from './train-folder.ts'
import { own } from './train-text.ts'

const options = defineOptions({
  ...bertClassifyOptions.declaration,
  ...folderOptions('runs/classifier', 'run folder, itself a Hugging Face model folder'),
})
type TrainOptions = Infer<typeof options>

export const trainClassifierCommand = defineCommand({
  name: 'train classifier',
  summary: 'train a BERT that tells of which class a text is',
  examples: [
    'gradus train classifier --data SMSSpamCollection --case keep --vocab-size 1000 --seed 0 --out runs/spam',
    'gradus train classifier --data reviews.csv --text-column review --label-column sentiment --base bert-base-cased',
    'gradus train classifier --data sms.tsv --base runs/bert --epochs 3 --lr 1e-4',
    'gradus train classifier --config runs/spam/train.json --out runs/spam --resume',
  ],
  options,
  positionals: ['data'],
  check: o => {
    checkBertClassifyOptions(o as unknown as BertClassifyOptions)
    checkFolder('train classifier', o)
  },
  async run(context) {
    const { options: o, note } = context
    note(`seed ${o.seed}`)
    const run = await prepareBertClassify(bertClassifyOptions.validate('train classifier', own(o, bertClassifyOptions)))
    describe(context, run)
    if (o.dryRun) return dryRun(context, run)
    const outcome = await trainInFolder(context, {
      command: 'train classifier',
      task: run.task,
      steps: run.steps,
      evalEvery: o.evalEvery,
      patience: o.patience,
      items: { name: 'texts', perStep: o.batchSize },
      checkResume: path => requireSameTokenizer('train classifier', path, run.task.documents['tokenizer.json']),
    })
    if (outcome) await finish(context, run, outcome)
  },
})

const describe = ({ note }: Context<TrainOptions>, { model, tokenizer, split }: BertClassifyRun): void => {
  const { numLayers, numHeads, embedDim, contextLength } = model.config
  const { classes } = model
  note(
    `${model.parameterCount().toLocaleString('en')} parameters: ${numLayers} layers, ${numHeads} heads, ${embedDim} wide, context ${contextLength}, ${tokenizer.vocabSize.toLocaleString('en')} pieces of words`,
  )
  const [train, val, test] = [split.train, split.val, split.test].map(part => part.texts.length.toLocaleString('en'))
  note(
    `${train} texts to train on, ${val} to choose the best weights by, ${test} for the test; ${classes.length} classes: ${classes.slice(0, 12).join(', ')}${classes.length > 12 ? ', …' : ''}`,
  )
}

const dryRun = async (
  { options: o, result }: Context<TrainOptions>,
  { model, task }: BertClassifyRun,
): Promise<void> => {
  const loss = await task.step()
  const document = { parameters: model.parameterCount(), texts: o.batchSize, classes: model.classes, loss }
  result(
    document,
    `one update done: ${o.batchSize} texts -> scores [${o.batchSize},${model.classes.length}], loss ${loss.toFixed(4)}; nothing was written`,
  )
}

const inShort = ({ accuracy, classes }: ClassificationReport): string =>
  `accuracy ${accuracy!.toFixed(4)}, F1 ${Object.entries(classes)
    .slice(0, 6)
    .map(([name, { f1 }]) => `${name} ${f1.toFixed(4)}`)
    .join(', ')}`

/** Judges the best weights on the test's texts, beside counts of words, and says how to go on. */
const finish = async (
  { options: o, note, event, json, io }: Context<TrainOptions>,
  { model, split, judge }: BertClassifyRun,
  outcome: TrainResult,
): Promise<void> => {
  model.loadState((await readSafetensors(join(o.out, 'model.safetensors'))).tensors)
  const score = scoreTexts(await judge(split.test.texts), split.test.labels, model.classes)
  const counts = await bagOfWords(split)
  const best = outcome.best?.step ?? outcome.step
  if (outcome.reason === 'early-stop')
    note(`stopped early at step ${outcome.step}: no better loss in ${o.patience} evaluations`)
  note(`test, ${split.test.texts.length.toLocaleString('en')} texts (weights of step ${best}):\n${classTable(score)}`)
  note(`counts of words and naive Bayes on the same texts: ${inShort(counts)}`)
  note(
    `Go on with:\n  npx gradus predict ${o.out} "a text of yours"\n  npx gradus eval --model ${o.out} --data ${o.data}`,
  )
  event({
    type: 'done',
    step: outcome.step,
    loss: outcome.loss,
    test: score,
    bagOfWords: counts,
    bestStep: best,
    out: o.out,
  })
  if (!json) io.stdout.write(`${o.out}\n`)
}
