import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { convert } from '../../src/core/dtype.ts'
import { compile, setEngine, setSeed, type Tensor, tensor } from '../../src/index.ts'
import { writeSafetensors } from '../../src/io/index.ts'
import { Gpt, loadGpt } from '../../src/models/index.ts'
import { toFloat16 } from '../../src/nn/float16.ts'
import * as nn from '../../src/nn/index.ts'
import { adamw } from '../../src/optim/index.ts'
import { CharTokenizer, Decoder } from '../../src/text/index.ts'

type Ids = Tensor<readonly number[], 'int32'>
const config = { vocabSize: 17, contextLength: 12, numLayers: 2, numHeads: 2, embedDim: 16, dropout: 0 }
/** A model, and one in float32 whose weights were rounded to float16. */
const pair = (given: typeof config = config): { kept: Gpt; rounded: Gpt } => {
  setSeed(3)
  const kept = new Gpt(given).eval()
  const rounded = new Gpt(given).eval()
  for (const [name, p] of rounded.namedParameters()) {
    const values = kept.namedParameters().get(name)!.buffer.array as Float32Array
    p.set({ dtype: 'float32', array: p.shape.length > 1 ? values.map(half) : values })
  }
  return { kept: kept.to('float16'), rounded }
}
const half = (x: number): number => fromBits(convert([x], 'float16')[0] as number)
/** The number of a float16's bits, by its definition. */
const fromBits = (bits: number): number => {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023]
  const size = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25)
  return bits & 0x8000 ? -size : size
}
const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length)
  return Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!)))
}
const ids = (list: readonly number[]): Ids => tensor([...list], 'int32').reshape([1, list.length])

describe('weights in float16', () => {
  afterEach(() => setEngine('native', { always: true }))

  test('the fast conversion rounds as the exact one, for every float16, its neighbours and the halves between', () => {
    const values: number[] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 65519, 65520, 1e30, 1e-30, -0]
    for (let bits = 0; bits < 0x7c00; bits++) {
      const [x, next] = [fromBits(bits), fromBits(bits + 1)]
      const middle = bits === 0x7bff ? 65520 : (x + next) / 2
      values.push(x, -x, middle, middle * (1 + 2 ** -23), -middle * (1 - 2 ** -23))
    }
    const wide = Float32Array.from(values)
    expect(toFloat16(wide)).toEqual(convert(wide, 'float16'))
    expect(toFloat16(Float32Array.of(Number.NaN))[0]! & 0x7fff).toBeGreaterThan(0x7c00)
  })

  test.each(['native', 'wasm', 'reference'])('%s: logits are those of the rounded weights', async engine => {
    setEngine(engine, { always: true })
    const { kept, rounded } = pair()
    const text = ids([3, 1, 4, 1, 5])
    const [a, b] = [await kept.forward(text).data(), await rounded.forward(text).data()]
    expect(largest(a as Float32Array, b as Float32Array)).toBeLessThan(1e-5)
  })

  test.each([
    ['one piece', config],
    // 35,001 rows of 64 are more than are widened at once.
    ['a head in pieces', { ...config, vocabSize: 35_001, embedDim: 64, numLayers: 1 }],
  ])('generation gives the logits of the rounded weights (%s)', async (_, given) => {
    const { kept, rounded } = pair(given)
    const [a, b] = [new Decoder(kept), new Decoder(rounded)]
    expect(largest(await a.start([3, 1]), await b.start([3, 1]))).toBeLessThan(1e-5)
    for (const id of [4, 1, 5]) {
      const logits = await a.next(id)
      expect(logits.length).toBe(given.vocabSize)
      expect(largest(logits, await b.next(id))).toBeLessThan(1e-5)
    }
  })

  test('they take two bytes each, and come back as the rounded values', async () => {
    const layer = nn.linear(3, 2).to('float16')
    expect(layer.weight.storage).toBe('float16')
    expect(layer.weight.buffer.array.byteLength).toBe(12)
    expect(layer.bias!.storage).toBe('float32')
    expect(layer.weight.value.dtype).toBe('float32')
    const read = Array.from((await layer.weight.value.data()) as Float32Array)
    layer.to('float32')
    expect(layer.weight.buffer.array).toEqual(Float32Array.from(read))
    expect(read.map(half)).toEqual(read)
  })

  test('a function compiled before notices', async () => {
    const layer = nn.linear(2, 1, { bias: false })
    layer.weight.set({ dtype: 'float32', array: Float32Array.of(1 + 2 ** -12, 0) })
    const run = compile((x: Tensor<readonly [1, 2]>) => layer.forward(x))
    const value = async () => (await (await run(tensor([[1, 0]]) as never)).data())[0]
    expect(await value()).toBe(1 + 2 ** -12)
    layer.to('float16')
    expect(await value()).toBe(1)
    layer.weight.set({ dtype: 'float32', array: Float32Array.of(3, 0) })
    expect(await value()).toBe(3)
  })

  test('are not trained, nor written', async () => {
    const layer = nn.linear(2, 1, { bias: false }).to('float16')
    expect(() => adamw(layer, { learningRate: 0.1 })).toThrow(
      'adamw: there is nothing to optimise: no trainable parameters. Pass a module or parameters, or unfreeze some.',
    )
    const message =
      'parameter: [1, 2] is kept in float16 and cannot be changed, as small updates would be lost. Call model.to("float32") before training.'
    expect(() => {
      layer.weight.value = layer.weight.value.mul(2) as typeof layer.weight.value
    }).toThrow(message)
    expect(() => adamw(layer.freeze(false), { learningRate: 0.1 })).toThrow(message)
  })

  test('a dtype or a value that cannot be had is refused, and nothing changed', () => {
    const model = nn.sequential(nn.linear(2, 1), nn.linear(1, 1))
    expect(() => model.to('bfloat16' as never)).toThrow(
      'to: parameters cannot be kept in bfloat16. Choose float32, float16, int8 or int4; bfloat16 files are read into any of them.',
    )
    const last = [...model.namedParameters()].at(-2)!
    last[1].set({ dtype: 'float32', array: Float32Array.of(-65520) })
    expect(() => model.to('float16')).toThrow(
      `to: ${last[0]} has the value -65520 at element 0, beyond float16's range of ±65504. Keep this model in float32.`,
    )
    expect(model.parameters().map(p => p.storage)).toEqual(['float32', 'float32', 'float32', 'float32'])
  })
})

