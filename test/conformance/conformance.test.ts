import { describe, expect, test } from 'vitest'
import { controlOps } from '../../src/autodiff/custom.ts'
import { allOps } from '../../src/ops/registry.ts'
import { batchedOps, checkOp, differentiated, refused, transposed } from './check-op.ts'

/** Those that differentiation needs are records like the others. */
const every = [...allOps, ...controlOps]

describe('the registry', () => {
  test('names every operation once', () => {
    const names = every.map(op => op.name)
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  })
})

for (const op of every) checkOp(op)

// These look back on the tests above, which Vitest runs in order.
describe('taken together', () => {
  test('every operation with a gradient was held against differences, twice', () => {
    const expected = every.filter(op => op.vjp || op.tuple?.vjp || op.compose).map(op => op.name)
    expect([...differentiated.first]).toEqual(expected)
    expect([...differentiated.second]).toEqual(expected)
    expect([...transposed]).toEqual(expected)
  })
  test('every rule for a further axis was held against a loop', () => {
    expect([...batchedOps]).toEqual(every.filter(op => op.batch || op.tuple?.batch).map(op => op.name))
  })
  test('ONNX Runtime lacks kernels for these operations and dtypes and no others', () => {
    const lists = Object.fromEntries([...refused].map(([dtype, names]) => [dtype, [...names].sort()]))
    // All else runs, uint8 and bool by way of int32. A new name here is a kernel that went missing; a name too many, one that came.
    expect(lists).toEqual({ float64: ['acos', 'asin', 'atan', 'atan2', 'erf', 'gelu', 'tan'] })
  })
})
