import { describe, expect, test } from 'vitest'
import * as stats from '../../src/stats/index.ts'
import { allNear, near } from './fixtures.ts'

describe('joint tables', () => {
  const table = stats.jointTable({ x: [0, 1, 2], y: ['a', 'b'] }, [
    [1, 3],
    [2, 2],
    [0, 2],
  ])
  test('marginals, conditionals and expectations', async () => {
    await allNear(table.marginal('y').probs, [0.3, 0.7], 1e-14, 'y')
    await allNear(table.marginal(['y', 'x']).probs, [0.1, 0.2, 0, 0.3, 0.2, 0.2], 1e-14, 'swapped')
    await allNear(table.conditional({ y: 'b' }).probs, [3 / 7, 2 / 7, 2 / 7], 1e-14, 'given')
    near(table.expectation('x'), 0.8, 1e-14)
    near(table.conditionalExpectation('x', { y: 'a' }), 2 / 3, 1e-14)
    near(
      table.expectation(v => (v.y === 'a' ? Number(v.x) : 0)),
      0.2,
      1e-14,
    )
    near(table.probability({ x: 1, y: 'a' }), 0.2, 1e-14)
    near(table.covariance('x', 'x'), 0.56, 1e-13)
  })
  test('information: the chain rule, and none between independent variables', () => {
    near(table.entropy(), table.entropy('y') + table.conditionalEntropy('x', 'y'), 1e-14)
    const [px, py] = [
      [0.4, 0.4, 0.2],
      [0.3, 0.7],
    ]
    const joint = [
      [0.1, 0.3],
      [0.2, 0.2],
      [0, 0.2],
    ]
    let want = 0
    for (const [i, row] of joint.entries())
      for (const [j, p] of row.entries()) if (p > 0) want += p * Math.log(p / (px[i]! * py[j]!))
    near(table.mutualInformation('x', 'y'), want, 1e-13)
    const apart = stats.jointTable({ a: [0, 1], b: [0, 1] }, [
      [2, 4],
      [3, 6],
    ])
    expect(apart.independent('a', 'b')).toBe(true)
    expect(table.independent('x', 'y')).toBe(false)
    expect(apart.mutualInformation('a', 'b')).toBeLessThan(1e-15)
    near(stats.klDivergence([0.5, 0.5], [0.25, 0.75]), 0.5 * Math.log(2) + 0.5 * Math.log(2 / 3), 1e-14)
    near(stats.crossEntropyOf([1, 3], [1, 1]), Math.LN2, 1e-14)
    near(stats.crossEntropyOf([1, 3], [1, 3]), stats.entropy([1, 3]), 1e-14)
    expect(stats.klDivergence([1, 1], [1, 0])).toBe(Number.POSITIVE_INFINITY)
  })
  test('is counted from columns', async () => {
    const counted = stats.crossTable({ rain: [true, false, true, true], sky: ['grey', 'clear', 'grey', 'clear'] })
    near(counted.probability({ rain: true, sky: 'grey' }), 0.5, 1e-14)
    near(counted.correlation('rain', 'rain'), 1, 1e-14)
  })
  test('says what is wrong', () => {
    expect(() => stats.jointTable({ x: [0, 1] }, [1])).toThrow(
      'jointTable: there are 1 weights for 2 combinations of values. There must be as many.',
    )
    expect(() => stats.jointTable({ x: [0, 1] }, [1, -1])).toThrow(
      'jointTable: probs[1] must be a number of at least 0; got -1.',
    )
    expect(() => stats.jointTable({ x: [0, 1] }, [0, 0])).toThrow(
      'jointTable: probs adds up to 0. Some of it must be above 0.',
    )
    expect(() => table.marginal('z')).toThrow('marginal: there is no variable "z". The variables are x, y.')
    expect(() => table.probability({ y: 'c' })).toThrow('probability: y has no value "c". Its values are "a", "b".')
    expect(() => table.conditional({ x: 2, y: 'a' })).toThrow(
      'conditional: {"x":2,"y":"a"} has probability 0. Nothing follows from it.',
    )
    expect(() => table.expectation('y')).toThrow('expectation: y has the value "a", which is no number.')
    expect(() => stats.crossTable({ a: [1], b: [] })).toThrow(
      'crossTable: the columns have a 1, b 0 values. There must be as many in each, and at least one.',
    )
    expect(() => stats.klDivergence([1], [1, 1])).toThrow(
      'klDivergence: p has 1 values and q has 2. There must be as many.',
    )
  })
})

