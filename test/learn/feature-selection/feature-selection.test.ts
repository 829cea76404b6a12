import { expect, test } from 'vitest'
import {
  chi2,
  type Csr,
  fClassif,
  featureUnion,
  fRegression,
  fromJSON,
  gridSearchCV,
  isotonicRegression,
  kBinsDiscretizer,
  countVectorizer,
  linearRegression,
  logisticRegression,
  makePipeline,
  makeUnion,
  minMaxScaler,
  mutualInfoClassif,
  mutualInfoRegression,
  oneHotEncoder,
  polynomialFeatures,
  rfe,
  rfecv,
  ridge,
  rRegression,
  selectFdr,
  selectFromModel,
  selectKBest,
  sequentialFeatureSelector,
  standardScaler,
  transformedTargetRegressor,
  varianceThreshold,
} from '../../../src/learn/index.ts'
import { csrFromDense, csrToDense } from '../../../src/learn/numeric/csr.ts'
import type { Tensor } from '../../../src/tensor/tensor.ts'
import { load } from '../agreement/data.ts'

const counts = load({ name: 'made-counts' })
const made = load({ name: 'made-regression' })
const two = load({ name: 'made-two' })
const values = async (x: Tensor): Promise<number[]> => Array.from((await x.data()) as Float64Array)

test('measures of sparse rows are those of dense ones', async () => {
  const sparse = csrFromDense(counts.X)
  for (const measure of [fClassif, chi2] as const) {
    const [a, b] = [await measure(counts.X, counts.y), await measure(sparse, counts.y)]
    const [dense, other] = [await values(a.scores), await values(b.scores)]
    for (const [j, x] of dense.entries()) expect(other[j]! / x).toBeCloseTo(1, 9)
  }
  const targets = Array.from(counts.y, (_, i) => ((i * 37) % 11) / 3)
  const [a, b] = [await rRegression(counts.X, targets), await rRegression(sparse, targets)]
  const other = await values(b)
  for (const [j, x] of (await values(a)).entries()) expect(other[j]).toBeCloseTo(x, 10)
})

test('measures that do not suit the targets say so', async () => {
  await expect(fClassif([[1], [2]], [1, 1])).rejects.toThrow(
    'fClassif: fClassif compares classes, and y has one class.',
  )
  await expect(chi2([[1], [-2]], ['a', 'b'])).rejects.toThrow(
    'chi2: chi2 compares counts, and X holds -2. No number may be below 0.',
  )
  await expect(fRegression([[1], [2]], [1, 2])).rejects.toThrow(
    'fRegression: fRegression needs at least 3 rows; X has 2.',
  )
  await expect(selectKBest().fit(made.X, made.y)).rejects.toThrow(
    /^selectKBest\.fit: fClassif compares classes, and y holds real numbers such as .+\. Take fRegression, or another measure for numbers\.$/,
  )
  await expect(selectKBest({ scoreFunc: 'fRegression' }).fit([[1], [2], [3]], ['a', 'b', 'a'])).rejects.toThrow(
    'selectKBest.fit: y holds words, and the measure needs numbers. Take fClassif, or another for classes.',
  )
  await expect(selectKBest().fit([[1], [2]])).rejects.toThrow(
    'selectKBest.fit: y is missing. Pass one value for each row of X.',
  )
  await expect(selectFdr({ scoreFunc: 'mutualInfoClassif' }).fit(two.X, two.y)).rejects.toThrow(
    'selectFdr.fit: the measure gives no p-values, by which selectFdr selects. Take fClassif, chi2 or fRegression, or selectKBest.',
  )
  await expect(selectKBest({ scoreFunc: () => ({ scores: [1] }) }).fit(two.X, two.y)).rejects.toThrow(
    'selectKBest.fit: scoreFunc gave 1 scores for 5 columns. It must give { scores } with one for each.',
  )
  const wide: Csr = { ...csrFromDense({ rows: 4, columns: 2, data: new Float64Array(8) }), columns: 3000 }
  await expect(mutualInfoClassif(wide, [0, 1, 0, 1])).rejects.toThrow(
    'mutualInfoClassif: mutualInfoClassif measures distances, and X is a sparse matrix of 3000 columns. Take chi2, or fewer columns.',
  )
})

