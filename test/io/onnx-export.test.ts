import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  concat,
  fromArray,
  mse,
  randn,
  type Shape,
  scan,
  setSeed,
  type Tensor,
  tensor,
  zeros,
} from '../../src/index.ts'
import { exportOnnx, importOnnx, writeOnnx } from '../../src/io/index.ts'
import { Gpt } from '../../src/models/gpt.ts'
import * as nn from '../../src/nn/index.ts'
import { adam, adamw, sgd, trainingStep } from '../../src/optim/index.ts'

type T = Tensor<Shape, 'float32'>
const f = (shape: number[]): T => randn(shape)

/** Values of a file's outputs for inputs, by plain ONNX Runtime. */
const run = async (bytes: Uint8Array | string, inputs: Readonly<Record<string, Tensor>>) => {
  const session = await ort.InferenceSession.create(bytes as string)
  const feeds: Record<string, ort.Tensor> = {}
  for (const [name, x] of Object.entries(inputs))
    feeds[name] = new ort.Tensor(x.dtype as 'float32', (await x.data()) as Float32Array, x.shape)
  const results = await session.run(feeds)
  await session.release()
  return results
}
const expectNear = async (got: ort.Tensor, expected: Tensor, tolerance = 1e-5): Promise<void> => {
  expect(got.dims).toEqual(expected.shape)
  const [a, b] = [got.data as Float32Array, await expected.data()]
  for (let i = 0; i < a.length; i++) expect(Math.abs(Number(a[i]) - Number(b[i]))).toBeLessThanOrEqual(tolerance)
}

beforeAll(() => setSeed(3))

