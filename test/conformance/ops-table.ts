import { type DType, dtypes, isFloat } from '../../src/core/dtype.ts'
import { ArgumentError, DTypeError, EngineError } from '../../src/core/errors.ts'
import type { Op, Sample } from '../../src/graph/op.ts'
import { opFamilies } from '../../src/ops/registry.ts'
import { noKernel, runSample } from './engine-cases.ts'
import { type Drawn, draw } from './draw.ts'

// The table docs/ops.md: what the records say, and what running them shows.

/** One line of the table. */
export interface Row {
  readonly name: string
  readonly formula: string
  readonly dtypes: string
  readonly engines: string
  readonly gradient: string
  readonly batched: string
  /** Largest error of float32 on native in units of the last place of the exact result; null where nothing is rounded. */
  readonly ulp: number | null
}

const typesOf = (sample: Sample, dtype: DType) =>
  sample.inputs.map(x => ({ shape: x.shape, dtype: (x.dtype ?? 'float') === 'float' ? dtype : (x.dtype as DType) }))

/** Whether the operation takes a dtype where its samples leave that open. */
const takes = (op: Op, dtype: DType): boolean =>
  op.checks.samples.some(sample => {
    const open = sample.inputs.some(x => (x.dtype ?? 'float') === 'float' || x.dtype === dtype)
    try {
      op.infer(typesOf(sample, dtype), sample.attrs ?? {})
      return open || sample.inputs.length === 0
    } catch (error) {
      if (error instanceof DTypeError || error instanceof ArgumentError) return false
      throw error
    }
  })

const groups: readonly (readonly [string, (d: DType) => boolean])[] = [
  ['floats', isFloat],
  ['integers', d => !isFloat(d) && d !== 'bool'],
  ['bool', d => d === 'bool'],
]
/** `floats, integers, bool`, a group by its name where all of it is taken. */
const dtypesOf = (op: Op): string => {
  const taken = dtypes.filter(d => takes(op, d))
  if (taken.length === dtypes.length) return 'all'
  return groups
    .flatMap(([name, has]) => {
      const all = dtypes.filter(has)
      const own = taken.filter(has)
      return own.length === all.length ? [name] : own
    })
    .join(', ')
}

const view = new DataView(new ArrayBuffer(4))
/** Distance between a float32 and the next one away from zero. */
export const ulpOf = (x: number): number => {
  view.setFloat32(0, Math.abs(x))
  const bits = view.getUint32(0)
  if (bits >= 0x7f800000) return Number.NaN
  view.setUint32(0, bits + 1)
  return view.getFloat32(0) - Math.abs(Math.fround(x))
}
/** In units of the last place; not below the smallest normal number, where the digits run out. */
const errorInUlp = (got: number, exact: number): number => {
  if (Object.is(got, exact) || got === exact || !Number.isFinite(exact)) return 0
  return Math.abs(got - exact) / Math.max(ulpOf(exact), 2 ** -149)
}

const worstError = async (op: Op): Promise<number | null> => {
  let worst: number | null = null
  for (const [i, sample] of op.checks.samples.entries()) {
    const inputs: Drawn[] = sample.inputs.map((spec, k) => draw(spec, `${op.name} ${i} ${k}`))
    const results = await runSample(op, sample, inputs, 'reference', 'float64')
    if (results.every(({ dtype }) => dtype !== 'float64')) continue
    const got = await runSample(op, sample, inputs, 'native', 'float32')
    for (const [i, exact] of results.entries())
      if (exact.dtype === 'float64')
        for (const [k, x] of exact.values.entries()) worst = Math.max(worst ?? 0, errorInUlp(got[i]!.values[k]!, x))
  }
  return worst
}

/** Where an operation runs: the host's are the same on every engine. */
const enginesOf = async (op: Op): Promise<string> => {
  const sample = op.checks.samples[0]!
  if (op.host?.(sample.attrs ?? {})) return 'host'
  if (!takes(op, 'float64') || !sample.inputs.some(x => (x.dtype ?? 'float') === 'float')) return 'reference, native'
  try {
    const inputs = sample.inputs.map((spec, k) => draw(spec, `${op.name} 0 ${k}`))
    await runSample(op, sample, inputs, 'native', 'float64')
    return 'reference, native'
  } catch (error) {
    if (error instanceof EngineError && noKernel.test(error.message)) return 'reference, native (not float64)'
    throw error
  }
}

const rowOf = async (op: Op): Promise<Row> => ({
  name: op.name,
  formula: op.formula,
  dtypes: dtypesOf(op),
  engines: await enginesOf(op),
  gradient: op.vjp || op.tuple?.vjp || op.compose ? 'first, second, forward' : 'none',
  batched: op.batch || op.tuple?.batch ? 'rule' : op.compose ? 'composition' : 'no',
  ulp: await worstError(op),
})

export interface Family {
  readonly title: string
  readonly rows: readonly Row[]
}
export const familyRows = async (): Promise<Family[]> => {
  const families: Family[] = []
  for (const { title, ops } of opFamilies) {
    const rows: Row[] = []
    for (const op of ops) rows.push(await rowOf(op))
    families.push({ title, rows })
  }
  return families
}

const cell = (text: string): string => text.replaceAll('|', '\\|')
/** Rounded up to two digits, so that the table is the same on machines that differ a little. */
const ulpText = (ulp: number | null): string =>
  ulp === null ? '' : ulp === 0 ? '0' : String(Number(ulp.toPrecision(2)))

export const tableOf = (families: readonly Family[]): string => {
  const count = families.reduce((n, f) => n + f.rows.length, 0)
  const head = `# Operations

Written by \`npm run docs:ops\` from the ${count} records in \`src/ops\` and from running them; a test fails when it is stale.

- **dtypes**: *floats* are float32, float64, float16, bfloat16; *integers* are int8 to int64 and uint8 to uint64. float16, bfloat16 and the integers under 32 bits
  are computed in float32 and int32 and rounded after each operation.
- **engines**: *host* operations are computed in float64 by JavaScript on every engine, which splits the program around them.
- **gradient**: *first* and *second* derivatives are held against central differences in float64 for every sample, the *forward* direction against the
  reverse by inner products.
- **vmap**: by the operation's own *rule*, held against a loop, or by its *composition*.
- **error**: the largest of float32 on \`native\` against float64 on \`reference\` over the record's samples, in units of the last place of the exact
  result. Sums lose more where terms cancel.
`
  const sections = families.map(({ title, rows }) => {
    const lines = rows.map(r =>
      [`\`${r.name}\``, cell(r.formula), r.dtypes, r.engines, r.gradient, r.batched, ulpText(r.ulp)].join(' | '),
    )
    return `## ${title}

| operation | formula | dtypes | engines | gradient | vmap | error |
|---|---|---|---|---|---|--:|
${lines.map(line => `| ${line} |`).join('\n')}
`
  })
  return [head, ...sections].join('\n')
}
