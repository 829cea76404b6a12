import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { defineOptions, flag, type Infer, text } from '../core/options.ts'
import { checkOwnFolder } from '../recipes/own-folder.ts'
import { prepareWord2Vec, type Word2VecRun, word2vecFiles, word2vecRunOptions } from '../recipes/word2vec.ts'
import { startThread } from '../text/embeddings/threads-node.ts'
import { type Context, defineCommand } from './command.ts'
import { UsageError } from './exit-codes.ts'
import { readData } from './read-text.ts'

const options = defineOptions({
  ...word2vecRunOptions.declaration,
  out: text({ default: 'runs/word2vec', placeholder: 'DIR', help: 'run folder, itself a model folder' }),
  overwrite: flag({ help: 'replace an earlier run in the output folder' }),
  resume: flag({ help: 'go on with an interrupted run in the output folder' }),
  dryRun: flag({ help: 'show the vocabulary and the parameters, and end' }),
})
type TrainOptions = Infer<typeof options>

export const trainWord2VecCommand = defineCommand({
  name: 'train word2vec',
  summary: 'learn vectors of words from text',
  examples: [
    'gradus train word2vec --data book.txt --out runs/words',
    'gradus train word2vec --data a.txt --data b.txt --model cbow --size 200 --window 8 --threads 4',
    'gradus train word2vec --data text8 --split spaces --epochs 3',
    'gradus train word2vec --config runs/words/train.json --out runs/words --resume',
  ],
  options,
  positionals: ['data'],
  check: o => {
    if (o.resume && o.overwrite)
      throw new UsageError('train word2vec: --resume and --overwrite contradict each other. Give one of them.')
    if (o.resume && o.threads > 1)
      throw new UsageError('train word2vec: --resume goes on exactly, which --threads 1 can. Set --threads 1.')
    if (o.loss === 'hierarchical' && o.negative !== word2vecRunOptions.declaration.negative.default)
      throw new UsageError(
        'train word2vec: --negative has no effect with --loss hierarchical, which draws no noise. Leave it out.',
      )
  },
  async run(context) {
    const { options: o, note, io, result } = context
    note(`seed ${o.seed}`)
    const content: string[] = []
    for (const path of o.data) content.push(await readData(io, path))
    const run = prepareWord2Vec(content, recipeOptions(o))
    const { words, ids, total } = run.corpus
    note(
      `${words.length.toLocaleString('en')} words that occur ${o.minCount} times or more, ${ids.length.toLocaleString('en')} of ${total.toLocaleString('en')} in the text; ${(2 * words.length * o.size).toLocaleString('en')} parameters`,
    )
    if (o.dryRun)
      return result(
        { words: words.length, text: ids.length, size: o.size, parameters: 2 * words.length * o.size },
        `nothing was written; the most frequent words are ${words.slice(0, 10).join(', ')}`,
      )
    await execute(context, run)
  },
})

const recipeOptions = (o: TrainOptions) =>
  word2vecRunOptions.validate(
    'train word2vec',
    Object.fromEntries(Object.entries(o).filter(([key]) => key in word2vecRunOptions.declaration)),
  )

const execute = async (
  { options: o, io, json, note, event, stopSignal, progress }: Context<TrainOptions>,
  run: Word2VecRun,
): Promise<void> => {
  const from = o.resume ? await run.load(o.out) : undefined
  if (!from) await emptyFolder(o)
  const total = o.epochs * run.corpus.ids.length
  if (from) note(`resuming at word ${from.words.toLocaleString('en')} of ${total.toLocaleString('en')}`)
  const signal = stopSignal()
  const line = progress({ total, items: { name: 'word', perStep: 1 } })
  const begun = { time: io.now(), words: from?.words ?? 0 }
  let seen = begun.words
  const { done, loss } = await run.train({
    folder: o.out,
    from,
    signal,
    startThread,
    onProgress: ({ words, loss, learningRate }) => {
      seen = words
      line.update(words, { loss: Number.isNaN(loss) ? undefined : loss, lr: learningRate })
      if (!Number.isNaN(loss)) event({ type: 'step', step: words, loss, learningRate })
    },
  })
  line.done()
  if (!done) {
    const goOn =
      o.threads === 1
        ? ` Go on with:\n  npx gradus train word2vec --config ${join(o.out, 'train.json')} --out ${o.out} --resume`
        : ' Only a run with --threads 1 can be gone on with.'
    note(`stopped at word ${seen}; the vectors so far are saved.${goOn}`)
    return
  }
  const perSecond = Math.round((1000 * (seen - begun.words)) / Math.max(io.now() - begun.time, 1))
  note(`${perSecond.toLocaleString('en')} words per second`)
  note(
    `Go on with:\n  npx gradus embed --model ${o.out} --near ${familiar(run.corpus.words)}\n  npx gradus embed --model ${o.out} --tsv ${join(o.out, '..', 'projector')}`,
  )
  event({ type: 'done', step: seen, loss, words: run.corpus.words.length, wordsPerSecond: perSecond, out: o.out })
  if (!json) io.stdout.write(`${o.out}\n`)
}

/** A word to begin with: not one of the very frequent ones, which say little, nor a rare one. */
const familiar = (words: readonly string[]): string => words[Math.min(300, words.length - 1)]!

const emptyFolder = async ({ out, overwrite }: TrainOptions): Promise<void> => {
  await checkOwnFolder(out, { overwrite, own: word2vecFiles, what: 'run' })
  for (const name of ['config.json', 'state.json', 'state.safetensors', 'metrics.jsonl'])
    await rm(join(out, name), { force: true })
}
