import { fillBits } from '../../core/philox.ts'
import { longestSentence } from './corpus.ts'
import type { Codes } from './huffman.ts'
import type { AliasTable } from './noise.ts'
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

/** Random words of a stream, each by its place in it. */
const randomWords = (key: Work['key'], drawn: number): { next: () => number; drawn: () => number } => {
  const words = new Uint32Array(chunk)
  let first = drawn - (drawn % chunk)
  let used = drawn - first
  fillBits(words, key, first / 4)
  return {
    next: () => {
      if (used === chunk) {
        first += chunk
        used = 0
        fillBits(words, key, first / 4)
      }
      return words[used++]!
    },
    drawn: () => first + used,
  }
}

/** Goes through a thread's sentences, epoch by epoch. */
export const passesOf = (work: Work, from: Position): Passes => {
  const { memory, ids, ends, keep, noise, codes, cbow, window, negative, seen, thread } = work
  const { input, output, scratch } = work
  const vectors = vectorsOf(work.size)
  const rowBytes = 16 * vectors
  const { addStep, meanStep, mean, spread } = wasmSteps(memory, vectors) ?? plainSteps(memory.buffer, vectors)
  const floats = new Float32Array(memory.buffer)
  const places = new Int32Array(memory.buffer)
  const [targets, labels] = [(scratch + targetsPlace) / 4, (scratch + labelsPlace) / 4]
  const [dots, context, rate] = [(scratch + dotsPlace) / 4, (scratch + contextPlace) / 4, (scratch + ratePlace) / 4]
  const kept = new Int32Array(longestSentence)
  const random = randomWords(work.key, from.drawn)
  const { next } = random
  let { epoch, sentence } = from
  let [lossSum, lossCount, looked] = [0, 0, 0]

  /** The word and its negatives; a negative that is the word itself is left out, as in the original program. */
  const sample = ({ own, alias }: AliasTable, word: number): number => {
    const size = own.length
    places[targets] = output + word * rowBytes
    let count = 1
    for (let d = 0; d < negative; d++) {
      let drawn = Math.floor((next() / two32) * size)
      if (next() >= own[drawn]!) drawn = alias[drawn]!
      if (drawn === word) continue
      places[targets + count] = output + drawn * rowBytes
      count += 1
    }
    return count
  }
  /** The nodes of a word's code; a turn to 0 is labelled 1, as there. */
  const path = ({ start, nodes, turns }: Codes, word: number): number => {
    const first = start[word]!
    const count = start[word + 1]! - first
    for (let d = 0; d < count; d++) {
      places[targets + d] = output + nodes[first + d]! * rowBytes
      floats[labels + d] = 1 - turns[first + d]!
    }
    return count
  }
  const aim = noise
    ? (word: number): number => sample(noise, word)
    : (word: number): number => path(codes as Codes, word)
  if (noise) {
    floats.fill(0, labels, labels + negative + 1)
    floats[labels] = 1
  }
  const look = (count: number): void => {
    lossCount += 1
    for (let d = 0; d < count; d++)
      lossSum += softplus(floats[labels + d] === 1 ? -floats[dots + d]! : floats[dots + d]!)
  }

  /** Each word of the window foretells the word in the middle. */
  const skipGram = (length: number, middle: number, reach: number, looks: boolean): void => {
    const word = kept[middle]!
    const last = Math.min(length - 1, middle + reach)
    for (let i = Math.max(0, middle - reach); i <= last; i++) {
      if (i === middle) continue
      const count = aim(word)
      addStep(count, input + kept[i]! * rowBytes, scratch)
      if (looks) look(count)
    }
  }
  /** Their mean foretells it. As in the original program each of them gets the whole error. */
  const bagOfWords = (length: number, middle: number, reach: number, looks: boolean): void => {
    const last = Math.min(length - 1, middle + reach)
    let around = 0
    for (let i = Math.max(0, middle - reach); i <= last; i++) {
      if (i === middle) continue
      places[context + around] = input + kept[i]! * rowBytes
      around += 1
    }
    if (around === 0) return
    mean(around, scratch)
    const count = aim(kept[middle]!)
    meanStep(count, scratch)
    spread(around, scratch)
    if (looks) look(count)
  }
  const learn = cbow ? bagOfWords : skipGram

  const trainSentence = (): number => {
    const begin = sentence === 0 ? 0 : ends[sentence - 1]!
    const end = ends[sentence]!
    let length = 0
    for (let i = begin; i < end; i++) {
      const word = ids[i]!
      if (next() < keep[word]!) kept[length++] = word
    }
    for (let middle = 0; middle < length; middle++) {
      looked = (looked + 1) % lookEvery
      learn(length, middle, window - Math.floor((next() / two32) * window), looked === 0)
    }
    return end - begin
  }

  return {
    advance(words) {
      for (let done = 0; done < words && epoch < work.epochs; sentence++) {
        if (sentence === work.last) {
          sentence = work.first - 1
          epoch += 1
          continue
        }
        let all = 0
        for (const own of seen) all += own
        floats[rate] = work.learningRate * Math.max(lowestRate, 1 - all / (work.words + 1))
        const count = trainSentence()
        seen[thread]! += count
        done += count
      }
      return epoch < work.epochs
    },
    position: () => ({ epoch, sentence, drawn: random.drawn() }),
    losses() {
      const found = { sum: lossSum, count: lossCount }
      lossSum = 0
      lossCount = 0
      return found
    },
  }
}
