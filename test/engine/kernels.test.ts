import { afterAll, describe, expect, test } from 'vitest'
import { fillNormal, fillUniform } from '../../src/core/philox.ts'
import { setEngine } from '../../src/engine/engine.ts'
import { type ScalarRule, traceRule } from '../../src/engine/kernels/expression.ts'
import { Arena, ruleKernel, sumSquares } from '../../src/engine/kernels/update.ts'
import { emitRule, type RuleLayout } from '../../src/engine/kernels/wasm.ts'
import { numberScalars, type Scalars } from '../../src/ops/scalars.ts'
import { adagradRule, adamRule, rmsPropRule, sgdRule, type UpdateRule } from '../../src/optim/rules.ts'
import { Generator } from '../../src/tensor/random.ts'
import { expectClose } from '../optim/expect.ts'

afterAll(() => setEngine('native'))

/** Runs a rule with plain numbers and fused, on arenas with the same values; `fill` gives a section its values. */
const runBoth = (
  rule: ScalarRule,
  layout: RuleLayout,
  { start = 0, count, length, scalars }: { start?: number; count: number; length: number; scalars: readonly number[] },
  fill: (section: Float32Array, name: string) => void,
): { plain: Arena; fused: Arena } => {
  const run = (engine: string): Arena => {
    const arena = new Arena(layout.arrays.length, length)
    for (const [i, name] of layout.arrays.entries()) fill(arena.view(i), name)
    setEngine(engine)
    ruleKernel(rule, layout, arena)(start, count, scalars)
    return arena
  }
  return { plain: run('reference'), fused: run('native') }
}

const rules: readonly (readonly [string, UpdateRule])[] = [
  ['sgd', sgdRule({ momentum: 0, dampening: 0, nesterov: false })],
  ['sgd with momentum', sgdRule({ momentum: 0.9, dampening: 0.25, nesterov: false })],
  ['sgd with Nesterov momentum', sgdRule({ momentum: 0.9, dampening: 0, nesterov: true })],
  ['adam', adamRule({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decoupled: false, amsgrad: false })],
  ['adam with amsgrad', adamRule({ beta1: 0.8, beta2: 0.9, epsilon: 1e-3, decoupled: false, amsgrad: true })],
  ['adamw', adamRule({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decoupled: true, amsgrad: false })],
  ['adamw with amsgrad', adamRule({ beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decoupled: true, amsgrad: true })],
  ['rmsprop', rmsPropRule({ alpha: 0.99, epsilon: 1e-8, centered: false, momentum: 0 })],
  ['rmsprop with momentum', rmsPropRule({ alpha: 0.9, epsilon: 1e-4, centered: false, momentum: 0.5 })],
  ['rmsprop, centered', rmsPropRule({ alpha: 0.9, epsilon: 1e-4, centered: true, momentum: 0 })],
  ['rmsprop, centered, with momentum', rmsPropRule({ alpha: 0.9, epsilon: 1e-4, centered: true, momentum: 0.8 })],
  ['adagrad', adagradRule({ lrDecay: 0.1, initialAccumulator: 0.5, epsilon: 1e-10 })],
]
const layoutOf = (rule: UpdateRule): { layout: RuleLayout; scalars: number[] } => {
  const hyper = { ...rule.hyper(3, 0.05), weightDecay: 0.1 }
  const layout = { arrays: ['p', 'g', ...Object.keys(rule.state)], scalars: Object.keys(hyper) }
  return { layout, scalars: Object.values(hyper) }
}
/** Normal numbers; sums of squares, which are no less than the square of a mean (at most 1 here), lie in [1, 2). */
const fillState = (section: Float32Array, name: string): void => {
  const source = new Generator([...name].reduce((seed, c) => 31 * seed + c.charCodeAt(0), 7))
  const squares = ['v', 'vMax', 'total'].includes(name)
  source.draw<Float32Array>(section.length, squares || name === 'mean' ? fillUniform : fillNormal)(section)
  if (squares) for (let i = 0; i < section.length; i++) section[i] = 1 + section[i]!
}

