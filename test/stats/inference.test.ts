import { describe, expect, test } from 'vitest'
import { Generator, type Tensor, tensor } from '../../src/index.ts'
import * as stats from '../../src/stats/index.ts'
import { allNear, fixtureOf, near } from './fixtures.ts'

// Expected values: statsmodels and SciPy, by tools/fixtures/stats_tests.py.
const f = fixtureOf<{
  logistic: { features: number[][]; labels: number[]; parameters: number[]; errors: number[]; logLikelihood: number }
  long: number[]
  gammaFit: [number, number]
}>('tests')
const item = async (x: Tensor): Promise<number> => Number(await x.item())

describe('maximum likelihood', () => {
  test('logistic regression and its standard errors are those of statsmodels', async () => {
    const x = tensor(f.logistic.features, 'float64') as Tensor
    const fit = await stats.maximumLikelihood(
      ({ bias, weights }, y) =>
        stats
          .bernoulli({ logits: (x.matmul(weights!.expandDims(-1)) as Tensor).squeeze(-1).add(bias!) as Tensor })
          .logProb(y),
      f.logistic.labels,
      { init: { bias: 0, weights: [0, 0] } },
    )
    expect(fit.converged).toBe(true)
    near(fit.logDensity, f.logistic.logLikelihood, 1e-12)
    await allNear(fit.parameters.bias!, [f.logistic.parameters[0]!], 1e-6, 'bias')
    await allNear(fit.parameters.weights!, f.logistic.parameters.slice(1), 1e-6, 'weights')
    await allNear(fit.standardErrors.bias!, [f.logistic.errors[0]!], 1e-6, 'error of the bias')
    await allNear(fit.standardErrors.weights!, f.logistic.errors.slice(1), 1e-6, 'errors')
    const { low, high } = fit.confidenceInterval().bias!
    near(await item(high.sub(low) as Tensor), 2 * 1.959963984540054 * f.logistic.errors[0]!, 1e-6)
  })
  test('parameters above 0 stay there, with errors of their own', async () => {
    const x = f.long.map(v => Math.abs(v) + 0.1)
    const fit = await stats.maximumLikelihood(
      ({ concentration, rate }, data) => stats.gamma({ concentration: concentration!, rate: rate! }).logProb(data),
      x,
      { init: { concentration: 1, rate: 1 }, constraints: { concentration: 'positive', rate: 'positive' } },
    )
    near(await item(fit.parameters.concentration!), f.gammaFit[0], 1e-6)
    near(await item(fit.parameters.rate!), f.gammaFit[1], 1e-6)
    // By the expected information of the gamma distribution, which is that observed here.
    const [a, b] = f.gammaFit
    const n = x.length
    const trigamma = await item(tensor(a, 'float64').polygamma(1))
    const determinant = (n * trigamma * n * a) / b ** 2 - (n / b) ** 2
    near(await item(fit.standardErrors.concentration!), Math.sqrt((n * a) / b ** 2 / determinant), 1e-5)
    near(await item(fit.standardErrors.rate!), Math.sqrt((n * trigamma) / determinant), 1e-5)
  })
  test('probabilities of classes are their shares, with the multinomial errors', async () => {
    const labels = [0, 0, 0, 1, 1, 2, 2, 2, 2, 2]
    const fit = await stats.maximumLikelihood(({ p }, x) => stats.categorical({ probs: p! }).logProb(x), labels, {
      init: { p: [0.2, 0.3, 0.5] },
      constraints: { p: 'simplex' },
    })
    await allNear(fit.parameters.p!, [0.3, 0.2, 0.5], 1e-6, 'shares')
    await allNear(
      fit.standardErrors.p!,
      [0.3, 0.2, 0.5].map(p => Math.sqrt((p * (1 - p)) / 10)),
      1e-5,
      'errors',
    )
  })
  test('a prior draws the estimate in as it should', async () => {
    const fit = await stats.maximumAPosteriori(({ p }, x) => stats.bernoulli({ probs: p! }).logProb(x), [1, 1, 1, 0], {
      init: { p: 0.5 },
      constraints: { p: 'unitInterval' },
      logPrior: ({ p }) => stats.beta({ concentration1: 2, concentration0: 2 }).logProb(p!),
    })
    near(await item(fit.parameters.p!), 4 / 6, 1e-6)
  })
  test('says what is wrong', async () => {
    const model = ({ m }: stats.ModelParameters, x: Tensor): Tensor => stats.normal({ loc: m! }).logProb(x)
    await expect(
      stats.maximumLikelihood(({ m }, x) => stats.exponential({ rate: m! }).logProb(x), [-1], { init: { m: 1 } }),
    ).rejects.toThrow(
      'maximumLikelihood: the log-density is -Infinity where the search begins. Pass an init under which the data are possible.',
    )
    await expect(
      stats.maximumLikelihood(({ a, b }, x) => stats.normal({ loc: a!.add(b!) as Tensor }).logProb(x), [1, 2], {
        init: { a: 0, b: 0 },
      }),
    ).rejects.toThrow(
      'maximumLikelihood: the log-density is flat in some direction at the estimate, so the data do not determine all parameters. Leave one out, or add a prior.',
    )
    await expect(stats.maximumLikelihood(model, [1], { init: {} })).rejects.toThrow(
      'maximumLikelihood: init is empty. Name the parameters and where to begin.',
    )
    await expect(
      stats.maximumLikelihood(model, [1], { init: { m: 0 }, constraints: { s: 'positive' } }),
    ).rejects.toThrow('maximumLikelihood: constraints name "s", which init has not. Its parameters are m.')
    await expect(
      stats.maximumLikelihood(model, [1], { init: { m: 0 }, constraints: { m: 'odd' as never } }),
    ).rejects.toThrow(
      'maximumLikelihood: the constraint of m must be one of real, positive, unitInterval, simplex; got odd.',
    )
    await expect(
      stats.maximumLikelihood(model, [1], { init: { m: 0 }, constraints: { m: 'positive' } }),
    ).rejects.toThrow(
      'maximumLikelihood: init.m is not inside its constraint "positive". Begin at finite values off the edge.',
    )
    const fit = await stats.maximumLikelihood(model, [1, 2], { init: { m: 0 } })
    expect(() => fit.confidenceInterval(2)).toThrow(
      'maximumLikelihood: level must be a number above 0 and below 1; got 2.',
    )
  })
})

