import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { groupKFold, leaveOneGroupOut, stratifiedGroupKFold } from '../../../src/learn/split/group-fold.ts'
import { kFold, stratifiedKFold } from '../../../src/learn/split/k-fold.ts'
import { leaveOneOut, leavePOut, predefinedSplit } from '../../../src/learn/split/leave-out.ts'
import type { Splitter } from '../../../src/learn/split/split.ts'
import { timeSeriesSplit } from '../../../src/learn/split/time-series.ts'

// Expected values: scikit-learn, by tools/fixtures/metrics.py.
interface Case {
  readonly name: string
  readonly data: string
  readonly options: Record<string, never>
  readonly want: readonly { readonly train: number[]; readonly test: number[] }[]
}
const fixture = JSON.parse(readFileSync(new URL('../../fixtures/splits.json', import.meta.url), 'utf8')) as {
  readonly data: Record<string, { readonly n: number; readonly y: number[]; readonly groups: number[] }>
  readonly cases: readonly Case[]
}
const splitters: Record<string, (options: never) => Splitter> = {
  kFold,
  stratifiedKFold,
  groupKFold,
  stratifiedGroupKFold,
  timeSeriesSplit,
  leaveOneGroupOut,
  leaveOneOut,
  leavePOut: ({ p }: { p: number }) => leavePOut(p),
  predefinedSplit: ({ testFold }: { testFold: number[] }) => predefinedSplit(testFold),
}

describe('splits as scikit-learn does', () => {
  for (const name of new Set(fixture.cases.map(c => c.name)))
    test(name, () => {
      for (const { data, options, want } of fixture.cases.filter(c => c.name === name)) {
        const { n, ...given } = fixture.data[data]!
        const splitter = splitters[name]!(options as never)
        const found = [...splitter.split(n, given)]
        expect(found.map(({ train, test }) => ({ train: [...train], test: [...test] }))).toEqual(want)
        expect(splitter.nSplits(n, given)).toBe(want.length)
      }
    })
})