describe.each(rules)('the fused kernel of %s', (_name, rule) => {
  const { layout, scalars } = layoutOf(rule)

  test('exists: every instruction of the rule has a vector form', () => {
    expect(WebAssembly.validate(emitRule(rule.scalar, layout) as Uint8Array<ArrayBuffer>)).toBe(true)
  })

  test.each([1, 3, 4, 7, 16, 17, 31, 64, 1001])('equals the plain one on %i elements', count => {
    const { plain, fused } = runBoth(rule.scalar, layout, { count, length: count, scalars }, fillState)
    for (const [section, name] of layout.arrays.entries()) {
      const [expected, got] = [plain.view(section), fused.view(section)]
      const before = new Float32Array(expected.length)
      fillState(before, name)
      // Numbers of size 1 to 5 after ten roundings at most.
      expectClose(got.subarray(0, count), expected.subarray(0, count), 1e-6, name)
      if (name === 'g') expect(got).toEqual(before)
      // A largest value so far may well stay the largest.
      else if (name !== 'vMax') expect(got.subarray(0, count)).not.toEqual(before.subarray(0, count))
    }
  })

  test('leaves all but its own elements, and the padding after them, as they were', () => {
    const { plain, fused } = runBoth(rule.scalar, layout, { start: 32, count: 20, length: 96, scalars }, fillState)
    for (const [section, name] of layout.arrays.entries()) {
      const before = new Float32Array(96)
      fillState(before, name)
      for (const arena of [plain, fused]) {
        expect(arena.view(section, 0, 32)).toEqual(before.subarray(0, 32))
        expect(arena.view(section, 64)).toEqual(before.subarray(64))
      }
      expect(plain.view(section, 52, 12)).toEqual(before.subarray(52, 64))
    }
  })

  test('does nothing when there is nothing to do', () => {
    const { fused } = runBoth(rule.scalar, layout, { count: 0, length: 16, scalars }, fillState)
    for (const [section, name] of layout.arrays.entries()) {
      const before = new Float32Array(16)
      fillState(before, name)
      expect(fused.view(section)).toEqual(before)
    }
  })
})

describe('vector instructions', () => {
  const values = [
    0,
    -0,
    1,
    -1,
    0.5,
    1.5,
    2.5,
    -0.5,
    -1.5,
    -2.5,
    3.7,
    -3.7,
    1e-40,
    1e30,
    Infinity,
    -Infinity,
    Number.NaN,
  ]
  const pairs = values.flatMap(a => values.map(b => [a, b] as const))
  type Binary = <V>(s: Scalars<V>, a: V, b: V) => V
  const instructions: readonly (readonly [string, Binary])[] = [
    ['add', (s, a, b) => s.add(a, b)],
    ['sub', (s, a, b) => s.sub(a, b)],
    ['mul', (s, a, b) => s.mul(a, b)],
    ['div', (s, a, b) => s.div(a, b)],
    ['neg', (s, a) => s.neg(a)],
    ['abs', (s, a) => s.abs(a)],
    ['floor', (s, a) => s.floor(a)],
    ['ceil', (s, a) => s.ceil(a)],
    ['round', (s, a) => s.round(a)],
    ['min', (s, a, b) => s.min(a, b)],
    ['max', (s, a, b) => s.max(a, b)],
    ['sqrt', (s, a) => s.sqrt(a)],
    ['lit', (s, a) => s.add(a, s.lit(0.125))],
    ['less and select', (s, a, b) => s.select(s.less(a, b), s.lit(1), s.lit(2))],
    ['equal and select', (s, a, b) => s.select(s.equal(a, b), a, s.neg(b))],
    ['and', (s, a, b) => s.select(s.and(s.less(a, b), s.less(a, s.lit(1))), a, b)],
    ['or', (s, a, b) => s.select(s.or(s.less(a, b), s.less(a, s.lit(1))), a, b)],
    ['not', (s, a, b) => s.select(s.not(s.less(a, b)), a, b)],
  ]

  test.each(instructions)(
    '%s computes in float32 what numbers compute, at zeros, halves, infinities and NaN too',
    (_n, f) => {
      const rule: ScalarRule = (s, { a, b }) => ({ a: f(s, a!, b!) })
      const { fused } = runBoth(
        rule,
        { arrays: ['a', 'b'], scalars: [] },
        { count: pairs.length, length: pairs.length, scalars: [] },
        (section, name) => section.set(pairs.map(pair => pair[name === 'a' ? 0 : 1])),
      )
      const got = fused.view(0)
      for (const [i, [a, b]] of pairs.entries()) {
        // One operation in float64 on float32 numbers, rounded once, is the float32 operation.
        const expected = Math.fround(f(numberScalars, Math.fround(a), Math.fround(b)))
        // Adding 0 takes the sign off a zero: rounding -0.5 may give either.
        expect(got[i]! + 0, `${a}, ${b}`).toBe(expected + 0)
      }
    },
  )
})

