import { describe, expect, test } from 'vitest'
import { elementwiseLoops } from '../../src/engine/kernels/elementwise.ts'
import type { Op } from '../../src/graph/op.ts'
import { programOf } from '../../src/graph/program.ts'
import { apply } from '../../src/ops/apply.ts'
import { allOps } from '../../src/ops/registry.ts'
import { draw } from './draw.ts'
import {
  type Case,
  checkEngine,
  type EngineCase,
  engineCasesOf,
  leavesOf,
  noKernel,
  prepare,
  resultsOf,
} from './engine-cases.ts'

// Who computes small graphs in an engine's place, against the reference: the same cases as the engines.

const isFused = ({ case: c, float }: EngineCase): boolean =>
  elementwiseLoops(programOf(resultsOf(c.op, c.sample, leavesOf(c.inputs, float))).program) !== null
const fused = allOps
  .map(op => ({ op, cases: engineCasesOf(op).filter(isFused) }))
  .filter(({ cases }) => cases.length > 0)

describe('the fused kernel of an operation', () => {
  test('exists for all that is computed element by element in float32', () => {
    // The first sample of an element-wise record is of scalars.
    const elementwise = allOps.filter(({ checks: { samples } }) => samples[0]?.inputs.every(x => x.shape.length === 0))
    const names = new Set(fused.map(({ op }) => op.name))
    const apart = elementwise
      .filter(op => op.checks.samples[0]!.inputs.length > 0 && !names.has(op.name))
      .map(op => op.name)
    expect(apart).toEqual([])
    expect(names.size).toBeGreaterThan(80)
  })

  for (const { op, cases } of fused)
    describe(op.name, () => {
      for (const one of cases)
        test(`gives what the reference gives, from ${one.dtype}: ${one.case.title}`, () =>
          checkEngine(one.case, 'fused', one.float))
    })

  /** Lengths around a vector, a few elements moved one by one, and a block. */
  const lengths = [1, 2, 3, 5, 23, 26, 4095, 4097, 9001]
  /** The case with its inputs stretched to a length; the last one is a single number if `single`. */
  const stretched = ({ case: c }: EngineCase, length: number, single: boolean): Case => {
    const specs = c.sample.inputs.map((x, i, all) => ({
      ...x,
      shape: single && all.length > 1 && i === all.length - 1 ? [] : [length],
    }))
    const inputs = specs.map((spec, k) => draw(spec, `${c.op.name} ${length} ${k}`))
    return { ...c, sample: { ...c.sample, inputs: specs }, inputs, title: `${length}` }
  }
  const scalarOps = fused.filter(({ cases }) => cases[0]!.case.inputs.every(x => x.shape.length === 0))
  test.each(scalarOps.map(({ op, cases }) => [op.name, cases[0]!] as const))(
    '%s is right at odd lengths and with a number for a tensor',
    async (_, one) => {
      if (one.case.inputs.length === 0) return
      for (const length of lengths)
        for (const single of [false, true]) await checkEngine(stretched(one, length, single), 'fused', 'float32')
    },
  )
})

const special = [
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1, -1, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5],
  ...[1e-6, -1e-6, 1e-30, -1e-30, 1e-40, -1e-40, 3, -3, 60, -60, 90, -90, 1e10, -1e10, 1e20, -1e20, 3e38],
].map(Math.fround)

/** Where a step of the expression leaves float32 although its result does not: 2x, and 1/x. */
const overflows: Readonly<Record<string, (x: number) => boolean>> = {
  asinh: x => Math.abs(x) > 2 ** 127,
  acosh: x => x > 2 ** 127,
  lgamma: x => Math.abs(x) < 2 ** -128,
}

describe('NaN, infinities, zeros of both signs, denormal and huge numbers give the same in the fused kernel of', () => {
  const arity = (op: Op): number => {
    const { inputs, attrs } = op.checks.samples[0]!
    return !attrs && inputs.every(x => x.dtype === 'float' && x.shape.length === 0) ? inputs.length : 0
  }
  const columnsOf = (count: number): number[][] =>
    count === 1 ? [special] : [special.flatMap(a => special.map(() => a)), special.flatMap(() => special)]
  const floats = fused.map(({ op }) => op).filter(op => arity(op) > 0)
  test.each(floats.map(op => [op.name, op] as const))('%s', async (_, op) => {
    const columns = columnsOf(arity(op))
    const run = async (engine: string, dtype: 'float32' | 'float64'): Promise<number[]> => {
      const shape = [columns[0]!.length]
      const leaves = leavesOf(
        columns.map(() => ({ shape, dtype, values: new Float64Array() })),
        dtype,
      )
      await using prepared = await prepare(engine, [apply(op, leaves, {})])
      const array = dtype === 'float32' ? Float32Array : Float64Array
      const [out] = await prepared.run(columns.map(c => ({ dtype, array: array.from(c) })))
      return Array.from(out!.array, Number)
    }
    const expected = (await run('reference', 'float64')).map(Math.fround)
    const tolerance = op.checks.tolerance ?? 2e-6
    const wrong = (await run('fused', 'float32')).flatMap((y, i) => {
      const x = expected[i]!
      const near = x === y || Object.is(x, y) || Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(x))
      return near || overflows[op.name]?.(columns[0]![i]!)
        ? []
        : [`${op.name}(${columns.map(c => c[i])}) is ${y}, expected ${x}`]
    })
    expect(wrong).toEqual([])
  })
})

describe.each(['native', 'wasm'])(
  'what computes a small program in the place of %s gives what the reference gives',
  engine => {
    test.each(allOps.map(op => [op.name, op] as const))('%s', async (_, op) => {
      for (const one of engineCasesOf(op)) {
        try {
          await checkEngine(one.case, `chosen ${engine}`, one.float)
        } catch (error) {
          // What it does not choose for is the engine's.
          expect((error as Error).message).toMatch(noKernel)
        }
      }
    })
  },
)
