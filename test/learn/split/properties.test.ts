import fc from 'fast-check'
import { expect, test } from 'vitest'
import { groupKFold, stratifiedGroupKFold } from '../../../src/learn/split/group-fold.ts'
import { kFold, repeatedKFold, repeatedStratifiedKFold, stratifiedKFold } from '../../../src/learn/split/k-fold.ts'
import { shuffleSplit, splitIndices, stratifiedShuffleSplit } from '../../../src/learn/split/shuffle-split.ts'
import type { Split, SplitData, Splitter } from '../../../src/learn/split/split.ts'
import { trainTestSplit } from '../../../src/learn/split/train-test-split.ts'
import { setSeed, tensor } from '../../../src/index.ts'

const sorted = (x: Iterable<number>): number[] => [...x].sort((a, b) => a - b)
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
/** Each fold's two sides are all rows, and each row is tested once. */
const expectFolds = (splits: readonly Split[], n: number): void => {
  for (const { train, test } of splits) expect(sorted([...train, ...test])).toEqual(range(n))
  expect(sorted(splits.flatMap(({ test }) => [...test]))).toEqual(range(n))
}
const labels = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 20, maxLength: 60 })
const countsIn = (rows: Iterable<number>, y: readonly number[], c: number): number =>
  [...rows].filter(i => y[i] === c).length

test('mixed folds test each row once, in sizes that differ by one at most', () => {
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 80 }), fc.integer({ min: 2, max: 5 }), fc.nat(1000), (n, nSplits, seed) => {
      const splits = [...kFold({ nSplits, shuffle: true, randomState: seed }).split(n)]
      expectFolds(splits, n)
      const sizes = splits.map(({ test }) => test.length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }),
  )
})

test('stratified folds have of each class as many, or one more or less, mixed or not', () => {
  fc.assert(
    fc.property(labels, fc.boolean(), (y, shuffle) => {
      const splits = [...stratifiedKFold({ nSplits: 3, shuffle, randomState: 4 }).split(y.length, { y })]
      expectFolds(splits, y.length)
      for (const c of new Set(y)) {
        const counts = splits.map(({ test }) => countsIn(test, y, c))
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
      }
    }),
  )
})

test('a group is in one fold only', () => {
  const groups = range(40).map(i => `g${(i * 7) % 11}`)
  const y = range(40).map(i => i % 3)
  for (const shuffle of [false, true])
    for (const splitter of [
      groupKFold({ nSplits: 3, shuffle, randomState: 1 }),
      stratifiedGroupKFold({ nSplits: 3, shuffle, randomState: 1 }),
    ]) {
      const splits = [...splitter.split(40, { groups, y })]
      expectFolds(splits, 40)
      for (const { train, test } of splits) {
        const tested = new Set([...test].map(i => groups[i]))
        expect([...train].some(i => tested.has(groups[i]))).toBe(false)
      }
    }
})

test('rounds of repeated folds differ', () => {
  const y = range(30).map(i => i % 2)
  for (const splitter of [
    repeatedKFold({ nSplits: 3, nRepeats: 4, randomState: 0 }),
    repeatedStratifiedKFold({ nSplits: 3, nRepeats: 4, randomState: 0 }),
  ]) {
    const splits = [...splitter.split(30, { y })]
    expect(splits.length).toBe(12)
    expect(splitter.nSplits(30)).toBe(12)
    for (let round = 0; round < 4; round++) expectFolds(splits.slice(3 * round, 3 * round + 3), 30)
    expect(new Set(splits.map(({ test }) => test.join())).size).toBe(12)
  }
})

test('a seed gives the same splits each time, without one they go on from the default generator', () => {
  const y = range(24).map(i => i % 3)
  const show = (splitter: Splitter, data: SplitData = { y }): string =>
    JSON.stringify([...splitter.split(24, data)].map(({ train, test }) => [[...train], [...test]]))
  for (const make of [kFold, stratifiedKFold]) {
    const splitter = make({ nSplits: 3, shuffle: true, randomState: 5 })
    expect(show(splitter)).toBe(show(splitter))
    expect(show(splitter)).not.toBe(show(make({ nSplits: 3, shuffle: true, randomState: 6 })))
  }
  for (const make of [shuffleSplit, stratifiedShuffleSplit]) {
    const splitter = make({ nSplits: 2, testSize: 6, randomState: 5 })
    expect(show(splitter)).toBe(show(splitter))
  }
  const free = shuffleSplit({ nSplits: 2 })
  setSeed(1)
  const first = show(free)
  expect(show(free)).not.toBe(first)
  setSeed(1)
  expect(show(free)).toBe(first)
})

test('sizes are shares or numbers of rows; the test is rounded up', () => {
  const sizes = (n: number, options: Parameters<typeof splitIndices>[1]): number[] => {
    const { train, test } = splitIndices(n, options)
    expect(new Set([...train, ...test]).size).toBe(train.length + test.length)
    expect(Math.max(...train, ...test)).toBeLessThan(n)
    return [train.length, test.length]
  }
  expect(sizes(10, {})).toEqual([7, 3])
  expect(sizes(10, { testSize: 0.25 })).toEqual([7, 3])
  expect(sizes(10, { testSize: 4 })).toEqual([6, 4])
  expect(sizes(10, { trainSize: 0.25 })).toEqual([2, 8])
  expect(sizes(10, { trainSize: 0.5, testSize: 0.2 })).toEqual([5, 2])
  expect(sizes(10, { trainSize: 3, testSize: 2 })).toEqual([3, 2])
})

test('without mixing the last rows are tested on', () => {
  const { train, test } = splitIndices(8, { shuffle: false, testSize: 3 })
  expect([[...train], [...test]]).toEqual([
    [0, 1, 2, 3, 4],
    [5, 6, 7],
  ])
})

test('stratified splits give each class its share, to one row', () => {
  fc.assert(
    fc.property(fc.integer({ min: 30, max: 80 }), fc.nat(500), (n, seed) => {
      const y = range(n).map(i => (i % 5 === 0 ? 2 : i % 2))
      const splits = [
        splitIndices(n, { stratify: y, testSize: 0.3, randomState: seed }),
        ...stratifiedShuffleSplit({ nSplits: 2, testSize: 0.3, randomState: seed }).split(n, { y }),
      ]
      for (const { train, test } of splits) {
        expect(sorted([...train, ...test])).toEqual(range(n))
        expect(test.length).toBe(Math.ceil(0.3 * n))
        for (const c of [0, 1, 2])
          expect(Math.abs(countsIn(test, y, c) - (test.length * countsIn(range(n), y, c)) / n)).toBeLessThan(1.0001)
      }
    }),
  )
})

test('things are split by the same rows, each as what it is', async () => {
  const x = tensor(range(10).map(i => [i, 10 * i]))
  const names = range(10).map(i => `row ${i}`)
  const y = Int32Array.from(range(10))
  const [xTrain, xTest, namesTrain, namesTest, yTrain, yTest] = trainTestSplit([x, names, y] as const, {
    testSize: 3,
    randomState: 3,
  })
  expect(yTrain).toBeInstanceOf(Int32Array)
  expect([yTrain.length, yTest.length]).toEqual([7, 3])
  expect(sorted([...yTrain, ...yTest])).toEqual(range(10))
  expect(namesTrain).toEqual([...yTrain].map(i => `row ${i}`))
  expect(namesTest).toEqual([...yTest].map(i => `row ${i}`))
  expect(await xTrain.toArray()).toEqual([...yTrain].map(i => [i, 10 * i]))
  expect(await xTest.toArray()).toEqual([...yTest].map(i => [i, 10 * i]))
})
