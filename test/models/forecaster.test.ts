import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { compile, concat, setSeed, type Shape, type Tensor, tensor, zeros } from '../../src/index.ts'
import { Forecaster, type SeriesWindows, seriesWindows } from '../../src/models/forecaster.ts'
import { adam } from '../../src/optim/index.ts'
import { expectClose } from '../optim/expect.ts'

type Floats = Tensor<Shape, 'float32'>
const data = process.env.GRADUS_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))
const sunspots = join(data, 'tabular', 'statsmodels_sunspots.csv')

const learn = async (model: Forecaster, { x, y }: SeriesWindows, updates: number): Promise<void> => {
  const optimizer = adam(model, { learningRate: 0.01 })
  const update = compile(() => {
    const loss = model.loss(x, y)
    optimizer.step(optimizer.gradients(loss))
    return loss
  })
  for (let i = 0; i < updates; i++) await (await update()).item()
}
const rootMeanSquare = async (found: Floats, expected: Floats): Promise<number> =>
  Math.sqrt((await found.sub(expected).square().mean().item()) as number)

describe('windows of a series', () => {
  test('are all there, each with what came after it', async () => {
    const { x, y } = seriesWindows([1, 2, 3, 4, 5], { length: 2, horizon: 2 })
    expect(await x.toArray()).toEqual([
      [[1], [2]],
      [[2], [3]],
    ])
    expect(await y.toArray()).toEqual([
      [[3], [4]],
      [[4], [5]],
    ])
    const pairs = seriesWindows([1, 10, 2, 20, 3, 30], { length: 1, features: 2 })
    expect(await pairs.x.toArray()).toEqual([[[1, 10]], [[2, 20]]])
    expect(await pairs.y.toArray()).toEqual([[[2, 20]], [[3, 30]]])
  })

  test('of too short or uneven a series are refused', () => {
    expect(() => seriesWindows([1, 2, 3], { length: 3 })).toThrow(
      'seriesWindows: 3 numbers are 3 times of 1, too few or uneven for windows of 3 and the 1 after each. Give a longer series, or shorter windows.',
    )
    expect(() => seriesWindows([1, 2, 3], { length: 1, features: 2 })).toThrow('3 numbers are 1.5 times of 2')
  })
})

describe('a forecaster', () => {
  const x = tensor([[[3], [5], [4]]]) as Floats

  test('forecasts in blocks what it would if each block had come true', async () => {
    setSeed(1)
    const model = new Forecaster({ cell: 'gru', hiddenSize: 4, horizon: 2, mean: 4, std: 2 })
    const all = await model.forecast(x, 5).data()
    expect(all.length).toBe(5)
    const first = model.forward(x)
    const second = model.forward(concat([x, first], 1) as Floats)
    expectClose(all.slice(0, 4), [...(await first.data()), ...(await second.data())], 1e-5, 'values')
  })

  test('that is new says about the last value, whatever the level', async () => {
    setSeed(1)
    const model = new Forecaster({ hiddenSize: 4, mean: 1000, std: 1e-3 })
    const high = tensor([[[1000], [1000.001]]]) as Floats
    expect(Math.abs((await model.forward(high).item()) - 1000.001)).toBeLessThan(0.002)
  })

  test('learns a sine, one step ahead and twenty, recursively and directly', async () => {
    setSeed(1)
    const values = Array.from({ length: 120 }, (_, i) => 10 + 3 * Math.sin(i / 3))
    for (const horizon of [1, 20]) {
      const model = new Forecaster({ cell: 'gru', hiddenSize: 16, horizon, mean: 10, std: 2 })
      await learn(model, seriesWindows(values.slice(0, 90), { length: 20, horizon }), 150)
      const seen = tensor([values.slice(70, 100).map(v => [v])]) as Floats
      const came = tensor([values.slice(100).map(v => [v])]) as Floats
      expect(await rootMeanSquare(model.forecast(seen, 20), came), `horizon ${horizon}`).toBeLessThan(0.6)
    }
  })

  test('says what does not fit', () => {
    const model = new Forecaster({ hiddenSize: 4, features: 2 })
    expect(() => model.forward(zeros([1, 3, 1]) as Floats)).toThrow('forecaster: x is [1, 3, 1]. Expected [B, T, 2].')
    expect(() => model.forecast(zeros([1, 3, 2]) as Floats, 0)).toThrow(
      'forecast: steps must be a whole number of at least 1; got 0.',
    )
    expect(() => new Forecaster({ hiddenSize: 4, std: 0 })).toThrow(
      'forecaster: mean must be a finite number and std a finite one above 0; got 0 and 0.',
    )
    expect(() => new Forecaster({ hiddenSize: 4, horizon: 0 })).toThrow(
      'forecaster: horizon must be a whole number of at least 1; got 0.',
    )
  })
})

test('sunspots: errors one and eight years ahead are well below those of persistence', async context => {
  if (!existsSync(sunspots)) context.skip('no tabular/statsmodels_sunspots.csv in GRADUS_DATA or ../shared/data')
  const lines = readFileSync(sunspots, 'utf8').trim().split('\n').slice(1)
  const values = lines.map(line => Number(line.split(',')[1]))
  const known = values.slice(0, 230)
  const mean = known.reduce((a, b) => a + b) / known.length
  const std = Math.sqrt(known.reduce((a, b) => a + (b - mean) ** 2, 0) / known.length)
  const length = 24
  const far = 8
  // Windows whose first value to foretell is of 1930 or later.
  const test = seriesWindows(values.slice(known.length - length), { length, horizon: far })
  const last = test.x.slice(null, { start: length - 1 }) as Floats
  const first = test.y.slice(null, { end: 1 }) as Floats
  const lazy = { near: await rootMeanSquare(last, first), far: await rootMeanSquare(last, test.y) }
  const errors: Record<string, number> = {}
  for (const horizon of [1, far]) {
    setSeed(3)
    const model = new Forecaster({ cell: 'gru', hiddenSize: 12, horizon, mean, std })
    await learn(model, seriesWindows(known, { length, horizon }), 150)
    if (horizon === 1) errors.near = await rootMeanSquare(model.forward(test.x), first)
    errors[horizon === 1 ? 'recursive' : 'direct'] = await rootMeanSquare(model.forecast(test.x, far), test.y)
  }
  expect(errors.near!).toBeLessThan(0.8 * lazy.near)
  expect(errors.recursive!).toBeLessThan(0.7 * lazy.far)
  expect(errors.direct!).toBeLessThan(0.7 * lazy.far)
})
