import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromArray, grad, type Shape, setEngine, type Tensor, tensor, zeros } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { enginesUnderTest } from '../engines.ts'
import { expectClose } from '../optim/expect.ts'
import { normal } from './check-module.ts'

// Against PyTorch in float64 (tools/fixtures/ctc.py).

type Floats = Tensor<Shape, 'float32'>
type Ids = Tensor<Shape, 'int32'>
interface Stored {
  readonly shape: Shape
  readonly data: readonly (number | 'Infinity')[]
}
interface Case {
  readonly title: string
  readonly logits: Stored
  readonly targets: Stored
  readonly inputLengths: readonly number[] | null
  readonly targetLengths: readonly number[] | null
  readonly blank: number
  readonly zeroInfinity: boolean
  readonly losses: Readonly<Record<'none' | 'sum' | 'mean', Stored>>
  readonly gradients: Readonly<Record<'sum' | 'mean', Stored>> | null
}
const { cases } = JSON.parse(readFileSync(new URL('../fixtures/ctc.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly Case[]
}
const numbers = ({ data }: Stored): number[] => data.map(Number)
const floats = (s: Stored): Floats => fromArray(Float32Array.from(numbers(s)), s.shape, 'float32')
const ints = (data: readonly number[], shape: Shape = [data.length]): Ids =>
  fromArray(Int32Array.from(data), shape, 'int32')

const lossOf = (c: Case, logits: Floats, reduction: 'none' | 'sum' | 'mean'): Floats =>
  nn.ctcLoss(logits.logSoftmax() as Floats, ints(numbers(c.targets), c.targets.shape), {
    blank: c.blank,
    zeroInfinity: c.zeroInfinity,
    reduction,
    ...(c.inputLengths && { inputLengths: ints(c.inputLengths) }),
    ...(c.targetLengths && { targetLengths: ints(c.targetLengths) }),
  })

describe.each([...enginesUnderTest])('ctcLoss on the %s engine', engine => {
  beforeAll(() => setEngine(engine, { always: true }))
  afterAll(() => setEngine('native', { always: true }))

  test.each(cases)('$title: losses and gradients of PyTorch', async c => {
    const logits = floats(c.logits)
    for (const reduction of ['none', 'sum', 'mean'] as const) {
      const found = Array.from((await lossOf(c, logits, reduction).data()) as Float32Array)
      const expected = numbers(c.losses[reduction])
      expect(found.length).toBe(expected.length)
      for (const [i, value] of expected.entries()) {
        if (value === Number.POSITIVE_INFINITY) expect(found[i]).toBe(value)
        else expect(Math.abs(found[i]! - value), `${reduction} ${i}`).toBeLessThan(1e-4)
      }
    }
    for (const reduction of ['sum', 'mean'] as const) {
      if (!c.gradients) continue
      const gradient = grad((x: Floats) => lossOf(c, x, reduction) as never)(logits) as Floats
      expectClose(await gradient.data(), numbers(c.gradients[reduction]), 1e-5, reduction)
    }
  })
})

describe('ctcLoss', () => {
  test('of a row that cannot be spelled has no gradient, and leaves the others theirs', async () => {
    const c = cases.find(({ title }) => title.startsWith('too few steps for one'))!
    const gradient = grad((x: Floats) => lossOf(c, x, 'sum') as never)(floats(c.logits)) as Floats
    expect((await gradient.slice(0).abs().max().item()) as number).toBe(0)
    expect((await gradient.slice(1).abs().max().item()) as number).toBeGreaterThan(0.1)
  })

  test('takes probabilities of 0 and what fills up targets as they come', async () => {
    const logProbs = tensor([
      [
        [Number.NEGATIVE_INFINITY, 0, Number.NEGATIVE_INFINITY],
        [0, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
      ],
    ]) as Floats
    const targets = ints([1, -1], [1, 2])
    expect(await nn.ctcLoss(logProbs, targets, { targetLengths: ints([1]) }).item()).toBeCloseTo(0, 6)
  })

  test('says what does not fit', () => {
    const logProbs = zeros([2, 5, 4]) as Floats
    const targets = zeros([2, 3], 'int32') as Ids
    expect(() => nn.ctcLoss(zeros([5, 4]) as Floats, targets)).toThrow(
      'ctcLoss: logProbs are [5, 4]. Expected [B, T, K] with at least one step.',
    )
    expect(() => nn.ctcLoss(logProbs, zeros([3], 'int32') as Ids)).toThrow(
      'ctcLoss: targets are [3]. Expected [2, S], a row of labels for each row of logProbs, filled up to the longest.',
    )
    expect(() => nn.ctcLoss(logProbs, targets, { blank: 4 })).toThrow(
      'ctcLoss: blank must be one of the 4 classes, from 0 to 3; got 4.',
    )
    expect(() => nn.ctcLoss(logProbs, targets, { inputLengths: ints([5]) })).toThrow(
      'ctcLoss: inputLengths are [1]. Expected [2], one for each row.',
    )
    expect(() => nn.ctcLoss(logProbs, zeros([2, 3]) as never)).toThrow(
      "ctcLoss: targets are float32. Convert them with .to('int32').",
    )
  })
})

describe('decoding', () => {
  const [T, K] = [5, 3]
  const logProbs = (normal([1, T, K]).mul(1.5) as Floats).logSoftmax() as Floats

  /** ln p of every spelling, from all paths one by one. */
  const spellings = async (): Promise<[labels: string, logProb: number][]> => {
    const p = (await logProbs.data()) as Float32Array
    const found = new Map<string, number>()
    for (let path = 0; path < K ** T; path++) {
      const classes = Array.from({ length: T }, (_, t) => Math.floor(path / K ** t) % K)
      const labels = classes.filter((k, t) => k !== 0 && k !== classes[t - 1]).join()
      const probability = Math.exp(classes.reduce((sum, k, t) => sum + p[t * K + k]!, 0))
      found.set(labels, (found.get(labels) ?? 0) + probability)
    }
    return [...found].map(([labels, q]): [string, number] => [labels, Math.log(q)]).sort((a, b) => b[1] - a[1])
  }

  test('with a beam wide enough finds every spelling, in order, with the probability of all its paths', async () => {
    const all = await spellings()
    const [found] = await nn.ctcBeamSearch(logProbs, { beamWidth: 1000 })
    expect(found!.map(({ labels }) => labels.join())).toEqual(all.map(([labels]) => labels))
    expectClose(
      found!.map(({ logProb }) => logProb),
      all.map(([, q]) => q),
      1e-5,
      'ln p',
    )
  })

  test('by a beam agrees with the loss about how likely a spelling is', async () => {
    const [found] = await nn.ctcBeamSearch(logProbs, { beamWidth: 100 })
    for (const { labels, logProb } of found!.filter(h => h.labels.length > 0).slice(0, 4)) {
      const loss = nn.ctcLoss(logProbs, ints(labels, [1, labels.length]), { reduction: 'sum' })
      expect(await loss.item()).toBeCloseTo(-logProb, 4)
    }
  })

  test('greedily takes the likeliest class of each step, row by row up to its length', async () => {
    const scores = (classes: readonly number[]): number[][] => classes.map(k => [0, 1, 2].map(i => (i === k ? 0 : -5)))
    const rows = tensor([scores([0, 1, 1, 0, 1, 2]), scores([2, 2, 0, 0, 1, 1])]) as Floats
    expect(await nn.ctcGreedy(rows)).toEqual([
      [1, 1, 2],
      [2, 1],
    ])
    expect(await nn.ctcGreedy(rows, { lengths: [3, 0], blank: 2 })).toEqual([[0, 1], []])
  })

  test('by a beam finds a spelling of many paths where the likeliest path spells another', async () => {
    // Steps are blank with 0.6 and label 1 with 0.4: the best path is empty (0.36), but 1 has 0.64 in three paths.
    const row = [Math.log(0.6), Math.log(0.4)]
    const steps = tensor([[row, row]]) as Floats
    expect(await nn.ctcGreedy(steps)).toEqual([[]])
    const [[best]] = (await nn.ctcBeamSearch(steps, { beamWidth: 2 })) as [[{ labels: number[]; logProb: number }]]
    expect(best.labels).toEqual([1])
    expect(Math.exp(best.logProb)).toBeCloseTo(0.64, 5)
  })

  test('says what does not fit', async () => {
    await expect(nn.ctcGreedy(zeros([2, 3]) as Floats)).rejects.toThrow(
      'ctcGreedy: logProbs are [2, 3]. Expected [B, T, K].',
    )
    await expect(nn.ctcGreedy(logProbs, { lengths: [6] })).rejects.toThrow(
      'ctcGreedy: lengths are 6. Expected 1 of them, from 0 to 5.',
    )
    await expect(nn.ctcBeamSearch(logProbs, { beamWidth: 0 })).rejects.toThrow(
      'ctcBeamSearch: beamWidth must be a whole number of at least 1; got 0.',
    )
  })
})
