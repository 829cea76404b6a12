import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import {
  type Shape,
  type Tensor,
  attention,
  crossEntropy,
  type DType,
  fromArray,
  grad,
  layerNorm,
  mse,
  setEngine,
} from '../../src/index.ts'
import { convert, isFloat } from '../../src/core/dtype.ts'

// Values and gradients of PyTorch in float64 (tools/fixtures/ops.py), through the public functions.

interface Stored {
  readonly shape: Shape
  readonly dtype: 'float64' | 'int32' | 'bool'
  readonly data: readonly (number | string)[]
}
// biome-ignore lint/suspicious/noExplicitAny: options are whatever the operation takes
type Options = any
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
const file = new URL('../fixtures/ops.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] }

/** NaN and the infinities stand as strings in JSON. */
const numbersOf = (x: Stored): number[] => x.data.map(Number)
const tensorOf = (x: Stored, float: DType): Tensor => {
  const dtype = x.dtype === 'float64' ? float : x.dtype
  return fromArray(convert(numbersOf(x), dtype), x.shape, dtype)
}

type Run = (x: readonly Tensor[], o: Options) => Tensor
const run = (op: string): Run => {
  switch (op) {
    // Of one input, without options.
    case 'neg':
    case 'abs':
    case 'sign':
    case 'exp':
    case 'expm1':
    case 'log':
    case 'log1p':
    case 'sqrt':
    case 'rsqrt':
    case 'square':
    case 'reciprocal':
    case 'sin':
    case 'cos':
    case 'tan':
    case 'asin':
    case 'acos':
    case 'atan':
    case 'sinh':
    case 'cosh':
    case 'tanh':
    case 'asinh':
    case 'acosh':
    case 'atanh':
    case 'erf':
    case 'relu':
    case 'sigmoid':
    case 'silu':
    case 'softplus':
    case 'floor':
    case 'ceil':
    case 'round':
      return ([x]) => x![op]()
    case 'gelu':
      return ([x], o) => x!.gelu(o)
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'pow':
    case 'maximum':
    case 'minimum':
    case 'atan2':
      return ([a, b]) => a![op](b!)
    case 'sum':
    case 'mean':
    case 'max':
    case 'min':
    case 'prod':
    case 'logSumExp':
    case 'variance':
      return ([x], { axes, ...rest }) => (x![op] as (axes: number[], o: Options) => Tensor).call(x, axes, rest)
    case 'argmax':
    case 'argmin':
      return ([x], { axis, ...rest }) => x![op](axis, rest)
    case 'matmul':
      return ([a, b]) => a!.matmul(b!)
    case 'transpose':
      return ([x], { permutation }) => (permutation ? x!.transpose(permutation) : x!.transpose())
    case 'slice':
      return ([x], { starts, ends, steps }) =>
        x!.slice(...starts.map((start: number, i: number) => ({ start, end: ends[i], step: steps[i] })))
    case 'pad':
      return ([x], { pads, value }) => x!.pad(pads, value)
    case 'flip':
      return ([x], { axes }) => x!.flip(axes)
    case 'repeat':
      return ([x], { repeats }) => x!.repeat(repeats)
    case 'gather':
      return ([x, i], { axis }) => x!.gather(i!, axis)
    case 'takeAlongAxis':
      return ([x, i], { axis }) => x!.takeAlongAxis(i!, axis)
    case 'scatterAdd':
      return ([x, i, u], { axis }) => x!.scatterAdd(i!, u!, axis)
    case 'sort':
    case 'argsort':
    case 'cumsum':
      return ([x], { axis, ...rest }) => x![op](axis, rest)
    case 'topK':
      return ([x], { k, axis }) => x!.topK(k, axis).values
    case 'softmax':
    case 'logSoftmax':
      return ([x], { axis }) => x![op](axis)
    case 'layerNorm':
      return ([x, w, b], o) => layerNorm(x!, w!, b!, o)
    case 'attention':
      return ([q, k, v, mask], o) => attention(q!, k!, v!, mask ? { ...o, mask: mask as Tensor<Shape, 'bool'> } : o)
    case 'crossEntropy':
      return ([x, labels], o) => crossEntropy(x as Tensor<Shape, 'float32'>, labels!, o)
    case 'mse':
      return ([a, b], o) => mse(a!, b!, o)
    default:
      throw new Error(`the fixtures have an operation "${op}" that this test does not know`)
  }
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

afterAll(() => setEngine('native'))

describe.each(cases.map(c => ({ ...c, name: `${c.op}: ${c.title}` })))('$name', c => {
  const apply = run(c.op)

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
    setEngine('native')
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
        setEngine(engine)
        const { indices } = tensorOf(c.inputs[0]!, 'float32').topK(c.options.k, c.options.axis)
        expect(await valuesOf(indices)).toEqual(numbersOf(c.indices!))
      }
    })
  }
})
