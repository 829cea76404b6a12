import { describe, expect, test } from 'vitest'
import {
  constantKernel,
  dotProduct,
  expSineSquared,
  gaussianProcessRegressor,
  type Kernel,
  matern,
  productKernel,
  rationalQuadratic,
  rbf,
  sumKernel,
  whiteKernel,
} from '../../../src/learn/index.ts'
import { factorOf, factorsOf, triangularInverse } from '../../../src/learn/gaussian-process/factors.ts'
import { productSync } from '../../../src/learn/numeric/product.ts'
import { cholesky } from '../../../src/learn/numeric/triangular.ts'
import { dense } from '../../../src/ops/matrix-kernels.ts'
import { kernelBetween, kernelDiagonal, kernelOf } from '../../../src/learn/gaussian-process/kernel-values.ts'
import { boundsOf, thetaOf, withTheta } from '../../../src/learn/gaussian-process/theta.ts'
import { load } from '../agreement/data.ts'

const { X } = load({ name: 'made-regression', columns: [0, 1, 2], count: 12 })
const wave = Array.from({ length: 20 }, (_, i) => [i / 2])
const heights = wave.map(([x]) => Math.sin(x!))
const numbers = async (tensor: { data(): Promise<ArrayLike<number>> }): Promise<number[]> =>
  Array.from(await tensor.data())

const kernels: Readonly<Record<string, Kernel>> = {
  rbf: rbf({ lengthScale: 1.3 }),
  'rbf with a length a column': rbf({ lengthScale: [1.3, 0.7, 2] }),
  'matern 0.5': matern({ nu: 0.5, lengthScale: 1.2 }),
  'matern 1.5 with a length a column': matern({ nu: 1.5, lengthScale: [1.2, 3, 0.8] }),
  'matern 2.5': matern({ nu: 2.5, lengthScale: [0.9, 1, 2] }),
  rationalQuadratic: rationalQuadratic({ alpha: 0.7, lengthScale: 1.4 }),
  expSineSquared: expSineSquared({ lengthScale: 1.1, periodicity: 2.3 }),
  dotProduct: dotProduct({ sigma0: 0.6 }),
  constantKernel: constantKernel({ constantValue: 2.5 }),
  whiteKernel: whiteKernel({ noiseLevel: 0.4 }),
  'sums and products': sumKernel(
    productKernel(
      constantKernel({ constantValue: 3 }),
      rbf({ lengthScale: 2, lengthScaleBounds: 'fixed' }),
      dotProduct(),
    ),
    productKernel(whiteKernel({ noiseLevel: 0.2 }), rationalQuadratic({ alphaBounds: 'fixed' })),
  ),
}

describe.each(Object.entries(kernels))('%s', (_, kernel) => {
  test('changes with its values as its derivatives say', () => {
    const theta = thetaOf(kernel)
    const { gradients } = kernelOf(kernel, X, true)
    expect(gradients).toHaveLength(theta.length)
    for (const [k, gradient] of gradients.entries()) {
      const step = 6e-6
      const at = (by: number) =>
        kernelOf(
          withTheta(
            kernel,
            theta.map((x, j) => (j === k ? x + by : x)),
          ),
          X,
        ).values
      const [above, below] = [at(step), at(-step)]
      for (const [i, value] of gradient.entries()) expect(value).toBeCloseTo((above[i]! - below[i]!) / (2 * step), 7)
    }
  })

  test('has the diagonal that it says, and between other rows what it has between these, less the noise', () => {
    const { values } = kernelOf(kernel, X)
    const N = X.rows
    const between = kernelBetween(kernel, X, { ...X, data: X.data.slice() }).data
    for (const [i, value] of kernelDiagonal(kernel, X).entries()) expect(value).toBeCloseTo(values[i * N + i]!, 12)
    for (let i = 0; i < N; i++)
      for (let j = 0; j < N; j++) if (i !== j) expect(between[i * N + j]).toBeCloseTo(values[i * N + j]!, 12)
  })

  test('comes back from its own theta', () => {
    const same = withTheta(kernel, thetaOf(kernel))
    expect(thetaOf(same)).toEqual(thetaOf(kernel).map(x => expect.closeTo(x, 12)))
    expect(boundsOf(same)).toEqual(boundsOf(kernel))
  })
})

