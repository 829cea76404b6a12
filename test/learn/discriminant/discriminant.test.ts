import { expect, test } from 'vitest'
import { linearDiscriminantAnalysis, quadraticDiscriminantAnalysis } from '../../../src/learn/index.ts'
import { load } from '../agreement/data.ts'

const classes = load({ name: 'made-classes', holdout: true })
const two = load({ name: 'made-two', holdout: true })
const numbers = async (tensor: { data(): Promise<ArrayLike<number>> }): Promise<number[]> =>
  Array.from(await tensor.data())

test('the three solvers give the same probabilities', async () => {
  for (const { X, y, testX } of [classes, two]) {
    const [svd, lsqr, eigen] = await Promise.all(
      (['svd', 'lsqr', 'eigen'] as const).map(async solver =>
        numbers(await (await linearDiscriminantAnalysis({ solver }).fit(X, y)).predictProba(testX)),
      ),
    )
    for (let i = 0; i < svd!.length; i++) {
      expect(lsqr![i]).toBeCloseTo(svd![i]!, 8)
      expect(eigen![i]).toBeCloseTo(svd![i]!, 8)
    }
  }
})

test('along the directions rows have the covariance 1 within their classes', async () => {
  const { X, y } = classes
  for (const solver of ['svd', 'eigen'] as const) {
    const Z = (await (
      await (await linearDiscriminantAnalysis({ solver }).fit(X, y)).transform(X)
    ).toArray()) as number[][]
    expect(Z[0]).toHaveLength(2)
    const within = [0, 0, 0]
    for (const k of [0, 1, 2]) {
      const rows = Z.filter((_, i) => y[i] === k)
      const mean = [0, 1].map(j => rows.reduce((sum, row) => sum + row[j]!, 0) / rows.length)
      for (const row of rows) {
        const [a, b] = [row[0]! - mean[0]!, row[1]! - mean[1]!]
        within[0]! += (a * a) / Z.length
        within[1]! += (b * b) / Z.length
        within[2]! += (a * b) / Z.length
      }
    }
    expect(within[0]).toBeCloseTo(1, 8)
    expect(within[1]).toBeCloseTo(1, 8)
    expect(within[2]).toBeCloseTo(0, 8)
  }
})

test('features that depend on each other do not matter to singular values', async () => {
  const { X, y, testX, testY } = two
  const doubled = (given: typeof X) => ({
    rows: given.rows,
    columns: given.columns + 1,
    data: Float64Array.from({ length: given.rows * (given.columns + 1) }, (_, at) => {
      const [i, j] = [Math.floor(at / (given.columns + 1)), at % (given.columns + 1)]
      return j < given.columns ? given.data[i * given.columns + j]! : 3 * given.data[i * given.columns]! - 1
    }),
  })
  const plain = await linearDiscriminantAnalysis().fit(X, y)
  const model = await linearDiscriminantAnalysis().fit(doubled(X), y)
  const [a, b] = [
    await numbers(await plain.decisionFunction(testX)),
    await numbers(await model.decisionFunction(doubled(testX))),
  ]
  for (const [i, value] of a.entries()) expect(b[i]).toBeCloseTo(value, 8)
  expect(await model.score(doubled(testX), testY)).toBeGreaterThan(0.8)
  await expect(
    linearDiscriminantAnalysis({ solver: 'eigen' }).fit(
      [
        [1, 1],
        [2, 2],
        [3, 3],
        [5, 5],
      ],
      [0, 0, 1, 1],
    ),
  ).rejects.toThrow(
    'linearDiscriminantAnalysis.fit: the covariance within the classes has no inverse: features depend on each other. Set shrinkage, or take the solver "svd".',
  )
})

test('classes with one mean cannot be told apart, and are not', async () => {
  const model = await linearDiscriminantAnalysis().fit([[0], [2], [0], [2]], [0, 0, 1, 1])
  expect(await numbers(await model.predictProba([[7]]))).toEqual([0.5, 0.5])
})

