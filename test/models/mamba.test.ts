import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromArray, setEngine, setSeed, tensor } from '../../src/index.ts'
import { MambaLanguageModel } from '../../src/models/mamba.ts'
import { sgd } from '../../src/optim/index.ts'
import { cacheOf } from '../../src/text/generation/decoder.ts'
import fixtures from '../fixtures/mamba.json' with { type: 'json' }
import { filledState, signed } from './filled.ts'

// Against Hugging Face transformers (tools/fixtures/mamba.py).

const cases = Object.entries(fixtures.cases)
const ids = tensor(fixtures.ids, 'int32')

const close = (a: ArrayLike<number>, b: ArrayLike<number>, within: number): void => {
  expect(a.length).toBe(b.length)
  for (let i = 0; i < a.length; i++) expect(Math.abs(a[i]! - b[i]!)).toBeLessThan(within)
}
const made = (config: unknown): MambaLanguageModel => {
  const model = MambaLanguageModel.fromJSON(config)
  model.loadState(filledState(model))
  return model.eval()
}

describe.each(['native', 'wasm', 'reference'] as const)('on %s, Mamba models of transformers', engine => {
  beforeAll(() => setEngine(engine))
  afterAll(() => setEngine('native'))

  test.each(cases)('%s: logits', async (_, { config, logits }) => {
    close((await made(config).forward(ids).data()) as Float32Array, logits, 1e-4)
  })
})

test.each(cases)('%s: loss, and its slope along a known direction in each parameter', async (_, c) => {
  const model = made(c.config)
  const x = tensor(
    fixtures.ids.map(row => row.slice(0, -1)),
    'int32',
  )
  const y = tensor(
    fixtures.ids.map(row => row.slice(1)),
    'int32',
  )
  const named = [...model.namedParameters()]
  const loss = model.loss(x, y)
  const gradients = sgd(model, { learningRate: 1 }).gradients(loss)
  expect(await loss.item()).toBeCloseTo(c.loss, 4)
  expect(named.map(([name]) => name).sort()).toEqual(Object.keys(c.slopes).sort())
  for (const [i, [name, { shape }]] of named.entries()) {
    const slope = gradients[i]!.mul(fromArray(signed(`${name}.direction`, shape), shape, 'float32') as never).sum()
    expect(Math.abs(Number(await slope.item()) - (c.slopes as Record<string, number>)[name]!), name).toBeLessThan(2e-4)
  }
})

test.each(cases)('%s: greedy continuations with the state carried, of two texts at once', async (_, c) => {
  const cache = cacheOf(made(c.config))
  const texts = fixtures.ids.map(row => row.slice(0, 4))
  let logits = await cache.start(texts)
  for (let n = 0; n < 12; n++) {
    const next = logits.map(row => row.indexOf(Math.max(...row)))
    for (const [row, id] of next.entries()) texts[row]!.push(id)
    logits = await cache.next(next)
  }
  expect(texts).toEqual(c.greedy)
})

test('a text read in pieces, shorter than the kernel too, has the logits of the whole', async () => {
  const model = made(cases[1]![1].config)
  const whole = (await model.forward(ids).data()) as Float32Array
  let state = model.startState(2)
  const parts: number[][][] = []
  for (const [from, to] of [
    [0, 1],
    [1, 3],
    [3, 10],
  ] as const) {
    const found = model.read(
      tensor(
        fixtures.ids.map(row => row.slice(from, to)),
        'int32',
      ),
      state,
    )
    state = found.state
    parts.push((await found.logits.reshape([2, -1]).toArray()) as number[][])
  }
  close(
    [0, 1].flatMap(row => parts.flatMap(part => part[row]!)),
    whole,
    1e-5,
  )
})

test('a new model predicts about evenly, has steps between 0.001 and 0.1 and its own configuration back', async () => {
  setSeed(1)
  const model = new MambaLanguageModel({ vocabSize: 23, contextLength: 8, numLayers: 2, embedDim: 32 })
  expect(Math.abs((await model.loss(ids, ids.mul(5).remainder(23)).item()) - Math.log(23))).toBeLessThan(0.2)
  const bias = model.namedParameters().get('backbone.layers.0.mixer.dt_proj.bias')!
  const steps = Array.from((await bias.value.softplus().data()) as Float32Array)
  expect(Math.min(...steps)).toBeGreaterThanOrEqual(0.00099)
  expect(Math.max(...steps)).toBeLessThanOrEqual(0.1001)
  expect(MambaLanguageModel.fromJSON(model.toJSON()).toJSON()).toEqual(model.toJSON())
})

test('what a configuration cannot mean is said of the file', () => {
  const config = cases[0]![1].config
  const load = (changes: object) => () => MambaLanguageModel.fromJSON({ ...config, ...changes }, 'm/config.json')
  expect(load({ model_type: 'mamba2' })).toThrow('m/config.json: model_type is "mamba2". Expected "mamba".')
  expect(load({ hidden_act: 'relu' })).toThrow('m/config.json: hidden_act is "relu". Only "silu" can be loaded here.')
  expect(load({ conv_kernel: 1 })).toThrow(
    'm/config.json: mambaLanguageModel: kernelSize must be a whole number of at least 2; got 1.',
  )
})
