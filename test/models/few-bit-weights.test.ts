import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromArray, setEngine, setSeed, tensor } from '../../src/index.ts'
import { Gpt, Llama } from '../../src/models/index.ts'
import { embedding, linear } from '../../src/nn/index.ts'
import { adamw } from '../../src/optim/index.ts'
import { PackedWeights } from '../../src/ops/packed-weights.ts'
import { Decoder, generate, generateBatch } from '../../src/text/index.ts'
import { filledState, signed } from './filled.ts'

const models = {
  gpt: () => new Gpt({ vocabSize: 37, contextLength: 64, numLayers: 2, numHeads: 2, embedDim: 48, dropout: 0 }),
  llama: () =>
    new Llama({
      vocabSize: 37,
      contextLength: 64,
      numLayers: 2,
      numHeads: 4,
      numKeyHeads: 2,
      embedDim: 64,
      hiddenDim: 80,
      tieWeights: true,
    }),
  'llama with a window': () =>
    new Llama({ vocabSize: 37, contextLength: 64, numLayers: 1, numHeads: 2, embedDim: 32, slidingWindow: 5 }),
}
const made = <N extends keyof typeof models>(name: N): ReturnType<(typeof models)[N]> => {
  setSeed(1)
  const model = models[name]() as ReturnType<(typeof models)[N]>
  model.loadState(filledState(model))
  model.eval()
  return model
}
const ids = (rows: number[][]) => tensor(rows, 'int32')
const textOf = (length: number, k = 7): number[] => Array.from({ length }, (_, i) => (i * i + k * i + 3) % 37)
const error = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let [distance, size] = [0, 0]
  for (let i = 0; i < a.length; i++) {
    distance += (a[i]! - b[i]!) ** 2
    size += b[i]! ** 2
  }
  return Math.sqrt(distance / size)
}

describe('a matrix in few bits', () => {
  test.each([
    [8, 1 / 254],
    [4, 1 / 14],
  ] as const)('in %i bits is near to what it was, each number within half a step of its block', (bits, within) => {
    const values = signed('packed', [5, 70])
    const packed = new PackedWeights([5, 70], bits, values)
    const wide = packed.unpack()
    expect(packed.byteLength).toBe(5 * 3 * ((32 * bits) / 8 + 4))
    for (let row = 0; row < 5; row++)
      for (let block = 0; block < 3; block++) {
        const of = (all: Float32Array) => [
          ...all.subarray(row * 70 + 32 * block, Math.min(row * 70 + 70, row * 70 + 32 * block + 32)),
        ]
        const largest = Math.max(...of(values).map(Math.abs))
        for (const [i, x] of of(wide).entries())
          expect(Math.abs(x - of(values)[i]!)).toBeLessThanOrEqual(
            largest * within * 1.01 + (bits === 4 ? largest / 8 : 0),
          )
      }
  })
  test('holds zeros, and the number of largest magnitude of a block exactly in 4 bits', () => {
    const values = Float32Array.from({ length: 64 }, (_, i) => (i < 32 ? 0 : i === 40 ? -3 : 0.4))
    const wide = new PackedWeights([1, 64], 4, values).unpack()
    expect([...wide.subarray(0, 32)].every(x => x === 0)).toBe(true)
    expect(wide[40]).toBe(-3)
  })
})