test.each([1, 7, 48, 49, 130])(
  'the triangle of a matrix of %i rows and its inverse are those of the plain method',
  n => {
    const a = dense(n, n)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) a.data[i * n + j] = Math.exp(-0.02 * (i - j) ** 2) + (i === j ? 0.3 + i / n : 0)
    const { factor, inverse } = factorsOf(a)
    const plain = cholesky(a)
    const unit = productSync(plain, inverse)
    const [alone, after] = [factorOf(a), triangularInverse(factor)]
    for (let at = 0; at < n * n; at++) {
      expect(factor.data[at]).toBeCloseTo(plain.data[at]!, 12)
      expect(alone.data[at]).toBe(factor.data[at])
      expect(after.data[at]).toBeCloseTo(inverse.data[at]!, 12)
      expect(unit.data[at]).toBeCloseTo(at % (n + 1) === 0 ? 1 : 0, 12)
    }
  },
)

test('without noise the function goes through the targets, and is as unsure far away as before it saw any', async () => {
  const model = await gaussianProcessRegressor({ kernel: rbf({ lengthScale: 1 }), optimizer: null }).fit(wave, heights)
  const predicted = await numbers(await model.predict(wave))
  for (const [i, value] of heights.entries()) expect(predicted[i]).toBeCloseTo(value, 5)
  const std = await numbers(await model.predictStd([[2], [2.25], [100]]))
  expect(std[0]).toBeLessThan(1e-4)
  expect(std[1]).toBeLessThan(0.02)
  expect(std[2]).toBeCloseTo(1, 12)
  expect(await numbers(await model.predict([[100]]))).toEqual([0])
})

test('fitting finds the length that the evidence is greatest for, and more starts find no worse', async () => {
  const kernel = productKernel(constantKernel(), rbf({ lengthScale: 0.01 }))
  const one = await gaussianProcessRegressor({ kernel, alpha: 1e-4 }).fit(wave, heights)
  const more = await gaussianProcessRegressor({ kernel, alpha: 1e-4, nRestartsOptimizer: 6, randomState: 1 }).fit(
    wave,
    heights,
  )
  expect(more.logMarginalLikelihoodValue).toBeGreaterThanOrEqual(one.logMarginalLikelihoodValue)
  const best = await numbers(more.theta)
  expect(more.logMarginalLikelihood(best)).toBeCloseTo(more.logMarginalLikelihoodValue, 8)
  expect(more.logMarginalLikelihood()).toBe(more.logMarginalLikelihoodValue)
  for (const by of [-0.05, 0.05])
    for (const k of [0, 1])
      expect(more.logMarginalLikelihood(best.map((x, j) => (j === k ? x + by : x)))).toBeLessThan(
        more.logMarginalLikelihoodValue,
      )
})

test('functions that are drawn have the mean and the covariance of the predictions', async () => {
  const model = await gaussianProcessRegressor({ kernel: rbf(), optimizer: null, alpha: 0.1, normalizeY: true }).fit(
    [[0], [1], [2]],
    [10, 14, 9],
  )
  const at = [[0.5], [0.6], [5]]
  const draws = (await (await model.sampleY(at, 4000, { randomState: 3 })).toArray()) as number[][]
  const [mean, cov] = [await numbers(await model.predict(at)), await numbers(await model.predictCov(at))]
  const own = draws.map(row => row.reduce((a, b) => a + b, 0) / row.length)
  for (let i = 0; i < 3; i++) {
    expect(Math.abs(own[i]! - mean[i]!)).toBeLessThan((5 * Math.sqrt(cov[4 * i]!)) / Math.sqrt(4000))
    for (let j = 0; j < 3; j++) {
      const found = draws[i]!.reduce((sum, x, s) => sum + (x - own[i]!) * (draws[j]![s]! - own[j]!), 0) / 4000
      expect(Math.abs(found - cov[3 * i + j]!)).toBeLessThan(0.1 * Math.sqrt(cov[4 * i]! * cov[4 * j]!))
    }
  }
  expect(await numbers(await model.sampleY(at))).toEqual(await numbers(await model.sampleY(at)))
})