describe('Markov chains', () => {
  const p = [
    [0.5, 0.25, 0.25],
    [0.2, 0.6, 0.2],
    [0.1, 0.3, 0.6],
  ]
  const chain = stats.markovChain(p, { states: ['a', 'b', 'c'] })
  test('the stationary distribution stays as it is, and many steps lead to it', async () => {
    const pi = (await chain.stationary().data()) as Float64Array
    for (let j = 0; j < 3; j++) near(pi[0]! * p[0]![j]! + pi[1]! * p[1]![j]! + pi[2]! * p[2]![j]!, pi[j]!, 1e-14)
    await allNear(chain.steps(200), [...pi, ...pi, ...pi], 1e-12, 'steps')
    await allNear(chain.steps(0), [1, 0, 0, 0, 1, 0, 0, 0, 1], 0, 'no step')
    const two = p.flatMap(row => [0, 1, 2].map(j => row.reduce((s, v, k) => s + v * p[k]![j]!, 0)))
    await allNear(chain.steps(2), two, 1e-14, 'two steps')
  })
  test('the gambler is ruined as the textbook says', async () => {
    // From i of n with even odds: ruin 1 − i/n, after i (n − i) steps.
    const n = 5
    const walk = Array.from({ length: n + 1 }, (_, i) =>
      Array.from({ length: n + 1 }, (_, j) => (i === 0 || i === n ? Number(i === j) : Math.abs(i - j) === 1 ? 0.5 : 0)),
    )
    const gambler = stats.markovChain(walk)
    await allNear(gambler.hitting(0).probability, [1, 0.8, 0.6, 0.4, 0.2, 0], 1e-13, 'ruin')
    await allNear(gambler.hitting([0, n]).time, [0, 4, 6, 6, 4, 0], 1e-13, 'time')
    expect((await gambler.hitting(0).time.data())[3]).toBe(Number.POSITIVE_INFINITY)
    expect(gambler.classes().map(c => [c.states.length, c.recurrent])).toEqual([
      [1, true],
      [4, false],
      [1, true],
    ])
    expect(() => gambler.stationary()).toThrow(
      'stationary: the chain has 2 classes that it never leaves, so no single stationary distribution. Take each by itself; see classes().',
    )
  })
  test('classes have periods', () => {
    const ring = stats.markovChain([
      [0, 1, 0],
      [0, 0, 1],
      [1, 0, 0],
    ])
    expect(ring.classes()).toEqual([{ states: [0, 1, 2], recurrent: true, period: 3 }])
    expect(ring.isIrreducible).toBe(true)
    expect(chain.classes()[0]!.period).toBe(1)
  })
  test('a long path gives its chain back', async () => {
    const path = chain.simulate(40_000, { randomState: 4 })
    expect(chain.simulate(5, { start: 'c', randomState: 1 })).toEqual(chain.simulate(5, { start: 'c', randomState: 1 }))
    const fitted = stats.fitMarkovChain([path], { states: ['a', 'b', 'c'] })
    for (const [i, v] of ((await fitted.transition.data()) as Float64Array).entries())
      expect(Math.abs(v - p.flat()[i]!)).toBeLessThan(0.02)
    expect(fitted.logLikelihood(path)).toBeGreaterThan(chain.logLikelihood(path))
    near(chain.logLikelihood(['a', 'b', 'b']), Math.log(0.25 * 0.6), 1e-14)
  })
  test('says what is wrong', () => {
    expect(() =>
      stats.markovChain([
        [0.5, 0.4],
        [0, 1],
      ]),
    ).toThrow('markovChain: row 0 of transition adds up to 0.9. Each row must add up to 1.')
    expect(() =>
      stats.markovChain([
        [2, -1],
        [0, 1],
      ]),
    ).toThrow('markovChain: transition[0][1] is -1. Probabilities must be at least 0.')
    expect(() => stats.markovChain([[0.5, 0.5]])).toThrow(
      'markovChain: transition is [1, 2] and there are 1 states. It must be square, with one row for each state.',
    )
    expect(() => chain.steps(-1)).toThrow('steps: n must be an integer of at least 0; got -1.')
    expect(() => chain.hitting('z')).toThrow('hitting: there is no state "z". The states are "a", "b", "c".')
    expect(() => chain.simulate(0)).toThrow('simulate: length must be an integer of at least 1; got 0.')
    expect(() => stats.fitMarkovChain([['a', 'b']])).toThrow(
      'fitMarkovChain: state "b" has no successor in the data. Pass longer paths, or { smoothing: 1 }.',
    )
  })
})

