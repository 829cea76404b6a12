import { describe, expect, test } from 'vitest'
import { histGradientBoostingClassifier, histGradientBoostingRegressor } from '../../../src/learn/index.ts'
import { plainParting, plainSums, wasmParting, wasmSums } from '../../../src/learn/ensemble/histogram/kernels.ts'
import { arena } from '../../../src/learn/ensemble/histogram/memory.ts'
import { alone, member } from '../../../src/learn/ensemble/histogram/team.ts'
import { Random } from '../../../src/learn/core/random.ts'
import { Table } from '../../../src/data/table/table.ts'
import { load } from '../agreement/data.ts'

const { X, y } = load({ name: 'made-regression', count: 400, holdout: true })
const numbers = async (values: { data(): Promise<unknown> }): Promise<Float64Array> =>
  (await values.data()) as Float64Array
const boost = histGradientBoostingRegressor

describe('the loops in WebAssembly', () => {
  const rows = 1003
  const columns = 6
  for (const constant of [true, false])
    for (const shared of [true, false]) {
      test(`sum and part as the plain ones do, hessians ${constant ? 'constant' : 'varying'}, memory ${shared ? 'shared' : 'own'}`, () => {
        const random = new Random(4)
        const make = arena(1_000_000, shared)
        const bins = make.bytes(rows * columns)
        const list = make.ints(rows)
        const pairs = make.singles(2 * rows)
        const out = make.doubles(columns * 256 * 4)
        for (let i = 0; i < bins.length; i++) bins[i] = random.integer(256)
        list.set(random.permutation(rows))
        for (let i = 0; i < pairs.length; i++) pairs[i] = constant && i % 2 === 1 ? 1 : random.normal()
        const arrays = { out, bins, rows: list, pairs, rowCount: rows, places: 256, constant }
        plainSums(arrays)(0, columns, 5, rows)
        plainSums(arrays)(2, 1, 0, 3)
        const plain = out.slice()
        out.fill(0)
        const sums = wasmSums(arrays, make.memory!)
        sums(0, columns, 5, rows)
        sums(2, 1, 0, 3)
        expect(out).toEqual(plain)
        expect(plain.some(value => value !== 0)).toBe(true)

        const left = make.ints(rows)
        const right = make.ints(rows)
        const parts = { bins, rows: list, left, right }
        const count = plainParting(parts)(2 * rows, 90, 255, 7, rows)
        const expected = [left.slice(7, 7 + count), right.slice(7, rows - count)]
        left.fill(0)
        right.fill(0)
        expect(wasmParting(parts, make.memory!)(2 * rows, 90, 255, 7, rows)).toBe(count)
        expect([left.slice(7, 7 + count), right.slice(7, rows - count)]).toEqual(expected)
      })
    }
})