test('information in nats: a copy tells all, noise nothing', async () => {
  const y = Array.from({ length: 300 }, (_, i) => i % 3)
  const drawn = load({ name: 'made-regression', count: 300, width: 1 }).X.data
  const X = y.map((k, i) => [k, drawn[i]!])
  const [copy] = await values(await mutualInfoClassif(X, y, { discreteFeatures: [true, false] }))
  expect(copy).toBeCloseTo(Math.log(3), 9)
  const [real, noise] = await values(await mutualInfoClassif(X, y, { randomState: 1 }))
  expect(real).toBeGreaterThan(1)
  expect(noise).toBeLessThan(0.1)
  const u = load({ name: 'made-regression', count: 2000, width: 2 }).X
  const curve = Array.from({ length: 2000 }, (_, i) => [u.data[2 * i]!, u.data[2 * i + 1]!])
  const [same, other] = await values(
    await mutualInfoRegression(
      curve,
      curve.map(([a]) => a! ** 3),
      { randomState: 0, nNeighbors: 4 },
    ),
  )
  expect(same).toBeGreaterThan(3)
  expect(other).toBeLessThan(0.05)
  await expect(mutualInfoClassif(X, y, { nNeighbors: 0 })).rejects.toThrow(
    'mutualInfoClassif: nNeighbors must be an integer of at least 1; got 0.',
  )
  await expect(mutualInfoClassif(X, y, { discreteFeatures: [true] })).rejects.toThrow(
    'mutualInfoClassif: discreteFeatures has 1 entries, and X has 2 columns. Pass one for each.',
  )
})

test('a measure of the user’s own chooses columns', async () => {
  const model = await selectKBest({
    k: 1,
    scoreFunc: X => ({ scores: Array.from({ length: X.columns }, (_, j) => -j) }),
  }).fit(two.X, two.y)
  expect(model.support).toEqual([true, false, false, false, false])
  expect(model.pvalues).toBeNull()
})

test('chosen columns keep their names, and go back among zeros', async () => {
  const model = await selectKBest({ k: 2, scoreFunc: 'chi2' }).fit(counts.X, counts.y)
  const names = model.featureNamesOut(['a', 'b', 'c', 'd', 'e'])
  expect(names.length).toBe(2)
  const kept = (await model.transform(counts.X)) as unknown as Tensor
  const back = (await model.inverseTransform(kept)) as unknown as Tensor
  expect(back.shape).toEqual([120, 5])
  const rows = (await model.transform(csrFromDense(counts.X))) as unknown as Csr
  expect(Array.from(csrToDense(rows).data)).toEqual(await values(kept))
  const wide = (await model.inverseTransform(rows)) as unknown as Csr
  expect(Array.from(csrToDense(wide).data)).toEqual(await values(back))
  await expect(model.inverseTransform([[1]])).rejects.toThrow(
    'selectKBest.inverseTransform: X has 1 column, and the transformed rows have 2. Pass what transform gave.',
  )
})

test('columns that vary too little are left out', async () => {
  await expect(varianceThreshold({ threshold: 2 }).fit([[1], [2]])).rejects.toThrow(
    'varianceThreshold.fit: no column of 1 has a variance above 2. Lower threshold.',
  )
  const model = await varianceThreshold().fit([
    [0.1, 1],
    [0.1, 2],
    [0.1, 3],
  ])
  expect(model.support).toEqual([false, true])
})

test('a selector that looks at one target refuses several', async () => {
  const both = Array.from(made.y, (x, i) => [x, i])
  await expect(
    makePipeline(selectKBest({ scoreFunc: 'fRegression' }), linearRegression()).fit(made.X, both),
  ).rejects.toThrow(
    'pipeline.fit: selectKBest takes one target a row, and y has 2. Leave it out, or fit a model for each.',
  )
  const one = await makePipeline(selectKBest({ scoreFunc: 'fRegression', k: 3 }), linearRegression()).fit(
    made.X,
    made.y,
  )
  expect(await one.score(made.X, made.y)).toBeGreaterThan(0.5)
})

test('a selector in a pipeline chooses for a classifier, and is searched', async () => {
  const pipe = makePipeline(standardScaler(), selectKBest(), logisticRegression())
  const search = await gridSearchCV(pipe, { 'selectKBest.k': [1, 3] }, { nJobs: 1, cv: 3 }).fit(two.X, two.y)
  expect(search.bestParams['selectKBest.k']).toBe(3)
  const inner = rfe({ estimator: ridge() }).with({ 'estimator.alpha': 5, nFeaturesToSelect: 2 })
  const model = await inner.fit(made.X, made.y)
  expect((model.fittedEstimator as unknown as { options: { alpha: number } }).options.alpha).toBe(5)
  const back = fromJSON(JSON.parse(JSON.stringify(model))) as typeof model
  expect(await values((await back.transform(made.X)) as unknown as Tensor)).toEqual(
    await values((await model.transform(made.X)) as unknown as Tensor),
  )
})

