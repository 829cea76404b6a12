import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromArray, setEngine, setSeed, tensor } from '../../src/index.ts'
import { Llama, type LlamaConfig } from '../../src/models/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { Decoder } from '../../src/text/index.ts'
import { HostCache } from '../../src/text/generation/key-value-cache.ts'
import fixtures from '../fixtures/llama.json' with { type: 'json' }
import { filledState, signed } from './filled.ts'

const cases = Object.entries(fixtures.cases)
const ids = tensor(fixtures.ids, 'int32')

const close = (a: ArrayLike<number>, b: ArrayLike<number>, within: number): void => {
  expect(a.length).toBe(b.length)
  for (let i = 0; i < a.length; i++) expect(Math.abs(a[i]! - b[i]!)).toBeLessThan(within)
}
const made = (config: unknown): Llama => {
  const model = Llama.fromJSON(config)
  model.loadState(filledState(model))
  return model.eval()
}

describe.each(['native', 'wasm', 'reference'] as const)('on %s, models of the kind of transformers', engine => {
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
  // Uneven use of experts counts while training; nothing is dropped.
  if (c.config.model_type === 'mixtral') model.train()
  const named = [...model.namedParameters()]
  const loss = model.loss(x, y)
  const gradients = sgd(model, { learningRate: 1 }).gradients(loss)
  expect(await loss.item()).toBeCloseTo(c.loss, 4)
  expect(named.map(([name]) => name).sort()).toEqual(Object.keys(c.slopes).sort())
  for (const [i, [name, { shape }]] of named.entries()) {
    const slope = gradients[i]!.mul(fromArray(signed(`${name}.direction`, shape), shape, 'float32') as never).sum()
    expect(Math.abs(Number(await slope.item()) - (c.slopes as Record<string, number>)[name]!)).toBeLessThan(2e-4)
  }
})

test.each(cases)(
  '%s: greedy continuations with keys and values kept, of two texts at once',
  async (_, { config, greedy }) => {
    const model = made(config)
    const cache = new HostCache(model)
    const texts = fixtures.ids.map(row => row.slice(0, 4))
    let logits = await cache.start(texts)
    for (let n = 0; n < 12; n++) {
      const next = logits.map(row => row.indexOf(Math.max(...row)))
      for (const [row, id] of next.entries()) texts[row]!.push(id)
      logits = await cache.next(next)
    }
    expect(texts).toEqual(greedy)
  },
)

test('texts of different lengths, several tokens at once, going back and other orders give the logits of each text alone', async () => {
  for (const [, { config }] of cases) {
    const model = made(config)
    const alone = async (text: readonly number[]): Promise<Float32Array> => {
      const all = (await model.forward(tensor([[...text]], 'int32')).data()) as Float32Array
      return all.subarray((text.length - 1) * model.config.vocabSize)
    }
    const cache = new HostCache(model)
    const texts = [[1, 5, 9], [7], [4, 4, 2, 8, 19]]
    const first = await cache.start(texts)
    for (const [row, text] of texts.entries()) close(first[row]!, await alone(text), 1e-4)
    const more = [
      [3, 6, 10],
      [11, 12, 13],
      [0, 1, 2],
    ]
    const all = await cache.extend(more)
    for (const [row, text] of texts.entries())
      for (const t of [0, 1, 2]) close(all[row]![t]!, await alone([...text, ...more[row]!.slice(0, t + 1)]), 1e-4)
    cache.rewind([5, 1, 6])
    cache.reorder([2, 0, 2, 1])
    const last = await cache.next([20, 21, 15, 16])
    const now = [
      [...texts[2]!, 0, 20],
      [...texts[0]!, 3, 6, 21],
      [...texts[2]!, 0, 15],
      [...texts[1]!, 16],
    ]
    for (const [row, text] of now.entries()) close(last[row]!, await alone(text), 1e-4)
  }
})

