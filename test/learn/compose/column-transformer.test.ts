import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { readTable } from '../../../src/data/table/read-table.ts'
import { Table } from '../../../src/data/table/table.ts'
import {
  columnTransformer,
  countVectorizer,
  fromJSON,
  gridSearchCV,
  linearRegression,
  logisticRegression,
  makeColumnSelector,
  makeColumnTransformer,
  makePipeline,
  minMaxScaler,
  oneHotEncoder,
  pipeline,
  polynomialFeatures,
  ridge,
  simpleImputer,
  standardScaler,
} from '../../../src/learn/index.ts'
import { Tensor } from '../../../src/tensor/tensor.ts'

const table = Table.from({
  age: [20, 40, 30],
  fare: [1, 3, 5],
  sex: ['f', 'm', 'f'],
  note: ['good ship', 'a ship', 'old'],
})
const listed = async (X: unknown): Promise<unknown> => (X instanceof Tensor ? X.toArray() : X)

test('each part transforms its columns, and the results stand beside each other', async () => {
  const model = await columnTransformer([
    ['numbers', minMaxScaler(), ['fare', 'age']],
    ['words', oneHotEncoder(), ['sex']],
  ]).fit(table)
  expect(await listed(await model.transform(table))).toEqual([
    [0, 0, 1, 0],
    [0.5, 1, 0, 1],
    [1, 0.5, 1, 0],
  ])
  expect(model.featureNamesOut()).toEqual(['numbers__fare', 'numbers__age', 'words__sex_f', 'words__sex_m'])
  expect(model.outputIndices).toEqual({ numbers: [0, 2], words: [2, 4] })
  expect(model.transformerNames).toEqual(['numbers', 'words'])
  const [numbers] = model.transformers as unknown as { dataMax: Tensor }[]
  expect(await numbers!.dataMax.toArray()).toEqual([5, 40])
})

test('columns come by position, by type and by name, and a text of its own goes to a vectorizer', async () => {
  const model = await columnTransformer(
    [
      ['first', 'passthrough', [0]],
      ['fares', minMaxScaler(), makeColumnSelector({ pattern: /^fa/ })],
      ['text', countVectorizer(), 'note'],
      ['none', standardScaler(), makeColumnSelector({ type: 'boolean' })],
    ],
    { verboseFeatureNamesOut: false, sparseThreshold: 0 },
  ).fit(table)
  expect(await listed(await model.transform(table))).toEqual([
    [20, 0, 1, 0, 1],
    [40, 0.5, 0, 0, 1],
    [30, 1, 0, 1, 0],
  ])
  expect(model.featureNamesOut()).toEqual(['age', 'fare', 'good', 'old', 'ship'])
  expect(model.transformerNames).toEqual(['fares', 'text'])
})

test('the columns of a matrix are taken by position, and the remainder passes', async () => {
  const X = [
    [1, 5, 9],
    [3, 6, 7],
  ]
  const model = await columnTransformer([['scale', minMaxScaler(), [1]]], { remainder: 'passthrough' }).fit(X)
  expect(await listed(await model.transform(X))).toEqual([
    [0, 1, 9],
    [1, 3, 7],
  ])
  expect(model.featureNamesOut()).toEqual(['scale__x1', 'remainder__x0', 'remainder__x2'])
  expect(model.featureNamesOut(['a', 'b', 'c'])).toEqual(['scale__b', 'remainder__a', 'remainder__c'])
  const scaled = await makeColumnTransformer([['drop', [1]]], { remainder: minMaxScaler() }).fit(X)
  expect(await listed(await scaled.transform(X))).toEqual([
    [0, 1],
    [1, 0],
  ])
})

test('few numbers other than 0 make the whole sparse', async () => {
  const many = Table.from({ word: Array.from({ length: 10 }, (_, i) => `w${i}`), x: new Float64Array(10) })
  const model = await makeColumnTransformer([
    [oneHotEncoder(), ['word']],
    ['passthrough', ['x']],
  ]).fit(many)
  const rows = await model.transform(many)
  expect(rows).toMatchObject({ rows: 10, columns: 11 })
  expect('indptr' in rows && rows.data.length).toBe(10)
})

test('options of a part are reached with dots, and searched', async () => {
  const composed = columnTransformer([
    [
      'numbers',
      pipeline([
        ['fill', simpleImputer()],
        ['more', polynomialFeatures()],
      ]),
      ['age'],
    ],
    ['left', 'drop', ['fare']],
  ])
  const changed = composed.with({ 'numbers.more.degree': 3, 'numbers.fill.strategy': 'median', sparseThreshold: 1 })
  const model = await changed.fit(table)
  expect(model.featureNamesOut()).toEqual(['numbers__1', 'numbers__age', 'numbers__age^2', 'numbers__age^3'])
  expect(() => composed.with({ 'words.drop': 'first' })).toThrow(
    'columnTransformer: no part is named "words". The parts are numbers, left.',
  )
  expect(() => composed.with({ 'left.drop': 'first' })).toThrow(
    'columnTransformer: part "left" is "drop", which has no options; got left.drop.',
  )
  const X = Array.from({ length: 30 }, (_, i) => [i, (i * 7) % 5])
  const y = X.map(([a, b]) => a! + b! ** 3)
  const search = await gridSearchCV(
    pipeline([
      ['columns', columnTransformer([['poly', polynomialFeatures(), [1]]], { remainder: standardScaler() })],
      ['line', linearRegression()],
    ]),
    { 'columns.poly.degree': [1, 3], 'columns.remainder.withMean': [true] },
    { nJobs: 1, cv: 3 },
  ).fit(X, y)
  expect(search.bestParams).toEqual({ 'columns.poly.degree': 3, 'columns.remainder.withMean': true })
})

