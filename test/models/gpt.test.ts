import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { compile, setEngine, type Tensor, tensor } from '../../src/index.ts'
import { Gpt } from '../../src/models/index.ts'
import { adamw } from '../../src/optim/index.ts'
import { Decoder, generate, sample } from '../../src/text/index.ts'

interface Stored {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}
/** GPT2LMHeadModel of Python's transformers: weights, logits, loss and gradients (tools/fixtures/gpt2.py). */
const fixture = JSON.parse(readFileSync(new URL('../fixtures/gpt2.json', import.meta.url), 'utf8')) as {
  config: Record<string, unknown>
  safetensors: { tensors: { name: string; shape: number[] }[] }
  weights: Record<string, Stored>
  ids: Stored
  logits: Stored
  loss: Stored | number
  gradients: Record<string, Stored>
  greedy: { prompt: Stored; output: Stored }
}

const published = (): Gpt => {
  const model = Gpt.fromJSON(fixture.config)
  model.loadState(
    new Map(
      Object.entries(fixture.weights).map(([name, { shape, data }]) => [
        name,
        { dtype: 'float32', shape, data: Float32Array.from(data) },
      ]),
    ),
  )
  return model
}
const ids = (): Tensor<readonly number[], 'int32'> =>
  tensor([...fixture.ids.data], 'int32').reshape([...fixture.ids.shape])
const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!)))

