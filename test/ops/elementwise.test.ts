import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type DType,
  dequantize,
  fakeQuantize,
  grad,
  quantize,
  type Shape,
  setEngine,
  type Tensor,
  tensor,
} from '../../src/index.ts'
import { checkAgainstTorch, type Options, type Run } from './torch-cases.ts'

/** Fixtures hold integers as int32. */
const integers = (x: Tensor | undefined, dtype: DType): Tensor | undefined => x?.to(dtype)
const quantized = (zeroPoint: Tensor | undefined, o: Options): Options => {
  const z = integers(zeroPoint, o.dtype)
  return { ...o, ...(z && { zeroPoint: z }) }
}

const run = (op: string): Run => {
  switch (op) {
    case 'trunc':
    case 'isInf':
    case 'isFinite':
    case 'bitwiseNot':
    case 'log2':
    case 'log10':
    case 'exp2':
    case 'cbrt':
    case 'sinc':
    case 'erfc':
    case 'erfinv':
    case 'lgamma':
    case 'digamma':
    case 'i0':
    case 'i1':
    case 'i0e':
    case 'i1e':
    case 'selu':
    case 'relu6':
    case 'hardSwish':
    case 'mish':
    case 'logSigmoid':
    case 'softsign':
      return ([x]) => x![op]()
    case 'clamp':
    case 'nanToNum':
    case 'logit':
    case 'hardSigmoid':
    case 'hardTanh':
    case 'hardShrink':
    case 'softShrink':
      return ([x], o) => x![op](o)
    case 'elu':
    case 'celu':
    case 'leakyRelu':
    case 'thresholdedRelu':
      return ([x], { alpha }) => x![op](alpha)
    case 'swish':
      return ([x], { beta }) => x!.swish(beta)
    case 'polygamma':
      return ([x], { n }) => x!.polygamma(n)
    case 'glu':
    case 'hardmax':
      return ([x], { axis }) => x![op](axis)
    case 'prelu':
      return ([x, w]) => x!.prelu(w!)
    case 'fmod':
    case 'remainder':
    case 'floorDivide':
    case 'logAddExp':
    case 'xlogy':
    case 'bitwiseAnd':
    case 'bitwiseOr':
    case 'bitwiseXor':
    case 'shiftLeft':
    case 'shiftRight':
      return ([a, b]) => a![op](b!)
    case 'quantize':
      return ([x, scale, zero], o) => quantize(x!, scale!, quantized(zero, o)).to('int32')
    case 'dequantize':
      return ([scale, q, zero], { dtype, ...o }) => dequantize(q!.to(dtype), scale!, quantized(zero, { ...o, dtype }))
    case 'fakeQuantize':
      return ([x, scale, zero], o) => fakeQuantize(x!, scale!, quantized(zero, o))
    default:
      throw new Error(`the fixtures have an operation "${op}" that this test does not know`)
  }
}

checkAgainstTorch('elementwise', run)

const valuesOf = async (x: Tensor): Promise<number[]> => Array.from(await x.data(), Number)

