import { afterAll, describe, expect, test } from 'vitest'
import { convolution, evaluate, fromArray, grad, setEngine, type Tensor } from '../../src/index.ts'

// ONNX Runtime's convolutions work on channels in blocks of 8 or 16: counts below, at and off a whole block, and windows that do
// not use all of the image.

const wave = (shape: number[], speed: number): Tensor =>
  fromArray(
    Float32Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, i) => Math.sin(speed * i + 1)),
    shape,
    'float32',
  )

interface Case {
  readonly batch: number
  readonly channels: number
  readonly outputs: number
  readonly size: number[]
  readonly kernel: number[]
  readonly options: { stride?: number; padding?: number | [number, number][]; dilation?: number }
}
const cases: Case[] = []
for (const [batch, channels, outputs] of [
  [1, 1, 6],
  [3, 3, 16],
  [16, 6, 17],
  [5, 8, 8],
  [20, 16, 32],
  [17, 18, 20],
  [32, 33, 3],
] as const) {
  cases.push({ batch, channels, outputs, size: [6, 5], kernel: [3, 3], options: { padding: 1 } })
  cases.push({ batch, channels, outputs, size: [7, 6], kernel: [3, 2], options: { stride: 2, padding: 1 } })
  cases.push({
    batch,
    channels,
    outputs,
    size: [8, 7],
    kernel: [2, 3],
    options: {
      dilation: 2,
      padding: [
        [0, 3],
        [2, 0],
      ],
    },
  })
  cases.push({ batch, channels, outputs, size: [5, 5], kernel: [1, 1], options: { stride: 3 } })
  cases.push({ batch, channels, outputs, size: [9], kernel: [4], options: { stride: 2, padding: 5 } })
}

const valuesOn = async (engine: string, { batch, channels, outputs, size, kernel, options }: Case) => {
  setEngine(engine, { always: true })
  const x = wave([batch, channels, ...size], 0.7)
  const w = wave([outputs, channels, ...kernel], 1.3)
  const bias = wave([outputs], 0.3)
  const run = ([x, w, bias]: Tensor[]): Tensor => convolution(x!, w!, { ...options, bias: bias! })
  const y = run([x, w, bias])
  const weights = wave([...y.shape], 0.9)
  const gradients = grad((inputs: Tensor[]) => run(inputs).mul(weights).sum())([x, w, bias])
  const all = [y, ...gradients]
  await evaluate(...all)
  return Promise.all(all.map(async t => Float64Array.from((await t.data()) as Float32Array)))
}

afterAll(() => setEngine('native', { always: true }))

describe('convolutions in blocks of channels equal the reference', () => {
  for (const c of cases) {
    test(JSON.stringify(c), async () => {
      const native = await valuesOn('native', c)
      const reference = await valuesOn('reference', c)
      for (const [k, expected] of reference.entries()) {
        const got = native[k]!
        expect(got.length).toBe(expected.length)
        const largest = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 1)
        const worst = expected.reduce((most, v, i) => Math.max(most, Math.abs(v - got[i]!)), 0)
        expect(worst, `output ${k}`).toBeLessThan(1e-5 * largest)
      }
    })
  }
})
