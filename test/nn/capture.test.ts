import { describe, expect, test } from 'vitest'
import { ArgumentError, compile, grad, ones, type Shape, type Tensor } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { Generator } from '../../src/tensor/random.ts'
import { expectClose, expectError } from '../optim/expect.ts'

type Floats = Tensor<Shape, 'float32'>

class Twice extends nn.Layer {
  readonly inner = nn.linear(3, 3, { generator: new Generator(2) })
  readonly unused = nn.linear(3, 3)
  protected override call(x: Floats): Floats {
    return this.inner.forward(this.inner.forward(x) as Floats) as Floats
  }
}
class Pair extends nn.Module {
  readonly layer = nn.linear(3, 2)
  forward(x: Floats): { y: Floats } {
    return { y: this.layer.forward(x) as Floats }
  }
}
class Holder extends nn.Module {
  readonly pair = new Pair()
  readonly bag = new (class extends nn.Module {})()
}

const make = () =>
  nn.sequential(
    nn.linear(4, 3, { generator: new Generator(1) }),
    nn.relu(),
    nn.sequential(nn.linear(3, 2, { generator: new Generator(3) }), nn.tanh()),
  )
const x = ones([5, 4])

describe('captureOutputs', () => {
  test('gives the outputs of modules at every depth, in the order of the names, and the result', async () => {
    const model = make()
    const { result, outputs } = nn.captureOutputs(model, ['2.0', '1', ''], () => model.forward(x))
    expect([...outputs.keys()]).toEqual(['2.0', '1', ''])
    expect(outputs.get('1')!.shape).toEqual([5, 3])
    expect(outputs.get('')).toBe(result)
    const [inner, end] = [await outputs.get('2.0')!.data(), await result.data()]
    expectClose(end, Array.from(inner as Float32Array, Math.tanh), 1e-6, 'tanh of what was captured')
  })

  test('leaves the model as it was, also after an error', () => {
    const model = make()
    const before = JSON.stringify(Object.keys(model))
    nn.captureOutputs(model, ['0'], () => model.forward(x))
    expect(() =>
      nn.captureOutputs(model, ['0'], () => {
        throw new Error('within')
      }),
    ).toThrow('within')
    expect(JSON.stringify(Object.keys(model))).toBe(before)
    expect(Object.hasOwn((model as unknown as Record<string, object>)['0']!, 'forward')).toBe(false)
    expect(model.namedModules().size).toBe(6)
  })

  test('can be nested: each sees its own', () => {
    const model = make()
    const outer = nn.captureOutputs(model, ['0'], () => nn.captureOutputs(model, ['0'], () => model.forward(x)))
    expect(outer.outputs.get('0')).toBe(outer.result.outputs.get('0'))
  })

  test('keeps the last output of a module that is called twice', async () => {
    const model = new Twice()
    const { result, outputs } = nn.captureOutputs(model, ['inner'], () => model.forward(ones([2, 3])))
    expect(await outputs.get('inner')!.data()).toEqual(await result.data())
  })

  test('works inside grad and inside compile', async () => {
    const model = make()
    const gradient = grad((input: Floats) => {
      const { outputs } = nn.captureOutputs(model, ['1'], () => model.forward(input as never))
      return (outputs.get('1') as Floats).sum() as Floats
    })(x as Floats)
    const features = compile((input: Floats) => {
      const { result, outputs } = nn.captureOutputs(model, ['1'], () => model.forward(input as never))
      return { result, hidden: outputs.get('1') as Floats }
    })
    const { hidden } = await features(x as Floats)
    const weight = model.namedParameters().get('0.weight')!.buffer.array
    const rows = Array.from(await hidden.data()).slice(0, 3)
    const first = Array.from({ length: 4 }, (_, i) =>
      rows.reduce((sum, h, o) => sum + (h > 0 ? Number(weight[o * 4 + i]) : 0), 0),
    )
    expectClose(Array.from(await gradient.data()).slice(0, 4), first, 1e-6, 'gradient of the hidden layer')
  })

  test('refuses names that give nothing, in words', async () => {
    const model = make()
    const run = (names: readonly string[]) => () => nn.captureOutputs(model, names, () => model.forward(x))
    await expectError(
      run(['2.7']),
      ArgumentError,
      'captureOutputs: there is no module "2.7". Did you mean "2.0"? In 2 there are 2.0, 2.1.',
    )
    await expectError(
      run(['layer4']),
      ArgumentError,
      'captureOutputs: there is no module "layer4". The modules are 0, 1, 2.',
    )
    const twice = new Twice()
    await expectError(
      () => nn.captureOutputs(twice, ['unused'], () => twice.forward(ones([2, 3]))),
      ArgumentError,
      'captureOutputs: "unused" was not called by run. Run the model that it belongs to, or name another module.',
    )
    const holder = new Holder()
    await expectError(
      () => nn.captureOutputs(holder, ['pair'], () => holder.pair.forward(ones([2, 3]) as Floats)),
      ArgumentError,
      'captureOutputs: "pair" gives several values, not one tensor. Name a module inside or around it.',
    )
    await expectError(
      () => nn.captureOutputs(holder, ['bag'], () => null),
      ArgumentError,
      'captureOutputs: "bag" has no forward. Name a module that is called.',
    )
    await expectError(
      () => nn.captureOutputs(model, ['0'], async () => model.forward(x)),
      ArgumentError,
      'captureOutputs: run returned a promise, and what it calls later is not seen. Build the graph in a plain function, and wait for its values afterwards.',
    )
  })
})
