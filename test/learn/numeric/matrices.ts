import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { fillNormal } from '../../../src/core/philox.ts'
import { type Dense, dense } from '../../../src/ops/matrix-kernels.ts'
import { Generator } from '../../../src/tensor/random.ts'

// Expected values: numpy and scipy, by tools/fixtures/metrics.py.
export const fixture = JSON.parse(readFileSync(new URL('../../fixtures/learn-numeric.json', import.meta.url), 'utf8'))

export const matrix = (rows: readonly (readonly number[])[]): Dense =>
  dense(rows.length, rows[0]?.length ?? 0, Float64Array.from(rows.flat()))
export const column = (values: readonly number[]): Dense => dense(values.length, 1, Float64Array.from(values))

export const normal = (rows: number, columns: number, seed = 0): Dense => {
  const out = dense(rows, columns)
  new Generator(seed).draw<Float64Array>(out.data.length, fillNormal)(out.data)
  return out
}
/** Every element within the tolerance, times the largest expected one where that is above 1. */
export const expectClose = (
  got: Dense | ArrayLike<number>,
  want: Dense | ArrayLike<number>,
  tolerance = 1e-12,
): void => {
  const [a, b] = [got, want].map(x => ('data' in x ? x.data : x)) as [ArrayLike<number>, ArrayLike<number>]
  expect(a.length).toBe(b.length)
  let [scale, worst] = [1, 0]
  for (let i = 0; i < b.length; i++) {
    scale = Math.max(scale, Math.abs(b[i]!))
    const off = Math.abs(a[i]! - b[i]!)
    // NaN is the worst of all.
    worst = off <= worst ? worst : off
  }
  expect(worst / scale).toBeLessThanOrEqual(tolerance)
}
/** The largest element of a matrix less the identity. */
export const fromIdentity = ({ rows: n, data }: Dense): number =>
  data.reduce((most, x, k) => Math.max(most, Math.abs(x - (k % n === Math.floor(k / n) ? 1 : 0))), 0)