describe('hidden Markov models', () => {
  const initial = [0.6, 0.3, 0.1]
  const transition = [
    [0.7, 0.2, 0.1],
    [0.1, 0.6, 0.3],
    [0.3, 0.3, 0.4],
  ]
  const categorical = {
    kind: 'categorical',
    probs: [
      [0.5, 0.4, 0.1],
      [0.1, 0.3, 0.6],
      [0.2, 0.2, 0.6],
    ],
  } as const
  const gaussian = { kind: 'gaussian', means: [-1, 0.5, 3], variances: [1, 0.5, 2] } as const
  const densityOf = (kind: string, s: number, x: number): number =>
    kind === 'categorical'
      ? categorical.probs[s]![x]!
      : Math.exp(-((x - gaussian.means[s]!) ** 2) / (2 * gaussian.variances[s]!)) /
        Math.sqrt(2 * Math.PI * gaussian.variances[s]!)

  test.each([
    ['categorical', categorical, [0, 2, 1, 0, 2, 2]],
    ['gaussian', gaussian, [-1.2, 0.1, 2.5, 3.3, 0.4, -0.7]],
  ] as const)('%s: all is as a sum over all paths says', async (kind, emission, x) => {
    const model = stats.hiddenMarkovModel({ initial, transition, emission })
    const [t, s] = [x.length, 3]
    let [total, best] = [0, 0]
    let bestPath: number[] = []
    const shares = new Float64Array(t * s)
    const last = new Float64Array(s)
    for (let code = 0; code < s ** t; code++) {
      const path = Array.from({ length: t }, (_, i) => Math.floor(code / s ** i) % s)
      const p = path.reduce(
        (q, z, i) => q * (i === 0 ? initial[z]! : transition[path[i - 1]!]![z]!) * densityOf(kind, z, x[i]!),
        1,
      )
      total += p
      for (const [i, z] of path.entries()) shares[i * s + z]! += p
      last[path[t - 1]!]! += p
      if (p > best) [best, bestPath] = [p, path]
    }
    near(model.logLikelihood(x), Math.log(total), 1e-13)
    await allNear(
      model.posterior(x),
      [...shares].map(v => v / total),
      1e-12,
      'posterior',
    )
    await allNear(
      model.filter(x).slice({ start: -1 }),
      [...last].map(v => v / total),
      1e-12,
      'filter',
    )
    expect(await model.viterbi(x).path.toArray()).toEqual(bestPath)
    near(model.viterbi(x).logProb, Math.log(best), 1e-13)
  })

  test('long sequences do not underflow', () => {
    const model = stats.hiddenMarkovModel({ initial, transition, emission: categorical })
    const x = Int32Array.from({ length: 5000 }, (_, i) => (i * 7) % 3)
    expect(Number.isFinite(model.logLikelihood(x))).toBe(true)
    expect(model.logLikelihood(x)).toBeLessThan(-2000)
  })

  test('Baum and Welch never lose likelihood, and find what drew the data', async () => {
    const truth = stats.hiddenMarkovModel({
      initial: [0.5, 0.5],
      transition: [
        [0.9, 0.1],
        [0.2, 0.8],
      ],
      emission: { kind: 'gaussian', means: [0, 4], variances: [1, 2] },
    })
    const { observations } = truth.sample(3000, { randomState: 5 })
    const start = stats.hiddenMarkovModel({
      initial: [0.5, 0.5],
      transition: [
        [0.6, 0.4],
        [0.4, 0.6],
      ],
      emission: { kind: 'gaussian', means: [1, 2], variances: [3, 3] },
    })
    const { model, logLikelihoods } = start.fit([observations], { maxIter: 60 })
    for (let i = 1; i < logLikelihoods.length; i++)
      expect(logLikelihoods[i]! - logLikelihoods[i - 1]!).toBeGreaterThan(-1e-6)
    expect(logLikelihoods.at(-1)!).toBeGreaterThan(truth.logLikelihood(observations) - 1)
    const { emission } = model
    if (emission.kind !== 'gaussian') throw new Error('the kind changed')
    const means = (await emission.means.data()) as Float64Array
    expect(Math.abs(means[0]!)).toBeLessThan(0.15)
    expect(Math.abs(means[1]! - 4)).toBeLessThan(0.2)
    const move = (await model.transition.data()) as Float64Array
    expect(Math.abs(move[0]! - 0.9)).toBeLessThan(0.03)
  })
  test('one round of categorical Baum and Welch is that of expected counts over all paths', async () => {
    const x = [0, 2, 1, 1]
    const before = stats.hiddenMarkovModel({ initial, transition, emission: categorical })
    const { model } = before.fit([x], { maxIter: 1 })
    const counts = Array.from({ length: 3 }, () => new Float64Array(3))
    const shows = Array.from({ length: 3 }, () => new Float64Array(3))
    for (let code = 0; code < 81; code++) {
      const path = [0, 1, 2, 3].map(i => Math.floor(code / 3 ** i) % 3)
      const p = path.reduce(
        (q, z, i) => q * (i === 0 ? initial[z]! : transition[path[i - 1]!]![z]!) * categorical.probs[z]![x[i]!]!,
        1,
      )
      for (const [i, z] of path.entries()) {
        shows[z]![x[i]!]! += p
        if (i > 0) counts[path[i - 1]!]![z]! += p
      }
    }
    const shares = (rows: Float64Array[]): number[] =>
      rows.flatMap(r => [...r].map(v => v / r.reduce((a, b) => a + b, 0)))
    await allNear(model.transition, shares(counts), 1e-12, 'transition')
    const { emission } = model
    if (emission.kind !== 'categorical') throw new Error('the kind changed')
    await allNear(emission.probs, shares(shows), 1e-12, 'emission')
  })
  test('says what is wrong', () => {
    const model = stats.hiddenMarkovModel({ initial, transition, emission: categorical })
    expect(() => model.logLikelihood([0, 3])).toThrow(
      'logLikelihood: observation 1 is 3. Symbols are whole numbers from 0 to 2.',
    )
    expect(() => stats.hiddenMarkovModel({ initial: [1], transition, emission: categorical })).toThrow(
      'hiddenMarkovModel: initial has 1 states, transition is [3, 3] and the emission has 3. All must have one number of states.',
    )
    expect(() =>
      stats.hiddenMarkovModel({ initial, transition, emission: { ...gaussian, variances: [1, 0, 1] } }),
    ).toThrow('hiddenMarkovModel: variances[1] must be a number above 0; got 0.')
    expect(() => model.fit([])).toThrow('fit: there are no sequences. Pass a list of at least one.')
    expect(() => model.sample(0)).toThrow('sample: length must be an integer of at least 1; got 0.')
  })
})

