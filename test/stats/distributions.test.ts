import { describe, expect, test } from 'vitest'
import { compile, evaluate, Generator, grad, linalg, setSeed, type Tensor, tensor } from '../../src/index.ts'
import * as stats from '../../src/stats/index.ts'
import { allNear, fixtureOf, near } from './fixtures.ts'

// Expected values: SciPy, PyTorch and mpmath, by tools/fixtures/stats_distributions.py.
interface Case {
  readonly family: string
  readonly parameters: Readonly<Record<string, number>>
  readonly gradients: Readonly<Record<string, readonly number[] | null>>
  readonly [values: string]: unknown
}
type Numbers = Readonly<
  Record<'x' | 'at' | 'p' | 'logProb' | 'cdf' | 'survival' | 'quantile' | 'inverseSurvival', number[]>
>
type Moments = Readonly<Record<'mean' | 'variance' | 'entropy', number>>
type Mises = Readonly<Record<'loc' | 'concentration' | 'entropy' | 'variance', number>> &
  Readonly<Record<'x' | 'logProb' | 'cdf', number[]>> & {
    readonly gradients: { readonly loc: number[]; readonly x: number[] }
  }
interface Fixture {
  readonly cases: readonly (Case & Numbers & Moments)[]
  readonly vonMises: readonly Mises[]
  readonly kl: readonly (readonly [string, object, string, object, number])[]
  readonly special: Readonly<Record<'gamma' | 'beta' | 'normal' | 'lgamma', readonly (readonly number[])[]>>
  readonly joint: {
    readonly multivariateNormal: {
      loc: number[]
      covariance: number[][]
      x: number[][]
      logProb: number[]
      entropy: number
      gradients: [number[], number[][], number[][]]
      kl: number
    }
    readonly categorical: { probs: number[]; logProb: number[]; entropy: number; kl: number }
    readonly multinomial: { x: number[][]; logProb: number[]; entropy: number }
    readonly dirichlet: {
      concentration: number[]
      x: number[][]
      logProb: number[]
      entropy: number
      gradient: number[]
      variance: number[]
      kl: number
    }
  }
}
const fixture = fixtureOf<Fixture>('distributions')
const families = stats as unknown as Record<string, (p: object) => stats.Continuous & stats.Discrete>
const as64 = (x: number | readonly number[]) => tensor(x as number[], 'float64')

describe.each(fixture.cases.map(c => ({ title: `${c.family} ${JSON.stringify(c.parameters)}`, c })))(
  '$title',
  ({ c }) => {
    const make = (): stats.Continuous & stats.Discrete => families[c.family]!(c.parameters)

    test('the log-density and its gradients are those of PyTorch', async () => {
      await allNear(make().logProb(c.x), c.logProb, 1e-11, 'logProb', 1e-3)
      const wanted = Object.keys(c.gradients).filter(name => name !== 'x')
      const parameters = Object.fromEntries(wanted.map(name => [name, as64(c.parameters[name]!)]))
      const sum = (p: { x: Tensor } & Record<string, Tensor>) => {
        const { x, ...rest } = p
        return families[c.family]!({ ...c.parameters, ...rest })
          .logProb(x)
          .sum() as Tensor
      }
      const got = grad(sum)({ x: as64(c.x), ...parameters }) as Record<string, Tensor>
      for (const name of wanted) await allNear(got[name]!, c.gradients[name]!, 1e-9, name, 1e-2)
      const continuous = !['bernoulli', 'binomial', 'poisson', 'geometric', 'negativeBinomial'].includes(c.family)
      if (continuous && c.gradients.x) await allNear(got.x!, c.gradients.x, 1e-9, 'x', 1e-6)
    })
    test('the distribution function and its complement keep their digits in the tails', async () => {
      await allNear(make().cdf(c.at), c.cdf, 1e-10, 'cdf')
      await allNear(make().survival(c.at), c.survival, 1e-10, 'survival')
    })
    test('quantiles invert both', async () => {
      await allNear(make().quantile(c.p), c.quantile, 1e-10, 'quantile', 1e-15)
      await allNear(make().inverseSurvival(c.p), c.inverseSurvival, 1e-10, 'inverseSurvival', 1e-15)
    })
    test('moments and entropy', async () => {
      await allNear(make().mean, [c.mean], 1e-10, 'mean')
      await allNear(make().variance, [c.variance], 1e-10, 'variance')
      await allNear(make().entropy(), [c.entropy], 1e-9, 'entropy')
    })
    test('draws have the mean and the share below each quantile that the distribution has', async () => {
      const d = make()
      const n = 20_000
      const draws = await d.sample([n], { generator: new Generator(11) }).data()
      expect(await d.sample([n], { generator: new Generator(11) }).data()).toEqual(draws)
      for (const p of [0.1, 0.5, 0.8]) {
        const q = await d.quantile(p).item()
        const below = await d.cdf(q).item()
        let count = 0
        for (const x of draws) if (Number(x) <= Number(q)) count++
        const sd = Math.sqrt((Number(below) * (1 - Number(below))) / n)
        expect(Math.abs(count / n - Number(below))).toBeLessThan(4.5 * sd + 1e-12)
      }
      if (Number.isFinite(c.mean) && c.variance < 1e3) {
        let total = 0
        for (const x of draws) total += Number(x)
        expect(Math.abs(total / n - c.mean)).toBeLessThan(5 * Math.sqrt(c.variance / n))
      }
    })
  },
)

