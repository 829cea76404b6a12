import { mkdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { DataError, ModelError } from '../core/errors.ts'
import { defineOptions, type Infer, integer, oneOf, text } from '../core/options.ts'
import { fileCause, writeFileAtomic } from '../io/atomic.ts'
import {
  answerQuestions,
  correlateSimilarities,
  encodeVectors,
  type Embeddings,
  loadEmbeddings,
  type Neighbor,
  parseQuestions,
  parseSimilarities,
  projectorFiles,
  readVectors,
  splitWords,
  type VectorFormat,
} from '../text/embeddings/index.ts'
import { type Context, defineCommand } from './command.ts'
import { UsageError } from './exit-codes.ts'
import { readData } from './read-text.ts'

const options = defineOptions({
  model: text({
    required: true,
    placeholder: 'PATH',
    help: 'run folder of train word2vec, or a file of vectors of word2vec (text or binary) or GloVe',
  }),
  near: text({ placeholder: 'WORD', help: 'the words with the most similar vectors' }),
  analogy: text({
    placeholder: '"A B C"',
    help: 'the words that are to C as A is to B: "king man woman" is king − man + woman',
  }),
  questions: text({ placeholder: 'FILE', help: 'answer questions of four words, a : line before each section' }),
  similarities: text({
    placeholder: 'FILE',
    help: 'Spearman correlation with judged pairs: two words and a number a line',
  }),
  text: text({ placeholder: 'TEXT', help: 'the mean of the vectors of a text' }),
  data: text({ placeholder: 'FILE', help: 'the same for each line of a file; - is standard input' }),
  tsv: text({ placeholder: 'DIR', help: 'write vectors.tsv and metadata.tsv for the embedding projector' }),
  save: text({
    placeholder: 'FILE',
    help: 'write the vectors as a file: binary for .bin, glove for .glove.txt, else text',
  }),
  count: integer({ default: 10, min: 1, help: 'how many words --near and --analogy give' }),
  method: oneOf(['add', 'mul'], {
    default: 'add',
    help: 'analogies by the sum of cosines (3CosAdd) or the quotient of their products (3CosMul)',
  }),
  maxWords: integer({ min: 1, help: 'read only so many words of a file of vectors, the first' }),
  format: oneOf(['text', 'binary', 'glove'], { help: 'of the file of vectors; found by its contents unless given' }),
})
type Values = Infer<typeof options>

const actions = ['near', 'analogy', 'questions', 'similarities', 'text', 'data', 'tsv', 'save'] as const

export const embedCommand = defineCommand({
  name: 'embed',
  summary: 'look up, compare and write vectors of words',
  examples: [
    'gradus embed --model runs/words --near war',
    'gradus embed --model vectors.bin --analogy "king man woman"',
    'gradus embed --model glove.6B.100d.txt --questions questions-words.txt --method mul',
    'gradus embed --model runs/words --data lines.txt --json',
    'gradus embed --model runs/words --tsv projector',
  ],
  options,
  positionals: ['model'],
  check: o => {
    const given = actions.filter(action => o[action] !== undefined)
    if (given.length !== 1)
      throw new UsageError(
        `embed: ${given.length === 0 ? 'nothing is asked' : `${given.map(action => `--${action}`).join(' and ')} are asked at once`}. Give one of ${actions.map(action => `--${action}`).join(', ')}.`,
      )
    if (o.analogy !== undefined && wordsOf(o.analogy).length !== 3)
      throw new UsageError(
        `embed: --analogy takes three words; got ${JSON.stringify(o.analogy)}. Write --analogy "king man woman" for king − man + woman.`,
      )
    if (o.method !== 'add' && o.analogy === undefined && o.questions === undefined)
      throw new UsageError('embed: --method is for --analogy and --questions. Leave it out.')
  },
  async run(context) {
    const { options: o } = context
    const { table, split } = await load(context)
    if (o.near !== undefined) return tellWords(context, table.near(o.near, { count: o.count }))
    if (o.analogy !== undefined) return analogy(context, table)
    if (o.questions !== undefined) return questions(context, table)
    if (o.similarities !== undefined) return similarities(context, table)
    if (o.tsv !== undefined) return projector(context, table)
    if (o.save !== undefined) return save(context, table)
    await means(context, table, split)
  },
})

const wordsOf = (line: string): string[] => line.split(/\s+/).filter(word => word !== '')

interface Loaded {
  readonly table: Embeddings
  readonly split: 'words' | 'spaces'
}

const load = async ({ options: o, io }: Context<Values>): Promise<Loaded> => {
  const path = resolve(io.cwd, o.model)
  const found = await stat(path).catch(error => {
    const { cause, remedy } = fileCause(error)
    throw new ModelError(`${o.model}: could not be read: ${cause}. ${remedy}`, { path }, error)
  })
  if (!found.isDirectory()) {
    // The vocabulary says whether words have capitals; a text is split as it is.
    return { table: await readVectors(path, { maxWords: o.maxWords, format: o.format }), split: 'spaces' }
  }
  if (o.maxWords !== undefined || o.format !== undefined)
    throw new UsageError(
      `embed: --${o.format === undefined ? 'max-words' : 'format'} is for files of vectors, and ${o.model} is a folder. Leave it out.`,
    )
  const { table, config } = await loadEmbeddings(path)
  return { table, split: config.split }
}

const tellWords = ({ options: o, result }: Context<Values>, found: readonly Neighbor[]): void => {
  const width = Math.max(...found.map(({ word }) => word.length), 0)
  const asked = o.near === undefined ? { analogy: wordsOf(o.analogy!), method: o.method } : { near: o.near }
  result(
    { ...asked, words: found },
    found.map(({ word, similarity }) => `${word.padEnd(width)}  ${similarity.toFixed(4)}`).join('\n'),
  )
}

const analogy = (context: Context<Values>, table: Embeddings): void => {
  const { options: o } = context
  const [a, b, c] = wordsOf(o.analogy!) as [string, string, string]
  tellWords(context, table.analogy({ positive: [a, c], negative: [b], method: o.method, count: o.count }))
}

const percent = (correct: number, asked: number): string =>
  asked === 0 ? '–' : `${((100 * correct) / asked).toFixed(1)} %`

const questions = async ({ options: o, io, result }: Context<Values>, table: Embeddings): Promise<void> => {
  const sections = parseQuestions(await readData(io, o.questions!), o.questions!)
  const scores = answerQuestions(table, sections, { method: o.method })
  const sum = (key: 'asked' | 'correct' | 'unknown'): number => scores.reduce((total, score) => total + score[key], 0)
  const total = { section: 'total', asked: sum('asked'), correct: sum('correct'), unknown: sum('unknown') }
  const width = Math.max(...[...scores, total].map(({ section }) => section.length))
  const line = ({ section, asked, correct, unknown }: typeof total): string =>
    `${section.padEnd(width)}  ${percent(correct, asked).padStart(7)}  ${correct} of ${asked}${unknown > 0 ? `, ${unknown} with unknown words` : ''}`
  const accuracy = (score: typeof total) => ({
    ...score,
    accuracy: score.asked === 0 ? null : score.correct / score.asked,
  })
  result(
    { method: o.method, sections: scores.map(accuracy), total: accuracy(total) },
    [...scores, total].map(line).join('\n'),
  )
}

const similarities = async ({ options: o, io, result }: Context<Values>, table: Embeddings): Promise<void> => {
  const pairs = parseSimilarities(await readData(io, o.similarities!), o.similarities!)
  const found = correlateSimilarities(table, pairs)
  result(
    found,
    `Spearman ${found.correlation.toFixed(4)} over ${found.asked} pairs${found.unknown > 0 ? `, ${found.unknown} with unknown words` : ''}`,
  )
}

/** The mean vector of each line; one without a known word is zeros, and said. */
const means = async (
  { options: o, io, json, note }: Context<Values>,
  table: Embeddings,
  split: Loaded['split'],
): Promise<void> => {
  const lines = o.text === undefined ? (await readData(io, o.data!)).replace(/\r?\n$/, '').split(/\r?\n/) : [o.text]
  let none = 0
  for (const [index, line] of lines.entries()) {
    const words = splitWords(line, split)
    const { vector, known } = table.mean(words)
    if (known === 0) none += 1
    const numbers = Array.from(vector)
    const document = { index, text: line, known, unknown: words.length - known, vector: numbers }
    io.stdout.write(`${json ? JSON.stringify(document) : numbers.join(' ')}\n`)
  }
  if (none > 0) note(`${none} of ${lines.length} texts have no known word: their vectors are zeros`)
}

const folderFor = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true }).catch(error => {
    const { cause, remedy } = fileCause(error)
    throw new DataError(`${folder}: could not be made: ${cause}. ${remedy}`, { folder }, error)
  })
}

const projector = async ({ options: o, io, result }: Context<Values>, table: Embeddings): Promise<void> => {
  const folder = resolve(io.cwd, o.tsv!)
  await folderFor(folder)
  const { vectors, metadata } = projectorFiles(table)
  await writeFileAtomic(join(folder, 'vectors.tsv'), vectors)
  await writeFileAtomic(join(folder, 'metadata.tsv'), metadata)
  result({ out: o.tsv, words: table.words.length, size: table.size }, o.tsv!)
}

const formatOf = (path: string): VectorFormat =>
  path.endsWith('.bin') ? 'binary' : path.endsWith('.glove.txt') ? 'glove' : 'text'

const save = async ({ options: o, io, result }: Context<Values>, table: Embeddings): Promise<void> => {
  const format = formatOf(o.save!)
  await writeFileAtomic(resolve(io.cwd, o.save!), encodeVectors(table, format))
  result({ out: o.save, format, words: table.words.length, size: table.size }, o.save!)
}
