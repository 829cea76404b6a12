import { expect, test } from 'vitest'
import {
  binarizer,
  type Csr,
  denseTransformer,
  functionTransformer,
  fromJSON,
  kBinsDiscretizer,
  labelBinarizer,
  labelEncoder,
  maxAbsScaler,
  minMaxScaler,
  multiLabelBinarizer,
  normalizer,
  polynomialFeatures,
  powerTransformer,
  quantileTransformer,
  robustScaler,
  splineTransformer,
  standardScaler,
} from '../../../src/learn/index.ts'
import { csrFromDense, csrToDense } from '../../../src/learn/numeric/csr.ts'
import { likeliestPower } from '../../../src/learn/preprocessing/powers.ts'
import { tensor } from '../../../src/tensor/creation.ts'
import { Tensor } from '../../../src/tensor/tensor.ts'
import { load } from '../agreement/data.ts'

const listed = async (X: unknown): Promise<unknown> => (X instanceof Tensor ? X.toArray() : X)
const sparse: Csr = csrFromDense({ rows: 3, columns: 2, data: Float64Array.of(0, 2, 4, 0, 0, -6) })
const { X } = load({ name: 'made-regression' })
const counts = load({ name: 'made-counts', count: 40 }).X

test('what a scaler did is undone by its inverse', async () => {
  const scalers = [
    standardScaler(),
    minMaxScaler({ featureRange: [-1, 3] }),
    maxAbsScaler(),
    robustScaler({ quantileRange: [10, 80] }),
    powerTransformer(),
    powerTransformer({ standardize: false }),
    quantileTransformer({ nQuantiles: 120 }),
    quantileTransformer({ nQuantiles: 120, outputDistribution: 'normal' }),
  ]
  for (const scaler of scalers) {
    const model = await scaler.fit(X)
    const back = (await model.inverseTransform(await model.transform(X))) as Tensor
    const values = (await back.data()) as Float64Array
    for (let k = 0; k < values.length; k++) expect(values[k], scaler.name).toBeCloseTo(X.data[k]!, 5)
    await expect(model.inverseTransform([[1, 2]])).rejects.toThrow(
      `${scaler.name}.inverseTransform: X has 2 columns, and the transformed rows have 5. Pass what transform gave.`,
    )
  }
  const positive = await powerTransformer({ method: 'boxCox' }).fit([[1], [2], [9]])
  const back = await positive.inverseTransform(await positive.transform([[3]]))
  expect(((await back.data()) as Float64Array)[0]).toBeCloseTo(3, 9)
})

test('sparse rows stay sparse, and come out as dense ones would', async () => {
  const dense = csrToDense(sparse)
  const scalers = [
    standardScaler({ withMean: false }),
    robustScaler({ withCentering: false, quantileRange: [0, 100] }),
    maxAbsScaler(),
    normalizer(),
    binarizer({ threshold: 1 }),
  ]
  for (const scaler of scalers) {
    const model = await scaler.fit(sparse)
    const rows = (await model.transform(sparse)) as unknown as Csr
    expect('indptr' in rows, scaler.name).toBe(true)
    const same = (await (await scaler.fit(dense)).transform(dense)) as unknown as Tensor
    const values = (await same.data()) as Float64Array
    for (const [k, x] of csrToDense(rows).data.entries()) expect(x).toBeCloseTo(values[k]!, 12)
  }
  const model = await standardScaler({ withMean: false }).fit(sparse)
  const back = (await model.inverseTransform((await model.transform(sparse)) as unknown as Csr)) as unknown as Csr
  for (const [k, x] of back.data.entries()) expect(x).toBeCloseTo(sparse.data[k]!, 12)
})

test('zeros of sparse rows are not moved', async () => {
  await expect(standardScaler().fit(sparse)).rejects.toThrow(
    'standardScaler.fit: X is sparse, and with withMean every 0 would become another number. Pass { withMean: false }, or make X dense.',
  )
  await expect(robustScaler().fit(sparse)).rejects.toThrow(
    'robustScaler.fit: X is sparse, and with withCentering every 0 would become another number. Pass { withCentering: false }, or make X dense.',
  )
  const model = await binarizer({ threshold: -1 }).fit([[1, 2]])
  await expect(model.transform(sparse)).rejects.toThrow(
    'binarizer.transform: X is sparse, and threshold -1 would make every 0 a 1. Pass a threshold of at least 0, or make X dense.',
  )
})