describe('closed-form fits', () => {
  test('are where the likelihood is highest', async () => {
    const counts = [0, 2, 1, 4, 0, 3]
    const positive = f.long.map(v => Math.abs(v) + 0.1)
    const cases: readonly (readonly [
      stats.Continuous | stats.Discrete,
      readonly number[],
      string,
      (v: number) => object,
    ])[] = [
      [stats.fit('normal', f.long), f.long, 'scale', v => ({ scale: v })],
      [stats.fit('logNormal', positive), positive, 'loc', v => ({ loc: v })],
      [stats.fit('laplace', f.long), f.long, 'scale', v => ({ scale: v })],
      [stats.fit('exponential', positive), positive, 'rate', v => ({ rate: v })],
      [stats.fit('poisson', counts), counts, 'rate', v => ({ rate: v })],
      [stats.fit('geometric', counts), counts, 'probs', v => ({ probs: v })],
      [stats.fit('bernoulli', [1, 0, 1, 1]), [1, 0, 1, 1], 'probs', v => ({ probs: v })],
    ]
    for (const [d, x, name, changed] of cases) {
      const factory = (stats as unknown as Record<string, (p: object) => stats.Continuous>)[d.name]!
      const best = await item(d.logProb([...x]).sum() as Tensor)
      const at = await item(d.parameters[name]!)
      for (const factor of [0.97, 1.03]) {
        const other = factory({ ...d.parameters, ...changed(at * factor) })
        expect(await item(other.logProb([...x]).sum() as Tensor)).toBeLessThan(best)
      }
    }
    expect(await stats.fit('uniform', [3, 1, 2]).parameters.high!.item()).toBe(3)
    const rows = [
      [1, 2],
      [3, 5],
      [5, 5],
      [0, 1],
    ]
    const d = stats.fitMultivariateNormal(rows)
    await allNear(
      d.covarianceMatrix,
      [...(await stats.covariance(rows, { ddof: 0 }).data())].map(Number),
      1e-12,
      'covariance',
    )
  })
  test('say what is wrong', () => {
    expect(() => stats.fit('normal', [1, 1])).toThrow(
      'fit normal: all values are equal, so the distribution would have no width. Pass some that differ.',
    )
    expect(() => stats.fit('poisson', [1, 0.5])).toThrow(
      'fit poisson: x[1] is 0.5. Values of this family are whole numbers of at least 0.',
    )
    expect(() => stats.fit('gamma' as never, [1])).toThrow(
      'fit: family must be one of normal, logNormal, laplace, exponential, uniform, bernoulli, poisson, geometric; got gamma. For others use maximumLikelihood.',
    )
    expect(() => stats.fitMultivariateNormal([[1, 2]])).toThrow(
      'fitMultivariateNormal: x has 1 rows of 2 values. It needs more rows than values, else the covariance has no inverse.',
    )
  })
})

