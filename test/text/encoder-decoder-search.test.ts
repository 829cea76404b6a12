import { beforeAll, describe, expect, test } from 'vitest'
import { setEngine, setSeed } from '../../src/index.ts'
import { Seq2Seq } from '../../src/models/index.ts'
import { type DecodingStep, Searcher, specialIds } from '../../src/text/index.ts'
import { everyModel, lengthsOf, rows, smallSeq2Seq } from '../models/encoder-decoders.ts'

beforeAll(() => {
  setEngine('native', { always: true })
  setSeed(11)
})
const { begin, end } = specialIds
const sources = [
  [5, 3, 8, 4, 6, end],
  [7, end],
  [4, 4, 5, end],
]

/** ln p of each target and its end, by reading it whole. */
const logProbabilities = async (
  model: ReturnType<(typeof everyModel)[number][1]>,
  source: number[],
  targets: number[][],
): Promise<number[]> => {
  const T = Math.max(...targets.map(t => t.length)) + 1
  const given = targets.map(() => source)
  const logits = model.forward(
    rows(given),
    lengthsOf(given),
    rows(
      targets.map(t => [begin, ...t]),
      T,
    ),
  )
  const logs = Array.from(await logits.logSoftmax().data())
  const V = model.config.targetVocabSize
  return targets.map((target, b) => [...target, end].reduce((sum, id, t) => sum + logs[(b * T + t) * V + id]!, 0))
}
/** Every target of up to `most` tokens. */
const everyTarget = (most: number, V: number): number[][] => {
  let all: number[][] = [[]]
  let longest: number[][] = [[]]
  for (let n = 0; n < most; n++) {
    longest = longest.flatMap(t => Array.from({ length: V - 3 }, (_, k) => [...t, 3 + k]))
    all = [...all, ...longest]
  }
  return all
}

describe.each(everyModel)('%s', (_, make) => {
  test('finds the best of all targets where no hypothesis is dropped', async () => {
    const model = make().eval()
    const all = everyTarget(2, 8)
    for (const lengthPenalty of [0, 1.5]) {
      const found = await new Searcher(model).search(sources, { beams: 150, nBest: 5, maxLength: 2, lengthPenalty })
      for (const [i, source] of sources.entries()) {
        const expected = (await logProbabilities(model, source, all))
          .map((logProbability, k) => ({
            ids: all[k]!,
            logProbability,
            score: logProbability / ((6 + all[k]!.length) / 6) ** lengthPenalty,
          }))
          .sort((a, b) => b.score - a.score)
          .slice(0, 5)
        expect(found[i]!.map(({ ids }) => ids)).toEqual(expected.map(({ ids }) => ids))
        for (const [k, one] of found[i]!.entries()) {
          expect(one.ended).toBe(true)
          expect(one.logProbability).toBeCloseTo(expected[k]!.logProbability, 4)
          expect(one.score).toBeCloseTo(expected[k]!.score, 4)
        }
      }
    }
  })

  test('takes the most likely token with one beam, the same alone and among others', async () => {
    const model = make().eval()
    const searcher = new Searcher(model)
    const together = await searcher.search(sources, { maxLength: 6 })
    for (const [i, source] of sources.entries()) {
      const target: number[] = []
      while (target.length < 6) {
        const logits = model.forward(rows([source]), lengthsOf([source]), rows([[begin, ...target]]))
        const last = Array.from(await logits.data()).slice(-8)
        // Nothing is padded or begun in a target.
        const id = last.indexOf(Math.max(...last.slice(2)))
        if (id === end) break
        target.push(id)
      }
      expect(together[i]![0]!.ids).toEqual(target)
      const [alone] = await searcher.search([source], { maxLength: 6 })
      expect(alone![0]!.ids).toEqual(target)
      const { alignment } = together[i]![0]!
      for (const row of alignment ?? []) {
        expect(row).toHaveLength(source.length)
        expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4)
      }
    }
  })
})

test('more beams never find a worse target than the greedy one where lengths do not count', async () => {
  for (let seed = 0; seed < 8; seed++) {
    setSeed(seed)
    const searcher = new Searcher(smallSeq2Seq({ cell: 'gru' }).eval())
    const [one, many] = [1, 8].map(beams => searcher.search(sources, { beams, maxLength: 5, lengthPenalty: 0 }))
    for (const [i, [greedy]] of (await one!).entries()) {
      const best = (await many!)[i]![0]!
      if (greedy!.ended && best.ended) expect(best.logProbability).toBeGreaterThanOrEqual(greedy!.logProbability - 1e-4)
    }
  }
})

test('a graph is traced once for all steps, and again only for another size', async () => {
  let traced = 0
  class Counted extends Seq2Seq {
    override step(...given: Parameters<Seq2Seq['step']>): DecodingStep {
      traced += 1
      return super.step(...given)
    }
  }
  const model = new Counted({ sourceVocabSize: 9, targetVocabSize: 8, embedDim: 4, hiddenSize: 8, cell: 'gru' })
  const searcher = new Searcher(model)
  await searcher.search(sources, { maxLength: 15 })
  const once = traced
  expect(once).toBeLessThanOrEqual(2)
  await searcher.search([...sources].reverse(), { maxLength: 12 })
  expect(traced).toBe(once)
  await searcher.search([[3, 4, 5, 6, 7, 8, 3, 4, end]], { maxLength: 15 })
  expect(traced).toBeGreaterThan(once)
})

test('a search leaves dropout as it was, and uses none', async () => {
  const model = smallSeq2Seq({ dropout: 0.5 })
  const searcher = new Searcher(model)
  const [first] = await searcher.search([sources[0]!], { maxLength: 6, beams: 2 })
  const [again] = await searcher.search([sources[0]!], { maxLength: 6, beams: 2 })
  expect(again).toEqual(first)
  expect(model.training).toBe(true)
})

test('options that cannot be are told', async () => {
  const searcher = new Searcher(smallSeq2Seq())
  const of = (options: object): Promise<unknown> => searcher.search(sources, options)
  await expect(of({ beams: 2, nBest: 3 })).rejects.toThrow(
    'search: nBest 3 is more than the 2 beams. Ask for more beams.',
  )
  await expect(of({ maxLength: 0 })).rejects.toThrow('search: maxLength must be a whole number of at least 1; got 0.')
  await expect(of({ lengthPenalty: -1 })).rejects.toThrow(
    'search: lengthPenalty must be a finite number of at least 0; got -1.',
  )
  expect(await searcher.search([])).toEqual([])
})
