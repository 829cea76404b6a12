import { fillBits } from '../../core/philox.ts'
import type { Codes } from './huffman.ts'
import type { AliasTable } from './noise.ts'
import { longestSentence } from './corpus.ts'
import { plainSteps } from './plain-steps.ts'
import { contextPlace, dotsPlace, labelsPlace, ratePlace, targetsPlace, vectorsOf } from './step-layout.ts'
import { wasmSteps } from './wasm-steps.ts'

/** All that a thread needs to train; plain data, so that it can be sent to one. */
export interface Work {
  readonly memory: WebAssembly.Memory
  /** Where the rows of words and of outputs begin, and this thread's scratch, in bytes. */
  readonly input: number
  readonly output: number
  readonly scratch: number
  readonly size: number
  readonly ids: Int32Array
  readonly ends: Int32Array
  /** The sentences that are this thread's. */
  readonly first: number
  readonly last: number
  /** The chance of a word to stay in a sentence, times 2^32. */
  readonly keep: Float64Array
  readonly noise: AliasTable | null
  readonly codes: Codes | null
  readonly cbow: boolean
  readonly window: number
  readonly negative: number
  readonly epochs: number
  readonly learningRate: number
  /** Words that all threads have seen, each in its place; by their sum the learning rate falls. */
  readonly seen: Float64Array
  readonly thread: number
  /** Words there are to see, in all epochs. */
  readonly words: number
  readonly key: readonly [number, number]
}

/** How far a thread is: where it goes on, and the random words it has used. */
export interface Position {
  readonly epoch: number
  readonly sentence: number
  readonly drawn: number
}
export const beginning = (first: number): Position => ({ epoch: 0, sentence: first, drawn: 0 })

/** Of what was trained since it was last asked: the loss of a sample of steps, in nats, and their number. */
export interface Losses {
  readonly sum: number
  readonly count: number
}

const [chunk, two32] = [16_384, 2 ** 32]
/** The loss is looked at for one word of so many: a logarithm for each step would take a tenth of the time. */
const lookEvery = 64
/** The rate never falls below this share of the first one. */
export const lowestRate = 1e-4

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

export interface Passes {
  /** Trains on at least so many more words, or all that are left; false when none are. */
  advance(words: number): boolean
  position(): Position
  losses(): Losses
}

/** Goes through a thread's sentences, epoch by epoch. */
export const passesOf = (work: Work, from: Position): Passes => {
  const { memory, size, ids, ends, keep, noise, codes, cbow, window, negative, seen, thread } = work
  const { input, output, scratch } = work
  const vectors = vectorsOf(size)
  const rowBytes = 16 * vectors
  const kernels = wasmSteps(memory, vectors) ?? plainSteps(memory.buffer, vectors)
  const floats = new Float32Array(memory.buffer)
  const places = new Int32Array(memory.buffer)
  const [targets, labels] = [(scratch + targetsPlace) / 4, (scratch + labelsPlace) / 4]
  const [dots, context, rate] = [(scratch + dotsPlace) / 4, (scratch + contextPlace) / 4, (scratch + ratePlace) / 4]
  const sentence = new Int32Array(longestSentence)
  const size32 = work.keep.length / two32

  const random = new Uint32Array(chunk)
  let { epoch, sentence: at, drawn } = from
  let used = drawn % chunk
  const refill = (): void => fillBits(random, work.key, ((drawn - used) * 1) / 4)
  if (used > 0) refill()
  const next = (): number => {
    if (used === chunk || drawn === 0) {
      used = 0
      refill()
    }
    drawn += 1
    return random[used++]!
  }