describe('Bayesian networks', () => {
  const net = stats.bayesianNetwork({
    wet: {
      values: ['no', 'yes'],
      parents: ['sprinkler', 'rain'],
      probs: [
        [
          [1, 0],
          [0.2, 0.8],
        ],
        [
          [0.1, 0.9],
          [0.01, 0.99],
        ],
      ],
    },
    rain: {
      values: ['no', 'yes'],
      parents: ['season'],
      probs: [
        [0.9, 0.1],
        [0.4, 0.6],
        [0.7, 0.3],
      ],
    },
    sprinkler: {
      values: ['off', 'on'],
      parents: ['season'],
      probs: [
        [0.4, 0.6],
        [0.95, 0.05],
        [0.6, 0.4],
      ],
    },
    season: { values: ['summer', 'winter', 'spring'], probs: [0.3, 0.3, 0.4] },
    slippery: {
      values: [0, 1],
      parents: ['wet'],
      probs: [
        [0.95, 0.05],
        [0.3, 0.7],
      ],
    },
  })
  const domains = {
    season: ['summer', 'winter', 'spring'],
    rain: ['no', 'yes'],
    sprinkler: ['off', 'on'],
    wet: ['no', 'yes'],
    slippery: [0, 1],
  }
  const everything = (): Record<string, stats.Label>[] => {
    let all: Record<string, stats.Label>[] = [{}]
    for (const [name, values] of Object.entries(domains)) all = all.flatMap(a => values.map(v => ({ ...a, [name]: v })))
    return all
  }
  const enumerated = (wanted: Record<string, stats.Label>, given: Record<string, stats.Label>): number => {
    const agrees = (a: Record<string, stats.Label>, b: object): boolean =>
      Object.entries(b).every(([k, v]) => a[k] === v)
    const sum = (b: object): number =>
      everything()
        .filter(a => agrees(a, b))
        .reduce((s, a) => s + net.probability(a), 0)
    return sum({ ...wanted, ...given }) / sum(given)
  }
  test('elimination says what a sum over everything does', () => {
    near(
      everything().reduce((s, a) => s + net.probability(a), 0),
      1,
      1e-14,
    )
    for (const given of [{}, { wet: 'yes' }, { slippery: 1, season: 'winter' }, { slippery: 0, sprinkler: 'on' }])
      for (const rain of ['no', 'yes'])
        near(net.query('rain', given).probability({ rain }), enumerated({ rain }, given), 1e-12)
    near(
      net.query(['rain', 'wet'], { slippery: 1 }).probability({ rain: 'yes', wet: 'no' }),
      enumerated({ rain: 'yes', wet: 'no' }, { slippery: 1 }),
      1e-12,
    )
  })
  test.each(['rejection', 'likelihoodWeighting', 'gibbs'] as const)('sampling by %s comes near', method => {
    const want = enumerated({ rain: 'yes' }, { wet: 'yes' })
    const got = net
      .estimate('rain', { wet: 'yes' }, { method, samples: 20_000, randomState: 2 })
      .probability({ rain: 'yes' })
    expect(Math.abs(got - want)).toBeLessThan(0.025)
  })
  test('draws follow the tables', () => {
    const draws = net.sample(10_000, { randomState: 1 })
    const share = draws.filter(d => d.wet === 'yes' && d.season === 'spring').length / 10_000
    expect(Math.abs(share - enumerated({ wet: 'yes', season: 'spring' }, {}))).toBeLessThan(0.02)
  })
  test('d-separation is independence, whatever the numbers', () => {
    expect(net.dSeparated('rain', 'sprinkler')).toBe(false)
    expect(net.dSeparated('rain', 'sprinkler', ['season'])).toBe(true)
    // Explaining away: what both cause, or what follows from it, ties them.
    expect(net.dSeparated('rain', 'sprinkler', ['season', 'wet'])).toBe(false)
    expect(net.dSeparated('rain', 'sprinkler', ['season', 'slippery'])).toBe(false)
    expect(net.dSeparated('season', 'slippery', ['wet'])).toBe(true)
    expect(net.dSeparated('season', 'slippery')).toBe(false)
  })
  test('says what is wrong', () => {
    const bit = { values: [0, 1], probs: [0.5, 0.5] }
    expect(() => stats.bayesianNetwork({ a: { ...bit, parents: ['b'] } })).toThrow(
      'bayesianNetwork: a has the parent "b", which is not there. Add it, or leave it out.',
    )
    expect(() => stats.bayesianNetwork({ a: { values: [0, 1], probs: [1] } })).toThrow(
      "bayesianNetwork: a has 1 probabilities. It needs 2: its values for each combination of its parents'.",
    )
    expect(() => stats.bayesianNetwork({ a: { values: [0, 1], probs: [0.5, 0.6] } })).toThrow(
      'bayesianNetwork: row 0 of a is 0.5, 0.6. Each row must hold probabilities that add up to 1.',
    )
    const loop = { values: [0], probs: [[1]] }
    expect(() => stats.bayesianNetwork({ a: { ...loop, parents: ['b'] }, b: { ...loop, parents: ['a'] } })).toThrow(
      'bayesianNetwork: the arrows go in a circle: a, b, a. Take one away.',
    )
    expect(() => net.query('fog')).toThrow(
      'query: there is no variable "fog". The variables are season, sprinkler, rain, wet, slippery.',
    )
    expect(() => net.query('rain', { rain: 'no' })).toThrow(
      'query: "rain" is asked for and given. Leave it out of one of both.',
    )
    expect(() => net.query('season', { rain: 'no', sprinkler: 'off', wet: 'yes' })).toThrow(
      'query: {"rain":"no","sprinkler":"off","wet":"yes"} has probability 0. Nothing follows from it.',
    )
    expect(() => net.query('rain', { wet: 1 })).toThrow('query: wet has no value 1. Its values are "no", "yes".')
    expect(() => net.probability({ rain: 'no' })).toThrow(
      'probability: "season" has no value. Name all variables, or use query().',
    )
    expect(() => net.estimate('season', { rain: 'no', sprinkler: 'off', wet: 'yes' }, { samples: 50 })).toThrow(
      'estimate: none of 50 draws agrees with {"rain":"no","sprinkler":"off","wet":"yes"}. Draw more, or use query().',
    )
    expect(() => net.estimate('rain', {}, { method: 'magic' as never })).toThrow(
      'estimate: method must be one of rejection, likelihoodWeighting, gibbs; got magic.',
    )
    expect(() => net.estimate('rain', {}, { samples: 0 })).toThrow(
      'estimate: samples must be an integer of at least 1; got 0.',
    )
    expect(() => net.sample(0)).toThrow('sample: count must be an integer of at least 1; got 0.')
  })
})

