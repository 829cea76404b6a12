import { describe, expect, test } from 'vitest'
import { GradusError } from '../../../src/core/errors.ts'
import { setSeed } from '../../../src/index.ts'
import type { Rule } from '../../../src/core/options.ts'
import { Table } from '../../../src/data/table/table.ts'
import { type AnyModel, type Estimator, fromJSON } from '../../../src/learn/index.ts'
import { type Description, recreate } from '../../../src/learn/core/estimator.ts'
import { Tensor } from '../../../src/tensor/tensor.ts'
import { fromArray, tensor } from '../../../src/tensor/creation.ts'
import type { Dense } from '../../../src/ops/matrix-kernels.ts'
import { type Example, exampleFor } from './examples.ts'

/** A check that an estimator does not go through, and why. */
export type Exceptions = Partial<Record<CheckName, string>>

export interface Battery {
  /** Options that the estimator needs, or that make it quick and decided on a small example. */
  readonly options?: Record<string, unknown>
  readonly except?: Exceptions
  /** Another example than the usual one. */
  readonly example?: Partial<Example>
  /** How near equal results must be where the algorithm's own tolerance is the limit; default 1e-7. */
  readonly near?: number
}

type Callable = Record<string, (...args: unknown[]) => Promise<unknown>>

/** Values of all kinds: each option must refuse at least one of them. */
const strange: readonly unknown[] = [
  'nonsense',
  -1e9,
  Number.NaN,
  1.5,
  true,
  { nonsense: 1 },
  ['nonsense'],
  () => 'nonsense',
]

/** Results as plain data, to be compared. */
const plain = async (value: unknown): Promise<unknown> => {
  if (value instanceof Tensor)
    return { shape: [...value.shape], values: Array.from((await value.data()) as ArrayLike<number>) }
  if (typeof value === 'function') return undefined
  if (Array.isArray(value)) return Promise.all(value.map(plain))
  if (value instanceof Map) return plain([...value])
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array)
  if (typeof value === 'object' && value !== null && 'toJSON' in value && !(value instanceof Table))
    return plain(JSON.parse(JSON.stringify(value)))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      await Promise.all(
        Object.entries(value)
          .filter(([key]) => !key.endsWith('Time') && key !== 'featureNames')
          .map(async ([key, item]) => [key, await plain(item)]),
      ),
    )
  }
  return value
}

/** Verbs on rows that give a result a row. */
const rowVerbs = [
  'predict',
  'predictProba',
  'predictLogProba',
  'decisionFunction',
  'transform',
  'scoreSamples',
] as const

const outputs = async (model: AnyModel, X: unknown): Promise<Record<string, unknown>> => {
  const found: Record<string, unknown> = {}
  for (const verb of rowVerbs)
    if (verb in model) found[verb] = await plain(await (model as unknown as Callable)[verb]!(X))
  for (const [key, value] of Object.entries(model)) {
    if (typeof value !== 'function' && key !== 'options') found[key] = await plain(value)
  }
  return found
}

/** Holds numbers of nested data together. */
export const expectClose = (actual: unknown, expected: unknown, near: number, path = ''): void => {
  if (typeof expected === 'number' && typeof actual === 'number') {
    const both = Object.is(actual, expected) || Math.abs(actual - expected) <= near * Math.max(1, Math.abs(expected))
    if (!both && !(Number.isNaN(actual) && Number.isNaN(expected))) expect.fail(`${path}: ${actual} is not ${expected}`)
    return
  }
  if (typeof expected === 'object' && expected !== null) {
    expect(Object.keys((actual ?? {}) as object), path).toEqual(Object.keys(expected))
    for (const key of Object.keys(expected))
      expectClose(
        (actual as Record<string, unknown>)[key],
        (expected as Record<string, unknown>)[key],
        near,
        `${path}.${key}`,
      )
    return
  }
  expect(actual, path).toEqual(expected)
}

