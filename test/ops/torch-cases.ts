import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { convert, isFloat } from '../../src/core/dtype.ts'
import { type DType, fromArray, grad, type Shape, setEngine, type Tensor } from '../../src/index.ts'

// Values and gradients of PyTorch in float64 (tools/fixtures), through the public functions.

interface Stored {
  readonly shape: Shape
  readonly dtype: 'float64' | 'int32' | 'bool'
  readonly data: readonly (number | string)[]
}
// biome-ignore lint/suspicious/noExplicitAny: options are whatever the operation takes
export type Options = any
interface Case {
  readonly op: string
  readonly title: string
  readonly inputs: readonly Stored[]
  readonly options: Options
  readonly output: Stored
  readonly cotangent: Stored | null
  /** Null where there is nothing to compare. */
  readonly gradients: readonly (Stored | null)[]
  readonly indices?: Stored
}
/** An operation on the inputs of a case with its options. */
export type Run = (x: readonly Tensor[], o: Options) => Tensor

/** NaN and the infinities stand as strings in JSON. */
const numbersOf = (x: Stored): number[] => x.data.map(Number)
const tensorOf = (x: Stored, float: DType): Tensor => {
  const dtype = x.dtype === 'float64' ? float : x.dtype
  return fromArray(convert(numbersOf(x), dtype), x.shape, dtype)
}

/** NaN and infinities must be the same; other numbers close, relative to their size, and below `floor` to that. */
const expectClose = (
  got: readonly number[],
  expected: readonly number[],
  rtol: number,
  floor: number,
  what: string,
) => {
  expect(got.length, `${what}: elements`).toBe(expected.length)
  for (const [i, x] of expected.entries()) {
    const y = got[i]!
    if (Object.is(x, y) || x === y) continue
    const allowed = rtol * Math.max(Math.abs(x), floor)
    if (!(Math.abs(x - y) <= allowed)) expect.fail(`${what}: element ${i} is ${y}, expected ${x} ± ${allowed}`)
  }
}
const valuesOf = async (x: Tensor): Promise<number[]> => Array.from(await x.data(), Number)

/** Holds every case of `test/fixtures/<name>.json` against PyTorch, with the operation that `run` finds by its name. */
export const checkAgainstTorch = (name: string, run: (op: string) => Run): void => {
  afterAll(() => setEngine('native', { always: true }))
  const file = new URL(`../fixtures/${name}.json`, import.meta.url)
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] }
  for (const c of cases) describe(`${c.op}: ${c.title}`, () => checkCase(c, run(c.op)))
}

const checkCase = (c: Case, apply: Run): void => {
  test('has the values and gradients of PyTorch in float64 on the reference', async () => {
    setEngine('reference')
    const inputs = c.inputs.map(x => tensorOf(x, 'float64'))
    const out = apply(inputs, c.options)
    expect(out.shape).toEqual(c.output.shape)
    expect(out.dtype).toBe(c.output.dtype)
    expectClose(await valuesOf(out), numbersOf(c.output), 1e-10, 1e-3, 'value')
    if (!c.cotangent) return
    const cotangent = tensorOf(c.cotangent, 'float64')
    const wanted = c.gradients.flatMap((g, i) => (g ? [i] : []))
    expect(wanted.every(i => isFloat(inputs[i]!.dtype))).toBe(true)
    const contracted = (floats: readonly Tensor[]): Tensor =>
      apply(
        inputs.map((x, i) => floats[wanted.indexOf(i)] ?? x),
        c.options,
      )
        .mul(cotangent)
        .sum()
    // Where the mean is large PyTorch's own gradients are off by its rounding: 3e-11 of the size of the inputs' spread.
    const floor = c.title.startsWith('a large mean') ? 1 : 1e-3
    const gradients = grad(contracted)(wanted.map(i => inputs[i]!))
    for (const [k, i] of wanted.entries()) {
      expect(gradients[k]!.shape).toEqual(c.gradients[i]!.shape)
      expectClose(await valuesOf(gradients[k]!), numbersOf(c.gradients[i]!), 1e-10, floor, `gradient of input ${i}`)
    }
  })

  test('has the values of PyTorch on native in float32', async () => {
    setEngine('native', { always: true })
    const out = apply(
      c.inputs.map(x => tensorOf(x, 'float32')),
      c.options,
    )
    expect(out.shape).toEqual(c.output.shape)
    expectClose(await valuesOf(out), numbersOf(c.output), 1e-5, 1, 'value')
  })

  if (c.indices) {
    test('has the indices of PyTorch', async () => {
      for (const engine of ['reference', 'native']) {
        setEngine(engine, { always: true })
        const { indices } = tensorOf(c.inputs[0]!, 'float32').topK(c.options.k, c.options.axis)
        expect(await valuesOf(indices)).toEqual(numbersOf(c.indices!))
      }
    })
  }
}