test('whole numbers are classes for a classifier within, and numbers for a regressor', async () => {
  const X = Array.from({ length: 30 }, (_, i) => [i % 3, (i * 7) % 5, 1 + (i % 2)])
  const y = X.map(([a]) => 10 * a!)
  expect((await selectFromModel({ estimator: linearRegression() }).fit(X, y)).support).toEqual([true, false, false])
  expect((await selectFromModel({ estimator: logisticRegression() }).fit(X, y)).support[0]).toBe(true)
  await expect(rfe({ estimator: linearRegression() }).fit(X, y.map(String))).rejects.toThrow(
    'rfe.fit: linearRegression predicts numbers, and y holds strings. Take a classifier.',
  )
  await expect(
    rfe({ estimator: logisticRegression() }).fit(
      X,
      y.map(v => v + 0.5),
    ),
  ).rejects.toThrow('rfe.fit: logisticRegression needs classes, and y holds real numbers. Take a regressor.')
  await expect(rfe({ estimator: logisticRegression() }).fit(X)).rejects.toThrow(
    'rfe.fit: y is missing, and logisticRegression learns from it. Pass one value for each row.',
  )
})

test('selectors by a model refuse what they cannot do', async () => {
  const { X, y } = made
  await expect(rfe({ estimator: ridge(), nFeaturesToSelect: 9 }).fit(X, y)).rejects.toThrow(
    'rfe.fit: nFeaturesToSelect is 9, and X has 5 columns. Ask for fewer.',
  )
  await expect(rfecv({ estimator: ridge(), minFeaturesToSelect: 9 }).fit(X, y)).rejects.toThrow(
    'rfecv.fit: minFeaturesToSelect is 9, and X has 5 columns. Ask for fewer.',
  )
  await expect(sequentialFeatureSelector({ estimator: ridge(), nFeaturesToSelect: 5 }).fit(X, y)).rejects.toThrow(
    'sequentialFeatureSelector.fit: nFeaturesToSelect is 5, and X has 5 columns. Ask for fewer than all.',
  )
  await expect(sequentialFeatureSelector({ estimator: ridge(), tol: 0 }).fit(X, y)).rejects.toThrow(
    'sequentialFeatureSelector.fit: tol must be above 0 where columns are added; got 0.',
  )
  await expect(sequentialFeatureSelector({ estimator: ridge() }).fit([[1], [2]], [1, 2])).rejects.toThrow(
    'sequentialFeatureSelector.fit: X has one column, of which none can be chosen. Pass at least two.',
  )
  await expect(selectFromModel({ estimator: ridge(), threshold: 1e9 }).fit(X, y)).rejects.toThrow(
    'selectFromModel.fit: no column of 5 has an importance of at least 1000000000. Lower threshold.',
  )
  await expect(
    selectFromModel({ estimator: transformedTargetRegressor({ regressor: ridge() }) }).fit(X, y),
  ).rejects.toThrow(
    'selectFromModel.fit: transformedTargetRegressor tells no importance of columns, neither coef nor featureImportances. Take a linear model or trees.',
  )
  expect(() => selectFromModel({ estimator: ridge(), threshold: 'most' })).toThrow(
    'selectFromModel: threshold must be null, or a number, or "mean" or "median", or a multiple such as "1.25*mean"; got "most".',
  )
})

test('a fit that fails within is told with its own words', async () => {
  const selector = sequentialFeatureSelector({ estimator: isotonicRegression(), direction: 'backward' })
  await expect(selector.fit(made.X, made.y)).rejects.toThrow(
    /^sequentialFeatureSelector\.fit: a fit failed: isotonicRegression.* one column/,
  )
  const wide = transformedTargetRegressor({
    regressor: ridge(),
    transformer: kBinsDiscretizer({ encode: 'onehotDense', nBins: 3 }),
  })
  await expect(wide.fit(made.X, made.y)).rejects.toThrow(
    'transformedTargetRegressor.fit: kBinsDiscretizer makes 3 columns of the target. It must make one.',
  )
})

