import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { recreate } from '../../../src/learn/core/estimator.ts'
import { definitions } from '../../../src/learn/index.ts'
import { Tensor } from '../../../src/tensor/tensor.ts'
import { isHere, load, type Spec } from './data.ts'
import { agreementTable, type Row } from './table.ts'
import { withoutReference } from './without-reference.ts'

// Results of scikit-learn, made by tools/fixtures/learn_*.py, beside what the same estimators give here.

type Digest = { readonly shape: readonly number[] } & (
  | { readonly data: readonly (number | string)[] }
  | { readonly head: readonly (number | string)[]; readonly sum: number; readonly absolute: number }
)
interface Case {
  readonly estimator: string
  readonly options: Record<string, unknown>
  readonly data: Spec
  readonly title?: string
  readonly expect?: Readonly<Record<string, Digest>>
  readonly tolerance?: number
  readonly upTo?: 'signs' | 'labels'
  readonly weights?: true
  readonly verb?: string
  readonly scores?: { readonly mean: number; readonly error: number }
}

const folder = fileURLToPath(new URL('./fixtures', import.meta.url))
const families = readdirSync(folder).filter(name => name.endsWith('.json'))
const rows: Row[] = []

type Callable = Record<string, (...args: unknown[]) => Promise<unknown>>

const numbers = async (value: unknown): Promise<{ shape: readonly number[]; data: number[] }> => {
  if (value instanceof Tensor)
    return { shape: value.shape, data: Array.from((await value.data()) as ArrayLike<number>, Number) }
  if (Array.isArray(value)) {
    const parts = await Promise.all(value.map(numbers))
    return { shape: [value.length, ...(parts[0]?.shape ?? [])], data: parts.flatMap(part => part.data) }
  }
  return { shape: [], data: [Number(value)] }
}

/** Columns turned so that the entry of largest magnitude is positive. */
const signed = (data: readonly number[], width: number): number[] => {
  const out = [...data]
  for (let j = 0; j < width; j++) {
    let top = 0
    for (let i = j; i < out.length; i += width) if (Math.abs(out[i]!) > Math.abs(top) * (1 + 1e-9)) top = out[i]!
    if (top < 0) for (let i = j; i < out.length; i += width) out[i] = -out[i]!
  }
  return out
}
/** Cluster numbers in the order of their first appearance; noise stays -1. */
const renumbered = (data: readonly number[]): number[] => {
  const order = new Map<number, number>([[-1, -1]])
  for (const label of data) if (!order.has(label)) order.set(label, order.size - 1)
  return data.map(label => order.get(label)!)
}

/** The largest difference, in terms of the largest magnitude (or 1). */
const difference = (actual: readonly number[], expected: readonly (number | string)[]): number => {
  const wanted = expected.map(Number)
  const scale = Math.max(1, ...wanted.filter(Number.isFinite).map(Math.abs))
  let most = 0
  for (const [i, value] of wanted.entries()) {
    const gap =
      Object.is(actual[i], value) || (Number.isNaN(actual[i]) && Number.isNaN(value))
        ? 0
        : Math.abs(actual[i]! - value) / scale
    most = Math.max(most, Number.isNaN(gap) ? Infinity : gap)
  }
  return most
}

const transposed = (data: readonly number[], width: number): number[] =>
  data.map((_, k) => data[(k % (data.length / width)) * width + Math.floor(k / (data.length / width))]!)

const gapOf = async (
  value: unknown,
  expected: Digest,
  { upTo, key }: { readonly upTo: Case['upTo']; readonly key: string },
): Promise<number> => {
  const found = await numbers(value)
  const size = expected.shape.reduce((a, b) => a * b, 1)
  expect(found.data.length, `shape ${found.shape} against ${expected.shape}`).toBe(size)
  const width = found.shape.length === 2 ? found.shape[1]! : 1
  if ('data' in expected) {
    const wanted = expected.data.map(Number)
    if (upTo === 'signs' && found.shape.length === 2) {
      // Directions are the rows of components, and the columns of what is transformed.
      const turned = (data: readonly number[]): number[] =>
        key === 'components' ? signed(transposed(data, width), found.shape[0]!) : signed(data, width)
      return difference(turned(found.data), turned(wanted))
    }
    if (upTo === 'labels') return difference(renumbered(found.data), renumbered(wanted))
    return difference(found.data, wanted)
  }
  const absolute = found.data.reduce((a, b) => a + Math.abs(b), 0)
  const sum = found.data.reduce((a, b) => a + b, 0)
  const overall = Math.abs(absolute - expected.absolute) / Math.max(1, expected.absolute)
  if (upTo === 'signs') {
    // Of a large matrix only the beginning is stored: signs are settled row by row of what is there.
    return Math.max(
      overall,
      difference(
        found.data.slice(0, expected.head.length).map(Math.abs),
        expected.head.map(x => Math.abs(Number(x))),
      ),
    )
  }
  if (upTo === 'labels')
    return difference(renumbered(found.data).slice(0, expected.head.length), renumbered(expected.head.map(Number)))
  return Math.max(
    overall,
    Math.abs(sum - expected.sum) / Math.max(1, expected.absolute),
    difference(found.data.slice(0, expected.head.length), expected.head),
  )
}