const isDense = (X: unknown): X is Dense =>
  typeof X === 'object' && X !== null && 'rows' in X && 'data' in X && !('indptr' in X)
const rowsOf = (X: unknown): number =>
  isDense(X) ? X.rows : X instanceof Table ? X.rowCount : (X as { length: number }).length

/** Some rows of an example's X. */
const take = (X: unknown, rows: readonly number[]): unknown => {
  if (X instanceof Table) return X.take(Int32Array.from(rows))
  if (!isDense(X)) return rows.map(i => (X as unknown[])[i])
  return {
    rows: rows.length,
    columns: X.columns,
    data: Float64Array.from(rows.flatMap(i => Array.from(X.data.subarray(i * X.columns, (i + 1) * X.columns)))),
  }
}
const takeY = (y: unknown, rows: readonly number[]): unknown => y && rows.map(i => (y as ArrayLike<unknown>)[i])

const columns = (X: Dense, keep: readonly number[]): Dense => ({
  rows: X.rows,
  columns: keep.length,
  data: Float64Array.from(
    { length: X.rows * keep.length },
    (_, k) => X.data[Math.floor(k / keep.length) * X.columns + keep[k % keep.length]!]!,
  ),
})

const nested = ({ rows, columns, data }: Dense): number[][] =>
  Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * columns, (i + 1) * columns)))

/** One line that says where and what. */
const expectRefused = async (work: () => unknown, pattern: RegExp): Promise<void> => {
  const error = await Promise.resolve()
    .then(work)
    .then(
      () => undefined,
      error => error,
    )
  expect(error, `nothing was thrown; expected ${pattern}`).toBeInstanceOf(GradusError)
  expect((error as Error).message).toMatch(pattern)
  expect((error as Error).message).not.toContain('\n')
}

interface Subject extends Battery {
  readonly description: Description
  readonly example: Example
  readonly near: number
  estimator(changes?: Record<string, unknown>): Estimator
  trained(X?: unknown, y?: unknown, extras?: Record<string, unknown>): Promise<AnyModel>
}

const finite = (value: unknown, path: string): void => {
  if (typeof value === 'number') expect(Number.isFinite(value), `${path} is ${value}`).toBe(true)
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) finite(item, `${path}.${key}`)
}

const dense = (subject: Subject): Dense | undefined => (isDense(subject.example.X) ? subject.example.X : undefined)