describe('GPT-2 against transformers', () => {
  beforeAll(() => setEngine('native', { always: true }))

  test('the state has the names and shapes of GPT2LMHeadModel, the tied head left out', () => {
    const own = [...Gpt.fromJSON(fixture.config).state()]
      .map(([name, slot]) => ({ name, shape: [...slot.shape] }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    expect(own).toEqual(fixture.safetensors.tensors.map(({ name, shape }) => ({ name, shape })))
  })

  test('config.json has only keys that GPT2Config writes, and gives the same model back', () => {
    const model = Gpt.fromJSON(fixture.config)
    const written = model.toJSON()
    expect(Object.keys(written).filter(key => !(key in fixture.config))).toEqual([])
    for (const key of [
      'model_type',
      'architectures',
      'n_embd',
      'n_head',
      'n_layer',
      'n_positions',
      'vocab_size',
      'activation_function',
      'layer_norm_epsilon',
    ]) {
      expect(written[key], key).toEqual(fixture.config[key])
    }
    expect(Gpt.fromJSON(written).config).toEqual(model.config)
  })

  test('logits, loss and every gradient agree', async () => {
    const model = published()
    const logits = model.forward(ids())
    expect(largest((await logits.data()) as Float32Array, fixture.logits.data)).toBeLessThan(1e-5)
    const [B, T] = fixture.ids.shape as [number, number]
    const shifted = fixture.ids.data.filter((_, i) => i % T !== 0)
    const inputs = fixture.ids.data.filter((_, i) => i % T !== T - 1)
    const loss = model.loss(tensor(inputs, 'int32').reshape([B, T - 1]), tensor(shifted, 'int32').reshape([B, T - 1]))
    const optimizer = adamw(model, { learningRate: 0, weightDecay: 0 })
    const names = [...model.namedParameters().keys()]
    const gradients = optimizer.gradients(loss)
    const expected = typeof fixture.loss === 'number' ? fixture.loss : fixture.loss.data[0]!
    expect(await loss.item()).toBeCloseTo(expected, 5)
    for (const [i, gradient] of gradients.entries()) {
      expect(
        largest((await gradient.data()) as Float32Array, fixture.gradients[names[i]!]!.data),
        names[i],
      ).toBeLessThan(2e-6)
    }
  })

  test('greedy generation writes what transformers writes', async () => {
    const { prompt, output } = fixture.greedy
    const written = [...prompt.data]
    const maxNewTokens = output.data.length - prompt.data.length
    for await (const id of generate(published(), prompt.data, { maxNewTokens, temperature: 0 })) written.push(id)
    expect(written).toEqual(output.data)
  })
})

describe('the key/value cache', () => {
  test('gives the logits of the whole text at every position', async () => {
    const model = published().eval()
    const decoder = new Decoder(model)
    const text = [3, 1, 4, 1, 5, 9]
    let logits = await decoder.start(text.slice(0, 2))
    for (let n = 2; n <= text.length; n++) {
      const whole = (await model.forward(tensor(text.slice(0, n), 'int32').reshape([1, n])).data()) as Float32Array
      expect(largest(logits, whole.subarray((n - 1) * 11))).toBeLessThan(1e-4)
      if (n < text.length) logits = await decoder.next(text[n]!)
    }
  })

  test('begins again with three quarters of the context when it is full', async () => {
    const model = published().eval()
    const decoder = new Decoder(model)
    await decoder.start([3, 1, 4, 1, 5, 9])
    const logits = await decoder.next(2)
    const window = [1, 5, 9, 2].slice(-4)
    const whole = (await model.forward(tensor(window, 'int32').reshape([1, window.length])).data()) as Float32Array
    expect(largest(logits, whole.subarray((window.length - 1) * 11))).toBeLessThan(1e-4)
  })
})

describe('sampling', () => {
  const logits = Float32Array.from([0, 2, 1, 2])
  test('takes the first of the most likely tokens at temperature 0', () => {
    expect(sample(logits, { temperature: 0 }, 0.99)).toBe(1)
  })
  test('keeps to the k most likely tokens', () => {
    const drawn = new Set(Array.from({ length: 100 }, (_, i) => sample(logits, { topK: 2 }, i / 100)))
    expect([...drawn].sort()).toEqual([1, 3])
  })
  test('keeps to the fewest tokens that reach topP', () => {
    const drawn = new Set(
      Array.from({ length: 100 }, (_, i) => sample(Float32Array.from([5, 0, 0, 0]), { topP: 0.9 }, i / 100)),
    )
    expect([...drawn]).toEqual([0])
  })
  test('draws each token as often as its probability at temperature 1', () => {
    const n = 10_000
    const count = Array.from({ length: n }, (_, i) => sample(logits, {}, (i + 0.5) / n)).filter(id => id === 2).length
    const total = 1 + 2 * Math.exp(2) + Math.E
    expect(count / n).toBeCloseTo(Math.E / total, 3)
  })
  test('spreads with temperature', () => {
    const count = (temperature: number) =>
      Array.from({ length: 1000 }, (_, i) => sample(logits, { temperature }, i / 1000)).filter(id => id === 0).length
    expect(count(5)).toBeGreaterThan(count(1))
    expect(count(0.3)).toBeLessThan(count(1))
  })
})

describe('GPT', () => {
  const config = { vocabSize: 7, contextLength: 8, numLayers: 2, numHeads: 2, embedDim: 16 }

  test('learns one batch by heart', async () => {
    const model = new Gpt({ ...config, dropout: 0 })
    const optimizer = adamw(model, { learningRate: 1e-2, clipNorm: 1 })
    const step = compile((x: Tensor<readonly number[], 'int32'>, y: Tensor<readonly number[], 'int32'>) => {
      const loss = model.loss(x, y)
      optimizer.step(optimizer.gradients(loss))
      return loss
    })
    const x = tensor([0, 1, 2, 3, 4, 5, 6, 0, 2, 4, 6, 1, 3, 5, 0, 2], 'int32').reshape([2, 8])
    const y = tensor([1, 2, 3, 4, 5, 6, 0, 1, 4, 6, 1, 3, 5, 0, 2, 4], 'int32').reshape([2, 8])
    let last = Number.NaN
    for (let i = 0; i < 80; i++) last = await (await step(x, y)).item()
    expect(last).toBeLessThan(0.05)
  })

  test('drops while training and not while predicting', async () => {
    const model = new Gpt({ ...config, dropout: 0.5 })
    const x = tensor([0, 1, 2, 3], 'int32').reshape([1, 4])
    const run = compile((x: Tensor<readonly number[], 'int32'>) => model.forward(x))
    const values = async () => Array.from((await (await run(x)).data()) as Float32Array)
    expect(await values()).not.toEqual(await values())
    model.eval()
    expect(await values()).toEqual(await values())
  })

  test.each([
    [
      { ...config, numHeads: 3 },
      'gpt: embedDim 16 is not a multiple of numHeads 3. Each head needs an equal share: choose a multiple.',
    ],
    [{ ...config, numLayers: 0 }, 'gpt: numLayers must be a whole number of at least 1; got 0.'],
  ])('refuses an impossible configuration (%#)', (bad, message) => {
    expect(() => new Gpt(bad)).toThrow(message)
  })

  test.each([
    [{ model_type: 'llama' }, 'config.json: model_type is "llama". Expected "gpt2".'],
    [
      { ...fixture.config, activation_function: 'relu' },
      'config.json: activation_function is "relu". Only "gelu_new" can be loaded here.',
    ],
    [
      { ...fixture.config, n_head: 3 },
      'config.json: gpt: embedDim 8 is not a multiple of numHeads 3. Each head needs an equal share: choose a multiple.',
    ],
    [{ ...fixture.config, n_layer: '2' }, 'config.json: n_layer is "2". Expected a whole number of at least 1.'],
  ])('refuses a checkpoint of another architecture (%#)', (json, message) => {
    expect(() => Gpt.fromJSON(json)).toThrow(message)
  })

  test('refuses ids beyond its context', () => {
    expect(() => new Gpt(config).forward(tensor([0, 1, 2, 3, 4, 5, 6, 0, 1], 'int32').reshape([1, 9]))).toThrow(
      'gpt: ids are [1, 9]. Expected [B, T] with T from 1 to 8, the context length.',
    )
  })
})
