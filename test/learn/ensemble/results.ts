import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { Tensor } from '../../../src/tensor/tensor.ts'

// Results of scikit-learn, made by tools/fixtures/learn_trees.py.

interface Digest {
  readonly shape: readonly number[]
  readonly data?: readonly number[]
  readonly head?: readonly number[]
  readonly sum?: number
}
const file = fileURLToPath(new URL('./fixtures/composed.json', import.meta.url))
export const results = JSON.parse(readFileSync(file, 'utf8')) as Readonly<
  Record<string, Readonly<Record<string, Digest>>>
>

/** Holds a result here and scikit-learn's together. */
export const expectSame = async (actual: unknown, name: string, key: string, near = 1e-9): Promise<void> => {
  const wanted = results[name]![key]!
  const data =
    actual instanceof Tensor
      ? Array.from((await actual.data()) as ArrayLike<number>, Number)
      : Array.from(actual as ArrayLike<number>)
  expect(data.length).toBe(wanted.shape.reduce((a, b) => a * b, 1))
  const head = wanted.data ?? wanted.head!
  for (const [i, value] of head.entries())
    expect(Math.abs(data[i]! - value), `${name}.${key}[${i}]`).toBeLessThanOrEqual(near * Math.max(1, Math.abs(value)))
  if (wanted.sum !== undefined) expect(data.reduce((a, b) => a + b, 0)).toBeCloseTo(wanted.sum, 6)
}