test('sparse rows are made dense, and dense ones pass', async () => {
  const model = await denseTransformer().fit(sparse)
  expect(await listed(await model.transform(sparse))).toEqual([
    [0, 2],
    [4, 0],
    [0, -6],
  ])
  expect(await listed(await model.transform([[1, 2]]))).toEqual([[1, 2]])
  expect(model.featureNamesOut(['a', 'b'])).toEqual(['a', 'b'])
  expect(() => model.featureNamesOut(['a'])).toThrow(
    'denseTransformer.featureNamesOut: got 1 names, and it was fitted on 2 columns. Pass one for each.',
  )
})

test('NaN does not count and stays', async () => {
  const gaps = [[1], [Number.NaN], [3], [5]]
  const expected = [
    [standardScaler(), [-1.224744871391589, Number.NaN, 0, 1.224744871391589]],
    [minMaxScaler({ clip: true }), [0, Number.NaN, 0.5, 1]],
    [maxAbsScaler(), [0.2, Number.NaN, 0.6, 1]],
    [robustScaler(), [-1, Number.NaN, 0, 1]],
    [quantileTransformer({ nQuantiles: 3 }), [0, Number.NaN, 0.5, 1]],
    [functionTransformer({ func: 'square' }), [1, Number.NaN, 9, 25]],
  ] as const
  for (const [scaler, wanted] of expected) {
    const found = (await scaler.fitTransform(gaps)) as Tensor
    const values = Array.from((await found.data()) as Float64Array)
    for (const [i, x] of wanted.entries()) {
      if (Number.isNaN(x)) expect(values[i]).toBeNaN()
      else expect(values[i]).toBeCloseTo(x, 12)
    }
  }
  const power = await powerTransformer().fit([[1], [Number.NaN], [3], [5], [90]])
  const without = await powerTransformer().fit([[1], [3], [5], [90]])
  expect(await power.lambdas.toArray()).toEqual(await without.lambdas.toArray())
})

test('a range must ascend', () => {
  expect(() => minMaxScaler({ featureRange: [1, 1] })).toThrow(
    'minMaxScaler: featureRange must be a list of two numbers, the first below the second; got [1,1].',
  )
  expect(() => robustScaler({ quantileRange: [-5, 75] })).toThrow(
    'robustScaler: quantileRange must be a list of two numbers from 0 to 100, the first below the second; got [-5,75].',
  )
  expect(() => polynomialFeatures({ degree: [2, 1] })).toThrow('polynomialFeatures: degree must be')
})

test('terms of a polynomial are named, and there must be one', async () => {
  const model = await polynomialFeatures({ degree: 2 }).fit([[1, 2]])
  expect(model.featureNamesOut(['a', 'b'])).toEqual(['1', 'a', 'b', 'a^2', 'a b', 'b^2'])
  await expect(polynomialFeatures({ degree: 0, includeBias: false }).fit([[1, 2]])).rejects.toThrow(
    'polynomialFeatures.fit: degree 0 gives no column of 2 without the column of ones. Raise degree, or set includeBias.',
  )
})

test('Box and Cox take positive numbers', async () => {
  await expect(powerTransformer({ method: 'boxCox' }).fit([[1], [0]])).rejects.toThrow(
    'powerTransformer.fit: X is 0 at row 1, column 0. boxCox takes positive numbers; pass { method: "yeoJohnson" }.',
  )
})

test('the likeliest power is found where powers all but vanish', () => {
  // Numbers from 1000 to 1010: with a power of -20 all are 1e-60, and 1 - 1e-60 is 1.
  const values = Float64Array.from({ length: 50 }, (_, i) => 1000 + 10 * ((i * 0.618) % 1) ** 2)
  const likelihood = (lambda: number): number => {
    const mean = values.reduce((a, x) => a + Math.log1p(x), 0) / values.length
    const made = values.map(x => Math.expm1(lambda * (Math.log1p(x) - mean)) / lambda)
    const middle = made.reduce((a, b) => a + b, 0) / made.length
    const variance = made.reduce((a, x) => a + (x - middle) ** 2, 0) / made.length
    return -(values.length / 2) * (Math.log(variance) + 2 * lambda * mean) + (lambda - 1) * values.length * mean
  }
  const best = likeliestPower(values, 'yeoJohnson')
  expect(best).toBeLessThan(-20)
  for (const away of [-1, -0.01, 0.01, 1]) expect(likelihood(best)).toBeGreaterThan(likelihood(best + away))
  expect(
    likeliestPower(
      values.map(x => -x),
      'yeoJohnson',
    ),
  ).toBeCloseTo(2 - best, 5)
})

test('quantiles of a sample are near those of all rows', async () => {
  const many = Array.from({ length: 5000 }, (_, i) => [((i * 7919) % 5000) / 5000])
  const model = await quantileTransformer({ nQuantiles: 11, subsample: 1000, randomState: 3 }).fit(many)
  const values = (await model.quantiles.data()) as Float64Array
  for (const [k, x] of values.entries()) expect(Math.abs(x - k / 10)).toBeLessThan(0.06)
})