test.each(fixture.vonMises)('vonMises of concentration $concentration', async c => {
  const d = stats.vonMises({ loc: c.loc, concentration: c.concentration })
  await allNear(d.logProb(c.x), c.logProb, 1e-11, 'logProb')
  await allNear(d.cdf(c.x), c.cdf, 1e-12, 'cdf', 1)
  if (c.concentration < 10) await allNear(d.quantile(d.cdf(c.x)), c.x, 1e-9, 'quantile', 1)
  await allNear(d.entropy(), [c.entropy], 1e-11, 'entropy')
  await allNear(d.variance, [c.variance], 1e-10, 'variance')
  const sum = (p: { loc: Tensor; concentration: Tensor; x: Tensor }) =>
    stats.vonMises({ loc: p.loc, concentration: p.concentration }).logProb(p.x).sum() as Tensor
  const got = grad(sum)({ loc: as64(c.loc), concentration: as64(c.concentration), x: as64(c.x) })
  await allNear(got.loc, c.gradients.loc, 1e-9, 'loc', 1e-3)
  await allNear(got.x, c.gradients.x, 1e-9, 'x', 1e-6)
  const n = 20_000
  const draws = await d.sample([n], { randomState: 3 }).data()
  const at = await d.cdf(c.loc + 0.3).item()
  const below = (draws as Float64Array).filter(x => x <= c.loc + 0.3).length / n
  expect(Math.abs(below - Number(at))).toBeLessThan(4.5 * Math.sqrt(0.25 / n))
})

