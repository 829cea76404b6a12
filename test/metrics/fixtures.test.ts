import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import * as metrics from '../../src/metrics/index.ts'

// Expected values: scikit-learn, by tools/fixtures/metrics.py.
interface Case {
  readonly name: string
  readonly args: readonly string[]
  readonly options: Readonly<Record<string, unknown>>
  readonly want: unknown
}
const fixture = JSON.parse(readFileSync(new URL('../fixtures/metrics.json', import.meta.url), 'utf8')) as {
  readonly data: Readonly<Record<string, unknown>>
  readonly cases: readonly Case[]
}
const numbers: Record<string, number> = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity }
const isReference = (value: unknown): value is { $: string } =>
  typeof value === 'object' && value !== null && '$' in value
const given = (value: unknown): unknown =>
  isReference(value) ? fixture.data[value.$] : typeof value === 'string' && value in numbers ? numbers[value] : value

/** Equal to 12 digits, or to 1e-12 below 1; texts whole. */
const expectClose = (got: unknown, want: unknown, where: string): void => {
  if (typeof want === 'string' && !(want in numbers)) expect(got, where).toBe(want)
  else if (typeof want === 'number' || typeof want === 'string') {
    const value = typeof want === 'number' ? want : numbers[want]!
    const same = Object.is(got, value) || Math.abs((got as number) - value) <= 1e-12 * Math.max(1, Math.abs(value))
    expect(same, `${where}: got ${got}, expected ${value}`).toBe(true)
  } else if (Array.isArray(want)) {
    expect((got as ArrayLike<unknown>).length, where).toBe(want.length)
    for (const [i, value] of want.entries()) expectClose((got as ArrayLike<unknown>)[i], value, `${where}[${i}]`)
  } else if (want === null) expect(got, where).toBe(null)
  else
    for (const [key, value] of Object.entries(want as object))
      expectClose((got as Record<string, unknown>)[key], value, `${where}.${key}`)
}

describe('is what scikit-learn computes', () => {
  for (const name of new Set(fixture.cases.map(c => c.name)))
    test(name, () => {
      const f = (metrics as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!
      for (const { args, options, want } of fixture.cases.filter(c => c.name === name)) {
        const own = Object.fromEntries(Object.entries(options).map(([key, value]) => [key, given(value)]))
        const got = f(...args.map(arg => fixture.data[arg]), own)
        expectClose(got, want, `${name}(${args.join(', ')}, ${JSON.stringify(options)})`)
      }
    })
})