describe('exportOnnx', () => {
  test('names inputs by the example, outputs by the keys of the result', async () => {
    const bytes = await exportOnnx((a: T, b: T) => ({ sum: a.add(b), rest: [a.sub(b)] }), { a: f([2]), b: f([2]) })
    const { graph } = importOnnx(bytes)
    expect(graph.inputs.map(i => i.name)).toEqual(['a', 'b'])
    expect(graph.outputs.map(o => o.name)).toEqual(['sum', 'rest.0'])
    const result = await run(bytes, { a: tensor([3, 4]), b: tensor([1, 1]) })
    expect([...(result['rest.0']!.data as Float32Array)]).toEqual([2, 3])
  })
  test('puts a module’s weights under their paths, and shared ones once', async () => {
    const model = nn.sequential(nn.linear(4, 8), nn.gelu(), nn.linear(8, 2))
    const bytes = await exportOnnx(model, { x: zeros([1, 4]) })
    const x = f([1, 4])
    await expectNear((await run(bytes, { x })).output!, model.forward(x as never))
    expect([...importOnnx(bytes).namedParameters().keys()]).toEqual(['0.weight', '0.bias', '2.weight', '2.bias'])
  })
  test('names the parameters of a function by the module that it is told', async () => {
    const layer = nn.linear(3, 2)
    const bytes = await exportOnnx(
      (x: T) => layer.forward(x as never).mul(2),
      { x: zeros([1, 3]) },
      { parameters: layer },
    )
    expect([...importOnnx(bytes).namedParameters().keys()]).toEqual(['weight', 'bias'])
  })
  test('writes opset 17 where that has every operator, and 21 where not; or what it is told', async () => {
    const opsetOf = (bytes: Uint8Array): number => importOnnx(bytes).graph.opsets[''] ?? 0
    expect(opsetOf(await exportOnnx((x: T) => x.mean(1).max(), { x: f([2, 3]) }))).toBe(17)
    expect(opsetOf(await exportOnnx((x: T) => x.gelu(), { x: f([2, 3]) }))).toBe(17)
    const not = (x: Tensor<Shape, 'int32'>) => x.bitwiseNot()
    expect(opsetOf(await exportOnnx(not, { x: tensor([1, 2], 'int32') }))).toBe(21)
    expect(opsetOf(await exportOnnx((x: T) => x.mean(1), { x: f([2, 3]) }, { opset: 21 }))).toBe(21)
    await expect(exportOnnx(not, { x: tensor([1], 'int32') }, { opset: 17 })).rejects.toThrow(
      'onnx: bitwiseNot needs the operator BitwiseNot, which opset 17 has not. Ask for a newer opset.',
    )
  })
  test('gives the same values in opset 17 and 21', async () => {
    const all = (x: T) => concat([x.mean(1), x.max(1), x.prod(1), x.gelu().sum(1), x.logSumExp(1)])
    const x = f([3, 4])
    for (const opset of [17, 21] as const)
      await expectNear((await run(await exportOnnx(all, { x }, { opset }), { x })).output!, all(x))
  })

  describe('with dynamic axes', () => {
    test('a GPT gives its logits for batches and texts of any length', async () => {
      const config = { vocabSize: 11, contextLength: 16, numLayers: 2, numHeads: 2, embedDim: 8 }
      const model = new Gpt(config as never).eval()
      const bytes = await exportOnnx(
        model,
        { ids: zeros([1, 8], 'int32') },
        { dynamicAxes: { ids: { 0: 'batch', 1: 'time' } } },
      )
      const { graph } = importOnnx(bytes)
      expect(graph.inputs[0]!.shape).toEqual(['batch', 'time'])
      expect(graph.outputs[0]!.shape).toEqual(['batch', 'time', 11])
      for (const [batch, time] of [
        [1, 1],
        [2, 5],
        [3, 16],
      ] as const) {
        const numbers = Int32Array.from({ length: batch * time }, (_, i) => (i * 7) % 11)
        const ids = fromArray(numbers, [batch, time], 'int32')
        await expectNear((await run(bytes, { ids })).output!, model.forward(ids))
      }
    })
    test('a loop runs for any length and batch', async () => {
      const w = f([3, 3])
      await w.data()
      const loop = (x: T, h: T) => {
        const [last, all] = scan((h: T, x: T) => [h.matmul(w).add(x).tanh(), h], h, x)
        return { last, all }
      }
      const bytes = await exportOnnx(
        loop,
        { x: zeros([4, 2, 3]), h: zeros([2, 3]) },
        { dynamicAxes: { x: { 0: 'time', 1: 'batch' }, h: { 0: 'batch' } } },
      )
      const [x, h] = [f([9, 5, 3]), f([5, 3])]
      const result = await run(bytes, { x, h })
      await expectNear(result.last!, loop(x, h).last)
      await expectNear(result.all!, loop(x, h).all)
    })
    test('sizes are computed: products, sums, and constants of such a shape', async () => {
      const g = (x: T) => {
        const [batch, time] = x.shape as [number, number]
        const wide = x.reshape([batch * time]).pad([[1, time]])
        return {
          flat: wide,
          ones: x.add(zeros([batch, time])).sum(0),
          back: wide.slice({ start: 1, end: 1 + batch * time }).reshape([time, batch]),
        }
      }
      const bytes = await exportOnnx(g, { x: zeros([2, 3]) }, { dynamicAxes: { x: { 0: 'batch', 1: 'time' } } })
      expect(importOnnx(bytes).graph.outputs.map(o => o.shape)).toEqual([
        ['1 + time + batch*time'],
        ['time'],
        ['time', 'batch'],
      ])
      const x = f([5, 4])
      const [result, expected] = [await run(bytes, { x }), g(x)]
      for (const key of ['flat', 'ones', 'back'] as const) await expectNear(result[key]!, expected[key])
    })
    test.each([
      [
        'an axis that the function does not let vary',
        (x: T) => x.matmul(zeros([3, 2]) as never),
        { x: { 1: 'features' } },
        'exportOnnx: axis "features" cannot be dynamic: the function builds one graph for too few of its sizes. Leave it out of dynamicAxes. With another size: matmul: inner sizes differ: a is [2, 7] and b is [3, 2], so 7 meets 3. b needs shape [7, n].',
      ],
      [
        'an input that is not there',
        (x: T) => x,
        { y: { 0: 'batch' } },
        'exportOnnx: dynamicAxes names the input "y"; the inputs are x. Use one of these.',
      ],
      [
        'an axis that is not there',
        (x: T) => x,
        { x: { 2: 'batch' } },
        'exportOnnx: dynamicAxes names axis 2 of "x", which is [2, 3]. Count its axes from 0.',
      ],
      [
        'one name for two sizes',
        (x: T) => x,
        { x: { 0: 'n', 1: 'n' } },
        'exportOnnx: axis "n" is 2 in "x" and 3 in "x". Axes of one name have one size.',
      ],
      [
        'a size that is no polynomial',
        (x: T) => x.add(Math.sqrt(x.shape[0]!)),
        { x: { 0: 'batch' } },
        'exportOnnx: a constant of float32 [] depends on the sizes of "batch" in a way that ONNX cannot be told. Leave an axis out of dynamicAxes, or compute it with tensor operations.',
      ],
      [
        'numbers drawn at random',
        (x: T) => x.add(randn([2, 3]) as never),
        {},
        'exportOnnx: [2, 3] is drawn at random each time, which a file cannot do. Call eval() on the model, or pass the numbers as an input.',
      ],
      [
        'no result',
        () => null,
        {},
        'exportOnnx: the function returned no tensor. Return one, or an array or object of tensors.',
      ],
    ] as const)('%s is an error in words', async (_, fn, dynamicAxes, message) => {
      await expect(
        exportOnnx(fn as never, { x: zeros([2, 3]) }, { dynamicAxes: dynamicAxes as never }),
      ).rejects.toThrow(message)
    })
  })
})