describe('rules', () => {
  const family = stats.ruleEngine({
    facts: [
      ['parent', 'ann', 'bob'],
      ['parent', 'bob', 'cal'],
      ['parent', 'cal', 'dan'],
    ],
    rules: [
      { name: 'parents are ancestors', conditions: [['parent', '?a', '?b']], conclusion: ['ancestor', '?a', '?b'] },
      {
        name: 'and theirs',
        conditions: [
          ['ancestor', '?a', '?b'],
          ['parent', '?b', '?c'],
        ],
        conclusion: ['ancestor', '?a', '?c'],
      },
    ],
  })
  test('forwards all that follows, each with its proof', () => {
    const all = family.infer().map(p => p.statement.join(' '))
    expect(all.filter(s => s.startsWith('ancestor')).sort()).toEqual([
      'ancestor ann bob',
      'ancestor ann cal',
      'ancestor ann dan',
      'ancestor bob cal',
      'ancestor bob dan',
      'ancestor cal dan',
    ])
    const proof = family.infer().find(p => p.statement.join(' ') === 'ancestor ann cal')!
    expect(stats.explain(proof)).toBe(
      [
        'ancestor ann cal (and theirs)',
        '  ancestor ann bob (parents are ancestors)',
        '    parent ann bob (fact)',
        '  parent bob cal (fact)',
      ].join('\n'),
    )
  })
  test('backwards from a question, a rule that leads back to itself included', () => {
    expect(
      family
        .ask(['ancestor', '?who', 'dan'])
        .map(a => a.bindings['?who'])
        .sort(),
    ).toEqual(['ann', 'bob', 'cal'])
    const [answer] = family.ask(['ancestor', 'ann', 'cal'])
    expect(stats.explain(answer!.proof)).toContain('parent bob cal (fact)')
    expect(family.ask(['ancestor', 'dan', '?x'])).toEqual([])
    expect(family.ask(['parent', '?x', '?x'])).toEqual([])
  })
  test('says what is wrong', () => {
    expect(() => stats.ruleEngine({ facts: [['is', '?x']], rules: [] })).toThrow(
      'ruleEngine: the fact ["is","?x"] has the variable ?x. A fact holds of something; make it a rule.',
    )
    expect(() =>
      stats.ruleEngine({ facts: [], rules: [{ conditions: [['a', '?x']], conclusion: ['b', '?y'] }] }),
    ).toThrow('ruleEngine: rule 1 concludes something of ?y, which none of its conditions names. Add one that does.')
    expect(() => family.infer({ maxFacts: 4 })).toThrow(
      'infer: more than 4 facts follow. Narrow the rules, or raise maxFacts.',
    )
  })
})