describe('vectors and classes', () => {
  const f = fixture.joint
  test('multivariateNormal', async () => {
    const m = f.multivariateNormal
    const d = stats.multivariateNormal({ loc: m.loc, covarianceMatrix: m.covariance })
    await allNear(d.logProb(m.x), m.logProb, 1e-12, 'logProb')
    await allNear(d.entropy(), [m.entropy], 1e-12, 'entropy')
    const two = tensor(
      [
        [2, 0, 0],
        [0, 2, 0],
        [0, 0, 2],
      ],
      'float64',
    )
    const other = stats.multivariateNormal({ loc: [0, 0, 0], scaleTril: linalg.cholesky(two) })
    await allNear(stats.kl(d, other), [m.kl], 1e-12, 'kl')
    const sum = (p: { loc: Tensor; covariance: Tensor; x: Tensor }) =>
      stats.multivariateNormal({ loc: p.loc, covarianceMatrix: p.covariance }).logProb(p.x).sum() as Tensor
    const got = grad(sum)({ loc: as64(m.loc), covariance: tensor(m.covariance, 'float64'), x: tensor(m.x, 'float64') })
    await allNear(got.loc, m.gradients[0], 1e-10, 'loc', 1e-3)
    await allNear(got.covariance, m.gradients[1].flat(), 1e-10, 'covariance', 1e-2)
    await allNear(got.x, m.gradients[2].flat(), 1e-10, 'x', 1e-3)
    const precisionMatrix = linalg.inv(tensor(m.covariance, 'float64')) as Tensor
    await allNear(stats.multivariateNormal({ loc: m.loc, precisionMatrix }).logProb(m.x), m.logProb, 1e-11, 'precision')
    const n = 20_000
    const draws = d.sample([n], { randomState: 5 })
    expect(draws.shape).toEqual([n, 3])
    await evaluate(draws)
    const c = (await stats.covariance(draws).data()) as Float64Array
    const flat = m.covariance.flat()
    for (const [i, value] of c.entries()) expect(Math.abs(value - flat[i]!)).toBeLessThan(0.2)
  })
  test('a batch of them is each by itself', async () => {
    const scales = tensor(
      [
        [
          [1, 0],
          [0.5, 2],
        ],
        [
          [3, 0],
          [0, 1],
        ],
      ],
      'float64',
    )
    const d = stats.multivariateNormal({ loc: [1, 2], scaleTril: scales })
    const together = await d.logProb([0.5, -1]).data()
    for (const [i, l] of [
      [
        [1, 0],
        [0.5, 2],
      ],
      [
        [3, 0],
        [0, 1],
      ],
    ].entries()) {
      const one = stats.multivariateNormal({ loc: [1, 2], scaleTril: tensor(l, 'float64') })
      near(Number(together[i]), Number(await one.logProb([0.5, -1]).item()), 1e-14)
    }
  })
  test('categorical and multinomial', async () => {
    const { probs, logProb, entropy, kl } = f.categorical
    const d = stats.categorical({ probs })
    const byLogits = stats.categorical({ logits: probs.map(p => Math.log(p) + 3) })
    for (const c of [d, byLogits]) {
      await allNear(c.logProb([0, 1, 2, 3]), logProb, 1e-13, 'logProb')
      await allNear(c.entropy(), [entropy], 1e-13, 'entropy')
      expect(await c.logProb([-1, 4, 0.5]).toArray()).toEqual([-Infinity, -Infinity, -Infinity])
      const draws = await c.sample([20_000], { randomState: 1 }).data()
      expect(draws).toBeInstanceOf(Int32Array)
      for (const [k, p] of probs.entries()) {
        const share = (draws as Int32Array).filter(x => x === k).length / 20_000
        expect(Math.abs(share - p)).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / 20_000))
      }
    }
    await allNear(stats.kl(d, stats.categorical({ probs: [1, 1, 1, 1] })), [kl], 1e-13, 'kl')
    const m = stats.multinomial({ totalCount: 7, probs })
    await allNear(m.logProb(f.multinomial.x), f.multinomial.logProb, 1e-12, 'multinomial')
    expect(await m.logProb([1, 1, 1, 1]).item()).toBe(-Infinity)
    await allNear(m.entropy(), [f.multinomial.entropy], 1e-11, 'entropy')
    const counts = (await m.sample([4000], { randomState: 2 }).data()) as Float64Array
    for (const [k, p] of probs.entries()) {
      const mean = counts.filter((_, i) => i % 4 === k).reduce((a, b) => a + b, 0) / 4000
      expect(Math.abs(mean - 7 * p)).toBeLessThan(5 * Math.sqrt((7 * p * (1 - p)) / 4000))
    }
  })
  test('a class without probability gives no NaN to the others', async () => {
    const sum = (p: Tensor) => stats.categorical({ probs: p }).logProb([1]).sum() as Tensor
    const got = (await grad(sum)(as64([0, 0.5, 0.5])).data()) as Float64Array
    expect([...got]).toEqual([-1, 1, -1])
  })
  test('dirichlet', async () => {
    const m = f.dirichlet
    const d = stats.dirichlet({ concentration: m.concentration })
    await allNear(d.logProb(m.x), m.logProb, 1e-12, 'logProb')
    await allNear(d.entropy(), [m.entropy], 1e-12, 'entropy')
    await allNear(d.variance, m.variance, 1e-12, 'variance')
    await allNear(stats.kl(d, stats.dirichlet({ concentration: [1, 1, 1, 1] })), [m.kl], 1e-12, 'kl')
    const sum = (c: Tensor) => stats.dirichlet({ concentration: c }).logProb(m.x).sum() as Tensor
    await allNear(grad(sum)(as64(m.concentration)), m.gradient, 1e-10, 'gradient')
    expect(await d.logProb([0.5, 0.1, 0.1, 0.1]).item()).toBe(-Infinity)
    const draws = (await d.sample([10_000], { randomState: 4 }).data()) as Float64Array
    const mean = (await d.mean.data()) as Float64Array
    for (const [k, p] of mean.entries()) {
      const got = draws.filter((_, i) => i % 4 === k).reduce((a, b) => a + b, 0) / 10_000
      expect(Math.abs(got - p)).toBeLessThan(0.01)
    }
  })
})

