import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as m from '../../src/metrics/index.ts'

// What scikit-learn has no function for, or what holds of several measures together.

test('places of the first relevant item, and shares among the first k', () => {
  const [truth, scores] = [
    [
      [0, 1, 0, 1],
      [1, 0, 0, 0],
      [0, 0, 0, 0],
    ],
    [
      [4, 3, 2, 1],
      [1, 4, 3, 2],
      [1, 2, 3, 4],
    ],
  ]
  expect(m.meanReciprocalRank(truth, scores)).toBeCloseTo((1 / 2 + 1 / 4 + 0) / 3, 12)
  expect(m.meanReciprocalRank(truth, scores, { sampleWeight: [1, 3, 0] })).toBeCloseTo((1 / 2 + 3 / 4) / 4, 12)
  expect(m.precisionAtK(truth, scores, { k: 2 })).toBeCloseTo((1 / 2 + 0 + 0) / 3, 12)
  expect(m.recallAtK(truth, scores, { k: 2 })).toBeCloseTo((1 / 2 + 0 + 0) / 3, 12)
  expect(m.recallAtK(truth, scores, { k: 4 })).toBeCloseTo(2 / 3, 12)
  // Of equal scores the earlier item comes first.
  expect(m.meanReciprocalRank([[0, 1]], [[1, 1]])).toBe(1 / 2)
})

test('the area under a curve, whichever way it goes', () => {
  expect(m.auc([0, 0.5, 1], [0, 1, 1])).toBe(0.75)
  expect(m.auc([1, 0.5, 0], [1, 1, 0])).toBe(0.75)
  expect(m.auc([0, 0, 1], [0, 1, 1])).toBe(1)
})

const examples = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })), {
  minLength: 2,
  maxLength: 40,
})
const split = (pairs: readonly (readonly [number, number])[]): [number[], number[]] => [
  pairs.map(p => p[0]),
  pairs.map(p => p[1]),
]

test('averages over sums are the accuracy; a weight of 2 is an example twice', () => {
  fc.assert(
    fc.property(examples, pairs => {
      const [y, p] = split(pairs)
      const right = m.accuracyScore(y, p)
      for (const f of [m.precisionScore, m.recallScore, m.f1Score])
        expect(f(y, p, { average: 'micro' })).toBeCloseTo(right, 12)
      const twice = [...pairs, pairs[0]!]
      const weights = pairs.map((_, i) => (i === 0 ? 2 : 1))
      const [y2, p2] = split(twice)
      for (const f of [m.matthewsCorrcoef, m.balancedAccuracyScore, m.accuracyScore])
        expect(f(y, p, { sampleWeight: weights })).toBeCloseTo(f(y2, p2), 12)
      expect(m.confusionMatrix(y, p, { sampleWeight: weights })).toEqual(m.confusionMatrix(y2, p2))
    }),
  )
})

test('measures of clusters do not ask for their names', () => {
  fc.assert(
    fc.property(examples, pairs => {
      const [y, p] = split(pairs)
      const renamed = p.map(c => `cluster ${(c + 2) % 4}`)
      for (const f of [
        m.adjustedRandScore,
        m.mutualInfoScore,
        m.vMeasureScore,
        m.fowlkesMallowsScore,
        m.adjustedMutualInfoScore,
      ])
        expect(f(y, renamed)).toBeCloseTo(f(y, p), 10)
    }),
  )
})

test('the area is the share of pairs in the right order, ties half', () => {
  const scored = fc.array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 6 })), {
    minLength: 3,
    maxLength: 30,
  })
  fc.assert(
    fc.property(scored, pairs => {
      const [y, s] = split(pairs)
      fc.pre(new Set(y).size === 2)
      const [ones, zeros] = [1, 0].map(c => s.filter((_, i) => y[i] === c)) as [number[], number[]]
      const wins = ones.flatMap(a => zeros.map(b => (a > b ? 1 : a === b ? 0.5 : 0)))
      expect(m.rocAucScore(y, s)).toBeCloseTo(wins.reduce((a: number, b) => a + b, 0) / wins.length, 12)
    }),
  )
})

test('the report as an object has the measures of its text', () => {
  const [y, p] = [
    ['a', 'b', 'b', 'c'],
    ['a', 'b', 'c', 'c'],
  ]
  const report = m.classificationReportOf(y, p)
  expect(report.classes.b).toEqual({ precision: 1, recall: 0.5, f1: 2 / 3, support: 2 })
  expect(report.accuracy).toBe(0.75)
  expect(report.microAverage).toBe(undefined)
  expect(report.macroAverage.support).toBe(4)
  const part = m.classificationReportOf(y, p, { labels: ['a', 'b'] })
  expect(part.accuracy).toBe(undefined)
  expect(part.microAverage!.precision).toBe(1)
})
