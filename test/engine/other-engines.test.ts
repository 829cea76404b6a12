import { describe, expect, test } from 'vitest'
import { allOps } from '../../src/ops/registry.ts'
import { outsideDomain, refusedFloat64 } from '../conformance/known.ts'
import { tally } from '../conformance/tally.ts'
import { useSoftwareWebgpu } from '../engines.ts'

// The whole battery on request; otherwise webgpu, in software, has the first sample of each operation.
const which = process.env.GRADUS_TEST_BROWSER ? 'all' : 'first'

test('wasm agrees with the reference in Node', { timeout: 300_000 }, async () => {
  const { refused, wrong } = await tally('wasm', allOps, 'all')
  expect(wrong).toEqual([])
  // What native lacks.
  expect(Object.keys(refused)).toEqual(['float64'])
  expect([...refused.float64!].sort()).toEqual(refusedFloat64)
})

describe.skipIf(!useSoftwareWebgpu())("with Chromium's SwiftShader (skipped where that is not installed)", () => {
  test('webgpu agrees with the reference in Node', { timeout: 1_200_000 }, async () => {
    const { refused, wrong } = await tally('webgpu', allOps, which)
    expect(wrong.filter(([op, dtype]) => !(dtype === 'bfloat16' && outsideDomain.includes(op)))).toEqual([])
    expect(Object.keys(refused).filter(dtype => dtype !== 'float64' && dtype !== 'float16')).toEqual([])
  })
})
