import { describe, expect, test } from 'vitest'
import { bernoulliNB, categoricalNB, gaussianNB, multinomialNB } from '../../../src/learn/index.ts'
import { csrFromDense } from '../../../src/learn/numeric/csr.ts'

const X = [
  [1, 0],
  [2, 1],
  [0, 3],
]
const y = ['a', 'a', 'b']
const fails = (work: Promise<unknown>, message: string) => expect(work).rejects.toMatchObject({ message })

describe('naive Bayes', () => {
  test('refuses priors and smoothing that do not fit', async () => {
    await fails(
      multinomialNB({ classPrior: [1] }).fit(X, y),
      'multinomialNB.fit: classPrior has 1 values and y has 2 classes. Pass one probability a class.',
    )
    await fails(
      gaussianNB({ priors: [0.5, 0.25] }).fit(X, y),
      'gaussianNB.fit: the sum of priors must be 1; it is 0.75. Divide each by the sum.',
    )
    await fails(
      bernoulliNB({ alpha: [1] }).fit(X, y),
      'bernoulliNB.fit: alpha has 1 values and X has 2 columns. Pass one number, or one a column.',
    )
    await fails(
      categoricalNB({ minCategories: [4] }).fit(X, y),
      'categoricalNB.fit: minCategories has 1 values and X has 2 columns. Pass one number, or one a column.',
    )
  })
  test('refuses what is no count and no category', async () => {
    await fails(
      multinomialNB().fit([[1], [-2]], ['a', 'b']),
      'multinomialNB.fit: X has the value -2; counts must be at least 0. For real numbers take gaussianNB().',
    )
    await fails(
      categoricalNB().fit([[1], [0.5]], ['a', 'b']),
      'categoricalNB.fit: X is 0.5 at row 1, column 0; categories are whole numbers from 0. Encode them first, as with ordinalEncoder().',
    )
    const model = await categoricalNB().fit(X, y)
    await fails(
      model.predict([[0, 9]]),
      'categoricalNB.predict: X is 9 at row 0, column 1; fit saw categories 0 to 3. Make room with minCategories.',
    )
    const roomy = await categoricalNB({ minCategories: 10 }).fit(X, y)
    expect(await roomy.predict([[0, 9]])).toEqual(['b'])
  })
  test('learns the same from sparse rows', async () => {
    const rows = { rows: 3, columns: 2, data: Float64Array.from(X.flat()) }
    for (const estimator of [multinomialNB(), bernoulliNB()]) {
      const dense = await estimator.fit(rows, y)
      const sparse = await estimator.fit(csrFromDense(rows), y)
      expect(await (await sparse.predictProba(csrFromDense(rows))).toArray()).toEqual(
        await (await dense.predictProba(rows)).toArray(),
      )
    }
  })
})
