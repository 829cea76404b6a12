import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ArgumentError } from '../../src/core/errors.ts'
import {
  type BleuOptions,
  type BleuScore,
  bleu,
  type ChrfOptions,
  chrf,
  sentenceBleu,
} from '../../src/metrics/index.ts'
import { expectError } from '../optim/expect.ts'

// Expected values: sacrebleu, by tools/fixtures/bleu.py.
interface Pair {
  readonly hypothesis: string
  readonly references: readonly string[]
}
const fixture = JSON.parse(readFileSync(new URL('../fixtures/bleu.json', import.meta.url), 'utf8')) as {
  corpora: Record<string, readonly Pair[]>
  cases: readonly ({ corpus: string; options: BleuOptions } & BleuScore)[]
  sentences: readonly (Pair & BleuScore)[]
  characters: readonly { corpus: string; options: ChrfOptions; score: number }[]
}
const split = (corpus: string): [string[], (readonly string[])[]] => {
  const pairs = fixture.corpora[corpus]!
  return [pairs.map(p => p.hypothesis), pairs.map(p => p.references)]
}
const expectScore = (got: BleuScore, want: BleuScore, where: string): void => {
  expect(got.score, where).toBeCloseTo(want.score, 9)
  expect(got.brevityPenalty, where).toBeCloseTo(want.brevityPenalty, 12)
  expect([got.hypothesisLength, got.referenceLength], where).toEqual([want.hypothesisLength, want.referenceLength])
  expect(got.precisions.length, where).toBe(want.precisions.length)
  for (const [n, p] of got.precisions.entries())
    expect(p, `${where}: order ${n + 1}`).toBeCloseTo(want.precisions[n]!, 9)
}

describe('bleu', () => {
  for (const { corpus, options, ...want } of fixture.cases) {
    test(`gives sacrebleu's score of the ${corpus} corpus with ${JSON.stringify(options)}`, () => {
      expectScore(bleu(...split(corpus), options), want, corpus)
    })
  }

  test("gives sacrebleu's score of single sentences", () => {
    for (const { hypothesis, references, ...want } of fixture.sentences)
      expectScore(sentenceBleu(hypothesis, references), want, hypothesis)
  })

  test('is 100 for a text that is its own reference', () => {
    const { score, brevityPenalty } = bleu(['one two three four five'], ['one two three four five'])
    expect(score).toBeCloseTo(100, 10)
    expect(brevityPenalty).toBe(1)
  })

  test('gives the numbers of its examples', () => {
    expect(bleu(['the cat sat on the mat'], ['the cat sat on a mat']).score).toBeCloseTo(53.73, 2)
    expect(chrf(['the cat sat'], ['the cats sat'])).toBeCloseTo(68.66, 2)
  })

  test('says what it cannot compare', async () => {
    await expectError(
      () => bleu(['a'], []),
      ArgumentError,
      'bleu: there are 1 hypotheses and references for 0. Give at least one hypothesis, and for each one its reference or a list of them.',
    )
    await expectError(
      () => bleu(['a', 'b'], ['a', []]),
      ArgumentError,
      'bleu: hypothesis 1 has no reference. Give at least one, or leave it out.',
    )
    await expectError(
      () => bleu(['a'], ['a'], { tokenize: 'zh' as 'char' }),
      ArgumentError,
      'bleu: tokenize is "zh". Choose 13a, intl, char, none.',
    )
    await expectError(
      () => bleu(['a'], ['a'], { maxOrder: 0 }),
      ArgumentError,
      'bleu: maxOrder must be a whole number of at least 1; got 0.',
    )
  })
})

test("chrf gives sacrebleu's scores", () => {
  for (const { corpus, options, score } of fixture.characters)
    expect(chrf(...split(corpus), options), `${corpus} ${JSON.stringify(options)}`).toBeCloseTo(score, 9)
})

test('chrf says what it cannot compare', async () => {
  await expectError(
    () => chrf(['a'], ['a'], { charOrder: 0 }),
    ArgumentError,
    'chrf: charOrder and wordOrder are both 0, so nothing is compared. Raise one of them.',
  )
  await expectError(
    () => chrf(['a'], ['a'], { wordOrder: -1 }),
    ArgumentError,
    'chrf: wordOrder must be a whole number of at least 0; got -1.',
  )
})