test.each(fixture.kl)('kl of %s %j against %s %j', async (p, a, q, b, want) => {
  const [x, y] = [families[p]!(a), families[q]!(b)]
  await allNear(stats.kl(x, y), [want], 1e-9, 'kl')
  const estimate = Number(await stats.monteCarloKl(x, y, { samples: 20_000, randomState: 9 }).item())
  expect(Math.abs(estimate - want)).toBeLessThan(0.05 + 0.1 * want)
})

test('special functions to 1e-11, tails included, and their inverses', () => {
  const { gamma, beta, normal, lgamma } = fixture.special
  const { special } = stats
  for (const [a, x, lower, upper] of gamma as [number, number, number, number][]) {
    const t = special.gammaTails(a, x)
    near(t.lower, lower, 1e-11, `P(${a}, ${x})`)
    near(t.upper, upper, 1e-11, `Q(${a}, ${x})`)
    if (lower > 1e-290 && upper > 1e-290) near(special.gammaInverse(a, lower, upper), x, 1e-10, `inverse at ${a}, ${x}`)
  }
  for (const [a, b, x, lower, upper] of beta as [number, number, number, number, number][]) {
    const t = special.betaTails(a, b, x)
    near(t.lower, lower, 1e-11, `I(${a}, ${b}, ${x})`)
    near(t.upper, upper, 1e-10, `1 - I(${a}, ${b}, ${x})`)
    near(special.betaInverse(a, b, lower, upper).x, x, 1e-10, `inverse at ${a}, ${b}, ${x}`)
  }
  for (const [x, p] of normal as [number, number][]) {
    near(special.normalTails(x).lower, p, 1e-12, `normal at ${x}`)
    // Above the median the tail says where x is, not 1 less it.
    near(special.normalInverse(p, special.normalTails(x).upper), x, 1e-12, `normal inverse at ${p}`, 1e-3)
  }
  for (const [x, value, slope] of lgamma as [number, number, number][]) {
    near(special.lgamma(x), value, 1e-14, `lgamma(${x})`)
    near(special.digamma(x), slope, 1e-13, `digamma(${x})`)
  }
})

test('logits and probabilities say the same', async () => {
  const logits = [-3, 0, 2]
  const probs = logits.map(l => 1 / (1 + Math.exp(-l)))
  for (const make of [
    (p: object) => stats.bernoulli(p),
    (p: object) => stats.binomial({ totalCount: 6, ...p }),
    (p: object) => stats.geometric(p),
    (p: object) => stats.negativeBinomial({ totalCount: 3, ...p }),
  ]) {
    const [a, b] = [make({ logits }), make({ probs })]
    const both = async (f: (d: stats.Discrete) => Tensor) =>
      allNear(f(a), [...(await f(b).data())].map(Number), 1e-12, a.name)
    await both(d => d.logProb(1))
    await both(d => d.pmf(0))
    await both(d => d.cdf(1))
    await both(d => d.mean)
    await both(d => d.entropy())
    expect(await a.sample([5], { randomState: 1 }).toArray()).toEqual(await b.sample([5], { randomState: 1 }).toArray())
  }
})

test('outside the support the density is 0 and its gradients too, without NaN', async () => {
  for (const [d, x] of [
    [stats.gamma({ concentration: 2 }), -1],
    [stats.beta({ concentration1: 2, concentration0: 3 }), 1.5],
    [stats.uniform(), 2],
    [stats.poisson({ rate: 2 }), 1.5],
    [stats.binomial({ totalCount: 3, probs: 0.5 }), 4],
    [stats.logNormal(), 0],
    [stats.weibull({ concentration: 2 }), -0.1],
  ] as const) {
    expect(await d.logProb(x).item()).toBe(-Infinity)
    const slope = grad((v: Tensor) => d.logProb(v).sum() as Tensor)(as64([x, 1]))
    expect(((await slope.data()) as Float64Array)[0]).toBe(0)
    expect(((await slope.data()) as Float64Array)[1]).not.toBeNaN()
  }
  const slope = grad((c: Tensor) => stats.gamma({ concentration: c }).logProb([-1, 1]).sum() as Tensor)(as64(2))
  expect(await slope.item()).toBeCloseTo(-0.4227843350984671, 12)
})

