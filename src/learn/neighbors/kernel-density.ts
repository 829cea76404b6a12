import { ArgumentError } from '../../core/errors.ts'
import { aNumber, aWord, defineOptions, either, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineDensityEstimator } from '../core/define.ts'
import { Random } from '../core/random.ts'
import { randomState } from '../core/rules.ts'
import { reducedMetric } from './metric.ts'
import { requireCount } from './require-count.ts'

const kernels = ['gaussian', 'tophat', 'epanechnikov', 'exponential', 'linear', 'cosine'] as const
type Kernel = (typeof kernels)[number]

/** ln of the kernel's shape at a distance of u bandwidths; −∞ outside it. */
const logShape: Readonly<Record<Kernel, (u: number) => number>> = {
  gaussian: u => -0.5 * u * u,
  tophat: u => (u < 1 ? 0 : -Infinity),
  epanechnikov: u => (u < 1 ? Math.log1p(-u * u) : -Infinity),
  exponential: u => -u,
  linear: u => (u < 1 ? Math.log1p(-u) : -Infinity),
  cosine: u => (u < 1 ? Math.log(Math.cos((Math.PI / 2) * u)) : -Infinity),
}

/** ln Γ(n / 2) for whole n from 1: by steps of 1 from √π or 1. */
const logGammaHalf = (n: number): number => {
  let total = n % 2 === 0 ? 0 : 0.5 * Math.log(Math.PI)
  for (let a = n % 2 === 0 ? 1 : 0.5; a < n / 2 - 0.25; a++) total += Math.log(a)
  return total
}
/** ln of the volume of the unit ball, and of the surface of the unit sphere, of so many dimensions. */
const logVolume = (n: number): number => 0.5 * n * Math.log(Math.PI) - logGammaHalf(n + 2)
const logSurface = (n: number): number => Math.log(2 * Math.PI) + logVolume(n - 1)

/** ln of the integral of a shape with bandwidth 1 over d dimensions. */
const logNorm = (kernel: Kernel, d: number): number => {
  if (kernel === 'gaussian') return 0.5 * d * Math.log(2 * Math.PI)
  if (kernel === 'tophat') return logVolume(d)
  if (kernel === 'epanechnikov') return logVolume(d) + Math.log(2 / (d + 2))
  if (kernel === 'exponential') return logSurface(d - 1) + logGammaHalf(2 * d)
  if (kernel === 'linear') return logVolume(d) - Math.log(d + 1)
  // By parts: the integral of u^(d−1) cos(πu/2).
  let [sum, term] = [0, 2 / Math.PI]
  for (let k = 1; k <= d; k += 2) {
    sum += term
    term *= -(d - k) * (d - k - 1) * (2 / Math.PI) ** 2
  }
  return Math.log(sum) + logSurface(d - 1)
}

interface DensityFit {
  readonly state: { readonly bandwidth: number; readonly _X: Dense; readonly _weights: Float64Array | null }
  readonly options: { readonly kernel: Kernel; readonly metric: 'euclidean' | 'manhattan' | 'chebyshev' }
}

/** `ln Σ w K(d(x, xᵢ) / h) − ln Σ w − ln h^F ∫K` for each row. */
const logDensities = ({ state, options }: DensityFit, Q: Dense): Float64Array => {
  const { bandwidth: h, _X: X, _weights: weights } = state
  const { between, finish } = reducedMetric(options.metric, 2)
  const shape = logShape[options.kernel]
  const F = X.columns
  const total = weights ? weights.reduce((a, b) => a + b, 0) : X.rows
  const norm = logNorm(options.kernel, F) + F * Math.log(h) + Math.log(total)
  const logs = new Float64Array(X.rows)
  return Float64Array.from({ length: Q.rows }, (_, q) => {
    let most = -Infinity
    for (let i = 0; i < X.rows; i++) {
      const value = shape(finish(between(Q.data, q * F, X.data, i * F, F)) / h)
      logs[i] = value
      if (value > most && !(weights && weights[i] === 0)) most = value
    }
    if (most === -Infinity) return -Infinity
    let sum = 0
    for (let i = 0; i < X.rows; i++) sum += (weights ? weights[i]! : 1) * Math.exp(logs[i]! - most)
    return most + Math.log(sum) - norm
  })
}

