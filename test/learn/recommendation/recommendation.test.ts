import { expect, test } from 'vitest'
import { collaborativeFiltering, dummyRegressor, matrixFactorization } from '../../../src/learn/index.ts'
import { Random } from '../../../src/learn/core/random.ts'

/** Ratings of a few known tastes with noise, two thirds of them known. */
const ratings = () => {
  const random = new Random(3)
  const [users, items, k] = [40, 30, 2]
  const P = Array.from({ length: users }, () => [random.normal(), random.normal()])
  const Q = Array.from({ length: items }, () => [random.normal(), random.normal()])
  const bias = Array.from({ length: users }, () => 0.5 * random.normal())
  const train = { X: [] as number[][], y: [] as number[] }
  const test = { X: [] as number[][], y: [] as number[] }
  for (let u = 0; u < users; u++) {
    for (let i = 0; i < items; i++) {
      let r = 3 + bias[u]! + 0.1 * random.normal()
      for (let f = 0; f < k; f++) r += P[u]![f]! * Q[i]![f]!
      const side = random.uniform() < 0.66 ? train : test
      side.X.push([u, i])
      side.y.push(r)
    }
  }
  return { train, test }
}

test('factors find the tastes that made the ratings, by both solvers', async () => {
  const { train, test: held } = ratings()
  for (const options of [
    { solver: 'als', nFactors: 2, reg: 0.01 },
    { solver: 'sgd', nFactors: 2, reg: 0.01, learningRate: 0.02, maxIter: 300 },
  ] as const) {
    const model = await matrixFactorization({ ...options, randomState: 0 }).fit(train.X, train.y)
    expect(await model.score(held.X, held.y), options.solver).toBeGreaterThan(0.97)
  }
})

test('alternating least squares ends where no number can be bettered', async () => {
  const { train } = ratings()
  const reg = 0.02
  const model = await matrixFactorization({ nFactors: 2, reg, maxIter: 2000, randomState: 1 }).fit(train.X, train.y)
  const [P, Q, bu, bi] = (
    await Promise.all([
      model.userFactors.data(),
      model.itemFactors.data(),
      model.userBias.data(),
      model.itemBias.data(),
    ])
  ).map(x => Float64Array.from(x))
  // Σ (r − r̂)² + λ Σ (n_u (‖p‖² + b²) + n_i (‖q‖² + b²)): its slope by one number, by finite differences.
  const loss = (): number => {
    let sum = 0
    for (const [at, [u, i]] of train.X.entries()) {
      let r = model.mean + bu![u!]! + bi![i!]!
      for (let f = 0; f < 2; f++) r += P![2 * u! + f]! * Q![2 * i! + f]!
      sum += (train.y[at]! - r) ** 2
      for (let f = 0; f < 2; f++) sum += reg * (P![2 * u! + f]! ** 2 + Q![2 * i! + f]! ** 2)
      sum += reg * (bu![u!]! ** 2 + bi![i!]! ** 2)
    }
    return sum
  }
  for (const numbers of [P!, Q!, bu!, bi!]) {
    const kept = numbers[3]!
    numbers[3] = kept + 1e-4
    const above = loss()
    numbers[3] = kept - 1e-4
    const below = loss()
    numbers[3] = kept
    expect(Math.abs(above - below) / 2e-4).toBeLessThan(1e-3)
  }
})

test('neighbours predict better than the mean, of users and of items', async () => {
  const { train, test: held } = ratings()
  const mean = await (await dummyRegressor().fit(train.X, train.y)).score(held.X, held.y)
  for (const kind of ['user', 'item'] as const) {
    const model = await collaborativeFiltering({ kind, nNeighbors: 10 }).fit(train.X, train.y)
    expect(await model.score(held.X, held.y)).toBeGreaterThan(mean + 0.4)
  }
})

test('a rating from neighbours is what it is by hand', async () => {
  // Users 0 and 1 agree, user 2 disagrees; item 2 is unknown to user 0.
  const X = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
    [1, 2],
    [2, 0],
    [2, 1],
    [2, 2],
  ]
  const y = [5, 3, 4, 2, 5, 1, 5, 2]
  const model = await collaborativeFiltering().fit(X, y)
  // Means 4, 11/3, 8/3. Likeness of 0 and 1 over items 0 and 1: deviations (1, −1) and (1/3, −5/3).
  const likeness = (1 / 3 + 5 / 3) / Math.sqrt(2 * (1 / 9 + 25 / 9))
  const similarity = (await model.similarity.toArray()) as number[][]
  expect(similarity[0]![1]).toBeCloseTo(likeness, 12)
  expect(similarity[0]![2]!).toBeLessThan(0)
  expect(((await (await model.predict([[0, 2]])).toArray()) as number[])[0]).toBeCloseTo(4 + (5 - 11 / 3), 12)
})

test('what is unknown is met with what is known', async () => {
  const { train } = ratings()
  const model = await matrixFactorization({ nFactors: 2, randomState: 0 }).fit(train.X, train.y)
  const [stranger] = (await (await model.predict([[999, 999]])).toArray()) as number[]
  expect(stranger).toBeCloseTo(model.mean, 12)
  const list = model.recommend(0, { count: 5, exclude: [1, 2] })
  expect(list.length).toBe(5)
  expect(list.map(({ item }) => item)).not.toContain(1)
  for (let i = 1; i < 5; i++) expect(list[i]!.rating).toBeLessThanOrEqual(list[i - 1]!.rating)
  expect(() => model.recommend(-1)).toThrow(
    'matrixFactorization.recommend: user must be a whole number from 0; got -1.',
  )
})

test('rows that are no ratings are refused', async () => {
  await expect(matrixFactorization().fit([[0, 0, 1]], [1])).rejects.toThrow(
    'matrixFactorization.fit: X must have two columns, user and item; it has 3.',
  )
  await expect(matrixFactorization().fit([[0, 0.5]], [1])).rejects.toThrow(
    'matrixFactorization.fit: item is 0.5 at row 0. Number users and items from 0, as with ordinalEncoder().',
  )
  await expect(
    collaborativeFiltering().fit(
      [
        [0, 0],
        [0, 0],
      ],
      [1, 2],
    ),
  ).rejects.toThrow('collaborativeFiltering.fit: user 0 rated item 0 twice, the second time at row 1. Keep one rating.')
  const model = await collaborativeFiltering().fit([[0, 0]], [1])
  expect(() => model.recommend(0.5)).toThrow(
    'collaborativeFiltering.recommend: user must be a whole number from 0; got 0.5.',
  )
})