test('noise of its own for each row: a target that is not trusted is not followed', async () => {
  const model = await gaussianProcessRegressor({ kernel: rbf(), optimizer: null, alpha: [1e-6, 1e6, 1e-6] }).fit(
    [[0], [3], [6]],
    [1, 50, 1],
  )
  const [first, second] = await numbers(await model.predict([[0], [3]]))
  expect(first).toBeCloseTo(1, 3)
  expect(Math.abs(second!)).toBeLessThan(0.2)
})

test('what is wrong with a kernel is said', () => {
  expect(() => rbf({ lengthScale: 0 })).toThrow(
    'rbf: lengthScale must be a number above 0, or a list of them, one a column; got 0.',
  )
  expect(() => rationalQuadratic({ alpha: -1 })).toThrow('rationalQuadratic: alpha must be a number above 0; got -1.')
  expect(() => whiteKernel({ noiseLevelBounds: [2, 1] })).toThrow(
    'whiteKernel: noiseLevelBounds must be [least, largest], both above 0, or "fixed"; got [2,1].',
  )
  expect(() => matern({ nu: 2 })).toThrow('matern: nu must be 0.5, 1.5 or 2.5 (rbf is what it tends to); got 2.')
  expect(() => dotProduct({ sigma: 1 } as never)).toThrow(
    'dotProduct: there is no option "sigma". The options are sigma0, sigma0Bounds.',
  )
  expect(() => sumKernel(rbf(), 2 as never)).toThrow(
    'sumKernel: argument 1 is no kernel. Make each with rbf(), matern(), constantKernel() and their like.',
  )
  expect(() => productKernel()).toThrow('productKernel: takes at least one kernel; got none.')
  expect(() => gaussianProcessRegressor({ kernel: { kind: 'rbf' } as never })).toThrow(
    'gaussianProcessRegressor: kernel must be null, or a kernel, such as rbf() or sumKernel(matern(), whiteKernel()); got {"kind":"rbf"}.',
  )
})

test('what cannot be fitted is said, with the remedy', async () => {
  await expect(
    gaussianProcessRegressor({ kernel: rbf(), optimizer: null, alpha: 0 }).fit([[1], [1]], [1, 2]),
  ).rejects.toThrow(
    'gaussianProcessRegressor.fit: the kernel gives a matrix that is not positive definite. Raise alpha, or add a whiteKernel() to the kernel.',
  )
  await expect(gaussianProcessRegressor({ alpha: 0 }).fit([[1], [1]], [1, 2])).rejects.toThrow(
    'gaussianProcessRegressor.fit: the kernel gives a matrix that is not positive definite. Raise alpha, or add a whiteKernel() to the kernel.',
  )
  await expect(gaussianProcessRegressor({ alpha: [1, 2, 3] }).fit([[1], [2]], [1, 2])).rejects.toThrow(
    'gaussianProcessRegressor.fit: alpha has 3 values and X has 2 rows. Pass one number, or one a row.',
  )
  await expect(
    gaussianProcessRegressor({ kernel: sumKernel(rbf({ lengthScale: [1, 2] }), whiteKernel()) }).fit(
      [[1], [2]],
      [1, 2],
    ),
  ).rejects.toThrow(
    'gaussianProcessRegressor.fit: lengthScale of rbf has 2 values and X has 1 columns. Pass one number, or one a column.',
  )
  const model = await gaussianProcessRegressor({ alpha: 0.1 }).fit([[1], [2]], [1, 2])
  expect(() => model.logMarginalLikelihood([1])).toThrow(
    'gaussianProcessRegressor.logMarginalLikelihood: theta has 1 values; the kernel has 2 that are not fixed.',
  )
  await expect(model.sampleY([[1]], 0)).rejects.toThrow(
    'gaussianProcessRegressor.sampleY: the number of rows must be an integer of at least 1; got 0.',
  )
})