describe('histogram boosting', () => {
  test('is the same over two threads as in one', async () => {
    const large = load({ name: 'made-regression', count: 80_000, width: 26 })
    const options = { maxIter: 3, earlyStopping: false, randomState: 1 }
    const one = await boost({ ...options, nJobs: 1 }).fit(large.X, large.y)
    const two = await boost({ ...options, nJobs: 2 }).fit(large.X, large.y)
    expect(two.toJSON().state).toEqual(one.toJSON().state)
  })
  test('rises and falls where it must', async () => {
    const model = await boost({ monotonicCst: [0, 0, 1, 0, -1], maxIter: 30, minSamplesLeaf: 3 }).fit(X, y)
    for (const [column, sign] of [
      [2, 1],
      [4, -1],
    ] as const) {
      const line = { rows: 50, columns: 5, data: new Float64Array(250).fill(0.3) }
      for (let i = 0; i < 50; i++) line.data[i * 5 + column] = -2 + i * 0.08
      const found = await numbers(await model.predict(line))
      for (let i = 1; i < 50; i++) expect(sign * (found[i]! - found[i - 1]!)).toBeGreaterThanOrEqual(0)
    }
  })
  test('stops when rows kept back are no longer predicted better', async () => {
    const model = await boost({
      earlyStopping: true,
      maxIter: 500,
      nIterNoChange: 5,
      learningRate: 0.3,
      randomState: 0,
    }).fit(X, y)
    expect(model.nIter).toBeLessThan(500)
    expect(model.validationScore.shape).toEqual([model.nIter + 1])
    const scores = await numbers(model.validationScore)
    const before = scores[scores.length - 6]!
    expect(Math.max(...scores.slice(-5))).toBeLessThanOrEqual(before + 1e-7)
  })
  test('sends unknown categories where missing values go', async () => {
    const colours = Float64Array.from({ length: 300 }, (_, i) => [3, 17, 40][i % 3]!)
    const target = colours.map(colour => (colour === 17 ? 5 : 1))
    const rows = { rows: 300, columns: 1, data: colours }
    const model = await boost({ categoricalFeatures: [0], maxIter: 50 }).fit(rows, target)
    const found = await numbers(await model.predict([[3], [17], [40], [99], [Number.NaN]]))
    expect(found[1]).toBeGreaterThan(4.9)
    expect(found[0]).toBeCloseTo(found[2]!, 8)
    expect(found[3]).toBe(found[4])
  })
  test('says what is wrong with options and targets', async () => {
    const fails = (options: object, target: ArrayLike<number> = y) =>
      expect(boost(options as never).fit(X, target as never)).rejects
    await fails({ loss: 'quantile' }).toThrow(
      'histGradientBoostingRegressor: loss "quantile" needs the option quantile, such as 0.9.',
    )
    const zero = y.map(() => 0)
    await fails({ loss: 'gamma' }, zero).toThrow(
      'histGradientBoostingRegressor: y is 0 at row 0, and loss "gamma" needs values above 0. Take "squaredError".',
    )
    await fails(
      { loss: 'poisson' },
      y.map(() => -1),
    ).toThrow(
      'histGradientBoostingRegressor: y is -1 at row 0, and loss "poisson" needs values of at least 0. Take "squaredError".',
    )
    await fails({ loss: 'poisson' }, zero).toThrow(
      'histGradientBoostingRegressor: every y is 0, and loss "poisson" needs one above. Take "squaredError".',
    )
    await fails({ monotonicCst: [1] }).toThrow(
      'histGradientBoostingRegressor: monotonicCst has 1 entries and X has 5 columns. It needs one for each.',
    )
    await fails({ categoricalFeatures: [5] }).toThrow(
      'histGradientBoostingRegressor: categoricalFeatures names the feature 5, which X does not have. Its columns are 0 to 4; names need a table.',
    )
    await fails({ categoricalFeatures: [1] }).toThrow(
      'histGradientBoostingRegressor: the categorical feature 1 has 300 categories, and maxBins is 255. Join rare ones.',
    )
    await fails({ categoricalFeatures: [1], monotonicCst: [0, 1, 0, 0, 0] }).toThrow(
      'histGradientBoostingRegressor: feature 1 is categorical and has no order for monotonicCst. Set its entry to 0.',
    )
    const three = load({ name: 'made-classes', count: 90 })
    await expect(
      histGradientBoostingClassifier({ monotonicCst: [1, 0, 0, 0, 0] }).fit(three.X, three.y),
    ).rejects.toThrow('histGradientBoostingClassifier: monotonicCst needs two classes; y has 3. Leave it out.')
    const table = Table.from({ a: [1, 2, 3], b: [1, 2, 3] })
    await expect(boost({ interactionCst: [['a', 'c']] }).fit(table, [1, 2, 3])).rejects.toThrow(
      'histGradientBoostingRegressor: interactionCst names the feature "c", which X does not have. Its columns are a, b.',
    )
  })
})

test('a member of a team whose other has failed does not wait for it', () => {
  const control = new Int32Array(new SharedArrayBuffer(12))
  member(1, 2, control).fail()
  expect(() => member(0, 2, control).meet()).toThrow(
    'threads: another thread of the same work has failed or not answered for ten minutes. Use nJobs: 1 to run without threads.',
  )
  expect(member(0, 1, control)).toBe(alone)
})