test('splines add to 1 between their knots, go on beyond them, and repeat', async () => {
  const rows = Array.from({ length: 21 }, (_, i) => [i / 2])
  for (const extrapolation of ['constant', 'linear', 'continue', 'periodic'] as const) {
    const model = await splineTransformer({ extrapolation, nKnots: 6 }).fit(rows)
    for (const at of [-3, 0, 4.2, 10, 13]) {
      const values = (await (await model.transform([[at]])).data()) as Float64Array
      expect(
        values!.reduce((a, b) => a + b, 0),
        `${extrapolation} at ${at}`,
      ).toBeCloseTo(1, 9)
    }
  }
  const round = await splineTransformer({ extrapolation: 'periodic', nKnots: 6 }).fit(rows)
  const [here, there] = (await (await round.transform([[2.5], [12.5]])).toArray()) as number[][]
  for (const [k, x] of here!.entries()) expect(there![k]).toBeCloseTo(x, 9)
  // Linear beyond the end: second differences vanish.
  const line = await splineTransformer({ extrapolation: 'linear', nKnots: 6 }).fit(rows)
  const [a, b, c] = (await (await line.transform([[11], [12], [13]])).toArray()) as number[][]
  for (let k = 0; k < a!.length; k++) expect(a![k]! - 2 * b![k]! + c![k]!).toBeCloseTo(0, 9)
})

test('splines refuse what does not fit', async () => {
  const model = await splineTransformer({ extrapolation: 'error' }).fit([[0], [4]])
  await expect(model.transform([[5]])).rejects.toThrow(
    'splineTransformer.transform: X is 5 at row 0, column 0, beyond the knots from 0 to 4. Choose another extrapolation.',
  )
  await expect(splineTransformer({ extrapolation: 'periodic', nKnots: 3 }).fit([[0], [4]])).rejects.toThrow(
    'splineTransformer.fit: a periodic spline of degree 3 needs at least 4 knots; got 3. Raise nKnots.',
  )
  await expect(
    splineTransformer({
      knots: [
        [0, 0],
        [1, 1],
      ],
    }).fit([[0], [4]]),
  ).rejects.toThrow('splineTransformer.fit: knots has 2 columns, and X has 1. Give one knot for each in every row.')
  expect(() => splineTransformer({ knots: [[1], [0]] })).toThrow(
    'splineTransformer: knots must be one of uniform, quantile, or a list of at least two rows of knots, one knot a feature, ascending; got [[1],[0]].',
  )
  expect((await splineTransformer({ nKnots: 2, degree: 1 }).fit([[0], [4]])).featureNamesOut(['t'])).toEqual([
    't_sp_0',
    't_sp_1',
  ])
})

test('bins are named, and their middles come back', async () => {
  for (const encode of ['onehot', 'onehotDense', 'ordinal'] as const) {
    const model = await kBinsDiscretizer({ nBins: 2, strategy: 'uniform', encode }).fit([[0], [8]])
    const rows = (await model.transform([[1], [7]])) as unknown as Csr | Tensor
    const dense = 'indptr' in rows ? csrToDense(rows) : rows
    expect(await listed(await model.inverseTransform(dense))).toEqual([[2], [6]])
    expect(model.featureNamesOut()).toEqual(encode === 'ordinal' ? ['x0'] : ['x0_0', 'x0_1'])
  }
  const constant = await kBinsDiscretizer({ encode: 'ordinal' }).fit([[3], [3]])
  expect(await listed(await constant.transform([[9]]))).toEqual([[0]])
  await expect(kBinsDiscretizer({ nBins: [2] }).fit([[1, 2]])).rejects.toThrow(
    'kBinsDiscretizer.fit: nBins has 1 entries, and X has 2 columns. Pass one for each.',
  )
  await expect(
    kBinsDiscretizer({ quantileMethod: 'linear' }).fit([[1], [2]], undefined, { sampleWeight: [1, 2] }),
  ).rejects.toThrow(
    'kBinsDiscretizer.fit: quantileMethod "linear" does not heed sampleWeight. Pass "averagedInvertedCdf", or no weights.',
  )
})

test('bins learned from a sample heed the weights of rows', async () => {
  const rows = Array.from({ length: 1000 }, (_, i) => [i])
  const sampleWeight = rows.map((_, i) => (i < 500 ? 0 : 1))
  const model = await kBinsDiscretizer({ nBins: 2, subsample: 400, encode: 'ordinal', randomState: 1 }).fit(
    rows,
    undefined,
    { sampleWeight },
  )
  const [edges] = model.binEdges
  const values = (await edges!.toArray()) as unknown as number[]
  expect(values[0]).toBeGreaterThanOrEqual(500)
  expect(Math.abs(values[1]! - 750)).toBeLessThan(60)
})