test('backward steps may lose a little, and end where they lose more', async () => {
  const model = await sequentialFeatureSelector({
    estimator: linearRegression(),
    direction: 'backward',
    tol: -0.01,
    cv: 3,
  }).fit(made.X, made.y)
  expect(model.support.filter(Boolean).length).toBe(model.nFeaturesToSelect)
  expect(model.support[4]).toBe(true)
})

test('a union puts the results of its parts beside each other', async () => {
  const union = makeUnion(minMaxScaler(), polynomialFeatures({ includeBias: false }))
  const model = await union.with({ 'polynomialFeatures.degree': 3 }).fit([[0], [2]])
  expect(await ((await model.transform([[1]])) as unknown as Tensor).toArray()).toEqual([[0.5, 1, 1, 1]])
  expect(model.featureNamesOut(['t'])).toEqual([
    'minMaxScaler__t',
    'polynomialFeatures__t',
    'polynomialFeatures__t^2',
    'polynomialFeatures__t^3',
  ])
  expect(() => union.with({ 'scaler.clip': true })).toThrow(
    'featureUnion: no part is named "scaler". The parts are minMaxScaler, polynomialFeatures.',
  )
  const texts = featureUnion([
    ['words', countVectorizer()],
    ['letters', countVectorizer({ analyzer: 'char' })],
  ])
  const rows = (await (await texts.fit(['ab ab', 'b'])).transform(['ab b'])) as unknown as Csr
  expect(rows.columns).toBe(4)
  const mixed = await featureUnion([
    ['number', minMaxScaler()],
    ['word', oneHotEncoder()],
  ]).fit([[1], [2]])
  expect(mixed.featureNamesOut()).toEqual(['number__x0', 'word__x0_1', 'word__x0_2'])
})

test('a union refuses parts that do not go together', () => {
  expect(() => featureUnion([['a', ridge()]])).toThrow(
    'featureUnion: ridge transforms nothing. Each part must be a transformer.',
  )
  expect(() =>
    featureUnion([
      ['a', countVectorizer()],
      ['b', minMaxScaler()],
    ]),
  ).toThrow(
    'featureUnion: some parts take texts and others do not. Take columnTransformer, which gives each part its columns.',
  )
})

test('a target is changed, and predictions go back', async () => {
  const X = [[0], [1], [2]]
  const model = await transformedTargetRegressor({ regressor: linearRegression(), func: 'log' }).fit(X, [1, 10, 100])
  expect((await values(await model.predict([[3]])))[0]).toBeCloseTo(1000, 6)
  const back = fromJSON(JSON.parse(JSON.stringify(model))) as typeof model
  expect((await values(await back.predict([[3]])))[0]).toBeCloseTo(1000, 6)
  const changed = transformedTargetRegressor({ regressor: ridge(), func: 'log' }).with({ 'regressor.alpha': 0 })
  expect((await values(await (await changed.fit(X, [1, 10, 100])).predict([[3]])))[0]).toBeCloseTo(1000, 6)
})

test('a change of the target needs its inverse', async () => {
  const regressor = linearRegression()
  expect(() => transformedTargetRegressor({ regressor, func: y => y * 2 })).toThrow(
    'transformedTargetRegressor: func has no inverseFunc, and predictions must go back. Pass what undoes it.',
  )
  expect(() => transformedTargetRegressor({ regressor, func: 'log', transformer: standardScaler() })).toThrow(
    'transformedTargetRegressor: both transformer and func are given. Pass one of them.',
  )
  expect(() => transformedTargetRegressor({ regressor, transformer: polynomialFeatures() })).toThrow(
    'transformedTargetRegressor: polynomialFeatures has no inverseTransform, and predictions must go back.',
  )
  await expect(transformedTargetRegressor({ regressor, func: 'log' }).fit([[1], [2]], [1, 0])).rejects.toThrow(
    'transformedTargetRegressor.fit: func gives -Infinity for y = 0 at row 1. Take a function that y allows, such as log1p for counts.',
  )
  await expect(
    transformedTargetRegressor({ regressor, func: 'sqrt', inverseFunc: 'exp' }).fit([[1], [2]], [4, 1]),
  ).rejects.toThrow(
    /^transformedTargetRegressor\.fit: the inverse gives 7\.389\d* for y = 4 at row 0\. Pass the function that undoes func, or \{ checkInverse: false \}\.$/,
  )
})