describe('a checkpoint in 16 bits', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradus-sixteen-'))
    const tokenizer = CharTokenizer.train('abcdefghijklmnopq')
    writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer))
    writeFileSync(join(folder, 'config.json'), JSON.stringify(new Gpt(config).toJSON()))
  })
  afterAll(() => rmSync(folder, { recursive: true }))
  const save = async (dtype: 'float16' | 'bfloat16', model: Gpt, change?: (name: string, x: number) => number) =>
    writeSafetensors(
      join(folder, 'model.safetensors'),
      [...model.state()].map(([name, { shape, buffer }]) => {
        const values = Array.from(buffer.array as Float32Array, x => change?.(name, x) ?? x)
        return [name, { dtype, shape, data: convert(values, dtype) }] as const
      }),
    )

  test('of float16 is kept bit for bit', async () => {
    setSeed(5)
    const model = new Gpt(config)
    await save('float16', model)
    expect(readFileSync(join(folder, 'model.safetensors')).toString('latin1')).toContain('"F16"')
    const { model: loaded } = await loadGpt(folder, { dtype: 'float16' })
    for (const [name, p] of loaded.namedParameters()) {
      expect(p.buffer.dtype, name).toBe(p.shape.length > 1 ? 'float16' : 'float32')
      const saved = convert(model.namedParameters().get(name)!.buffer.array as Float32Array, 'float16')
      expect(p.to('float16').buffer.array, name).toEqual(saved)
    }
  })

  test('of bfloat16 is kept in float16 within its smallest step, and in float32 exactly', async () => {
    setSeed(5)
    await save('bfloat16', new Gpt(config))
    const { model: exact } = await loadGpt(folder)
    const { model: kept } = await loadGpt(folder, { dtype: 'float16' })
    kept.to('float32')
    for (const [name, p] of exact.namedParameters())
      expect(
        largest(p.buffer.array as Float32Array, kept.namedParameters().get(name)!.buffer.array as Float32Array),
        name,
      ).toBeLessThanOrEqual(2 ** -25)
  })

  test('with a value beyond float16 is refused by its name', async () => {
    await save('bfloat16', new Gpt(config), (name, x) => (name === 'transformer.wpe.weight' ? 2 ** 17 : x))
    await expect(loadGpt(folder, { dtype: 'float16' })).rejects.toThrow(
      "to: transformer.wpe.weight has the value 131072 at element 0, beyond float16's range of ±65504. Keep this model in float32.",
    )
  })
})