const checks = {
  'refuses an invalid value of every option': async ({ description, estimator, options }) => {
    for (const { key, rule } of description.options.fields) {
      const wrong = strange.find(value => !(rule as Rule).accepts(value))
      expect(wrong, `option ${key} accepts anything`).toBeDefined()
      await expectRefused(
        () => estimator({ ...options, [key]: wrong }),
        new RegExp(`^${description.name}: ${key} must be .+; got .+\\.$`, 's'),
      )
    }
    await expectRefused(() => recreate(description.name, { ...options, nonsense: 1 }), /unknown option "nonsense"/)
  },
  'remembers what it was fitted on': async ({ trained, example }) => {
    const model = await trained()
    const width = isDense(example.X) ? example.X.columns : example.X instanceof Table ? example.X.names.length : 1
    expect(model.nFeaturesIn).toBe(width)
  },
  'gives finite results of the right shapes': async ({ trained, example, description }) => {
    const model = await trained()
    const n = rowsOf(example.X)
    const found = await outputs(model, example.X)
    for (const verb of rowVerbs) {
      const result = found[verb] as { shape: number[]; values: number[] } | unknown[] | undefined
      if (result === undefined) continue
      if (Array.isArray(result)) expect(result.length).toBe(n)
      else if ('shape' in result) expect(result.shape[0], verb).toBe(n)
      if (verb !== 'predictLogProba' && !Array.isArray(result) && 'shape' in result) finite(result.values, verb)
    }
    if (found.predictProba) {
      const { shape, values } = found.predictProba as { shape: number[]; values: number[] }
      expect(shape).toEqual([n, (model as unknown as { classes: unknown[] }).classes.length])
      for (let i = 0; i < n; i++) {
        const row = values.slice(i * shape[1]!, (i + 1) * shape[1]!)
        expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 8)
        expect(Math.min(...row)).toBeGreaterThanOrEqual(0)
      }
    }
    if (description.kind === 'clusterer') expect((found.labels as { shape: number[] }).shape).toEqual([n])
    if (description.kind === 'regressor' || description.kind === 'classifier') {
      const score = await (model as unknown as Callable).score!(example.X, example.y)
      expect(score).toBeLessThanOrEqual(1)
      if (description.kind === 'classifier') expect(score).toBeGreaterThanOrEqual(0)
    }
  },
  'takes tensors, nested arrays and tables alike': async subject => {
    const X = dense(subject)
    if (!X) return
    const expected = await outputs(await subject.trained(X), X)
    const asTable = Table.from(
      Object.fromEntries(Array.from({ length: X.columns }, (_, j) => [`f${j}`, columns(X, [j]).data])),
    )
    for (const form of [nested(X), fromArray(X.data, [X.rows, X.columns], 'float64'), asTable]) {
      const model = await subject.trained(form)
      const found = await outputs(model, form)
      if (form instanceof Table) expect(model.featureNamesIn).toEqual(form.names)
      expectClose({ ...found, featureNamesIn: undefined }, { ...expected, featureNamesIn: undefined }, 0)
    }
  },
  'takes float32 and int32 tensors as the numbers that they hold': async subject => {
    const X = dense(subject)
    if (!X) return
    const whole = { ...X, data: X.data.map(x => Math.round(x * 4)) }
    if (subject.description.missing !== 'allowed') {
      const results: unknown[] = []
      for (const form of [
        whole,
        tensor(Float32Array.from(whole.data)).reshape([X.rows, X.columns]),
        tensor(Int32Array.from(whole.data)).reshape([X.rows, X.columns]),
      ]) {
        results.push(await outputs(await subject.trained(form), form))
      }
      expectClose(results[1], results[0], 0)
      expectClose(results[2], results[0], 0)
    }
  },
  'gives the same with the same seed': async ({ trained, example }) => {
    setSeed(7)
    const first = await outputs(await trained(), example.X)
    setSeed(7)
    expectClose(await outputs(await trained(), example.X), first, 0)
  },
  'comes back from JSON the same': async ({ trained, example, description }) => {
    const model = await trained()
    const json = JSON.parse(JSON.stringify(model))
    const back = fromJSON(json)
    expect(back.estimator).toBe(description.name)
    expectClose(await outputs(back, example.X), await outputs(model, example.X), 0)
    expect(JSON.parse(JSON.stringify(back))).toEqual(json)
  },
  'leaves its inputs as they were': async subject => {
    const X = dense(subject)
    if (!X) return
    const before = X.data.slice()
    await outputs(await subject.trained(), X)
    expect(X.data).toEqual(before)
  },
  'gives each row the same result in any company': async ({ trained, example, near }) => {
    const model = (await trained()) as unknown as Callable
    const n = rowsOf(example.X)
    const order = Array.from({ length: n }, (_, i) => (i * 7) % n).filter((_, i) => i % 3 !== 0)
    for (const verb of rowVerbs) {
      if (!(verb in model)) continue
      const all = (await plain(await model[verb]!(example.X))) as { shape: number[]; values: number[] } | unknown[]
      const some = (await plain(await model[verb]!(take(example.X, order)))) as typeof all
      if (Array.isArray(all)) expect(some).toEqual(order.map(i => all[i]))
      else if ('shape' in all) {
        const width = all.values.length / n
        expectClose(
          (some as typeof all).values,
          order.flatMap(i => all.values.slice(i * width, (i + 1) * width)),
          near,
          verb,
        )
      }
    }
  },
  'refuses rows of another width': async subject => {
    const X = dense(subject)
    if (!X) return
    const model = (await subject.trained()) as unknown as Callable
    const wide = { rows: 2, columns: X.columns + 1, data: new Float64Array(2 * (X.columns + 1)) }
    for (const verb of rowVerbs) {
      if (verb in model)
        await expectRefused(
          () => model[verb]!(wide),
          new RegExp(
            `^${subject.description.name}\\.${verb}: X has ${X.columns + 1} columns, and ${subject.description.name} was fitted on ${X.columns}`,
          ),
        )
    }
  },
  'refuses NaN and infinity': async subject => {
    const X = dense(subject)
    if (!X) return
    for (const value of subject.description.missing === 'allowed' ? [Infinity] : [Number.NaN, Infinity, -Infinity]) {
      const data = X.data.slice()
      data[X.columns + 1] = value
      await expectRefused(
        () => subject.trained({ ...X, data }),
        new RegExp(`^${subject.description.name}\\.fit: X is ${value} at row 1, column 1`),
      )
      const model = (await subject.trained()) as unknown as Callable
      for (const verb of rowVerbs)
        if (verb in model)
          await expectRefused(() => model[verb]!({ ...X, data }), new RegExp(`X is ${value} at row 1, column 1`))
    }
  },
  'refuses targets that do not fit': async ({ description, estimator, example, trained }) => {
    if (description.target === 'none' || description.target === 'any') return
    await expectRefused(() => estimator().fit(example.X as never), /\.fit: y is missing/)
    await expectRefused(
      () => trained(example.X, (example.y as unknown[]).slice(1)),
      /\.fit: X has \d+ rows and y has \d+ values/,
    )
    if (description.target === 'classes') {
      await expectRefused(
        () =>
          trained(
            example.X,
            Array.from({ length: rowsOf(example.X) }, (_, i) => i + 0.5),
          ),
        /y is 0\.5 at row 0, no class/,
      )
      const one = Array.from({ length: rowsOf(example.X) }, () => 'only')
      if (!description.oneClass) await expectRefused(() => trained(example.X, one), /y has one class, "only"/)
    } else {
      const words = Array.from({ length: rowsOf(example.X) }, () => 'word')
      await expectRefused(() => trained(example.X, words), /y is "word" at row 0/)
    }
  },
  'names classes as they were given': async ({ description, trained, example }) => {
    if (description.kind !== 'classifier') return
    const codes = Array.from(example.y as ArrayLike<number>)
    const plainClasses = (await ((await await trained()) as unknown as Callable).predict!(example.X)) as Tensor
    const numbers = Array.from((await plainClasses.data()) as ArrayLike<number>)
    const names = ['ant', 'bee', 'cat', 'dog']
    const model = (await trained(
      example.X,
      codes.map(k => names[k]!),
    )) as unknown as Callable & { classes: unknown[] }
    expect(model.classes).toEqual([...new Set(codes)].sort((a, b) => a - b).map(k => names[k]))
    expect(await model.predict!(example.X)).toEqual(numbers.map(k => names[k]))
    const shifted = (await trained(
      example.X,
      codes.map(k => 10 * k - 5),
    )) as unknown as Callable
    expect(Array.from((await ((await shifted.predict!(example.X)) as Tensor).data()) as ArrayLike<number>)).toEqual(
      numbers.map(k => 10 * k - 5),
    )
  },
  'works with one feature': async subject => {
    const X = dense(subject)
    if (!X) return
    const one = columns(X, [0])
    finite(withoutLog(await outputs(await subject.trained(one), one)), subject.description.name)
  },
  'works with a constant feature': async subject => {
    const X = dense(subject)
    if (!X) return
    const data = X.data.slice()
    for (let i = 0; i < X.rows; i++) data[i * X.columns] = 2
    const found = await outputs(await subject.trained({ ...X, data }), { ...X, data })
    for (const verb of rowVerbs)
      if (verb !== 'predictLogProba') finite((found[verb] as { values?: unknown })?.values, verb)
  },
  'fits one row, or says that it cannot': async ({ example, trained }) => {
    const X = take(example.X, [0])
    const error = await trained(X, takeY(example.y, [0])).then(
      model => outputs(model, X).then(() => undefined),
      error => error,
    )
    if (error !== undefined) {
      expect(error).toBeInstanceOf(GradusError)
      expect(error.message).toMatch(/^\w+(\.fit)?: .*(1 row|one row|row|at least|one class|class|samples)/)
    }
  },
  'refuses no rows at all': async ({ example, trained }) => {
    await expectRefused(() => trained(take(example.X, []), takeY(example.y, [])), /no rows|0 rows/)
  },
  'heeds weights of rows, or refuses them': async ({ description, example, trained, near }) => {
    const n = rowsOf(example.X)
    const ones = new Array(n).fill(1)
    if (!description.sampleWeight) {
      await expectRefused(() => trained(example.X, example.y, { sampleWeight: ones }), /does not heed sampleWeight/)
      return
    }
    setSeed(3)
    const unweighted = await outputs(await trained(), example.X)
    setSeed(3)
    expectClose(await outputs(await trained(example.X, example.y, { sampleWeight: ones }), example.X), unweighted, near)
    await expectRefused(
      () => trained(example.X, example.y, { sampleWeight: ones.map((_, i) => (i === 1 ? -1 : 1)) }),
      /sampleWeight is -1 at row 1/,
    )
    await expectRefused(() => trained(example.X, example.y, { sampleWeight: [1] }), /sampleWeight has 1 value/)
  },
  'counts a row of weight 2 twice, and one of weight 0 not at all': async ({ description, example, trained, near }) => {
    if (!description.sampleWeight) return
    const n = rowsOf(example.X)
    const weights = Array.from({ length: n }, (_, i) => (i % 4 === 3 ? 2 : i % 5 === 4 ? 0 : 1))
    const repeated = weights.flatMap((weight, i) => new Array<number>(weight).fill(i))
    setSeed(3)
    const weighted = (await trained(example.X, example.y, { sampleWeight: weights })) as unknown as Callable
    setSeed(3)
    const twice = (await trained(take(example.X, repeated), takeY(example.y, repeated))) as unknown as Callable
    for (const verb of ['predictProba', 'decisionFunction', 'predict', 'transform', 'scoreSamples']) {
      if (verb in weighted)
        expectClose(
          await plain(await weighted[verb]!(example.X)),
          await plain(await twice[verb]!(example.X)),
          near,
          verb,
        )
    }
  },
} satisfies Record<string, (subject: Subject) => Promise<void>>