const dataName = ({ name, ...rest }: Spec): string => {
  const words = Object.entries(rest).map(([key, value]) => (value === true ? key : `${key} ${JSON.stringify(value)}`))
  return [name, ...words].join(', ')
}

const equal = async ({ estimator, options, data, expect: wanted, tolerance, upTo, weights }: Case): Promise<void> => {
  const { X, y, testX, testY } = load(data)
  const extras = weights ? { sampleWeight: Array.from({ length: X.rows }, (_, i) => 1 + (i % 3)) } : {}
  const model = (await recreate(estimator, options).fit(X, y, extras)) as unknown as Callable
  for (const [key, expected] of Object.entries(wanted!)) {
    expect(key in model, `${estimator} has no ${key}`).toBe(true)
    const value =
      typeof model[key] === 'function'
        ? await (key === 'score' ? model.score!(testX, testY) : model[key]!(testX))
        : model[key]
    const gap = await gapOf(value, expected, { upTo, key })
    rows.push({ estimator, options, data: dataName(data), quantity: key, gap, tolerance: tolerance! })
    expect(gap, key).toBeLessThanOrEqual(tolerance!)
  }
}

const scores = async ({ estimator, options, data, scores: wanted, verb }: Case): Promise<void> => {
  const { X, y, testX, testY } = load(data)
  const values: number[] = []
  for (let seed = 0; seed < 10; seed++) {
    const model = (await recreate(estimator, { ...options, randomState: seed }).fit(X, y)) as unknown as Callable
    values.push(Number(typeof model[verb!] === 'function' ? await model[verb!]!(testX, testY) : model[verb!]))
  }
  const mean = values.reduce((a, b) => a + b, 0) / 10
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / 9
  const error = Math.hypot(wanted!.error, Math.sqrt(variance / 10))
  const gap = Math.abs(mean - wanted!.mean)
  rows.push({
    estimator,
    options,
    data: dataName(data),
    quantity: `${verb}, 10 seeds`,
    gap,
    tolerance: 2 * error,
    means: [mean, wanted!.mean],
  })
  expect(gap, `mean ${mean} against ${wanted!.mean}`).toBeLessThanOrEqual(2 * error + 1e-12)
}

for (const file of families) {
  const { cases } = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as { cases: Case[] }
  describe(file.replace('.json', ''), () => {
    for (const [i, one] of cases.entries()) {
      const title = `${one.title ?? `${one.estimator} ${JSON.stringify(one.options)}`} on ${dataName(one.data)} (${i})`
      test(title, async context => {
        if (!isHere(one.data))
          context.skip(`sklearn_${one.data.name}.csv is absent; set GRADUS_DATA to the folder with tabular`)
        await (one.scores ? scores(one) : equal(one))
      })
    }
  })
}

test('every estimator is held against a reference, or has none', () => {
  const covered = new Set(
    families.flatMap(file =>
      (JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as { cases: Case[] }).cases.map(one => one.estimator),
    ),
  )
  const bare = definitions().filter(({ name }) => !covered.has(name) && !(name in withoutReference))
  expect(bare.map(({ name }) => name)).toEqual([])
  expect(Object.keys(withoutReference).filter(name => covered.has(name))).toEqual([])
})

afterAll(() => {
  if (!process.env.GRADUS_WRITE_DOCS) return
  const docs = fileURLToPath(new URL('../../../docs', import.meta.url))
  mkdirSync(docs, { recursive: true })
  writeFileSync(`${docs}/agreement.md`, agreementTable(rows))
})
