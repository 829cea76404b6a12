import { expect, test } from 'vitest'
import { groupKFold, leaveOneGroupOut, stratifiedGroupKFold } from '../../../src/learn/split/group-fold.ts'
import { kFold, repeatedKFold, stratifiedKFold } from '../../../src/learn/split/k-fold.ts'
import { leaveOneOut, leavePOut, predefinedSplit } from '../../../src/learn/split/leave-out.ts'
import { shuffleSplit, splitIndices, stratifiedShuffleSplit } from '../../../src/learn/split/shuffle-split.ts'
import type { SplitData, Splitter } from '../../../src/learn/split/split.ts'
import { timeSeriesSplit } from '../../../src/learn/split/time-series.ts'
import { trainTestSplit } from '../../../src/learn/split/train-test-split.ts'
import { tensor } from '../../../src/index.ts'

const all =
  (splitter: Splitter, n: number, data: SplitData = {}) =>
  () => [...splitter.split(n, data)]

test('too few rows, groups or examples of a class are said', () => {
  expect(all(kFold(), 4)).toThrow('kFold: there are 4 rows. It needs at least 5.')
  expect(all(stratifiedKFold(), 4, { y: [0, 0, 1, 1] })).toThrow(
    'stratifiedKFold: there are 4 rows. It needs at least 5.',
  )
  expect(all(stratifiedKFold({ nSplits: 3 }), 4, { y: [0, 0, 1, 1] })).toThrow(
    'stratifiedKFold: the largest class has 2 rows, and there are 3 folds. Take fewer folds.',
  )
  expect(all(stratifiedGroupKFold({ nSplits: 3 }), 4, { y: [0, 0, 1, 1], groups: [0, 1, 2, 3] })).toThrow(
    'stratifiedGroupKFold: the largest class has 2 rows, and there are 3 folds. Take fewer folds.',
  )
  expect(all(groupKFold({ nSplits: 3 }), 4, { groups: [0, 0, 1, 1] })).toThrow(
    'groupKFold: there are 2 groups. It needs at least 3.',
  )
  expect(all(leaveOneGroupOut(), 3, { groups: [1, 1, 1] })).toThrow(
    'leaveOneGroupOut: there are 1 groups. It needs at least 2.',
  )
  expect(all(leaveOneOut(), 1)).toThrow('leaveOneOut: there are 1 rows. It needs at least 2.')
  expect(all(leavePOut(3), 3)).toThrow('leavePOut: there are 3 rows. It needs at least 4.')
  expect(all(timeSeriesSplit({ nSplits: 3, gap: 2 }), 5)).toThrow(
    'timeSeriesSplit: 5 rows are too few for 3 tests of 1 rows and a gap of 2. It takes at least 6.',
  )
  expect(all(timeSeriesSplit(), 5)).toThrow(
    'timeSeriesSplit: 5 rows are too few for 5 tests of 1 rows and a gap of 0. It takes at least 6.',
  )
})

test('what a split looks at must be there, once a row', () => {
  expect(all(stratifiedKFold({ nSplits: 2 }), 4)).toThrow('stratifiedKFold: y is missing. Pass split(n, { y }).')
  expect(all(groupKFold({ nSplits: 2 }), 4)).toThrow('groupKFold: groups is missing. Pass split(n, { groups }).')
  expect(all(groupKFold({ nSplits: 2 }), 4, { groups: [0, 1] })).toThrow(
    'groupKFold: groups has 2 elements for 4 rows. There must be one for each.',
  )
  expect(all(predefinedSplit([0, 1]), 3)).toThrow(
    'predefinedSplit: there are 3 rows and folds of 2. There must be as many.',
  )
})

test('options that make no sense are said', () => {
  expect(() => kFold({ nSplits: 1 })).toThrow('kFold: nSplits must be an integer of at least 2; got 1.')
  expect(() => repeatedKFold({ nRepeats: 0 })).toThrow(
    'repeatedKFold: nRepeats must be an integer of at least 1; got 0.',
  )
  expect(() => leavePOut(0)).toThrow('leavePOut: p must be an integer of at least 1; got 0.')
  expect(() => predefinedSplit([0, -2])).toThrow(
    'predefinedSplit: the fold of row 1 is -2. It must be an integer of at least −1.',
  )
  expect(() => timeSeriesSplit({ gap: -1 })).toThrow('timeSeriesSplit: gap must be an integer of at least 0; got -1.')
  expect(() => splitIndices(10, { testSize: 1.5 })).toThrow(
    'splitIndices: testSize must be a share below 1 or a whole number of rows; got 1.5.',
  )
  expect(() => splitIndices(10, { testSize: 0 })).toThrow('splitIndices: testSize must be a number above 0; got 0.')
})

test('sides without rows, and classes that cannot be shared, are said', () => {
  expect(() => splitIndices(1)).toThrow(
    'splitIndices: of 1 rows 0 would be learnt from and 1 tested on. Both need at least one, and together at most 1.',
  )
  expect(all(shuffleSplit({ trainSize: 8, testSize: 4 }), 10)).toThrow(
    'shuffleSplit: of 10 rows 8 would be learnt from and 4 tested on. Both need at least one, and together at most 10.',
  )
  expect(all(stratifiedShuffleSplit(), 4, { y: ['a', 'a', 'a', 'b'] })).toThrow(
    'stratifiedShuffleSplit: class "b" has 1 row. Each needs at least 2, one for each side.',
  )
  expect(() => splitIndices(6, { stratify: [0, 0, 1, 1, 2, 2], testSize: 2 })).toThrow(
    'splitIndices: there are 3 classes, and 4 rows to learn from, 2 to test on. Both need at least one a class.',
  )
  expect(() => splitIndices(6, { stratify: [0, 0, 1, 1, 2, 2], shuffle: false })).toThrow(
    'splitIndices: stratify needs mixed rows. Leave shuffle out, or stratify.',
  )
  expect(() => splitIndices(6, { stratify: [0, 1] })).toThrow(
    'splitIndices: stratify has 2 elements for 6 rows. There must be one for each.',
  )
})

test('things to split together need as many rows', () => {
  expect(() =>
    trainTestSplit([
      [1, 2, 3],
      [1, 2],
    ]),
  ).toThrow('trainTestSplit: argument 0 has 3 rows and argument 1 2. All need as many.')
  expect(() => trainTestSplit([tensor(1)])).toThrow(
    'trainTestSplit: argument 0 is a tensor without axes. It needs rows.',
  )
})