describe.each(['native', 'reference'])('on %s', engine => {
  beforeAll(() => setEngine(engine, { always: true }))
  afterAll(() => setEngine('native', { always: true }))

  test('the smallest integer divided by −1 wraps, and nothing stops', async () => {
    const [a, b] = [tensor([-(2 ** 31), 5], 'int32'), tensor([-1, 0], 'int32')]
    expect(await valuesOf(a.floorDivide(b))).toEqual([-(2 ** 31), 0])
    expect(await valuesOf(a.remainder(b))).toEqual([0, 0])
    expect(await valuesOf(a.fmod(b))).toEqual([0, 0])
  })

  test('bits of int64 beyond 32 are kept', async () => {
    const x = tensor([2n ** 40n + 5n, -(2n ** 40n)])
    expect(await valuesOf(x.bitwiseAnd(tensor([2n ** 40n + 1n, -1n])))).toEqual([2 ** 40 + 1, -(2 ** 40)])
    expect(await valuesOf(x.shiftRight(tensor([38n, 70n])))).toEqual([4, -1])
    expect(await valuesOf(x.shiftLeft(tensor([3n, -1n])))).toEqual([(2 ** 40 + 5) * 8, 0])
  })

  test('shrink moves what is outside lambda by a bias of its own', async () => {
    const x = tensor([-2, -0.5, 0.2, 1, Number.NaN])
    expect(await valuesOf(x.shrink({ lambda: 0.4, bias: 0.25 }))).toEqual([-1.75, -0.25, 0, 0.75, Number.NaN])
    expect(await valuesOf(x.shrink())).toEqual([-2, 0, 0, 1, Number.NaN])
  })

  test('uint8 wraps and shifts within its 8 bits', async () => {
    const x = tensor([200, 1], 'uint8')
    expect(await valuesOf(x.bitwiseNot())).toEqual([55, 254])
    expect(await valuesOf(x.shiftLeft(tensor([1, 8], 'uint8')))).toEqual([144, 0])
    expect(await valuesOf(x.remainder(7))).toEqual([4, 1])
  })

  test('nanToNum puts the ends of the dtype’s range for infinities', async () => {
    const top = (2 - 2 ** -23) * 2 ** 127
    const x = tensor([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN])
    expect(await valuesOf(x.nanToNum())).toEqual([top, -top, 0])
  })

  test('a scale of float32 saturates int32 without wrapping around', async () => {
    const q = quantize(tensor([1e12, -1e12, 3]), tensor(1), { dtype: 'int32' })
    expect(await valuesOf(q)).toEqual([2 ** 31 - 128, -(2 ** 31), 3])
  })

  test('quantised and back, what fits the grid is itself, and the scale has a gradient', async () => {
    const [x, scale] = [tensor([-1, 0.5, 2]), tensor(0.5)]
    const q = quantize(x, scale, { dtype: 'int8' })
    expect(await valuesOf(q)).toEqual([-2, 1, 4])
    const back = (s: Tensor<Shape, 'float32'>) => dequantize(q, s).sum()
    expect(await valuesOf(back(scale))).toEqual([1.5])
    expect(await valuesOf(grad(back)(scale))).toEqual([3])
  })

  test('polygamma is its own derivative’s antiderivative: gradients of any order', async () => {
    type F = Tensor<Shape, 'float32'>
    const once = grad((x: F) => x.lgamma().sum())
    const twice = grad((x: F) => once(x).sum())
    const thrice = grad((x: F) => twice(x).sum())
    const x = tensor([2.5])
    const [a] = await valuesOf(thrice(x))
    const [b] = await valuesOf(x.polygamma(2))
    expect(a).toBeCloseTo(b!, 5)
  })
})

describe('the reference agrees with known values to the last digits', () => {
  beforeAll(() => setEngine('reference'))
  afterAll(() => setEngine('native', { always: true }))
  const near = async (x: Tensor, y: number): Promise<void> => {
    const [got] = await valuesOf(x)
    expect(Math.abs(got! - y)).toBeLessThanOrEqual(4e-15 * Math.abs(y))
  }
  const at = (x: number): Tensor => tensor([x], 'float64')
  test('of erfc in its tail, erfinv and the gamma functions', async () => {
    // erfc(5) and erfinv(1/2) from SciPy 1.17; the others are Γ(1/2) = √π, −γ and ζ(2).
    await near(at(5).erfc(), 1.5374597944280347e-12)
    await near(at(0.5).erfinv(), 0.4769362762044699)
    await near(at(1).lgamma().add(1), 1)
    await near(at(1).digamma(), -0.5772156649015329)
    await near(at(1).polygamma(1), Math.PI ** 2 / 6)
    await near(at(0.5).lgamma(), Math.log(Math.PI) / 2)
  })
})
