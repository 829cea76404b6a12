import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ArgumentError, DataError, setEngine } from '../../src/index.ts'
import { loadTranslator } from '../../src/models/index.ts'
import { digitTasks, drawPairs } from '../../src/recipes/digit-tasks.ts'
import { allBatches, bucketsOf, epochsOf, freshBatches, type IdPair } from '../../src/recipes/pair-batches.ts'
import {
  checkTranslateOptions,
  prepareSeq2Seq,
  prepareTransformer,
  seq2seqOptions,
  type Seq2SeqOptions,
  type TranslateRun,
  transformerOptions,
  translateSchedule,
} from '../../src/recipes/translate.ts'
import { Generator } from '../../src/tensor/random.ts'
import { RunFolder, train } from '../../src/train/index.ts'
import { expectError } from '../optim/expect.ts'

beforeAll(() => setEngine('native', { always: true }))
const folder = mkdtempSync(join(tmpdir(), 'gradus-translate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const lines = `Go.\tVa !
Go.\tMarche.
Run!\tCours !
I go.\tJe vais.
I run.\tJe cours.
You go.\tTu vas.
You run.\tTu cours.
He goes.\tIl va.
She runs.\tElle court.
We go on and on and on.\tNous continuons encore et encore.`
const small = { hiddenSize: 16, embedDim: 8, batchSize: 8, buckets: 2, evalPairs: 4 }
const optionsOf = (given: object): Seq2SeqOptions => seq2seqOptions.validate('test', { ...small, ...given })
const overLines = (given: object = {}): TranslateRun =>
  prepareSeq2Seq(lines, optionsOf({ data: 'lines.tsv', ...given }))

describe('digit tasks', () => {
  test('are what they say, of every length asked for', () => {
    const right = {
      reverse: (s: string) => Array.from(s).reverse().join(''),
      sort: (s: string) => Array.from(s).sort().join(''),
      copy: (s: string) => s,
      add: (s: string) => String(s.split('+').reduce((sum, part) => sum + Number(part), 0)),
    }
    for (const task of digitTasks) {
      const pairs = drawPairs(task, 300, { from: 2, to: 5 }, new Generator(3))
      for (const { source, target } of pairs) expect(target).toBe(right[task](source))
      const lengths = new Set(pairs.flatMap(({ source }) => source.split('+').map(part => part.length)))
      expect([...lengths].sort()).toEqual([2, 3, 4, 5])
      expect(pairs.every(({ source }) => source.split('+').length === (task === 'add' ? 2 : 1))).toBe(true)
    }
  })

  test('never give what is kept back', () => {
    const kept = new Set(Array.from({ length: 90 }, (_, i) => String(10 + i)))
    const sources = drawPairs('copy', 30, { from: 2, to: 2, except: kept }, new Generator(1)).map(p => p.source)
    expect(sources.every(s => /^0\d$/.test(s))).toBe(true)
  })
})

describe('batches', () => {
  const pair = (source: number, target: number): IdPair => ({
    source: new Array<number>(source).fill(5),
    target: Array.from({ length: target }, (_, i) => 3 + i),
  })
  const pairs = [2, 9, 4, 3, 7, 8, 5].map((n, i) => pair(n, 1 + (i % 3)))

  test('are of pairs of about the same length, padded to the longest of their bucket', () => {
    const buckets = bucketsOf(pairs, 3)
    expect(buckets.map(b => b.pairs.map(p => p.source.length))).toEqual([[2, 3, 4], [5, 7, 8], [9]])
    expect(buckets.map(b => b.size.source)).toEqual([4, 8, 9])
    for (const { pairs: inside, size } of buckets)
      expect(size.target).toBe(Math.max(...inside.map(p => p.target.length)) + 1)
  })

  test('give every pair in an epoch, another order in the next, and the same at the same update', async () => {
    const batches = epochsOf(pairs, { batchSize: 2, buckets: 2, seed: 7 })
    const lengthsAt = async (step: number): Promise<number[]> =>
      Array.from(await batches.at(step).lengths.data(), Number)
    const epoch = async (n: number): Promise<number[]> =>
      (await Promise.all([0, 1, 2, 3].map(i => lengthsAt(4 * n + i)))).flat()
    const orders = [await epoch(0), await epoch(1), await epoch(2)]
    for (const order of orders) expect([...new Set(order)].sort()).toEqual([2, 3, 4, 5, 7, 8, 9])
    expect(new Set(orders.map(String)).size).toBeGreaterThan(1)
    expect(await epoch(0)).toEqual(orders[0])
  })

  test('hold the target from its begin and, one token on, to its end', async () => {
    const { source, lengths, target, next } = epochsOf([pair(2, 3)], { batchSize: 1, buckets: 4, seed: 1 }).at(0)
    expect(Array.from(await source.data())).toEqual([5, 5])
    expect(Array.from(await lengths.data())).toEqual([2])
    expect(Array.from(await target.data())).toEqual([1, 3, 4, 5])
    expect(Array.from(await next.data())).toEqual([3, 4, 5, 2])
  })

  test('to judge by have every token once', async () => {
    let told = 0
    for (const { next, tokens } of allBatches(pairs, { batchSize: 3, buckets: 2 })) {
      const count = Array.from(await next.data()).filter(id => id !== 0).length
      expect(count).toBe(tokens)
      expect(next.shape[0]).toBe(3)
      told += tokens
    }
    expect(told).toBe(pairs.reduce((sum, { target }) => sum + target.length + 1, 0))
  })

  test('of a task are of one range of lengths each, and all lengths come', async () => {
    const batches = freshBatches({
      task: 'copy',
      minLength: 3,
      maxLength: 8,
      batchSize: 6,
      buckets: 3,
      seed: 1,
      except: new Set(),
      encode: ({ source }) => ({ source: Array.from(source, Number), target: [3] }),
    })
    const seen = new Set<number>()
    for (let step = 0; step < 30; step++) {
      const { lengths, source } = batches.at(step)
      const all = Array.from(await lengths.data(), Number)
      const range = Math.floor((all[0]! - 3) / 2)
      expect(all.every(n => Math.floor((n - 3) / 2) === range)).toBe(true)
      expect(source.shape).toEqual([6, 3 + 2 * range + 2])
      for (const n of all) seen.add(n)
    }
    expect([...seen].sort()).toEqual([3, 4, 5, 6, 7, 8])
  })
})

test('sums to train on are of numbers of every two lengths', () => {
  const seen = new Set<string>()
  const batches = freshBatches({
    task: 'add',
    minLength: 1,
    maxLength: 3,
    batchSize: 40,
    buckets: 3,
    seed: 1,
    except: new Set(),
    encode: ({ source }) => {
      seen.add(
        source
          .split('+')
          .map(part => part.length)
          .join(),
      )
      return { source: [3], target: [3] }
    },
  })
  expect(batches.at(0).source.shape).toEqual([40, 8])
  batches.at(1)
  expect(seen.size).toBe(9)
})

describe('training on pairs', () => {
  test('keeps the sources of validation from training, with all their targets', () => {
    const { train: known, heldOut } = overLines({ valFraction: 0.4 })
    expect(known.length + heldOut.length).toBe(9)
    expect(heldOut).toHaveLength(4)
    const sources = new Set(known.map(({ source }) => source))
    expect(heldOut.some(({ source }) => sources.has(source))).toBe(false)
    expect([...known, ...heldOut].find(({ source }) => source === 'Go.')!.targets).toEqual(['Va !', 'Marche.'])
  })

  test('leaves out long pairs and takes no more than it is told', () => {
    const short = overLines({ valFraction: 0, maxTokens: 6 })
    expect(short.leftOut).toBe(1)
    expect(short.train).toHaveLength(8)
    const few = overLines({ valFraction: 0, maxPairs: 3 })
    expect(few.train.flatMap(({ targets }) => targets)).toHaveLength(3)
  })

  test('measures the same loss whatever is computed together', async () => {
    const run = overLines({ valFraction: 0 })
    const together = await run.lossOver(run.train)
    let [sum, count] = [0, 0]
    for (const { source, targets } of run.train) {
      for (const target of targets) {
        const tokens = run.translator.target.encode(target).length + 1
        sum += tokens * (await run.lossOver([{ source, targets: [target] }]))
        count += tokens
      }
    }
    expect(together).toBeCloseTo(sum / count, 5)
  })

  test('learns them by heart, and a folder gives the same translations', async () => {
    const run = overLines({ valFraction: 0, steps: 150, learningRate: 0.02, attention: 'general' })
    const out = new RunFolder(join(folder, 'heart'))
    await out.create({ overwrite: false })
    await train(run.task, { steps: 150, evalEvery: 150, folder: out })
    expect(await run.score(run.train)).toMatchObject({ exact: 1, sources: 9 })
    const sources = run.train.map(({ source }) => source)
    const loaded = await loadTranslator(out.path)
    expect(loaded.maxLength).toBe(run.translator.maxLength)
    expect(await loaded.translate(sources, { beams: 2, nBest: 2 })).toEqual(
      await run.translator.translate(sources, { beams: 2, nBest: 2 }),
    )
    const { alignment } = (await loaded.translate(['Run!']))[0]![0]!
    expect(alignment).toMatchObject({ source: ['Run', '!', 'end'], target: ['Cours', '!'] })
    expect(alignment!.weights.map(row => row.length)).toEqual([3, 3])
  })

  test('goes on from a checkpoint as if it had not stopped, dropout and all', async () => {
    const given = {
      task: 'reverse',
      minLength: 1,
      maxLength: 4,
      steps: 8,
      embedDim: 8,
      numHeads: 2,
      numLayers: 1,
      dropout: 0.2,
      batchSize: 4,
      buckets: 2,
      evalPairs: 2,
    }
    const losses = async (name: string, parts: readonly number[]): Promise<unknown[]> => {
      for (const [i, steps] of parts.entries()) {
        const { task } = prepareTransformer('', transformerOptions.validate('test', given))
        const out = new RunFolder(join(folder, name))
        if (i === 0) await out.create({ overwrite: false })
        await train(task, { steps, evalEvery: 2, folder: out, ...(i > 0 && { resume: await out.load('last') }) })
      }
      const log = readFileSync(join(folder, name, 'metrics.jsonl'), 'utf8')
        .trimEnd()
        .split('\n')
      return log.map(line => JSON.parse(line))
    }
    const whole = await losses('whole', [8])
    expect(whole).toHaveLength(12)
    expect(await losses('parts', [3, 8])).toEqual(
      expect.arrayContaining(whole.filter(line => (line as { type: string }).type === 'step')),
    )
  })
})

test('a small model learns to reverse short strings that it has never seen', async () => {
  const run = prepareSeq2Seq(
    '',
    optionsOf({
      task: 'reverse',
      minLength: 2,
      maxLength: 4,
      steps: 220,
      hiddenSize: 48,
      embedDim: 16,
      batchSize: 32,
      learningRate: 0.01,
      buckets: 1,
      evalPairs: 20,
    }),
  )
  await train(run.task, { steps: 220, evalEvery: 220 })
  const { exact } = await run.score(run.heldOut)
  expect(exact).toBeGreaterThanOrEqual(0.9)
}, 30_000)

describe('options', () => {
  const check = (given: object): void => checkTranslateOptions('train seq2seq', optionsOf(given))
  test.each([
    [{}, 'train seq2seq: there is nothing to learn from. Give --data with pairs of lines, or a --task.'],
    [
      { data: 'a.tsv', task: 'sort' },
      'train seq2seq: --task sort makes its own data. Leave out --data a.tsv, or the task.',
    ],
    [
      { data: 'a.tsv', minLength: 3 },
      'train seq2seq: --min-length 3 is for a --task. Leave it out; --max-tokens bounds pairs of texts.',
    ],
    [
      { task: 'sort', tokenizer: 'word' },
      'train seq2seq: --tokenizer word is for pairs of texts, and --task sort makes digits. Leave it out.',
    ],
    [{ task: 'sort', minLength: 20 }, 'train seq2seq: --min-length 20 is above --max-length 15. Choose at most that.'],
    [
      { data: 'a.tsv', sharedEmbeddings: true, targetTokenizer: 'char' },
      'train seq2seq: --shared-embeddings needs one vocabulary. Leave --target-tokenizer out.',
    ],
    [
      { task: 'sort', lrSchedule: 'inverse-sqrt', minLearningRate: 1e-5 },
      'train seq2seq: --min-lr has no effect with --lr-schedule inverse-sqrt. Leave it out.',
    ],
  ])('%j contradict one another', async (given, message) => {
    await expectError(() => check(given), ArgumentError, message)
  })

  test('that leave nothing to train on are told', async () => {
    await expectError(
      () => overLines({ maxTokens: 1 }),
      DataError,
      'lines.tsv: no pair is left to train on: 10 of 10 have more than 1 tokens on a side. Raise --max-tokens, or lower --val-fraction.',
    )
  })
})

test("the rate of the Transformer of 2017 rises and falls as in the paper's equation 3", () => {
  const [d, warmupSteps] = [512, 4000]
  const options = optionsOf({
    task: 'sort',
    lrSchedule: 'inverse-sqrt',
    warmupSteps,
    learningRate: 1 / Math.sqrt(d * warmupSteps),
  })
  const rate = translateSchedule(options)
  for (const n of [1, 2, 1000, 3999, 4000, 4001, 50_000])
    expect(rate(n - 1)).toBeCloseTo(d ** -0.5 * Math.min(n ** -0.5, n * warmupSteps ** -1.5), 12)
})
