import { enginesUnderTest } from '../engines.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ArgumentError, compile, grad, ones, setEngine, setSeed, type Tensor } from '../../src/index.ts'
import { dropout, linear, relu, sequential } from '../../src/nn/index.ts'
import { Generator } from '../../src/tensor/random.ts'
import { expectError } from '../optim/expect.ts'
import { checkModule, normal } from './check-module.ts'

checkModule('dropout', {
  make: generator => dropout(0.4, { generator }),
  input: normal([3, 4]),
  forward: (m, x) => m.forward(x),
  output: [3, 4],
  parameters: {},
})

type Vector = Tensor<readonly [number], 'float32'>
const size = 100_000
const zeros = (values: ArrayLike<number>): number => Array.from(values).filter(x => x === 0).length

describe.each([...enginesUnderTest])('dropout on the %s engine', engine => {
  beforeAll(() => setEngine(engine, { always: true }))
  afterAll(() => setEngine('native', { always: true }))

  test.each([0.1, 0.5, 0.9])('with p = %d drops that share and scales the rest so that the mean stays', async p => {
    const values = await dropout(p, { generator: new Generator(4) })
      .forward(ones([size]))
      .data()
    // Five standard deviations of a share of 100,000 draws.
    expect(Math.abs(zeros(values) / size - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / size))
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / (1 - p))]))
  })

  test('drops other elements each time, the same ones again for the same seed', async () => {
    const draw = async (seed: number): Promise<Float32Array[]> => {
      const layer = dropout(0.5, { generator: new Generator(seed) })
      return [await layer.forward(ones([64])).data(), await layer.forward(ones([64])).data()]
    }
    const [first, second] = await draw(1)
    expect(second).not.toEqual(first)
    expect(await draw(1)).toEqual([first, second])
    expect(await draw(2)).not.toEqual([first, second])
  })

  test('follows setSeed where it has no generator of its own', async () => {
    const layer = dropout(0.5)
    setSeed(8)
    const first = await layer.forward(ones([64])).data()
    setSeed(8)
    expect(await layer.forward(ones([64])).data()).toEqual(first)
  })

  test('gives gradients through the elements it kept, scaled alike', async () => {
    const layer = dropout(0.5, { generator: new Generator(1) })
    const again = dropout(0.5, { generator: new Generator(1) })
    const x = normal([64])
    const gradient = await grad((v: Vector) => layer.forward(v).sum())(x).data()
    expect(gradient).toEqual(await again.forward(ones([64])).data())
    expect(new Set(gradient)).toEqual(new Set([0, 2]))
  })

  test('does nothing while predicting, nor with p = 0', () => {
    const x = normal([8])
    expect(dropout(0.5).eval().forward(x)).toBe(x)
    expect(dropout(0).forward(x)).toBe(x)
  })

  test('inside a compiled function draws anew at each call and heeds train() and eval()', async () => {
    const layer = dropout(0.5, { generator: new Generator(1) })
    const eager = dropout(0.5, { generator: new Generator(1) })
    const compiled = compile((x: Vector) => layer.forward(x))
    const call = async (): Promise<Float32Array> => (await compiled(ones([64]))).data()
    const draw = async (): Promise<Float32Array> => eager.forward(ones([64])).data()
    const kept = new Float32Array(64).fill(1)

    const [first, second] = [await call(), await call()]
    expect([first, second]).toEqual([await draw(), await draw()])
    expect(second).not.toEqual(first)
    layer.eval()
    expect([await call(), await call()]).toEqual([kept, kept])
    layer.train()
    expect(await call()).toEqual(await draw())
  })

  test('inside a larger module is switched with it', async () => {
    const model = sequential(linear(8, 32), relu(), dropout(0.5), linear(32, 2))
    const x = normal([4, 8])
    const twice = async (): Promise<[Float32Array, Float32Array]> => [
      await model.forward(x).data(),
      await model.forward(x).data(),
    ]
    const [a, b] = await twice()
    expect(b).not.toEqual(a)
    model.eval()
    const [c, d] = await twice()
    expect(d).toEqual(c)
  })
})

describe('dropout', () => {
  test('drops the same elements on every engine', async () => {
    const draw = async (engine: string): Promise<Float32Array> => {
      setEngine(engine, { always: true })
      const values = await dropout(0.3, { generator: new Generator(2) })
        .forward(ones([1000]))
        .data()
      setEngine('native', { always: true })
      return values
    }
    expect(await draw('reference')).toEqual(await draw('native'))
  })

  test.each([-0.1, 1, Number.NaN])('refuses p = %d', p =>
    expectError(() => dropout(p), ArgumentError, `dropout: p must be at least 0 and below 1; got ${p}.`),
  )
})
