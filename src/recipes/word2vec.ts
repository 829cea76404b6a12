import { join, mkdir, readFile, rm } from '#files'
import { DivergedError, ModelError } from '../core/errors.ts'
import { defineOptions, type Infer, integer, oneOf, texts } from '../core/options.ts'
import type { Thread, ThreadEvents } from '../core/thread.ts'
import { writeFileAtomic } from '../io/atomic.ts'
import { isRecord } from '../io/json.ts'
import { readSafetensors, writeSafetensors } from '../io/safetensors.ts'
import {
  type Corpus,
  corpusOf,
  type Embeddings,
  saveEmbeddings,
  trainWord2Vec,
  type Word2VecProgress,
  type Word2VecState,
  word2vecOptions,
} from '../text/embeddings/index.ts'
import { MetricsLog } from '../train/metrics-log.ts'

export const word2vecRunOptions = defineOptions({
  data: texts({ required: true, placeholder: 'PATH', help: 'text file or folder, several times; - is standard input' }),
  minCount: integer({ default: 5, min: 1, help: 'words that occur less often get no vector' }),
  maxWords: integer({ min: 2, help: 'at most so many words, the most frequent' }),
  split: oneOf(['words', 'spaces'], {
    default: 'words',
    help: 'words: runs of letters and digits in lower case; spaces: what stands between white space, as it is',
  }),
  sentences: oneOf(['paragraphs', 'lines'], {
    default: 'paragraphs',
    help: 'where a window ends: at an empty line, or at the end of each line',
  }),
  ...word2vecOptions.declaration,
})
export type Word2VecRunOptions = Infer<typeof word2vecRunOptions>

/** What a run writes, so that overwriting takes nothing else. */
export const word2vecFiles =
  /^((config|vocab|train|state)\.json|(model|state)\.safetensors|metrics\.jsonl|\.gradus-[0-9a-f]+\.tmp)$/

export interface Word2VecRun {
  readonly corpus: Corpus
  /** Goes on from what a run that was interrupted left in its folder. */
  load(folder: string): Promise<Word2VecState>
  train(
    run: Word2VecTraining,
  ): Promise<{ readonly embeddings: Embeddings; readonly done: boolean; readonly loss: number }>
}

export interface Word2VecTraining {
  readonly folder: string
  readonly from?: Word2VecState | undefined
  readonly signal?: AbortSignal
  readonly startThread?: (events: ThreadEvents) => Thread
  readonly onProgress?: (progress: Word2VecProgress & { readonly learningRate: number }) => void
}

/** What a state belongs to: a text, and the options of the training. */
interface Belonging {
  readonly words: number
  readonly text: number
  readonly size: number
  readonly loss: string
  readonly [option: string]: unknown
}

/** A text as numbers, ready to train. @throws DataError where no word is frequent enough */
export const prepareWord2Vec = (content: readonly string[], o: Word2VecRunOptions): Word2VecRun => {
  const corpus = corpusOf(content, o)
  const options = Object.fromEntries(
    Object.keys(word2vecOptions.declaration).map(key => [key, (o as Record<string, unknown>)[key]]),
  )
  const { threads, ...decisive } = options
  const belonging: Belonging = {
    ...decisive,
    ...{ words: corpus.words.length, text: corpus.ids.length, size: o.size, loss: o.loss },
  }
  return {
    corpus,
    load: folder => loadState(folder, belonging),
    async train({ folder, from, signal, startThread, onProgress }) {
      await mkdir(folder, { recursive: true })
      const log = await MetricsLog.open(join(folder, 'metrics.jsonl'), from?.words ?? -1)
      const first = o.learningRate ?? (o.model === 'cbow' ? 0.05 : 0.025)
      let lastLoss = Number.NaN
      const { embeddings, state, done } = await trainWord2Vec(corpus, options, {
        from,
        signal,
        startThread,
        onProgress: progress => {
          const { words, total, loss } = progress
          const learningRate = first * Math.max(1e-4, 1 - words / (total + 1))
          onProgress?.({ ...progress, learningRate })
          if (Number.isNaN(loss)) return
          lastLoss = loss
          log.write({ type: 'step', step: words, loss, learningRate })
        },
      }).finally(() => log.flush())
      if (lastLoss === Number.POSITIVE_INFINITY || state.input.some(x => !Number.isFinite(x)))
        throw new DivergedError('train word2vec: the vectors are no longer finite. Lower the learning rate.')
      await writeFileAtomic(join(folder, 'train.json'), word2vecRunOptions.toJson(o))
      await saveEmbeddings(folder, embeddings, { ...options, split: o.split })
      if (done) await forget(folder)
      else if (threads === 1) await saveState(folder, state, belonging)
      return { embeddings, done, loss: lastLoss }
    },
  }
}

const saveState = async (folder: string, state: Word2VecState, belonging: Belonging): Promise<void> => {
  const { input, output, position, words } = state
  const tensor = (data: Float32Array) =>
    ({ dtype: 'float32', shape: [data.length / belonging.size, belonging.size], data }) as const
  await writeSafetensors(join(folder, 'state.safetensors'), [
    ['input', tensor(input)],
    ['output', tensor(output)],
  ])
  const document = { position, words, of: belonging }
  await writeFileAtomic(join(folder, 'state.json'), `${JSON.stringify(document, undefined, 2)}\n`)
}

/** A run that is done is not gone on with. */
const forget = async (folder: string): Promise<void> => {
  await rm(join(folder, 'state.json'), { force: true })
  await rm(join(folder, 'state.safetensors'), { force: true })
}

const loadState = async (folder: string, belonging: Belonging): Promise<Word2VecState> => {
  const path = join(folder, 'state.json')
  const json = await readFile(path, 'utf8').catch(() => null)
  if (json === null)
    throw new ModelError(
      `${folder}: has no interrupted training to go on with. Train first, on one thread, with the same --out.`,
      {
        folder,
      },
    )
  const damaged = new ModelError(`${path}: is damaged. Train anew, with --overwrite.`, { path })
  let found: unknown
  try {
    found = JSON.parse(json)
  } catch {
    throw damaged
  }
  const { position, words, of } = isRecord(found) ? found : {}
  if (!isRecord(position) || !isRecord(of) || !Number.isSafeInteger(words)) throw damaged
  const { epoch, sentence, drawn } = position
  const counts = [epoch, sentence, drawn]
  if (!counts.every(value => Number.isSafeInteger(value) && (value as number) >= 0)) throw damaged
  for (const [key, value] of Object.entries(belonging)) {
    if (of[key] !== value)
      throw new ModelError(
        `${path}: the training that was interrupted had ${key} ${JSON.stringify(of[key])}; now it is ${JSON.stringify(value)}. Give the options and the text it began with.`,
        { path, key },
      )
  }
  const { tensors } = await readSafetensors(join(folder, 'state.safetensors')).catch(error => {
    throw new ModelError((error as Error).message, { path }, error)
  })
  const rows = { input: belonging.words, output: belonging.words - (belonging.loss === 'hierarchical' ? 1 : 0) }
  const matrix = (name: 'input' | 'output'): Float32Array => {
    const tensor = tensors.get(name)
    if (tensor?.dtype !== 'float32' || tensor.data.length !== rows[name] * belonging.size) throw damaged
    return tensor.data as Float32Array
  }
  return {
    input: matrix('input'),
    output: matrix('output'),
    position: { epoch: epoch as number, sentence: sentence as number, drawn: drawn as number },
    words: words as number,
  }
}
