import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, type Given, integer } from '../../core/options.ts'
import { nSplits } from './fold-options.ts'
import { range, type Splitter } from './split.ts'

const timeOptions = defineOptions({
  nSplits,
  maxTrainSize: integer({ min: 1, help: 'most rows to learn from: the last before the test' }),
  testSize: integer({ min: 1, help: 'rows of each test; by default n / (nSplits + 1)' }),
  gap: integer({ min: 0, default: 0, help: 'rows left out between learning and test' }),
})
export type TimeSeriesOptions = Given<typeof timeOptions>

/**
 * Tests one after the other in time, each after all that is learnt from: rows are in the order of time.
 *
 * @throws ArgumentError where rows are too few for the tests and the gap
 *
 * @example [...timeSeriesSplit({ nSplits: 2 }).split(6)] // [{ train: [0, 1], test: [2, 3] }, { train: [0, 1, 2, 3], test: [4, 5] }]
 */
export const timeSeriesSplit = (options: TimeSeriesOptions = {}): Splitter => {
  const { nSplits, maxTrainSize = Infinity, gap, testSize } = timeOptions.validate('timeSeriesSplit', options)
  return {
    nSplits: () => nSplits,
    split: function* (n) {
      const size = testSize ?? Math.floor(n / (nSplits + 1))
      if (size < 1 || n - gap - size * nSplits <= 0) {
        throw new ArgumentError(
          `timeSeriesSplit: ${n} rows are too few for ${nSplits} tests of ${Math.max(1, size)} rows and a gap of ${gap}. It takes at least ${gap + Math.max(1, size) * nSplits + 1}.`,
          { n },
        )
      }
      for (let start = n - nSplits * size; start < n; start += size) {
        const end = start - gap
        yield { train: range(Math.max(0, end - maxTrainSize), end), test: range(start, start + size) }
      }
    },
  }
}
