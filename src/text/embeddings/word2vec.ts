import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, type Given, type Infer, integer, number, oneOf } from '../../core/options.ts'
import { fillBits } from '../../core/philox.ts'
import type { Thread, ThreadEvents } from '../../core/thread.ts'
import type { Corpus } from './corpus.ts'
import { Embeddings } from './embeddings.ts'
import { huffmanCodes } from './huffman.ts'
import { aliasTable } from './noise.ts'
import { beginning, type Losses, passesOf, type Position, type Work } from './passes.ts'
import { capacity, scratchBytes, vectorsOf } from './step-layout.ts'

/** How words are learned. */
export const word2vecOptions = defineOptions({
  model: oneOf(['skip-gram', 'cbow'], {
    default: 'skip-gram',
    help: 'skip-gram: each word around foretells the word; cbow: their mean does, which is faster',
  }),
  loss: oneOf(['negative', 'hierarchical'], {
    default: 'negative',
    help: 'negative sampling, or hierarchical softmax over a Huffman code',
  }),
  size: integer({ default: 100, min: 1, max: 10_000, help: 'numbers of a vector' }),
  window: integer({
    default: 5,
    min: 1,
    max: 60,
    help: 'words on each side at most; how many is drawn for each word, from 1 to this',
  }),
  negative: integer({ default: 5, min: 1, max: 100, help: 'words of noise for each pair' }),
  noiseExponent: number({ default: 0.75, help: 'noise is drawn by the counts raised to this' }),
  sample: number({
    default: 1e-3,
    min: 0,
    help: 'words more frequent than this share of the text are thinned out; 0 keeps all',
  }),
  learningRate: number({
    above: 0,
    aliases: ['lr'],
    help: 'at the beginning; falls in a line to a ten-thousandth; 0.025 for skip-gram and 0.05 for cbow unless given',
  }),
  epochs: integer({ default: 5, min: 1, help: 'passes over the text' }),
  threads: integer({
    default: 1,
    min: 1,
    max: 200,
    help: 'threads; with one the same seed gives the same vectors, with more it does not',
  }),
  seed: integer({ default: 0, min: 0, help: 'the same seed gives the same vectors, on one thread' }),
})
export type Word2VecOptions = Infer<typeof word2vecOptions>

export interface Word2VecProgress {
  /** Words seen, and to see, in all epochs; those left out by thinning are counted. */
  readonly words: number
  readonly total: number
  /** Nats of a pair of words (of a word and its window in cbow) with its noise, since the last report; NaN where none was looked at. */
  readonly loss: number
}

/** Where a training on one thread stands: all that it needs to go on exactly. */
export interface Word2VecState {
  /** Row-major, words × size. */
  readonly input: Float32Array
  /** Of words with negative sampling, of inner nodes of the code with hierarchical softmax; row-major. */
  readonly output: Float32Array
  readonly position: Position
  readonly words: number
}

export interface Word2VecControl {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: (progress: Word2VecProgress) => void
  /** Goes on from here. */
  readonly from?: Word2VecState | undefined
  /** Starts a thread on the module `word2vec-worker`; needed for more than one. */
  readonly startThread?: ((events: ThreadEvents) => Thread) | undefined
}

export interface Word2VecResult {
  readonly embeddings: Embeddings
  /** Vectors of what is foretold, as the training had them. */
  readonly state: Word2VecState
  /** Whether all epochs are done; not, where the signal was given. */
  readonly done: boolean
}

/** Words between reports. */
const chunk = 50_000
const page = 65_536
const two32 = 2 ** 32

/** The key of a stream of random numbers of a seed, as `Generator.fork` gives it. */
const keyOf = (seed: number, stream: number): readonly [number, number] => {
  const forked = (seed + stream * 2 ** 45) % 2 ** 53
  return [forked >>> 0, Math.floor(forked / two32)]
}

/** The chances of words to stay: (√(f/s) + 1) s/f for the share f of the text and the threshold s, as the original program computes it. */
export const keepChances = (counts: readonly number[], sample: number): Float64Array => {
  const total = counts.reduce((a, b) => a + b, 0)
  const threshold = sample * total
  return Float64Array.from(counts, count =>
    sample === 0 ? 1 : Math.min(1, ((Math.sqrt(count / threshold) + 1) * threshold) / count),
  )
}

