import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  compile,
  EngineError,
  evaluate,
  Generator,
  rotaryTables,
  setEngine,
  type Shape,
  type Tensor,
  tensor,
  zeros,
} from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import { useSoftwareWebgpu } from '../engines.ts'

type Floats = Tensor<Shape, 'float32'>
const newLayer = () => nn.linear(3, 2, { generator: new Generator(5) })
const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
])
const lossOf = (layer: ReturnType<typeof newLayer>) => layer.forward(x).square().sum()
const dist = new URL('../../dist/', import.meta.url)
const deviceOf = (p: nn.Parameter): string | null => p.buffer.device?.engine ?? null

describe.skipIf(!useSoftwareWebgpu())("values on webgpu's device (skipped without Chromium's SwiftShader)", () => {
  beforeAll(() => setEngine('webgpu'))
  afterAll(() => setEngine('native'))

  test('a parameter moves there when it is first read, and stays readable on the host', async () => {
    const layer = newLayer()
    const before = [...layer.weight.buffer.array] as number[]
    expect(deviceOf(layer.weight)).toBe(null)
    await lossOf(layer).item()
    expect(deviceOf(layer.weight)).toBe('webgpu')
    expect([...layer.weight.buffer.array]).toEqual(before)
  })

  test('an update stays there until its values are asked for', async () => {
    const layer = newLayer()
    const optimizer = optim.adamw(layer, { learningRate: 0.01 })
    await optimizer.minimize(lossOf(layer))
    expect(() => layer.weight.buffer.array).toThrow(EngineError)
    expect(() => layer.weight.buffer.array).toThrow(
      'webgpu: these values are on the device. Fetch them first: await model.fetch() or await optimizer.fetch().',
    )
    expect(() => optimizer.state()).toThrow('webgpu: these values are on the device.')
    await layer.fetch()
    expect(layer.weight.buffer.array.length).toBe(6)
    await optimizer.fetch()
    expect([...optimizer.state().keys()]).toEqual(['m.weight', 'm.bias', 'v.weight', 'v.bias'])
  })

  test('training goes on with another engine and back as if it had never changed', async () => {
    const run = async (engines: readonly string[]): Promise<number[]> => {
      const layer = newLayer()
      const optimizer = optim.adamw(layer, { learningRate: 0.05, clipNorm: 1 })
      const losses: number[] = []
      for (const engine of engines) {
        setEngine(engine)
        losses.push(await optimizer.minimize(lossOf(layer)))
      }
      expect(optimizer.stepCount).toBe(engines.length)
      return losses
    }
    const expected = await run(new Array<string>(6).fill('native'))
    const mixed = await run(['webgpu', 'webgpu', 'native', 'native', 'webgpu', 'reference'])
    setEngine('webgpu')
    for (const [i, loss] of mixed.entries()) expect(loss).toBeCloseTo(expected[i]!, 3)
  })

  test('two updates in one compiled function count as two', async () => {
    const train = async (engine: string): Promise<readonly [number, number]> => {
      setEngine(engine)
      const layer = newLayer()
      const optimizer = optim.adamw(layer, { learningRate: update => 0.1 / (update + 1) })
      const twice = compile((inputs: Floats) => {
        for (let i = 0; i < 2; i++)
          optimizer.step(
            optimizer.gradients(
              layer
                .forward(inputs as never)
                .square()
                .sum(),
            ),
          )
        return layer.forward(inputs as never).sum()
      })
      for (let i = 0; i < 2; i++) await twice(x as Floats)
      await evaluate(layer.weight.value)
      return [optimizer.stepCount, (layer.weight.buffer.array as Float32Array)[0]!]
    }
    const [[steps, weight], [, expected]] = [await train('webgpu'), await train('reference')]
    setEngine('webgpu')
    expect(steps).toBe(4)
    expect(weight).toBeCloseTo(expected, 4)
  })

  test('loaded weights replace those on the device', async () => {
    const layer = newLayer()
    await lossOf(layer).item()
    const data = Float32Array.of(1, 0, 0, 0, 1, 0)
    layer.loadState(
      new Map([
        ['weight', { dtype: 'float32', shape: [2, 3], data }],
        ['bias', { dtype: 'float32', shape: [2], data: new Float32Array(2) }],
      ]),
    )
    expect(await layer.forward(x).toArray()).toEqual([
      [1, 2],
      [4, 5],
    ])
  })

  test('operations on empty arrays and tables made in float64 are computed on the host', async () => {
    expect(
      await zeros([2, 0])
        .matmul(zeros([0, 3]))
        .toArray(),
    ).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ])
    const { cos } = rotaryTables(tensor([0, 1], 'int32'), 4)
    const [, second] = (await cos.toArray()) as number[][]
    expect(second![0]).toBeCloseTo(Math.cos(1), 6)
  })
})

const index = new URL('index.js', process.env.GRADUS_PACKAGE ? `file://${process.env.GRADUS_PACKAGE}/dist/` : dist)
// In a process of its own, which has no SwiftShader.
test.skipIf(!existsSync(index))('an engine that cannot be loaded says why, and which others there are', context => {
  const program = `import { setEngine, tensor } from '${index.href}'
setEngine('webgpu')
console.log(await tensor([1]).add(1).item().catch(error => error.message))`
  const text = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  if (text === '2\n') context.skip('this machine has a graphics processor')
  expect(text).toBe(
    'webgpu: this engine cannot be loaded here: no graphics processor was found that WebGPU can use. Others: native, wasm, reference; choose one with setEngine.\n',
  )
})
