import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { accuracy, classReports, confusionMatrix, topKAccuracy } from '../../src/metrics/index.ts'

// Expected values: scikit-learn, by tools/fixtures/look.py.
const { classification: f } = JSON.parse(readFileSync(new URL('../fixtures/look.json', import.meta.url), 'utf8'))

test('counts by true and predicted class', () => {
  expect(confusionMatrix(f.labels, f.predicted, 4)).toEqual(f.confusion)
  expect(accuracy(f.labels, f.predicted)).toBeCloseTo(f.accuracy, 12)
})

test('precision, recall and F1 of each class; 0 where there is nothing to divide by', () => {
  for (const [c, report] of classReports(f.confusion).entries()) {
    expect(report.precision).toBeCloseTo(f.precision[c], 12)
    expect(report.recall).toBeCloseTo(f.recall[c], 12)
    expect(report.f1).toBeCloseTo(f.f1[c], 12)
    expect(report.support).toBe(f.support[c])
  }
})

test('the right class among the k most probable', () => {
  for (const k of [1, 2, 3, 4]) expect(topKAccuracy(f.labels, f.probabilities, k)).toBeCloseTo(f.top[k - 1], 12)
  expect(topKAccuracy([1], [0.5, 0.5], 1)).toBe(0)
})

test('what makes no sense is said in one line', () => {
  expect(() => confusionMatrix([0, 1], [0], 2)).toThrow(
    'confusionMatrix: there are 2 labels and 1 predictions. There must be as many, and at least one.',
  )
  expect(() => accuracy([], [])).toThrow(
    'accuracy: there are 0 labels and 0 predictions. There must be as many, and at least one.',
  )
  expect(() => confusionMatrix([0, 2], [0, 1], 2)).toThrow(
    'confusionMatrix: labels: element 1 is 2. Classes are whole numbers from 0 to 1.',
  )
  expect(() => confusionMatrix([0, 1], [0, -1], 2)).toThrow(
    'confusionMatrix: predictions: element 1 is -1. Classes are whole numbers from 0 to 1.',
  )
  expect(() => topKAccuracy([0, 1], [1, 0, 0, 1], 3)).toThrow(
    'topKAccuracy: 4 probabilities of 2 examples, with k = 3. There must be as many for each example, and k from 1 to their number.',
  )
})
