import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import '../../../src/learn/index.ts'
import { recreate } from '../../../src/learn/core/estimator.ts'
import { decode } from '../../../src/learn/core/state.ts'
import { Tensor } from '../../../src/tensor/tensor.ts'
import { isHere, load, type Spec } from '../agreement/data.ts'

// Estimators with others within, beside scikit-learn's; made by tools/fixtures/learn_feature_selection.py.

type Digest = { readonly shape: readonly number[] } & (
  | { readonly data: readonly number[] }
  | { readonly head: readonly number[]; readonly sum: number; readonly absolute: number }
)
interface Case {
  readonly estimator: string
  readonly options: Readonly<Record<string, unknown>>
  readonly data: Spec
  readonly expect: Readonly<Record<string, Digest>>
  readonly tolerance: number
  readonly weights?: true
}
const { cases } = JSON.parse(
  readFileSync(fileURLToPath(new URL('./fixtures/composed.json', import.meta.url)), 'utf8'),
) as { cases: Case[] }

const numbers = async (value: unknown): Promise<number[]> =>
  value instanceof Tensor
    ? Array.from((await value.data()) as ArrayLike<number>)
    : (Array.isArray(value) ? value : [value]).map(Number)

const hold = (found: readonly number[], wanted: Digest, tolerance: number, name: string): void => {
  expect(found.length, name).toBe(wanted.shape.reduce((a, b) => a * b, 1))
  const values = 'data' in wanted ? wanted.data : wanted.head
  const scale = Math.max(1, ...values.map(Math.abs))
  for (const [i, x] of values.entries())
    expect(Math.abs(found[i]! - x) / scale, `${name} ${i}: ${found[i]} against ${x}`).toBeLessThanOrEqual(tolerance)
  if ('data' in wanted) return
  const sum = found.reduce((a, b) => a + b, 0)
  expect(Math.abs(sum - wanted.sum) / Math.max(1, wanted.absolute), name).toBeLessThanOrEqual(tolerance)
}

for (const [i, { estimator, options, data, expect: wanted, tolerance, weights }] of cases.entries()) {
  const { estimator: inner, ...rest } = options as { estimator?: { $estimator: { estimator: string } } }
  const words = inner ? `of ${inner.$estimator.estimator} ${JSON.stringify(rest)}` : JSON.stringify(rest).slice(0, 90)
  test(`${estimator} ${words} is that of scikit-learn (${i})`, async context => {
    if (!isHere(data)) context.skip(`sklearn_${data.name}.csv is absent; set GRADUS_DATA to the folder with tabular`)
    const { X, y, testX, testY } = load(data)
    const extras = weights ? { sampleWeight: Array.from({ length: X.rows }, (_, k) => 1 + (k % 3)) } : {}
    const model = (await recreate(estimator, decode(options)).fit(X, y, extras)) as unknown as Record<string, unknown>
    for (const [name, digest] of Object.entries(wanted)) {
      const verb = model[name] as ((X: unknown, y?: unknown) => Promise<unknown>) | unknown
      const value = typeof verb === 'function' ? await (name === 'score' ? verb(testX, testY) : verb(testX)) : verb
      hold(await numbers(value), digest, tolerance, name)
    }
  })
}