interface Plan {
  readonly rows: number
  readonly outputs: number
  readonly rowBytes: number
  readonly input: number
  readonly output: number
  readonly memory: WebAssembly.Memory
}

const planOf = (rows: number, o: Word2VecOptions): Plan => {
  const rowBytes = 16 * vectorsOf(o.size)
  const outputs = o.loss === 'hierarchical' ? rows - 1 : rows
  const input = o.threads * scratchBytes(rowBytes)
  const output = input + rows * rowBytes
  const pages = Math.ceil((output + outputs * rowBytes) / page)
  if (pages > 32_767) {
    throw new ArgumentError(
      `trainWord2Vec: ${rows} words of size ${o.size} need ${Math.ceil(pages / 16)} MiB; there is room for 2047. Choose a smaller size, a larger minCount, or maxWords.`,
      { rows, size: o.size },
    )
  }
  const memory = new WebAssembly.Memory({
    initial: pages,
    ...(o.threads > 1 && { maximum: pages, shared: true }),
  })
  return { rows, outputs, rowBytes, input, output, memory }
}

/** Vectors of words uniform in ±1/(2 size), those of outputs 0, as in the original program; or those of a state. */
const initialize = (
  { rows, outputs, rowBytes, input, output, memory }: Plan,
  o: Word2VecOptions,
  from?: Word2VecState,
) => {
  const floats = new Float32Array(memory.buffer)
  const bits = new Uint32Array(4 * Math.ceil(o.size / 4))
  const put = (matrix: Float32Array, count: number, place: number): void => {
    for (let row = 0; row < count; row++)
      floats.set(matrix.subarray(row * o.size, (row + 1) * o.size), (place + row * rowBytes) / 4)
  }
  if (from) {
    put(from.input, rows, input)
    put(from.output, outputs, output)
    return
  }
  const key = keyOf(o.seed, 0)
  for (let row = 0; row < rows; row++) {
    fillBits(bits, key, (row * bits.length) / 4)
    const place = (input + row * rowBytes) / 4
    for (let i = 0; i < o.size; i++) floats[place + i] = (bits[i]! / two32 - 0.5) / o.size
  }
}

const rowsOf = ({ memory, rowBytes }: Plan, size: number, count: number, place: number): Float32Array => {
  const floats = new Float32Array(memory.buffer)
  const out = new Float32Array(count * size)
  for (let row = 0; row < count; row++) {
    const at = (place + row * rowBytes) / 4
    out.set(floats.subarray(at, at + size), row * size)
  }
  return out
}

/**
 * Learns vectors of words such that a word's vector foretells the words around it (word2vec). For a word w, each word c of its window
 * and k words n drawn from the counts to the power ¾, skip-gram lowers `−ln σ(v_c·u_w) − Σ ln σ(−v_c·u_n)` by stochastic gradient
 * descent, one pair at a time; cbow does it once a word, with the mean of the window's v. The vectors v are the result.
 *
 * The defaults are those of the original program (size 100, window 5, 5 negatives, threshold 10⁻³, rate 0.025 or 0.05, 5 epochs),
 * and so are the rules for thinning out, the window and the learning rate, with these differences: σ is computed, not looked up and cut
 * off at ±6; the products of a pair with its noise are all taken before the step; noise is drawn from the exact distribution.
 *
 * One thread gives the same vectors for a seed, always. More threads write to the same vectors without waiting for each other
 * (Hogwild): about as good, never twice the same.
 *
 * @param corpus texts as numbers of words: {@link corpusOf}
 * @returns waits until all epochs are done, or the signal is given
 * @throws ArgumentError for options out of range, or where the vectors need more than 2 GiB
 * @example
 * const corpus = corpusOf(['the cat sat on the mat the dog sat on the rug'], { minCount: 1 })
 * const { embeddings } = await trainWord2Vec(corpus, { size: 8, epochs: 20 })
 * embeddings.near('cat', { count: 2 }).length // 2
 *
 * Source: Mikolov, Chen, Corrado & Dean 2013, "Efficient estimation of word representations in vector space", section 3; Mikolov,
 * Sutskever, Chen, Corrado & Dean 2013, "Distributed representations of words and phrases and their compositionality", equation 4 and
 * section 2; their program word2vec.c 0.1c. Hogwild: Recht, Ré, Wright & Niu 2011.
 */