describe('conjugate updating', () => {
  /** ∫ of a function over the range of a parameter, by Simpson's rule. */
  const integral = (g: (x: number) => number, low: number, high: number, n = 20_000): number => {
    const h = (high - low) / n
    let sum = g(low) + g(high)
    for (let i = 1; i < n; i++) sum += g(low + i * h) * (i % 2 === 1 ? 4 : 2)
    return (sum * h) / 3
  }
  test('beta and binomial', async () => {
    const prior = stats.betaBinomial({ a: 2, b: 3 })
    const posterior = prior.update({ successes: 4, failures: 1 })
    expect([posterior.a, posterior.b]).toEqual([6, 4])
    const beta = (p: number): number => 12 * p * (1 - p) ** 2
    near(
      prior.logMarginal({ successes: 4, failures: 1 }),
      Math.log(integral(p => beta(p) * 5 * p ** 4 * (1 - p), 0, 1)),
      1e-10,
    )
    const [low, high] = posterior.credibleInterval(0.9)
    near(await item(posterior.distribution.cdf(low)), 0.05, 1e-12)
    near(await item(posterior.distribution.cdf(high)), 0.95, 1e-12)
    const next = posterior.predictive(3)
    near(await item(next.pmf([0, 1, 2, 3]).sum() as Tensor), 1, 1e-12)
    near(await item(next.pmf(3)), Math.exp(posterior.logMarginal({ successes: 3, failures: 0 })), 1e-12)
    near(await item(next.mean), 1.8, 1e-12)
    near(await item(next.cdf(1)), (await item(next.pmf(0))) + (await item(next.pmf(1))), 1e-12)
    expect(await item(next.quantile(0.5))).toBe(2)
    let second = 0
    for (let k = 0; k <= 3; k++) second += (k - 1.8) ** 2 * (await item(next.pmf(k)))
    near(await item(next.variance), second, 1e-12)
  })
  test('gamma and Poisson', async () => {
    const prior = stats.gammaPoisson({ shape: 3, rate: 2 })
    const counts = [2, 0, 5]
    const posterior = prior.update(counts)
    expect([posterior.shape, posterior.rate]).toEqual([10, 5])
    const density = (r: number): number => 4 * r ** 2 * Math.exp(-2 * r)
    const likelihood = (r: number): number => (r ** 7 * Math.exp(-3 * r)) / (2 * 120)
    near(prior.logMarginal(counts), Math.log(integral(r => density(r) * likelihood(r), 0, 20)), 1e-9)
    const own = (await posterior.predictive().pmf([0, 1, 2, 3]).data()) as Float64Array
    for (const [k, p] of own.entries()) near(p, Math.exp(posterior.logMarginal([k])), 1e-12)
    near(await item(posterior.distribution.cdf(posterior.credibleInterval()[1])), 0.975, 1e-12)
  })
  test('normal with known and with unknown variance', async () => {
    const x = [1.2, 0.7, 2.5, 1.9]
    const known = stats.normalNormal({ mean: 0, variance: 4, noise: 1 })
    const posterior = known.update(x)
    near(posterior.variance, 1 / (1 / 4 + 4), 1e-14)
    near(posterior.mean, (6.3 * 4) / 17, 1e-14)
    const phi = (v: number, m: number, s2: number): number =>
      Math.exp(-((v - m) ** 2) / (2 * s2)) / Math.sqrt(2 * Math.PI * s2)
    const evidence = integral(m => phi(m, 0, 4) * x.reduce((p, v) => p * phi(v, m, 1), 1), -12, 12)
    near(known.logMarginal(x), Math.log(evidence), 1e-9)
    near(await item(posterior.predictive().pdf(1)), Math.exp(posterior.logMarginal([1])), 1e-12)
    near(await item(posterior.distribution.cdf(posterior.credibleInterval(0.8)[0])), 0.1, 1e-12)

    const prior = stats.normalInverseGamma({ mean: 0.5, strength: 2, shape: 3, scale: 4 })
    const after = prior.update(x)
    // One value after the other is the same as all at once.
    const slowly = x.reduce((p, v) => p.update([v]), prior)
    for (const key of ['mean', 'strength', 'shape', 'scale'] as const) near(slowly[key], after[key], 1e-13, key)
    let total = 0
    for (const [i, v] of x.entries()) total += await item(prior.update(x.slice(0, i)).predictive().logProb(v))
    near(prior.logMarginal(x), total, 1e-12)
    const { mean, variance } = after.credibleInterval(0.9)
    near(await item(after.meanDistribution.cdf(mean[0])), 0.05, 1e-11)
    near(await item(after.precisionDistribution.cdf(1 / variance[1])), 0.05, 1e-11)
  })
  test('Dirichlet and multinomial', async () => {
    const prior = stats.dirichletMultinomial({ concentration: [1, 2, 3] })
    const posterior = prior.update([4, 0, 1])
    expect(await posterior.concentration.toArray()).toEqual([5, 2, 4])
    await allNear(posterior.predictive(), [5 / 11, 2 / 11, 4 / 11], 1e-14, 'predictive')
    // Draws one after the other: 1/6 · 2/7 · 3/8 · 4/9 and 3/10.
    near(prior.logMarginal([4, 0, 1]), Math.log((((((1 / 6) * 2) / 7) * 3) / 8) * (4 / 9) * (3 / 10)), 1e-12)
    const [low, high] = posterior.credibleInterval()[0]!
    near(await item(stats.beta({ concentration1: 5, concentration0: 6 }).cdf([low, high]).sum() as Tensor), 1, 1e-12)
  })
  test('says what is wrong', () => {
    expect(() => stats.betaBinomial({ a: 0, b: 1 })).toThrow('betaBinomial: a must be a number above 0; got 0.')
    expect(() => stats.betaBinomial({ a: 1, b: 1 }).update({ successes: 1.5, failures: 0 })).toThrow(
      'betaBinomial.update: successes must be an integer of at least 0; got 1.5.',
    )
    expect(() => stats.betaBinomial({ a: 1, b: 1 }).credibleInterval(0)).toThrow(
      'betaBinomial.credibleInterval: level must be a number above 0 and below 1; got 0.',
    )
    expect(() => stats.gammaPoisson({ shape: 1, rate: 1 }).update([1, -1])).toThrow(
      'gammaPoisson.update: counts[1] must be an integer of at least 0; got -1.',
    )
    expect(() => stats.dirichletMultinomial({ concentration: [1, 1] }).update([1])).toThrow(
      'dirichletMultinomial.update: there are 1 counts and 2 classes. There must be one for each.',
    )
  })
})