test('threads fit parts of a table as one thread does', async () => {
  const rows = Table.from({
    age: Float64Array.from({ length: 40 }, (_, i) => (i * 13) % 37),
    port: Array.from({ length: 40 }, (_, i) => ['S', 'C', 'Q'][(i * 7) % 3]!),
  })
  const target = Array.from({ length: 40 }, (_, i) => ((i * 13) % 37) + 5 * ((i * 7) % 3))
  const composed = makePipeline(
    columnTransformer([
      ['numbers', standardScaler(), makeColumnSelector({ type: 'number' })],
      ['words', oneHotEncoder(), ['port']],
    ]),
    ridge(),
  )
  const grid = { 'ridge.alpha': [0.1, 10], 'columnTransformer.words.drop': [null, 'first'] }
  const of = (nJobs: number) => gridSearchCV(composed, grid, { nJobs, cv: 3 }).fit(rows, target)
  const [one, two] = [await of(1), await of(2)]
  expect(one.cvResults.errors).toEqual([])
  expect(two.cvResults.splitTestScores).toEqual(one.cvResults.splitTestScores)
})

test('what no column can be chosen for is refused', async () => {
  await expect(columnTransformer([['a', standardScaler(), ['agee']]]).fit(table)).rejects.toThrow(
    'columnTransformer.fit: part "a" takes column "agee", which X does not have. Its 4 columns are age, fare, sex, note.',
  )
  await expect(columnTransformer([['a', standardScaler(), [4]]]).fit(table)).rejects.toThrow(
    'columnTransformer.fit: part "a" takes column 4, which X does not have.',
  )
  await expect(columnTransformer([['a', 'drop', ['age']]]).fit(table)).rejects.toThrow(
    'columnTransformer.fit: no part takes a column of age, fare, sex, note. Name some, or set { remainder: "passthrough" }.',
  )
  await expect(columnTransformer([['a', 'passthrough', ['sex']]]).fit(table)).rejects.toThrow(
    'toDense: column "sex" is text',
  )
  expect(() => columnTransformer([['a', ridge(), ['age']]])).toThrow(
    'columnTransformer: ridge transforms nothing. Each part must be a transformer.',
  )
  expect(() => makeColumnSelector({ type: 'words' as 'text' })).toThrow(
    'makeColumnSelector: type must be one of number, boolean, text; got "words".',
  )
  expect(() => columnTransformer([['a.b', standardScaler(), ['age']]])).toThrow(
    'columnTransformer: transformers must be a list of [name, transformer or "drop" or "passthrough", columns], each name once and without dots, columns by name, position or makeColumnSelector; got',
  )
})

test('a step that cannot take what the one before it made says so', async () => {
  const gaps = Table.from({ age: [20, null, 30], sex: ['f', 'm', 'f'] })
  await expect(
    makePipeline(simpleImputer({ strategy: 'mostFrequent' }), linearRegression()).fit(gaps, [1, 2, 3]),
  ).rejects.toThrow('toDense: column "sex" is text')
  await expect(makePipeline(standardScaler(), linearRegression()).fit(gaps.select(['age']), [1, 2, 3])).rejects.toThrow(
    'linearRegression.fit: X is NaN at row 1, column 0. Fill what is missing first, as with simpleImputer(), or drop the row.',
  )
  const model = await makePipeline(standardScaler(), linearRegression()).fit([[1], [2], [4]], [1, 2, 3])
  await expect(model.predict([[Number.NaN]])).rejects.toThrow('X is NaN at row 0, column 0')
})

// Made by tools/fixtures/learn_titanic.py.
const reference = JSON.parse(
  readFileSync(fileURLToPath(new URL('./fixtures/titanic.json', import.meta.url)), 'utf8'),
) as { score: number; survival: number[] }
const file = `${process.env.GRADUS_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url))}/tabular/titanic_kaggle_train.csv`

test('the passengers of the Titanic: gaps, words and numbers in one pipeline, saved and read back', async context => {
  if (!existsSync(file)) context.skip('titanic_kaggle_train.csv is absent; set GRADUS_DATA to the folder with tabular')
  const passengers = await readTable(file)
  const X = passengers.drop(['Survived'])
  const survived = passengers.column('Survived')
  const model = await pipeline([
    [
      'columns',
      columnTransformer([
        [
          'numbers',
          makePipeline(simpleImputer({ strategy: 'median', addIndicator: true }), standardScaler()),
          ['Age', 'Fare', 'SibSp', 'Parch'],
        ],
        [
          'words',
          makePipeline(simpleImputer({ strategy: 'mostFrequent' }), oneHotEncoder({ handleUnknown: 'ignore' })),
          ['Sex', 'Embarked', 'Pclass'],
        ],
      ]),
    ],
    ['classify', logisticRegression({ tol: 1e-10, maxIter: 1000 })],
  ]).fit(X, survived)
  expect(await model.score(X, survived)).toBeCloseTo(reference.score, 12)
  const back = fromJSON(JSON.parse(JSON.stringify(model))) as typeof model
  const proba = await (await model.predictProba(X)).data()
  expect(await (await back.predictProba(X)).data()).toEqual(proba)
  for (const [i, share] of reference.survival.entries()) expect(proba[2 * i + 1]).toBeCloseTo(share, 5)
  const columns = (model.steps as unknown as { featureNamesOut(): string[] }[])[0]!
  expect(columns.featureNamesOut()).toEqual([
    ...['Age', 'Fare', 'SibSp', 'Parch', 'missingindicator_Age'].map(name => `numbers__${name}`),
    ...['Sex_female', 'Sex_male', 'Embarked_C', 'Embarked_Q', 'Embarked_S', 'Pclass_1', 'Pclass_2', 'Pclass_3'].map(
      name => `words__${name}`,
    ),
  ])
})
