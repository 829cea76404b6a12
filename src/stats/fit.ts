import { ArgumentError, DataError } from '../core/errors.ts'
import { uniform } from './distributions/bounded.ts'
import { bernoulli, geometric, poisson } from './distributions/counts.ts'
import type { Continuous, Discrete } from './distributions/family.ts'
import { laplace, logNormal, normal } from './distributions/location-scale.ts'
import { exponential } from './distributions/positive.ts'
import { type MultivariateNormal, multivariateNormal } from './distributions/multivariate-normal.ts'
import { centralMoments, quantile } from './empirical.ts'
import { matrix, matrixOf, type Numbers, numbersOf, type Rows, vector } from './values.ts'
import { dense } from '../ops/matrix-kernels.ts'

const meanOf = (x: Float64Array): number => centralMoments(x).mean
const spread = (where: string, width: number): number => {
  if (width > 0) return width
  throw new DataError(`${where}: all values are equal, so the distribution would have no width. Pass some that differ.`)
}
const within = (where: string, x: Float64Array, words: string, fits: (v: number) => boolean): Float64Array => {
  const wrong = x.findIndex(v => !fits(v))
  if (wrong < 0) return x
  throw new ArgumentError(`${where}: x[${wrong}] is ${x[wrong]}. Values of this family are ${words}.`, { index: wrong })
}
const isCount = (v: number): boolean => Number.isInteger(v) && v >= 0

const continuousFits = {
  normal: x => {
    const { mean, moments } = centralMoments(x)
    return normal({ loc: mean, scale: spread('fit normal', Math.sqrt(moments[0]!)) })
  },
  logNormal: x => {
    const logs = within('fit logNormal', x, 'numbers above 0', v => v > 0).map(Math.log)
    const { mean, moments } = centralMoments(logs)
    return logNormal({ loc: mean, scale: spread('fit logNormal', Math.sqrt(moments[0]!)) })
  },
  laplace: x => {
    const loc = quantile(x, 0.5)
    return laplace({ loc, scale: spread('fit laplace', meanOf(x.map(v => Math.abs(v - loc)))) })
  },
  exponential: x => {
    const mean = meanOf(within('fit exponential', x, 'numbers of at least 0', v => v >= 0))
    return exponential({ rate: 1 / spread('fit exponential', mean) })
  },
  uniform: x => {
    const [low, high] = [x.reduce((a, b) => Math.min(a, b)), x.reduce((a, b) => Math.max(a, b))]
    spread('fit uniform', high - low)
    return uniform({ low, high })
  },
} satisfies Readonly<Record<string, (x: Float64Array) => Continuous>>

const discreteFits = {
  bernoulli: x => bernoulli({ probs: meanOf(within('fit bernoulli', x, '0 and 1', v => v === 0 || v === 1)) }),
  poisson: x => poisson({ rate: meanOf(within('fit poisson', x, 'whole numbers of at least 0', isCount)) }),
  geometric: x =>
    geometric({ probs: 1 / (1 + meanOf(within('fit geometric', x, 'whole numbers of at least 0', isCount))) }),
} satisfies Readonly<Record<string, (x: Float64Array) => Discrete>>

export type ContinuousFit = keyof typeof continuousFits
export type DiscreteFit = keyof typeof discreteFits

/**
 * The member of a family under which the data are most probable, where that is a formula: mean and standard deviation of a normal
 * distribution (without n − 1), median and mean distance of Laplace's, the share or the mean of counts. For the others there is
 * `maximumLikelihood`.
 *
 * @throws ArgumentError for values that the family has not, and DataError where they are all equal
 * @example
 * await stats.fit('exponential', [1, 2, 3]).mean.item() // 2
 */
export function fit(family: ContinuousFit, x: Numbers): Continuous
export function fit(family: DiscreteFit, x: Numbers): Discrete
export function fit(family: ContinuousFit | DiscreteFit, x: Numbers): Continuous | Discrete {
  const all: Readonly<Record<string, (x: Float64Array) => Continuous | Discrete>> = {
    ...continuousFits,
    ...discreteFits,
  }
  const of = Object.hasOwn(all, family) ? all[family] : undefined
  if (!of) {
    throw new ArgumentError(
      `fit: family must be one of ${Object.keys(all).join(', ')}; got ${family}. For others use maximumLikelihood.`,
      { family },
    )
  }
  return of(numbersOf('fit', 'x', x))
}

/** The normal distribution of vectors with the mean and the covariance (without n − 1) of the rows. **Shape** x: `[N, d]`. */
export const fitMultivariateNormal = (x: Rows): MultivariateNormal => {
  const { rows: n, columns: d, data } = matrixOf('fitMultivariateNormal', 'x', x)
  if (n <= d) {
    throw new DataError(
      `fitMultivariateNormal: x has ${n} rows of ${d} values. It needs more rows than values, else the covariance has no inverse.`,
      { rows: n, columns: d },
    )
  }
  const loc = new Float64Array(d)
  for (const [at, v] of data.entries()) loc[at % d]! += v / n
  const covariance = dense(d, d)
  for (let i = 0; i < n; i++)
    for (let a = 0; a < d; a++)
      for (let b = 0; b < d; b++)
        covariance.data[a * d + b]! += ((data[i * d + a]! - loc[a]!) * (data[i * d + b]! - loc[b]!)) / n
  return multivariateNormal({ loc: vector(loc), covarianceMatrix: matrix(covariance) })
}