describe('Markov chain Monte Carlo', () => {
  const data = f.long.slice(0, 20).map(v => 2 + 1.5 * v)
  const n = data.length
  const mean = data.reduce((a, b) => a + b, 0) / n
  const squares = data.reduce((a, b) => a + (b - mean) ** 2, 0)
  // With the density 1/σ of the scale, the mean is Student's with n − 1 degrees of freedom, and σ² = squares / χ².
  const x = tensor(data, 'float64')
  const target = ({ loc, scale }: stats.ModelParameters): Tensor =>
    (stats.normal({ loc: loc!, scale: scale! }).logProb(x).sum() as Tensor).sub(scale!.log()) as Tensor
  const init = { loc: 0, scale: 1 }
  const constraints = { scale: 'positive' } as const
  const check = async (draws: stats.ChainDraws): Promise<void> => {
    const [loc, scale] = draws.summary as [stats.ParameterSummary, stats.ParameterSummary]
    expect(Math.abs(loc.mean - mean)).toBeLessThan(4.5 * loc.monteCarloError)
    const t = stats.studentT({ df: n - 1, loc: mean, scale: Math.sqrt(squares / (n - 1) / n) })
    const sd = Math.sqrt(await item(t.variance))
    expect(Math.abs(loc.stddev / sd - 1)).toBeLessThan(0.15)
    const median = Math.sqrt(squares / (await item(stats.chiSquared({ df: n - 1 }).quantile(0.5))))
    expect(Math.abs(scale.quantiles[1] - median)).toBeLessThan(0.06)
    expect(loc.rHat).toBeLessThan(1.02)
    expect(scale.rHat).toBeLessThan(1.02)
    expect(draws.divergences).toBe(0)
  }
  test('metropolis finds a known posterior', async () => {
    const draws = await stats.metropolis(target, {
      init,
      constraints,
      draws: 3000,
      warmup: 1000,
      chains: 3,
      randomState: 1,
    })
    await check(draws)
    for (const a of draws.acceptance) expect(Math.abs(a - 0.3)).toBeLessThan(0.1)
    expect(draws.samples.loc!.shape).toEqual([3, 3000])
  }, 120_000)
  test('hamiltonian finds it in fewer draws', async () => {
    const draws = await stats.hamiltonian(target, {
      init,
      constraints,
      draws: 800,
      warmup: 400,
      chains: 3,
      randomState: 2,
    })
    await check(draws)
    for (const a of draws.acceptance) expect(a).toBeGreaterThan(0.6)
  }, 120_000)
  test('nuts finds it by itself, and the same for one seed', async () => {
    const options = { init, constraints, draws: 800, warmup: 400, chains: 3 }
    const draws = await stats.nuts(target, { ...options, generator: new Generator(3) })
    await check(draws)
    expect(draws.summary[0]!.ess).toBeGreaterThan(500)
    const short = { ...options, draws: 20, warmup: 20, chains: 1, randomState: 5 }
    const [a, b] = [await stats.nuts(target, short), await stats.nuts(target, short)]
    expect(await a.samples.loc!.data()).toEqual(await b.samples.loc!.data())
  }, 120_000)
  test('nuts on probabilities: draws of a simplex have the moments of its Dirichlet distribution', async () => {
    const concentration = [2, 5, 3]
    const draws = await stats.nuts(({ p }) => stats.dirichlet({ concentration }).logProb(p!), {
      init: { p: [0.3, 0.3, 0.4] },
      constraints: { p: 'simplex' },
      draws: 1000,
      warmup: 400,
      chains: 2,
      randomState: 6,
    })
    for (const [i, s] of draws.summary.entries()) {
      expect(s.name).toBe(`p[${i}]`)
      const m = concentration[i]! / 10
      expect(Math.abs(s.mean - m)).toBeLessThan(4.5 * s.monteCarloError)
      expect(Math.abs(s.stddev / Math.sqrt((m * (1 - m)) / 11) - 1)).toBeLessThan(0.12)
    }
  }, 120_000)
  test('constraints change the variable, not the density', async () => {
    const draws = await stats.nuts(
      ({ a, b }) =>
        stats
          .gamma({ concentration: 2 })
          .logProb(a!)
          .add(stats.beta({ concentration1: 1, concentration0: 3 }).logProb(b!)) as Tensor,
      {
        init: { a: 1, b: 0.5 },
        constraints: { a: 'positive', b: 'unitInterval' },
        draws: 2000,
        warmup: 500,
        chains: 2,
        randomState: 7,
      },
    )
    const [a, b] = draws.summary as [stats.ParameterSummary, stats.ParameterSummary]
    expect(Math.abs(a.mean - 2)).toBeLessThan(5 * a.monteCarloError)
    expect(Math.abs(b.mean - 0.25)).toBeLessThan(5 * b.monteCarloError)
    expect(Math.abs(a.stddev / Math.SQRT2 - 1)).toBeLessThan(0.08)
  }, 120_000)
  test('nuts keeps the weight of every part of a path', async () => {
    // Of another scale in each direction, and with a step far too short: paths are long, and where they are taken from counts.
    const draws = await stats.nuts(({ x }) => stats.normal({ scale: tensor([1, 3, 10], 'float64') }).logProb(x!), {
      init: { x: [0, 0, 0] },
      draws: 4000,
      warmup: 0,
      stepSize: 0.7,
      chains: 1,
      randomState: 9,
    })
    const values = (await draws.samples.x!.data()) as Float64Array
    for (const [i, scale] of [1, 3, 10].entries()) {
      const own = values.filter((_, at) => at % 3 === i)
      const { pValue } = stats.kolmogorovSmirnovOneSample(
        own.filter((_, at) => at % 8 === 0),
        v => stats.special.normalTails(v / scale).lower,
      )
      expect(pValue).toBeGreaterThan(1e-3)
      expect(Math.abs(draws.summary[i]!.stddev / scale - 1)).toBeLessThan(0.05)
    }
  }, 120_000)
  test('the effective number of draws of an autoregressive chain is as theory says', async () => {
    const [phi, length] = [0.6, 20_000]
    const shocks = (await stats.normal().sample([4, length], { randomState: 8 }).data()) as Float64Array
    const series = [0, 1, 2, 3].map(c => {
      let v = 0
      return shocks.slice(c * length, (c + 1) * length).map(shock => {
        v = phi * v + shock
        return v
      })
    })
    const want = (4 * length * (1 - phi)) / (1 + phi)
    expect(Math.abs(stats.effectiveSampleSize(series) / want - 1)).toBeLessThan(0.08)
    expect(stats.rHat(series)).toBeLessThan(1.005)
    // Chains that disagree show it.
    expect(stats.rHat([series[0]!, series[1]!.map(v => v + 3)])).toBeGreaterThan(1.5)
  })
  test('says what is wrong', async () => {
    await expect(stats.nuts(({ a }) => a!.log() as Tensor, { init: { a: -1 } })).rejects.toThrow(
      'nuts: the log-density or its gradient is not finite where the chains begin. Pass an init at which they are.',
    )
    expect(() => stats.nuts(target, { init, draws: 0 })).toThrow('nuts: draws must be an integer of at least 1; got 0.')
    expect(() => stats.metropolis(target, { init, stepSize: 0 })).toThrow(
      'metropolis: stepSize must be a number above 0; got 0.',
    )
    expect(() => stats.rHat([[1, 2, 3]])).toThrow(
      'rHat: the chains have 3 draws. All must have as many, and at least 4.',
    )
  })
})