test('the quadratic method sees classes that differ in their spread only', async () => {
  const X = Array.from({ length: 60 }, (_, i) => [Math.sin(i) * (i % 2 ? 1 : 20), Math.cos(i) * (i % 2 ? 1 : 20)])
  const y = X.map((_, i) => i % 2)
  const quadratic = await quadraticDiscriminantAnalysis({ storeCovariance: true }).fit(X, y)
  expect(await quadratic.score(X, y)).toBe(1)
  expect(await (await linearDiscriminantAnalysis().fit(X, y)).score(X, y)).toBeLessThan(0.8)
  expect(quadratic.covariance).toHaveLength(2)
  // Far out probabilities are too small for a number, and their logarithms are not.
  const far = await numbers(await quadratic.predictLogProba([[1e4, 0]]))
  expect(far[1]).toBeLessThan(-1e5)
  expect(Number.isFinite(far[1])).toBe(true)
})

test('what cannot be done is said, with the remedy', async () => {
  const { X, y } = classes
  const lda = linearDiscriminantAnalysis
  const qda = quadraticDiscriminantAnalysis
  await expect(lda({ shrinkage: 'auto' }).fit(X, y)).rejects.toThrow(
    'linearDiscriminantAnalysis.fit: the solver "svd" does not shrink. Take "lsqr" or "eigen" with shrinkage.',
  )
  await expect(lda({ nComponents: 3 }).fit(X, y)).rejects.toThrow(
    'linearDiscriminantAnalysis.fit: nComponents is 3; 5 features of 3 classes have at most 2 directions.',
  )
  await expect(lda().fit([[1], [2]], [0, 1])).rejects.toThrow(
    'linearDiscriminantAnalysis.fit: there are 2 rows of 2 classes. There must be more rows than classes.',
  )
  await expect(lda().fit([[1], [1], [2], [2]], [0, 0, 1, 1])).rejects.toThrow(
    'linearDiscriminantAnalysis.fit: no feature varies within the classes, so there is nothing to measure their distances by. Check that no feature repeats y.',
  )
  const lsqr = await lda({ solver: 'lsqr' }).fit(X, y)
  await expect(lsqr.transform(X)).rejects.toThrow(
    'linearDiscriminantAnalysis.transform: the solver "lsqr" finds no directions. Fit with "svd" or "eigen".',
  )
  await expect(lda({ priors: [0.5, 0.5] }).fit(X, y)).rejects.toThrow(
    'linearDiscriminantAnalysis.fit: priors has 2 values and y has 3 classes. Pass one probability a class.',
  )
  await expect(qda({ priors: [0.5, 0.4, 0.2] }).fit(X, y)).rejects.toThrow(
    /^quadraticDiscriminantAnalysis.fit: the sum of priors must be 1; it is 1.1/,
  )
  await expect(qda({ shrinkage: 0.1 }).fit(X, y)).rejects.toThrow(
    'quadraticDiscriminantAnalysis.fit: the solver "svd" does not shrink. Take "eigen" with shrinkage, or regParam.',
  )
  await expect(qda({ solver: 'eigen', regParam: 0.1 }).fit(X, y)).rejects.toThrow(
    'quadraticDiscriminantAnalysis.fit: the solver "eigen" does not heed regParam. Take "svd" with it, or shrinkage.',
  )
  await expect(qda().fit([[1], [2], [3]], ['a', 'a', 'b'])).rejects.toThrow(
    'quadraticDiscriminantAnalysis.fit: class b has 1 row; a covariance needs at least 2.',
  )
  const flat = [
    [1, 1],
    [2, 2],
    [3, 3],
    [5, 7],
    [6, 1],
    [7, 2],
  ]
  await expect(qda().fit(flat, [0, 0, 0, 1, 1, 1])).rejects.toThrow(
    'quadraticDiscriminantAnalysis.fit: the 3 rows of class 0 vary in 1 of 2 directions, so that their covariance has no inverse. Pass more rows, a larger regParam, or the solver "eigen" with shrinkage.',
  )
  await expect(qda({ solver: 'eigen' }).fit(flat, [0, 0, 0, 1, 1, 1])).rejects.toThrow(
    'quadraticDiscriminantAnalysis.fit: the 3 rows of class 0 vary in 1 of 2 directions, so that their covariance has no inverse. Pass more rows, or more shrinkage.',
  )
})
