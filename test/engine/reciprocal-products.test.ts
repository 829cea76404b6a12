import { afterAll, describe, expect, test } from 'vitest'
import { grad, setEngine, type Tensor, tensor } from '../../src/index.ts'

// ONNX Runtime's DivMulFusion makes (1/a) b into b/a and loses what made b; its MatMulScaleFusion holds a factor as a float32.

type Scalar = Tensor<readonly [], 'float64'>

/** Functions of a number; softplus has the slope σ(x), which float64 computes as 1/(1 + e⁻ˣ). */
const functions: Readonly<Record<string, (x: Scalar) => Scalar>> = {
  '|x| softplus(x)': x => x.abs().mul(x.softplus()),
  'softplus(x) |x|': x => x.softplus().mul(x.abs()),
  'sin(x) softplus(x)': x => x.sin().mul(x.softplus()),
  'exp(x) softplus(x)': x => x.exp().mul(x.softplus()),
  'tanh(x) softplus(x)': x => x.tanh().mul(x.softplus()),
  'x² softplus(x)': x => x.square().mul(x.softplus()),
  'softplus(x)²': x => x.softplus().square(),
  'softplus(softplus(x))': x => x.softplus().softplus(),
  'softplus(x) softplus(−x)': x => x.softplus().mul(x.neg().softplus()),
  '|x| sigmoid(x)': x => x.abs().mul(x.sigmoid()),
  '|x| / x': x => x.abs().mul(x.reciprocal()),
  // A reciprocal that two products take, and one of them first.
  'u e + v u with u = 1/x and v = 1/sin(x)': x => {
    const u = x.reciprocal()
    const v = x.sin().reciprocal()
    return u.mul(x.exp()).add(v.mul(u))
  },
}

/** The value of a function and of its first two derivatives. */
const derivatives = async (engine: string, f: (x: Scalar) => Scalar, x: Scalar): Promise<number[]> => {
  setEngine(engine, { always: true })
  const first = grad(f)
  const second = grad((x: Scalar) => first(x) as Scalar)
  return [await f(x).item(), await first(x).item(), await second(x).item()]
}

describe.each(['native', 'wasm'])(
  'on %s, what ONNX Runtime would rewrite wrongly is what the reference computes',
  engine => {
    afterAll(() => setEngine('native'))

    test.each(Object.entries(functions))('%s with its first and second derivative', async (_, f) => {
      for (const at of [-1, 0.7]) {
        for (const [dtype, tolerance] of [
          ['float64', 1e-13],
          ['float32', 1e-5],
        ] as const) {
          const x = tensor(at, dtype) as Scalar
          const found = await derivatives(engine, f, x)
          const expected = await derivatives('reference', f, x)
          for (const [order, value] of expected.entries())
            expect(
              Math.abs(found[order]! - value),
              `${dtype}, order ${order} at ${at}: ${found[order]}, not ${value}`,
            ).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value)))
        }
      }
    })

    test('products of float64 with a factor keep their digits', async () => {
      setEngine(engine, { always: true })
      const a = tensor(
        [
          [0.3, 0.7],
          [0.9, 0.1],
        ],
        'float64',
      )
      const found = Array.from(await a.matmul(a).mul(0.1).data())
      setEngine('reference')
      const expected = Array.from(await a.matmul(a).mul(0.1).data())
      for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 14)
    })
  },
)
