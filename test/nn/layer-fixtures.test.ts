import { enginesUnderTest } from '../engines.ts'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromArray, grad, type Shape, setEngine, type Tensor } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { expectClose } from '../optim/expect.ts'

// Layers against PyTorch's in float64 (tools/fixtures/layers.py): names of the state, values, gradients, and a step of training.

interface Stored {
  readonly shape: Shape
  readonly dtype: string
  readonly data: readonly number[]
}
type Named = Readonly<Record<string, Stored>>
interface Case {
  readonly layer: string
  readonly title: string
  readonly args: readonly unknown[]
  readonly options: Readonly<Record<string, unknown>>
  readonly state: Named
  readonly input: Stored
  readonly output: Stored
  readonly cotangent: Stored
  readonly gradient: Stored
  readonly gradients: Named
  readonly after: Named
  readonly predicted: Stored
}
const file = new URL('../fixtures/layers.json', import.meta.url)
const { cases, rate } = JSON.parse(readFileSync(file, 'utf8')) as { cases: readonly Case[]; rate: number }

type Floats = Tensor<Shape, 'float32'>
const floats = ({ data, shape }: Stored): Floats => fromArray(Float32Array.from(data), shape, 'float32')
const tolerance = 1e-5

/** A layer of PyTorch's state. Loading is strict: names, shapes and dtypes are PyTorch's. */
const make = (c: Case): nn.Layer => {
  const factory = (nn as unknown as Record<string, (...args: readonly unknown[]) => nn.Layer>)[c.layer]!
  const layer = factory(...c.args, ...(Object.keys(c.options).length > 0 ? [c.options] : []))
  layer.loadState(new Map(Object.entries(c.state).map(([name, s]) => [name, entryOf(s)])))
  return layer
}
/** PyTorch's int64 stands as int32 in the fixtures. */
const entryOf = ({ shape, dtype, data }: Stored): nn.StateEntry =>
  dtype === 'int32'
    ? { dtype: 'int64', shape, data: BigInt64Array.from(data, BigInt) }
    : { dtype: 'float32', shape, data: Float32Array.from(data) }
const lossOf = (layer: nn.Layer, x: Floats, c: Case): Floats => layer.forward(x).mul(floats(c.cotangent)).sum()
const expectState = async (layer: nn.Layer, expected: Named): Promise<void> => {
  await layer.fetch()
  expect([...layer.state().keys()]).toEqual(Object.keys(expected))
  for (const [name, slot] of layer.state()) {
    expectClose(Array.from(slot.buffer.array as Float32Array, Number), expected[name]!.data, tolerance, name)
  }
}

describe.each([...enginesUnderTest])('on the %s engine', engine => {
  beforeAll(() => setEngine(engine, { always: true }))
  afterAll(() => setEngine('native', { always: true }))

  for (const c of cases) {
    describe(`${c.layer}, ${c.title}`, () => {
      test('gives PyTorch’s values', async () => {
        const y = make(c).forward(floats(c.input))
        expect(y.shape).toEqual(c.output.shape)
        expectClose(await y.data(), c.output.data, tolerance, 'output')
      })

      test('gives PyTorch’s gradients', async () => {
        const layer = make(c)
        const gradient = grad((x: Floats) => lossOf(layer, x, c))(floats(c.input))
        expectClose(await gradient.data(), c.gradient.data, tolerance, 'gradient of the input')
        const names = [...layer.namedParameters().keys()]
        expect(names).toEqual(Object.keys(c.gradients))
        if (names.length === 0) return
        const found = sgd(layer, { learningRate: rate }).gradients(lossOf(layer, floats(c.input), c))
        for (const [i, name] of names.entries()) {
          expectClose((await found[i]!.data()) as Float32Array, c.gradients[name]!.data, tolerance, name)
        }
      })

      test('has PyTorch’s state after a step, and then predicts the same', async () => {
        const layer = make(c)
        const loss = lossOf(layer, floats(c.input), c)
        if (Object.keys(c.gradients).length > 0) await sgd(layer, { learningRate: rate }).minimize(loss)
        else await loss.data()
        await expectState(layer, c.after)
        const y = layer.eval().forward(floats(c.input))
        expectClose(await y.data(), c.predicted.data, tolerance, 'prediction')
        await expectState(layer, c.after)
      })
    })
  }
})