describe('a rule written down', () => {
  const square: ScalarRule = (s, { p, rate }) => ({ p: s.sub(s.mul(p!, p!), s.mul(s.mul(p!, p!), rate!)) })

  test('has each equal step once, in order, and names its results', () => {
    expect(traceRule(square, ['p', 'rate'])).toEqual({
      steps: [
        { kind: 'input', name: 'p' },
        { kind: 'input', name: 'rate' },
        { kind: 'call', name: 'mul', args: [0, 0] },
        { kind: 'call', name: 'mul', args: [2, 1] },
        { kind: 'call', name: 'sub', args: [2, 3] },
      ],
      results: { p: 4 },
    })
  })

  test('without a vector form of an instruction is computed with numbers on every engine', () => {
    const rule: ScalarRule = (s, { p, rate }) => ({ p: s.mul(s.exp(p!), rate!) })
    const layout = { arrays: ['p'], scalars: ['rate'] }
    expect(emitRule(rule, layout)).toBe(null)
    const { plain, fused } = runBoth(rule, layout, { count: 3, length: 3, scalars: [2] }, s => s.set([0, 1, -1]))
    expect([...fused.view(0, 0, 3)]).toEqual([0, 1, -1].map(x => Math.fround(2 * Math.exp(x))))
    expect(fused.view(0)).toEqual(plain.view(0))
  })

  test('may read arrays that it does not write, and write several', () => {
    const rule: ScalarRule = (s, { a, b, c }) => ({ a: s.add(b!, c!), c: s.mul(a!, c!) })
    const layout = { arrays: ['a', 'b', 'c'], scalars: [] }
    const { fused } = runBoth(rule, layout, { count: 2, length: 2, scalars: [] }, (section, name) =>
      section.set({ a: [1, 2], b: [10, 20], c: [3, 5] }[name as 'a']),
    )
    expect([0, 1, 2].map(i => [...fused.view(i, 0, 2)])).toEqual([
      [13, 25],
      [10, 20],
      [3, 10],
    ])
  })
})

describe('the sum of squares', () => {
  test.each([1, 4, 15, 16, 33, 1000])('of a section of %i elements is added up in float64', length => {
    const arena = new Arena(3, length)
    for (const [section, name] of ['p', 'g', 'm'].entries()) fillState(arena.view(section, 0, length), name)
    for (const section of [0, 1, 2]) {
      const expected = arena.view(section).reduce((total, x) => total + x * x, 0)
      expect(sumSquares(arena)(section)).toBeGreaterThan(0)
      expect(Math.abs(sumSquares(arena)(section) / expected - 1)).toBeLessThan(1e-13)
    }
  })

  test('neither overflows nor vanishes where float32 would, and does not hide what is not finite', () => {
    const arena = new Arena(1, 32)
    const of = (...values: number[]): number => {
      arena.view(0).fill(0).set(values, 3)
      return sumSquares(arena)(0)
    }
    expect(of(3e30, 4e30) / 25e60).toBeCloseTo(1, 6)
    expect(of(3e-30, 4e-30) / 25e-60).toBeCloseTo(1, 6)
    expect(of(1e4, 1e-3)).toBe(Math.fround(1e4) ** 2 + Math.fround(1e-3) ** 2)
    expect(of(1, Infinity)).toBe(Infinity)
    expect(of(1, Number.NaN)).toBeNaN()
  })
})

describe('an arena', () => {
  test('keeps sections apart: each begins at a cache line and has room for whole vectors', () => {
    const arena = new Arena(3, 17)
    expect(arena.length).toBe(32)
    expect([0, 1, 2].map(i => arena.address(i, 0))).toEqual([0, 128, 256])
    arena.view(1).fill(1)
    expect([...arena.view(0), ...arena.view(2)].every(x => x === 0)).toBe(true)
    expect(arena.view(1, 30).length).toBe(2)
  })

  test('says so when it would be larger than a WebAssembly memory can be', () => {
    expect(() => new Arena(4, 300_000_000)).toThrow(
      'optimizer: 4.5 GiB of parameters, gradients and moments do not fit into one WebAssembly memory of 4 GiB. Train fewer parameters: freeze layers.',
    )
  })
})