describe('the genetic algorithm', () => {
  test.each(['tournament', 'roulette', 'rank'] as const)('sets all bits by %s, never losing its best', selection => {
    const got = stats.geneticAlgorithm({ kind: 'bits', length: 24 }, b => b.reduce((s, v) => s + v, 0), {
      selection,
      generations: 150,
      randomState: 3,
    })
    expect(got.fitness).toBe(24)
    for (let i = 1; i < got.history.length; i++)
      expect(got.history[i]!.best).toBeGreaterThanOrEqual(got.history[i - 1]!.best)
  })
  test('finds the minimum of a function, and stops at its target', () => {
    const sphere = (x: Float64Array): number => -x.reduce((s, v) => s + (v - 1) ** 2, 0)
    const got = stats.geneticAlgorithm({ kind: 'real', length: 3, low: -5, high: 5 }, sphere, {
      randomState: 1,
      target: -1e-3,
      generations: 400,
    })
    expect(got.fitness).toBeGreaterThan(-1e-3)
    expect(got.history.length).toBeLessThan(400)
  })
  test('finds the way round a circle of towns, keeping it a permutation', () => {
    const n = 9
    const length = (order: Float64Array): number =>
      -order.reduce((s, a, i) => s + Math.abs(Math.sin((Math.PI * (a - order[(i + 1) % n]!)) / n)), 0)
    const got = stats.geneticAlgorithm({ kind: 'permutation', length: n }, length, { randomState: 2, generations: 200 })
    expect([...got.best].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    near(got.fitness, -n * Math.sin(Math.PI / n), 1e-9)
    expect(
      stats.geneticAlgorithm({ kind: 'permutation', length: n }, length, { randomState: 2, generations: 200 }),
    ).toEqual(got)
  })
  test('says what is wrong', () => {
    expect(() => stats.geneticAlgorithm({ kind: 'bits', length: 0 }, () => 0)).toThrow(
      'geneticAlgorithm: length must be an integer of at least 1; got 0.',
    )
    expect(() => stats.geneticAlgorithm({ kind: 'real', length: 1, low: 1, high: 1 }, () => 0)).toThrow(
      'geneticAlgorithm: low must be below high, both finite; got 1 and 1.',
    )
    expect(() => stats.geneticAlgorithm({ kind: 'bits', length: 2 }, () => Number.NaN)).toThrow(
      'geneticAlgorithm: the fitness of an individual is NaN. It must be a number.',
    )
    expect(() => stats.geneticAlgorithm({ kind: 'bits', length: 2 }, () => -1, { selection: 'roulette' })).toThrow(
      'geneticAlgorithm: a fitness is -1, and selection "roulette" needs it to be at least 0. Use "tournament" or "rank".',
    )
    expect(() => stats.geneticAlgorithm({ kind: 'bits', length: 2 }, () => 0, { populationSize: 1 })).toThrow(
      'geneticAlgorithm: populationSize must be an integer of at least 2; got 1.',
    )
  })
})
