import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelError } from '../core/errors.ts'
import { defineOptions, type Infer, integer } from '../core/options.ts'
import { readSafetensors } from '../io/safetensors.ts'
import { drawPairs } from '../recipes/digit-tasks.ts'
import {
  checkTranslateOptions,
  prepareSeq2Seq,
  prepareTransformer,
  seq2seqOptions,
  type TranslateRun,
  type TranslateRunOptions,
  transformerOptions,
} from '../recipes/translate.ts'
import { Generator } from '../tensor/random.ts'
import { type Example, examplesOf, pairsOf } from '../text/pairs.ts'
import type { TrainResult } from '../train/trainer.ts'
import { type Command, type Context, defineCommand } from './command.ts'
import { readData } from './read-text.ts'
import { checkFolder, folderOptions, trainInFolder } from './train-folder.ts'

const folder = (name: string) => ({
  ...folderOptions(`runs/${name}`, 'run folder, itself a model folder'),
  sample: integer({ default: 5, min: 0, help: 'translations to show at the end' }),
})
const own = { seq2seq: seq2seqOptions, transformer: transformerOptions } as const
const declared = {
  seq2seq: defineOptions({ ...seq2seqOptions.declaration, ...folder('seq2seq') }),
  transformer: defineOptions({ ...transformerOptions.declaration, ...folder('transformer') }),
} as const
type Kind = keyof typeof own
type TrainOptions = Infer<(typeof declared)['seq2seq']> | Infer<(typeof declared)['transformer']>

/** The commands that train encoder-decoders: all but the model is common. */
export const trainPairsCommand = (
  kind: Kind,
  { summary, examples }: { readonly summary: string; readonly examples: readonly string[] },
): Command => {
  const verb = `train ${kind}`
  return defineCommand({
    name: verb,
    summary,
    examples,
    options: declared[kind] as (typeof declared)['seq2seq'],
    positionals: ['data'],
    check: o => {
      checkTranslateOptions(verb, o as TranslateRunOptions)
      checkFolder(verb, o)
    },
    async run(context) {
      const { options: o, note } = context
      note(`seed ${o.seed}`)
      const content = o.data === undefined ? '' : await readData(context.io, o.data)
      const given = Object.fromEntries(Object.entries(o).filter(([key]) => key in own[kind].declaration))
      const run =
        kind === 'seq2seq'
          ? prepareSeq2Seq(content, seq2seqOptions.validate(verb, given))
          : prepareTransformer(content, transformerOptions.validate(verb, given))
      describe(context, run)
      if (o.dryRun) return dryRun(context, run)
      await execute(context, verb, run)
    },
  })
}

const thousands = (n: number): string => n.toLocaleString('en')

const describe = (
  { options: o, note }: Context<TrainOptions>,
  { model, train, heldOut, leftOut, translator }: TranslateRun,
): void => {
  const { sourceVocabSize, targetVocabSize } = model.config
  note(
    `${thousands(model.parameterCount())} parameters; ${sourceVocabSize} source tokens, ${targetVocabSize} target tokens`,
  )
  if (o.task) note(`new strings to ${o.task} at every update, ${thousands(heldOut.length)} kept to validate`)
  else
    note(
      `${thousands(pairsOf(train).length)} pairs to train on, ${thousands(pairsOf(heldOut).length)} to validate (${thousands(heldOut.length)} sources); targets of up to ${translator.maxLength} tokens`,
    )
  if (leftOut > 0) note(`${thousands(leftOut)} pairs have more than ${o.maxTokens} tokens on a side and are left out`)
}

const dryRun = async ({ options: o, result }: Context<TrainOptions>, { model, task }: TranslateRun): Promise<void> => {
  const loss = await task.step()
  const parameters = model.parameterCount()
  result(
    { parameters, batch: o.batchSize, loss },
    `one update done: ${o.batchSize} pairs, ${thousands(parameters)} parameters, loss ${loss.toFixed(4)}; nothing was written`,
  )
}

/** Ids mean tokens: a run goes on only with the tokens and the model that it began with. */
const requireSame = async (verb: string, checkpoint: string, { task }: TranslateRun): Promise<void> => {
  for (const [name, what] of [
    ['config.json', 'another model'],
    ['tokenizer.json', 'other tokens'],
  ] as const) {
    const saved = await readFile(join(checkpoint, name), 'utf8').catch(() => null)
    if (saved === null || saved === `${JSON.stringify(task.documents[name], null, 2)}\n`) continue
    throw new ModelError(
      `${verb}: ${checkpoint} has ${what}. Resume with the data and options that it was begun with (--config ${join(checkpoint, 'train.json')}), or train anew with another --out.`,
    )
  }
}

const execute = async (context: Context<TrainOptions>, verb: string, run: TranslateRun): Promise<void> => {
  const { options: o } = context
  const outcome = await trainInFolder(context, {
    command: verb,
    task: run.task,
    steps: o.steps,
    evalEvery: o.evalEvery,
    patience: o.patience,
    items: { name: 'pairs', perStep: o.batchSize },
    checkResume: path => requireSame(verb, path, run),
  })
  if (outcome) await finish(context, run, outcome)
}

/** What the model is judged on at the end: what was kept back, new strings of a task, or else what it was trained on. */
const judged = (o: TrainOptions, { heldOut, train }: TranslateRun): { examples: readonly Example[]; name: string } => {
  if (o.task) {
    const { minLength: from = 5, maxLength: to = 15 } = o
    const pairs = drawPairs(o.task, 5 * o.evalPairs, { from, to }, new Generator(o.seed).fork(3))
    return { examples: examplesOf(pairs), name: 'new' }
  }
  return heldOut.length > 0 ? { examples: heldOut, name: 'validation' } : { examples: train, name: 'training' }
}

/** Judges the best weights, shows some translations and says how to go on. */
const finish = async (
  { options: o, note, event, json, io }: Context<TrainOptions>,
  run: TranslateRun,
  outcome: TrainResult,
): Promise<void> => {
  run.model.loadState((await readSafetensors(join(o.out, 'model.safetensors'))).tensors)
  if (outcome.reason === 'early-stop')
    note(`stopped early at step ${outcome.step}: no better loss in ${o.patience} evaluations`)
  const { examples, name } = judged(o, run)
  const { exact, bleu, sources } = await run.score(examples)
  const best = outcome.best?.step ?? outcome.step
  note(
    `${(100 * exact).toFixed(1)} % of ${thousands(sources)} ${name} sources translated exactly, BLEU ${bleu.toFixed(2)} (greedy, weights of step ${best})`,
  )
  if (o.sample > 0) {
    const shown = examples.slice(0, o.sample)
    const found = await run.translator.translate(shown.map(({ source }) => source))
    note(`\n${shown.map(({ source }, i) => `${source}\t${found[i]![0]!.text}`).join('\n')}\n`)
  }
  const example = examples[0]!.source
  note(
    `Go on with:\n  npx gradus translate ${o.out} ${JSON.stringify(example)} --beams 4\n  npx gradus translate ${o.out} ${JSON.stringify(example)} --alignment alignment.svg`,
  )
  event({
    type: 'done',
    step: outcome.step,
    loss: outcome.loss,
    exact,
    bleu,
    sources,
    split: name,
    bestStep: best,
    out: o.out,
  })
  if (!json) io.stdout.write(`${o.out}\n`)
}