test('what config.json says is what the model was made with, and back', () => {
  for (const [, { config }] of cases) {
    const json = Llama.fromJSON(config).toJSON()
    expect(Llama.fromJSON(json).toJSON()).toEqual(json)
  }
})

const small: LlamaConfig = { vocabSize: 11, contextLength: 6, numLayers: 1, numHeads: 2, embedDim: 8 }

test('a text longer than the context slides, or is refused', async () => {
  setSeed(3)
  const model = new Llama(small)
  const sliding = new Decoder(model)
  await sliding.start([1, 2, 3, 4, 5])
  for (const id of [6, 7, 8]) expect((await sliding.next(id)).length).toBe(11)
  const strict = new Decoder(model, { overflow: 'error' })
  await expect(strict.start([1, 2, 3, 4, 5, 6, 7])).rejects.toThrow(
    'generate: the text has 7 tokens, and the context is 6 long. Give a shorter prompt, ask for fewer tokens, or let the context slide.',
  )
  await strict.start([1, 2, 3, 4, 5])
  await strict.next(6)
  await expect(strict.next(7)).rejects.toThrow('generate: the text has 7 tokens, and the context is 6 long.')
})

test.each<[Partial<LlamaConfig>, string]>([
  [{ numLayers: 0 }, 'llama: numLayers must be a whole number of at least 1; got 0.'],
  [{ hiddenDim: 1.5 }, 'llama: hiddenDim must be a whole number of at least 1; got 1.5.'],
  [
    { embedDim: 6 },
    'llama: a head is 3 wide (embedDim 6, numHeads 2). Positions turn pairs of numbers: choose sizes that make it even, or give headDim.',
  ],
  [
    { numHeads: 4, numKeyHeads: 3 },
    'llama: numHeads 4 is not a multiple of numKeyHeads 3. Queries share keys in equal groups: choose a divisor.',
  ],
])('sizes %j are refused', (change, message) => {
  expect(() => new Llama({ ...small, ...change })).toThrow(message)
})

test.each<[Record<string, unknown>, string]>([
  [{ model_type: 'bert' }, 'c.json: model_type is "bert". Expected "llama" or "mistral" or "qwen2" or "mixtral".'],
  [{ hidden_act: 'gelu' }, 'c.json: hidden_act is "gelu". Only "silu" can be loaded here.'],
  [{ vocab_size: -1 }, 'c.json: vocab_size is -1. Expected a whole number of at least 1.'],
  [{ rms_norm_eps: 'x' }, 'c.json: rms_norm_eps is "x". Expected a number.'],
  [{ tie_word_embeddings: 1 }, 'c.json: tie_word_embeddings is 1. Expected true or false.'],
  [{ bos_token_id: -1 }, 'c.json: bos_token_id is -1. Expected the id of a token.'],
  [{ eos_token_id: [1, 'a'] }, 'c.json: eos_token_id is [1,"a"]. Expected ids of tokens.'],
  [{ rope_theta: -1 }, 'c.json: rope_theta is -1. Expected a number above 0.'],
  [
    { rope_scaling: { rope_type: 'yarn' } },
    'c.json: rope_scaling is of type "yarn". Only "default", "linear" and "llama3" can be loaded here.',
  ],
  [{ rope_scaling: { type: 'linear' } }, 'c.json: rope_scaling.factor is nothing. Expected a number above 0.'],
  [
    { model_type: 'qwen2', use_sliding_window: true, max_window_layers: 3, sliding_window: 4 },
    'c.json: max_window_layers is 3. Only 0, a window in every layer, can be loaded here.',
  ],
  [{ num_attention_heads: 5 }, 'c.json: llama: '],
])('a configuration with %j is refused', (change, message) => {
  const json = { ...new Llama(small).toJSON(), rope_parameters: null, head_dim: null, ...change }
  expect(() => Llama.fromJSON(json, 'c.json')).toThrow(message)
})