test('a function of a row makes new rows, and only what is named can be saved', async () => {
  const model = await functionTransformer({ func: row => [row[0]! * row[1]!] }).fit([[2, 3]])
  expect(
    await listed(
      await model.transform([
        [4, 5],
        [1, 1],
      ]),
    ),
  ).toEqual([[20], [1]])
  expect(() => JSON.stringify(model)).toThrow(
    'toJSON: options.func is a function, which JSON cannot hold. Use one of the named choices to save the model.',
  )
  await expect(model.inverseTransform([[1]])).rejects.toThrow(
    'functionTransformer.inverseTransform: there is no inverseFunc. Pass the function that undoes func.',
  )
  const uneven = await functionTransformer({ func: row => Array.from(row).slice(0, row[0]) }).fit([[1, 2]])
  await expect(
    uneven.transform([
      [1, 2],
      [2, 2],
    ]),
  ).rejects.toThrow(
    'functionTransformer.transform: the function gave [2,2] for row 1. It must give a list of numbers, as many for every row.',
  )
  const logs = await functionTransformer({ func: 'log1p', inverseFunc: 'expm1' }).fit([[1]])
  const back = fromJSON(JSON.parse(JSON.stringify(logs))) as typeof logs
  expect(((await (await back.inverseTransform(await back.transform([[3]]))).data()) as Float64Array)[0]).toBeCloseTo(
    3,
    12,
  )
})

test('rows of counts keep their shares under the norms', async () => {
  const model = await normalizer({ norm: 'l1' }).fit(counts)
  const rows = ((await await model.transform(counts)) as unknown as Tensor).toArray() as Promise<number[][]>
  for (const row of await rows) {
    const sum = row.reduce((a, b) => a + b, 0)
    expect(sum === 0 || Math.abs(sum - 1) < 1e-12).toBe(true)
  }
})

test('labels become numbers and come back', async () => {
  const encoding = labelEncoder().fit(['spam', 'ham', 'spam'])
  expect(encoding.classes).toEqual(['ham', 'spam'])
  expect(await encoding.transform(['spam', 'ham']).toArray()).toEqual([1, 0])
  expect(encoding.inverseTransform(encoding.transform(['spam']))).toEqual(['spam'])
  expect(() => encoding.transform(['eggs'])).toThrow(
    'labelEncoder.transform: y is "eggs" at row 0, which is no known class. Known are "ham", "spam".',
  )
  expect(() => encoding.inverseTransform([2])).toThrow(
    'labelEncoder.inverseTransform: number 0 is 2. Classes have the numbers 0 to 1.',
  )
  expect(() => labelEncoder().fit([])).toThrow('labelEncoder.fit: y is empty. Pass at least one class.')
})

test('labels become columns and come back', async () => {
  const three = labelBinarizer({ negLabel: -1 }).fit(tensor([3, 1, 2]))
  expect(await three.transform([2, 3]).toArray()).toEqual([
    [-1, 1, -1],
    [-1, -1, 1],
  ])
  expect(await three.inverseTransform([[0.1, 0.2, 0.9]])).toEqual([3])
  const two = labelBinarizer().fit(['no', 'yes'])
  expect(await two.transform(['yes', 'no']).toArray()).toEqual([[1], [0]])
  expect(await two.inverseTransform([[0.7], [0.2]])).toEqual(['yes', 'no'])
  await expect(two.inverseTransform([[0.7, 1]])).rejects.toThrow(
    'labelBinarizer.inverseTransform: X has 2 columns, and the transformed rows have 1. Pass what transform gave.',
  )
  expect(() => labelBinarizer({ negLabel: 1 })).toThrow('labelBinarizer: negLabel must be below posLabel; got 1 and 1.')
})

test('sets of labels become columns and come back', async () => {
  const sets = multiLabelBinarizer().fit([['b', 'a'], [], ['c']])
  const rows = sets.transform([['c', 'a'], []])
  expect(await rows.toArray()).toEqual([
    [1, 0, 1],
    [0, 0, 0],
  ])
  expect(await sets.inverseTransform(rows)).toEqual([['a', 'c'], []])
  expect(() => sets.transform([['d']])).toThrow(
    'multiLabelBinarizer.transform: row 0 has "d", which is no known label. Known are "a", "b", "c".',
  )
  expect(multiLabelBinarizer({ classes: ['c', 'a'] }).fit([]).classes).toEqual(['c', 'a'])
})