/**
 * Kernel density estimation: `p(x) = Σᵢ wᵢ K(d(x, xᵢ) / h) / (Σ wᵢ · h^F ∫K)`.
 *
 * The model has `bandwidth` (h; for `'scott'` N^(−1/(F+4)), for `'silverman'` (N (F + 2) / 4)^(−1/(F+4)), made for features of unit
 * variance), `scoreSamples(X)` (ln p of each row), `score(X)` (their sum) and `sample(count)`, new rows of the kernels gaussian and tophat.
 *
 * @throws ArgumentError for a sample of another kernel
 * @example
 * const model = await kernelDensity({ bandwidth: 0.5 }).fit([[0], [1]])
 * const [middle, far] = await (await model.scoreSamples([[0.5], [5]])).data()
 * [middle! > far!] // [true]
 *
 * Source: Rosenblatt 1956; Parzen 1962; Silverman 1986 (bandwidth).
 */
export const kernelDensity = defineDensityEstimator({
  name: 'kernelDensity',
  summary: 'p(x) = Σ w K(d(x, xᵢ) / h) / (Σ w · h^F ∫K), a kernel around every row.',
  source: 'Rosenblatt 1956; Parzen 1962; Silverman 1986',
  sampleWeight: true,
  options: defineOptions({
    bandwidth: either([aNumber({ above: 0 }), aWord(['scott', 'silverman'])], {
      default: 1,
      help: 'width of a kernel',
    }),
    kernel: oneOf(kernels, { default: 'gaussian', help: 'shape of a kernel' }),
    metric: oneOf(['euclidean', 'manhattan', 'chebyshev'], {
      default: 'euclidean',
      help: 'what distance is; the density has the integral 1 for euclidean only',
    }),
    randomState,
  }),
  fit: ({ X, sampleWeight, random }, { bandwidth }) => {
    const [N, F] = [X.rows, X.columns]
    const h =
      bandwidth === 'scott'
        ? N ** (-1 / (F + 4))
        : bandwidth === 'silverman'
          ? ((N * (F + 2)) / 4) ** (-1 / (F + 4))
          : bandwidth
    return { bandwidth: h, _X: X, _weights: sampleWeight ?? null, _seed: random.seed() }
  },
  methods: {
    scoreSamples: (fit, X: Dense): Float64Array => logDensities(fit, X),
    score: (fit, X: Dense): number => logDensities(fit, X).reduce((a, b) => a + b, 0),
  },
  functions: {
    sample: (
      { state, options },
      count = 1,
      { randomState = state._seed }: { readonly randomState?: number } = {},
    ): Dense => draw({ state, options }, requireCount('kernelDensity.sample', count), new Random(randomState)),
  },
})

const draw = ({ state, options }: DensityFit, count: number, random: Random): Dense => {
  const { bandwidth: h, _X: X, _weights: weights } = state
  const { kernel } = options
  if (kernel !== 'gaussian' && kernel !== 'tophat') {
    throw new ArgumentError(
      `kernelDensity.sample: the kernel ${JSON.stringify(kernel)} cannot be drawn from. Fit with "gaussian" or "tophat".`,
    )
  }
  const F = X.columns
  const out = dense(count, F)
  for (let s = 0; s < count; s++) {
    const from = (weights ? random.weighted(weights) : random.integer(X.rows)) * F
    const offset = Float64Array.from({ length: F }, () => random.normal())
    if (kernel === 'tophat') {
      // A direction, and a radius with equal chances for equal volumes.
      const length = Math.sqrt(offset.reduce((sum, x) => sum + x * x, 0))
      const radius = random.uniform() ** (1 / F)
      for (let j = 0; j < F; j++) offset[j]! *= radius / length
    }
    for (let j = 0; j < F; j++) out.data[s * F + j] = X.data[from + j]! + h * offset[j]!
  }
  return out
}