const withoutLog = ({ predictLogProba, ...rest }: Record<string, unknown>): unknown => ({
  predict: (rest.predict as { values?: unknown })?.values,
  transform: (rest.transform as { values?: unknown })?.values,
  predictProba: rest.predictProba,
})

export type CheckName = keyof typeof checks

/** Everything that any estimator must do, as tests: one line for a new one. */
export const checkEstimator = (
  described: Description,
  { options = {}, except = {}, example, near = 1e-7 }: Battery = {},
): void => {
  const takesSeed = described.options.fields.some(({ key }) => key === 'randomState') && !('randomState' in options)
  const seeded = takesSeed ? { ...options, randomState: 0 } : options
  const estimator = (changes: Record<string, unknown> = seeded): Estimator => recreate(described.name, changes)
  // A composition takes what its parts take.
  const description = estimator().definition
  const found = { ...exampleFor(description), ...example } as Example
  const subject: Subject = {
    description,
    options: seeded,
    example: found,
    near,
    estimator,
    trained: (X = found.X, y = found.y, extras = {}) => estimator().fit(X as never, y as never, extras),
  }
  describe(description.name, () => {
    for (const [name, check] of Object.entries(checks)) {
      const reason = except[name as CheckName]
      if (reason === undefined) test(name, () => check(subject))
      else test.skip(`${name} (${reason})`, () => {})
    }
  })
}
