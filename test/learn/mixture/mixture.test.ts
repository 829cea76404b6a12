import { describe, expect, test } from 'vitest'
import { bayesianGaussianMixture, gaussianMixture } from '../../../src/learn/index.ts'
import type { Tensor } from '../../../src/tensor/tensor.ts'

const fails = (work: Promise<unknown>, message: string) => expect(work).rejects.toMatchObject({ message })
const X = [
  [0, 0.5],
  [1, 0],
  [0.5, 1],
  [0.2, 0.1],
  [10, 9],
  [9.5, 10],
  [10.5, 9.5],
  [9.8, 9.9],
]

describe('mixtures', () => {
  test('share each row out among the components', async () => {
    for (const estimator of [gaussianMixture, bayesianGaussianMixture]) {
      const model = await estimator({ nComponents: 2, randomState: 0 }).fit(X)
      const shares = (await (await model.predictProba(X)).toArray()) as number[][]
      for (const row of shares) expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12)
      const labels = (await model.labels.toArray()) as number[]
      expect(await (await model.predict(X)).toArray()).toEqual(labels)
      expect(new Set(labels.slice(0, 4)).size).toBe(1)
      expect(labels[0]).not.toBe(labels[7])
    }
  })
  test('draw rows with the moments of the components', async () => {
    for (const covarianceType of ['full', 'tied', 'diag', 'spherical'] as const) {
      const model = await gaussianMixture({ nComponents: 2, covarianceType, randomState: 0 }).fit(X)
      const [rows, labels] = model.sample(4000) as unknown as [Tensor, Tensor]
      const [drawn, of] = [(await rows.toArray()) as number[][], (await labels.toArray()) as number[]]
      const means = (await model.means.toArray()) as number[][]
      const weights = (await model.weights.toArray()) as number[]
      for (const k of [0, 1]) {
        const own = drawn.filter((_, i) => of[i] === k)
        expect(own.length / 4000).toBeCloseTo(weights[k]!, 1)
        for (const j of [0, 1]) {
          const mean = own.reduce((sum, row) => sum + row[j]!, 0) / own.length
          expect(Math.abs(mean - means[k]![j]!)).toBeLessThan(0.1)
        }
        const [mx, my] = means[k]!
        const c = own.reduce((sum, row) => sum + (row[0]! - mx!) * (row[1]! - my!), 0) / own.length
        const covariances = model.covariances as unknown
        const expected =
          covarianceType === 'full'
            ? ((await (covariances as Tensor[])[k]!.toArray()) as number[][])[0]![1]!
            : covarianceType === 'tied'
              ? ((await (covariances as Tensor).toArray()) as number[][])[0]![1]!
              : 0
        expect(Math.abs(c - expected)).toBeLessThan(0.05)
      }
    }
  })
  test('let components that are not needed fade', async () => {
    const model = await bayesianGaussianMixture({
      nComponents: 5,
      weightConcentrationPrior: 1e-3,
      maxIter: 500,
      randomState: 0,
    }).fit(X)
    const weights = (await model.weights.toArray()) as number[]
    expect(weights.filter(weight => weight > 0.05).length).toBe(2)
  })
  test('say what does not fit', async () => {
    await fails(
      gaussianMixture({ nComponents: 3 }).fit([[1], [2]]),
      'gaussianMixture.fit: X has 2 rows, fewer than nComponents, 3. Pass at least as many rows as components.',
    )
    await fails(
      gaussianMixture({ nComponents: 2, weightsInit: [1, 1] }).fit(X),
      'gaussianMixture.fit: weightsInit must have 2 values with the sum 1; got 2 with the sum 2.',
    )
    await fails(
      gaussianMixture({ nComponents: 2, meansInit: [[1, 1]] }).fit(X),
      'gaussianMixture.fit: meansInit is [1, 2]; with 2 components and 2 features it must be [2, 2].',
    )
    const collapsed =
      'gaussianMixture.fit: a component has collapsed to fewer dimensions than there are features. Take fewer components, a larger regCovar, or other features.'
    for (const covarianceType of ['full', 'diag'] as const)
      await fails(gaussianMixture({ regCovar: 0, covarianceType }).fit([[0], [0]]), collapsed)
    await fails(
      bayesianGaussianMixture({ meanPrior: [1] }).fit(X),
      'bayesianGaussianMixture.fit: meanPrior has 1 values and X has 2 columns. Pass one a column.',
    )
    await fails(
      bayesianGaussianMixture({ degreesOfFreedomPrior: 1 }).fit(X),
      'bayesianGaussianMixture.fit: degreesOfFreedomPrior must be above 1, the number of features less 1; got 1.',
    )
    const model = await gaussianMixture().fit(X)
    expect(() => model.sample(1.5)).toThrow(
      'gaussianMixture.sample: the number of rows must be an integer of at least 1; got 1.5.',
    )
  })
})
