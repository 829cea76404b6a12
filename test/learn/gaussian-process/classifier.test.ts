import { expect, test } from 'vitest'
import { constantKernel, gaussianProcessClassifier, matern, productKernel, rbf } from '../../../src/learn/index.ts'
import { laplaceEvidence, meanSigmoid } from '../../../src/learn/gaussian-process/laplace.ts'
import { thetaOf, withTheta } from '../../../src/learn/gaussian-process/theta.ts'
import { load } from '../agreement/data.ts'

const rings = load({ name: 'made-rings', count: 60, holdout: true })
const classes = load({ name: 'made-classes', count: 60, holdout: true })
const numbers = async (tensor: { data(): Promise<ArrayLike<number>> }): Promise<number[]> =>
  Array.from(await tensor.data())

test('the approximate evidence changes with the kernel as its derivatives say', () => {
  const kernel = productKernel(constantKernel({ constantValue: 4 }), matern({ nu: 2.5, lengthScale: [0.8, 1.7] }))
  const evidence = laplaceEvidence({ X: rings.X, y: rings.y, maxIter: 100 })
  const theta = thetaOf(kernel)
  const gradient = new Float64Array(theta.length)
  expect(evidence(kernel, gradient)).toBe(evidence(kernel))
  for (const k of theta.keys()) {
    const at = (by: number) =>
      evidence(
        withTheta(
          kernel,
          theta.map((x, j) => (j === k ? x + by : x)),
        ),
      )
    // The mode is found to about 1e-10, which sets how fine differences can be.
    expect(gradient[k]).toBeCloseTo((at(1e-4) - at(-1e-4)) / 2e-4, 5)
  }
})

test('the mean of a sigmoid is exact for narrow and for wide distributions', () => {
  const fine = (mean: number, variance: number): number => {
    let [sum, weights] = [0, 0]
    for (let z = -9; z <= 9; z += 1e-4) {
      const weight = Math.exp(-0.5 * z * z)
      weights += weight
      sum += weight / (1 + Math.exp(-mean - Math.sqrt(variance) * z))
    }
    return sum / weights
  }
  for (const [mean, variance] of [
    [0.7, 1e-6],
    [-1.3, 0.5],
    [2, 9],
    [-8, 400],
    [3, 1e4],
  ])
    expect(meanSigmoid(mean!, variance!)).toBeCloseTo(fine(mean!, variance!), 9)
  expect(meanSigmoid(0.7, 0)).toBeCloseTo(1 / (1 + Math.exp(-0.7)), 14)
})

test('rings are told apart, and far from all rows each class has the probability of none', async () => {
  const kernel = productKernel(constantKernel({ constantValue: 10 }), rbf())
  const model = await gaussianProcessClassifier({ kernel }).fit(rings.X, rings.y)
  expect(await model.score(rings.testX, rings.testY)).toBe(1)
  expect(await numbers(await model.predictProba([[500, 500]]))).toEqual([
    expect.closeTo(0.5, 12),
    expect.closeTo(0.5, 12),
  ])
  const best = await numbers(model.theta)
  expect(model.logMarginalLikelihood()).toBe(model.logMarginalLikelihoodValue)
  expect(model.logMarginalLikelihood(best)).toBeCloseTo(model.logMarginalLikelihoodValue, 8)
  for (const by of [-0.2, 0.2])
    expect(model.logMarginalLikelihood([best[0]!, best[1]! + by])).toBeLessThan(model.logMarginalLikelihoodValue)
})

test('with three classes there is a kernel for each', async () => {
  const kernel = rbf({ lengthScale: 3, lengthScaleBounds: [1, 10] })
  const model = await gaussianProcessClassifier({ kernel, nRestartsOptimizer: 1, randomState: 0 }).fit(
    classes.X,
    classes.y,
  )
  expect(model.kernels).toHaveLength(3)
  expect(await numbers(model.theta)).toEqual(
    model.kernels.map(one => expect.closeTo(Math.log((one as { lengthScale: number }).lengthScale), 12)),
  )
  expect(() => model.logMarginalLikelihood([1, 2])).toThrow(
    'gaussianProcessClassifier.logMarginalLikelihood: theta has 2 values; the kernels have 3 that are not fixed.',
  )
  await expect(
    gaussianProcessClassifier({ kernel: rbf({ lengthScale: [1, 2] }) }).fit(classes.X, classes.y),
  ).rejects.toThrow(
    'gaussianProcessClassifier.fit: lengthScale of rbf has 2 values and X has 5 columns. Pass one number, or one a column.',
  )
})