describe('a training step', () => {
  const batchOf = (n: number): [T, T] => [f([n, 4]), f([n, 2])]
  const make = (name: string) => {
    setSeed(8)
    const model = nn.sequential(nn.linear(4, 6), nn.tanh(), nn.linear(6, 2))
    const options = { learningRate: 0.05, weightDecay: 0.1, decays: (_: string, s: Shape) => s.length > 1 }
    const optimizer = {
      adamw: () => adamw(model, { ...options, clipNorm: 0.5 }),
      adam: () => adam(model, { ...options, amsgrad: true }),
      sgd: () => sgd(model, { ...options, momentum: 0.9, nesterov: true, clipValue: 0.05 }),
    }[name]!()
    return { model, optimizer, loss: (x: T, y: T) => mse(model.forward(x as never) as T, y) }
  }
  test.each(['adamw', 'adam', 'sgd'])('of %s is a pure function that does what the optimizer does', async name => {
    const { optimizer, loss } = make(name)
    const batches = Array.from({ length: 4 }, () => batchOf(8))
    for (const [x, y] of batches) await Promise.all([x.data(), y.data()])
    const own = make(name)
    const step = trainingStep(own.optimizer, own.loss)
    let state = step.state
    for (const [i, [x, y]] of batches.entries()) {
      const after = step.step(state, step.hyper(i + 1), x, y)
      state = after.state
      expect(await after.loss.item()).toBeCloseTo(await optimizer.minimize(loss(x, y)), 5)
    }
    for (const [key, parameter] of optimizer.parameters()) {
      const [got, expected] = [await state.p![key]!.data(), parameter.buffer.array]
      for (let i = 0; i < got.length; i++) expect(Math.abs(Number(got[i]) - Number(expected[i]))).toBeLessThan(1e-5)
    }
  })
  test('is exported whole: plain ONNX Runtime trains with the file', async () => {
    const { optimizer, loss } = make('adamw')
    const own = make('adamw')
    const { state, hyper, step } = trainingStep(own.optimizer, own.loss)
    const [x, y] = batchOf(8)
    const inputs = { state, hyper: hyper(1), x, y }
    const bytes = await exportOnnx(step, inputs, { dynamicAxes: { x: { 0: 'batch' }, y: { 0: 'batch' } } })
    const feeds: Record<string, Tensor> = {}
    for (const [section, values] of Object.entries(state))
      for (const [name, t] of Object.entries(values)) feeds[`state.${section}.${name}`] = t
    const losses: number[] = []
    const expected: number[] = []
    for (let i = 1; i <= 5; i++) {
      const [x, y] = batchOf(i === 3 ? 5 : 8)
      const numbers = Object.fromEntries(Object.entries(hyper(i)).map(([k, v]) => [`hyper.${k}`, v]))
      const result = await run(bytes, { ...feeds, ...numbers, x, y })
      losses.push((result.loss!.data as Float32Array)[0]!)
      for (const name of Object.keys(feeds)) {
        const next = result[`${name}.next`]!
        feeds[name] = fromArray(next.data as Float32Array, [...next.dims], 'float32')
      }
      expected.push(await optimizer.minimize(loss(x, y)))
    }
    for (const [i, v] of expected.entries()) expect(losses[i]).toBeCloseTo(v, 5)
  })
})

describe('writeOnnx', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradus-onnx-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))
  const model = nn.sequential(nn.linear(40, 50), nn.linear(50, 2))

  test('writes one file', async () => {
    const path = join(folder, 'one.onnx')
    expect(await writeOnnx(path, model, { x: zeros([1, 40]) })).toEqual([path])
    const x = f([1, 40])
    await expectNear((await run(path, { x })).output!, model.forward(x as never))
  })
  test('puts the weights into a second file, aligned, when asked; small constants stay', async () => {
    const path = join(folder, 'two.onnx')
    expect(await writeOnnx(path, model, { x: zeros([1, 40]) }, { externalData: true })).toEqual([path, `${path}.data`])
    expect(statSync(path).size).toBeLessThan(2000)
    expect(statSync(`${path}.data`).size).toBe(40 * 50 * 4)
    expect(readFileSync(path).includes('two.onnx.data')).toBe(true)
    const x = f([1, 40])
    await expectNear((await run(path, { x })).output!, model.forward(x as never))
    expect(readdirSync(folder).filter(name => name.includes('tmp'))).toEqual([])
  })
})