export const trainWord2Vec = async (
  corpus: Corpus,
  options: Given<typeof word2vecOptions> = {},
  control: Word2VecControl = {},
): Promise<Word2VecResult> => {
  const o = word2vecOptions.validate('trainWord2Vec', options)
  const { from, signal, onProgress } = control
  const threads = Math.min(o.threads, corpus.ends.length)
  if (threads > 1 && from)
    throw new ArgumentError('trainWord2Vec: a state is gone on from exactly on one thread only. Set threads to 1.')
  const plan = planOf(corpus.words.length, { ...o, threads })
  initialize(plan, o, from)
  const words = o.epochs * corpus.ids.length
  const shared = threads > 1
  const seen: Float64Array = shared ? new Float64Array(new SharedArrayBuffer(8 * threads)) : new Float64Array(1)
  if (from) seen[0] = from.words
  const codes = o.loss === 'hierarchical' ? huffmanCodes(corpus.counts) : null
  if (codes && longestCode(codes.start) > capacity)
    throw new ArgumentError(
      `trainWord2Vec: a word's code has ${longestCode(codes.start)} nodes, more than ${capacity}. Choose the loss negative, or a larger minCount.`,
    )
  const keep = keepChances(corpus.counts, o.sample).map(chance => chance * two32)
  const ids = shared ? inShared(corpus.ids) : corpus.ids
  const workOf = (thread: number): Work => ({
    memory: plan.memory,
    input: plan.input,
    output: plan.output,
    scratch: thread * scratchBytes(plan.rowBytes),
    size: o.size,
    ids,
    ends: corpus.ends,
    ...shareOf(corpus, thread, threads),
    keep,
    noise: codes ? null : aliasTable(corpus.counts.map(count => count ** o.noiseExponent)),
    codes,
    cbow: o.model === 'cbow',
    window: o.window,
    negative: o.negative,
    epochs: o.epochs,
    learningRate: o.learningRate ?? (o.model === 'cbow' ? 0.05 : 0.025),
    seen,
    thread,
    words,
    key: keyOf(o.seed, thread + 1),
  })
  const report = ({ sum, count }: Losses): void =>
    onProgress?.({ words: seen.reduce((a, b) => a + b, 0), total: words, loss: sum / count })
  const finish = (position: Position, done: boolean): Word2VecResult => {
    const input = rowsOf(plan, o.size, plan.rows, plan.input)
    const output = rowsOf(plan, o.size, plan.outputs, plan.output)
    const state = { input, output, position, words: seen.reduce((a, b) => a + b, 0) }
    return { embeddings: new Embeddings(corpus.words, input, { counts: corpus.counts }), state, done }
  }
  if (threads === 1) {
    const passes = passesOf(workOf(0), from?.position ?? beginning(0))
    for (;;) {
      const more = passes.advance(chunk)
      report(passes.losses())
      if (!more || signal?.aborted) return finish(passes.position(), !more)
      // Others get their turn: a signal, a page.
      await new Promise(resolve => setTimeout(resolve))
    }
  }
  const { startThread } = control
  if (!startThread)
    throw new ArgumentError(`trainWord2Vec: ${threads} threads need startThread. Pass it, or set threads to 1.`)
  const works = Array.from({ length: threads }, (_, thread) => workOf(thread))
  const { trainOverThreads } = await import('./hogwild.ts')
  const done = await trainOverThreads(works, { startThread, signal, report })
  return finish(beginning(0), done)
}

const longestCode = (start: Int32Array): number => {
  let longest = 0
  for (let w = 1; w < start.length; w++) longest = Math.max(longest, start[w]! - start[w - 1]!)
  return longest
}

const inShared = (values: Int32Array): Int32Array => {
  const shared = new Int32Array(new SharedArrayBuffer(values.byteLength))
  shared.set(values)
  return shared
}

/** A thread's sentences: about as many words for each. */
const shareOf = ({ ends }: Corpus, thread: number, threads: number): { first: number; last: number } => {
  const words = ends.at(-1)!
  const place = (share: number): number => {
    const found = ends.findIndex(end => end > (share * words) / threads)
    return found < 0 ? ends.length : found
  }
  return { first: place(thread), last: thread === threads - 1 ? ends.length : place(thread + 1) }
}
