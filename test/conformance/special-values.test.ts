import { describe, expect, test } from 'vitest'
import { loadEngine } from '../../src/engine/engine.ts'
import { leaf } from '../../src/graph/node.ts'
import type { Op } from '../../src/graph/op.ts'
import { programOf } from '../../src/graph/program.ts'
import { apply } from '../../src/ops/apply.ts'
import { allOps } from '../../src/ops/registry.ts'
import { defaultTolerance } from './engine-cases.ts'

const values = [
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1, -1, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5],
  ...[1e-6, -1e-6, 1e-30, -1e-30, 3, -3, 60, -60, 1e10, -1e10, 1e20, -1e20],
].map(Math.fround)

/** The element-wise operations on floats are those whose first sample is of scalars without options. */
const arity = (op: Op): number => {
  const { inputs, attrs } = op.checks.samples[0]!
  return !attrs && inputs.every(x => x.dtype === 'float' && x.shape.length === 0) ? inputs.length : 0
}
const unary = allOps.filter(op => arity(op) === 1)
const binary = allOps.filter(op => arity(op) === 2)

const run = async (op: Op, columns: readonly number[][], engine: string, dtype: 'float32' | 'float64') => {
  const inputs = columns.map((c, index) => leaf({ shape: [c.length], dtype }, { kind: 'argument', index }))
  const { program, leaves } = programOf([apply(op, inputs, {})])
  const executable = await (await loadEngine(engine)).compile(program)
  const array = dtype === 'float32' ? Float32Array : Float64Array
  const [out] = await executable.run(leaves.map(n => ({ dtype, array: array.from(columns[inputs.indexOf(n)]!) })))
  await executable.dispose()
  return Array.from(out!.array, Number)
}

const check = async (op: Op, columns: readonly number[][]): Promise<void> => {
  // A column is an argument: a subset of them may be the same values.
  const got = await run(op, columns, 'native', 'float32')
  const expected = (await run(op, columns, 'reference', 'float64')).map(Math.fround)
  const wrong = expected.flatMap((x, i) => {
    const y = got[i]!
    const near = x === y || Object.is(x, y) || Math.abs(x - y) <= defaultTolerance * Math.max(1, Math.abs(x))
    return near ? [] : [`${op.name}(${columns.map(c => c[i])}) is ${y}, expected ${x}`]
  })
  expect(wrong).toEqual([])
}

describe('NaN, infinities, zeros of both signs, tiny and huge numbers give the same on native as on the reference', () => {
  test('of one input and of two there are some', () => {
    expect(unary.length).toBeGreaterThan(30)
    expect(binary.length).toBeGreaterThan(10)
  })
  test.each(unary.map(op => [op.name, op] as const))('%s', (_, op) => check(op, [values]))
  test.each(binary.map(op => [op.name, op] as const))('%s', (_, op) =>
    check(op, [values.flatMap(a => values.map(() => a)), values.flatMap(() => values)]),
  )
})

describe('what is exact near 0 keeps its relative precision in float32 on native', () => {
  const small = [1e-3, -1e-3, 1e-5, -1e-5, 1e-8, -1e-8, 1e-20, -1e-20].map(Math.fround)
  const names = ['expm1', 'log1p', 'sinh', 'tanh', 'asinh', 'atanh', 'erf', 'sin', 'tan', 'asin', 'atan']
  test.each(names)('%s', async name => {
    const op = unary.find(op => op.name === name)!
    const got = await run(op, [small], 'native', 'float32')
    const expected = await run(op, [small], 'reference', 'float64')
    const worst = Math.max(...expected.map((x, i) => Math.abs(got[i]! - x) / (Math.abs(x) || 1)))
    expect(worst).toBeLessThanOrEqual(defaultTolerance)
  })
})