describe.each(['native', 'wasm', 'reference'] as const)('on %s', engine => {
  beforeAll(() => setEngine(engine))
  afterAll(() => setEngine('native'))

  test.each([
    ['int8', 0.02],
    ['int4', 0.3],
  ] as const)('layers in %s compute nearly what they did, and widen to what they are', async (storage, within) => {
    setSeed(3)
    const layer = linear(70, 50)
    const table = embedding(40, 70)
    const x = fromArray(signed('x', [6, 70]), [6, 70], 'float32')
    const before = await layer.forward(x).data()
    const rows = await table
      .forward(
        ids([
          [1, 39],
          [7, 7],
        ]),
      )
      .data()
    layer.to(storage)
    table.to(storage)
    expect(layer.weight.storage).toBe(storage)
    expect(layer.bias!.storage).toBe('float32')
    expect(error(await layer.forward(x).data(), before)).toBeLessThan(within)
    const widened = await layer.weight.value.data()
    const exact = await x
      .matmul(fromArray(Float32Array.from(widened), [50, 70], 'float32').transpose())
      .add(layer.bias!.value)
      .data()
    expect(error(await layer.forward(x).data(), exact)).toBeLessThan(0.012)
    expect([...widened]).toEqual([...(layer.state().get('weight')!.buffer.array as Float32Array)])
    const picked = await table
      .forward(
        ids([
          [1, 39],
          [7, 7],
        ]),
      )
      .data()
    expect(error(picked, rows)).toBeLessThan(within)
    const all = await table.weight.value.data()
    expect([...picked.subarray(70, 140)]).toEqual([...all.subarray(39 * 70, 40 * 70)])
  })

  test.each(Object.keys(models) as (keyof typeof models)[])(
    '%s in int8 gives nearly the same scores, however it is read',
    async name => {
      const model = made(name)
      const text = textOf(40)
      const before = await model.forward(ids([text])).data()
      model.to('int8')
      const whole = (await model.forward(ids([text])).data()) as Float32Array
      expect(error(whole, before)).toBeLessThan(0.05)
      // A prompt is read in chunks, one by one and on from there.
      const decoder = new Decoder(model)
      const last = (n: number): Float32Array => whole.subarray((n - 1) * 37, n * 37)
      expect(error(await decoder.start(text.slice(0, 35)), last(35))).toBeLessThan(0.03)
      for (let n = 35; n < 40; n++) expect(error(await decoder.next(text[n]!), last(n + 1))).toBeLessThan(0.03)
    },
  )
})

describe('a model in few bits', () => {
  test('writes several texts at once as each alone', async () => {
    const model = made('gpt').to('int8') as Gpt
    const prompts = [textOf(20), textOf(3, 5), textOf(33, 2)]
    const options = { maxNewTokens: 10, temperature: 0 }
    const texts = await generateBatch(model, prompts, options)
    for (const [row, prompt] of prompts.entries()) {
      const alone: number[] = []
      for await (const id of generate(model, prompt, options)) alone.push(id)
      expect(texts[row]!.map(({ id }) => id)).toEqual(alone)
    }
  })

  test('cannot be trained, goes back to float32, and takes new weights', async () => {
    const model = made('gpt')
    const state = filledState(model)
    model.to('int8')
    const weight = model.transformer.h[0]!.attn.c_attn.weight
    const optimizer = adamw(model, { learningRate: 0.1 })
    const text = ids([textOf(9)])
    const before = await weight.value.data()
    const bias = (await model.transformer.ln_f.bias!.value.data()).slice()
    optimizer.minimize(model.loss(text, text))
    await model.fetch()
    expect([...(await weight.value.data())]).toEqual([...before])
    expect([...(await model.transformer.ln_f.bias!.value.data())]).not.toEqual([...bias])
    expect(model.transformer.wpe.weight.storage).toBe('float32')
    expect(() => weight.write(weight.value.node)).toThrow('is kept in int8 and cannot be changed')
    const packed = await weight.value.data()
    model.to('float16').to('int4').to('float32')
    expect(weight.storage).toBe('float32')
    expect(error(await weight.value.data(), packed)).toBeLessThan(0.2)
    model.to('int8')
    model.loadState(state)
    expect([...(await weight.value.data())]).toEqual([...packed])
  })

  test('is refused where a weight is not finite, or would not be known by name', () => {
    const model = made('gpt')
    ;(model.transformer.h[1]!.mlp.c_fc.weight.buffer.array as Float32Array)[5] = Number.NaN
    expect(() => model.to('int8')).toThrow(
      'to: transformer.h.1.mlp.c_fc.weight has the value NaN at element 5, and in few bits only finite',
    )
    expect(model.transformer.wte.weight.storage).toBe('float32')
    expect(() => model.to('int2' as never)).toThrow(
      'to: parameters cannot be kept in int2. Choose float32, float16, int8 or int4',
    )
  })
})