test('parameters broadcast, and a batch is drawn together', async () => {
  const d = stats.normal({ loc: tensor([[0], [10]], 'float64'), scale: tensor([1, 2, 3], 'float64') })
  expect(d.batchShape).toEqual([2, 3])
  expect(d.sample([4]).shape).toEqual([4, 2, 3])
  expect(d.logProb(tensor([0, 1, 2], 'float64')).shape).toEqual([2, 3])
  expect(await d.cdf([0, 10, 10]).toArray()).toEqual([
    [0.5, expect.closeTo(0.9999997133484281, 14), expect.closeTo(0.9995709396668031, 14)],
    [expect.closeTo(7.61985302416e-24, 33), 0.5, 0.5],
  ])
})

test('in a compiled function every call draws anew', async () => {
  const draw = compile((loc: Tensor) => stats.normal({ scale: 2 }).sample([3]).add(loc) as Tensor)
  const [a, b] = [await (await draw(as64(0))).toArray(), await (await draw(as64(0))).toArray()]
  expect(a).not.toEqual(b)
  setSeed(4)
  const once = await stats.normal().sample([2]).toArray()
  setSeed(4)
  expect(await stats.normal().sample([2]).toArray()).toEqual(once)
})

test('float32 parameters give float32 results', async () => {
  const d = stats.normal({ loc: tensor([0, 1]) })
  expect(d.logProb([0, 0]).dtype).toBe('float32')
  expect(d.sample().dtype).toBe('float32')
  expect(d.cdf(tensor([0, 1])).dtype).toBe('float32')
})

test('gradients flow through reparametrised draws', async () => {
  for (const [make, want] of [
    [(loc: Tensor, scale: Tensor) => stats.normal({ loc, scale }), [1, 0]],
    [(loc: Tensor, scale: Tensor) => stats.laplace({ loc, scale }), [1, 0]],
  ] as const) {
    const mean = (p: { loc: Tensor; scale: Tensor }) =>
      make(p.loc, p.scale).rsample([20_000], { randomState: 1 }).mean() as Tensor
    const got = grad(mean)({ loc: as64(0.5), scale: as64(2) })
    near(Number(await got.loc.item()), want[0], 1e-12)
    expect(Math.abs(Number(await got.scale.item()))).toBeLessThan(0.05)
  }
  for (const d of [
    stats.exponential({ rate: 2 }),
    stats.uniform({ low: 1, high: 4 }),
    stats.weibull({ concentration: 3 }),
    stats.logNormal({ scale: 0.3 }),
    stats.cauchy(),
  ]) {
    const draws = (await d.rsample([20_000], { randomState: 2 }).data()) as Float64Array
    const q = Number(await d.quantile(0.7).item())
    expect(Math.abs(draws.filter(x => x <= q).length / 20_000 - 0.7)).toBeLessThan(0.015)
  }
})

test('supports in words', () => {
  expect(stats.normal().support).toBe('all numbers')
  expect(stats.poisson({ rate: 1 }).support).toBe('whole numbers of at least 0')
  expect(stats.categorical({ probs: [1, 2] }).support).toBe('whole numbers from 0 to 1')
  expect(stats.multinomial({ totalCount: 3, probs: [1, 2] }).support).toBe(
    '2 whole numbers of at least 0 that add up to 3',
  )
  expect(stats.dirichlet({ concentration: [1, 2] }).support).toBe('2 numbers of at least 0 that add up to 1')
})

test('modes', async () => {
  const modes: readonly (readonly [stats.Distribution, number])[] = [
    [stats.normal({ loc: 3 }), 3],
    [stats.gamma({ concentration: 3, rate: 2 }), 1],
    [stats.gamma({ concentration: 0.5 }), 0],
    [stats.beta({ concentration1: 3, concentration0: 2 }), 2 / 3],
    [stats.beta({ concentration1: 3, concentration0: 1 }), 1],
    [stats.beta({ concentration1: 1, concentration0: 1 }), Number.NaN],
    [stats.binomial({ totalCount: 10, probs: 0.3 }), 3],
    [stats.poisson({ rate: 4.5 }), 4],
    [stats.weibull({ concentration: 2, scale: Math.SQRT2 }), 1],
    [stats.fDistribution({ df1: 4, df2: 2 }), 0.25],
    [stats.chiSquared({ df: 5 }), 3],
    [stats.negativeBinomial({ totalCount: 5, probs: 0.5 }), 4],
    [stats.geometric({ probs: 0.5 }), 0],
    [stats.bernoulli({ probs: 0.7 }), 1],
    [stats.categorical({ probs: [1, 5, 2] }), 1],
  ]
  for (const [d, want] of modes) near(Number(await d.mode.item()), want, 1e-14, d.name)
})

test('what is wrong with parameters and arguments is said in one line', async () => {
  expect(() => stats.normal({ scale: 0 })).toThrow('normal: scale must be a number above 0; got 0.')
  expect(() => stats.normal({ scale: tensor([1, -2], 'float64') })).toThrow(
    'normal: scale[1] must be a number above 0; got -2.',
  )
  expect(() => stats.gamma({})).toThrow('gamma: concentration is required: the shape.')
  expect(() => stats.normal({ mean: 0 } as never)).toThrow(
    'normal: unknown parameter "mean". The parameters are loc, scale.',
  )
  expect(() => stats.normal({ loc: tensor(0), scale: tensor(1, 'float64') })).toThrow(
    'normal: loc is float32 and scale is float64. All parameters must have one dtype; convert one with to("float64").',
  )
  expect(() => stats.bernoulli({})).toThrow(
    'bernoulli: takes probs or logits; got neither. Pass the probabilities or the log-odds.',
  )
  expect(() => stats.categorical({ probs: [1], logits: [0] })).toThrow(
    'categorical: takes probs or logits; got both. Pass the probabilities or the log-odds.',
  )
  expect(() => stats.categorical({ probs: 1 })).toThrow(
    'categorical: probs is []. Its last axis must hold the classes.',
  )
  expect(() => stats.dirichlet({ concentration: 1 })).toThrow(
    'dirichlet: concentration is one number. It needs a last axis that holds the classes.',
  )
  expect(() => stats.geometric({ probs: 0 })).toThrow(
    'geometric: probs must be a number above 0 and of at most 1; got 0.',
  )
  expect(() => stats.negativeBinomial({ totalCount: 1, probs: 1 })).toThrow(
    'negativeBinomial: probs must be a number of at least 0 and below 1; got 1.',
  )
  expect(() => stats.binomial({ totalCount: 1.5, probs: 1 })).toThrow(
    'binomial: totalCount must be an integer of at least 0; got 1.5.',
  )
  expect(() => stats.uniform({ low: 2, high: 1 })).toThrow('uniform: low must be below high; got 2 and 1.')
  expect(() => stats.normal().quantile(1.5)).toThrow('normal.quantile: p must be a number from 0 to 1; got 1.5.')
  expect(() => stats.normal().inverseSurvival(-1)).toThrow(
    'normal.inverseSurvival: p must be a number from 0 to 1; got -1.',
  )
  const open = tensor([1, 2], 'float64').exp()
  expect(() => stats.normal().cdf(open)).toThrow(
    'normal.cdf: x is a tensor that is not computed yet. Wait for it first: await evaluate(x).',
  )
  expect(() => stats.gamma({ concentration: 2 }).rsample()).toThrow(
    'gamma.rsample: this family has no reparametrised sample. Use sample(), whose draws are constants, or the score function logProb.',
  )
  expect(() => stats.multivariateNormal({ loc: [0, 0] })).toThrow(
    'multivariateNormal: takes one of covarianceMatrix, precisionMatrix, scaleTril; got none.',
  )
  expect(() => stats.multivariateNormal({ loc: [0, 0], scaleTril: [[1]] })).toThrow(
    'multivariateNormal: loc is [2] and scaleTril is [1, 1]. They must be [..., d] and [..., d, d].',
  )
  expect(() => stats.kl(stats.studentT({ df: 3 }), stats.gamma({ concentration: 1 }))).toThrow(
    'kl: no closed form is known for studentT against gamma. Use monteCarloKl(p, q, { samples }).',
  )
  expect(() =>
    stats.kl(stats.binomial({ totalCount: 3, probs: 0.5 }), stats.binomial({ totalCount: 4, probs: 0.5 })),
  ).toThrow(
    'kl: binomial has a closed form only between distributions of the same totalCount, known beforehand. Use monteCarloKl(p, q).',
  )
  expect(() => stats.monteCarloKl(stats.normal(), stats.normal(), { samples: 0 })).toThrow(
    'monteCarloKl: samples must be an integer of at least 1; got 0.',
  )
  expect(() => stats.normal().sample([-1])).toThrow(
    'normal.sample: [-1] is not a shape. Sizes must be whole numbers of at least 0; got -1.',
  )
})
