import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setEngine, setSeed, tensor } from '../../src/index.ts'
import { Gpt } from '../../src/models/index.ts'
import { Decoder, generate } from '../../src/text/index.ts'
import { DeviceCache } from '../../src/text/generation/key-value-cache.ts'
import { useSoftwareWebgpu } from '../engines.ts'

const vocabSize = 11
const newModel = (contextLength: number): Gpt => {
  setSeed(9)
  return new Gpt({ vocabSize, contextLength, numLayers: 2, numHeads: 2, embedDim: 8, dropout: 0 }).eval()
}
const lastLogits = async (model: Gpt, ids: readonly number[]): Promise<Float32Array> => {
  const logits = await model.forward(tensor([...ids], 'int32').reshape([1, ids.length])).data()
  return (logits as Float32Array).slice((ids.length - 1) * vocabSize)
}
const expectClose = (a: Float32Array, b: Float32Array, within: number): void => {
  expect(a.length).toBe(b.length)
  for (const [i, x] of a.entries()) expect(Math.abs(x - b[i]!)).toBeLessThan(within)
}

describe('keys and values on the host', () => {
  test('keep their places when the room for them grows, once and twice', async () => {
    const model = newModel(600)
    const decoder = new Decoder(model)
    const text = Array.from({ length: 520 }, (_, i) => (i * i + 3 * i) % vocabSize)
    await decoder.start(text.slice(0, 120))
    for (let n = 120; n < text.length; n++) {
      const logits = await decoder.next(text[n]!)
      if ([125, 127, 128, 129, 511, 512, 519].includes(n))
        expectClose(logits, await lastLogits(model, text.slice(0, n + 1)), 1e-4)
    }
  })

  test('have room for a prompt that is longer than the first room, and forget it for the next', async () => {
    const model = newModel(200)
    const decoder = new Decoder(model)
    const long = Array.from({ length: 190 }, (_, i) => (i * 7) % vocabSize)
    expectClose(await decoder.start(long), await lastLogits(model, long), 1e-4)
    await decoder.start([5])
    expectClose(await decoder.next(2), await lastLogits(model, [5, 2]), 1e-4)
  })
})

test('generation with no prompt at all is refused', async () => {
  const first = generate(newModel(8), [], { maxNewTokens: 1 }).next()
  await expect(first).rejects.toThrow('generate: the prompt has no tokens. Give at least one.')
})

describe('keys and values that the graph writes', () => {
  test('give the logits of the whole text, on an engine without a memory of its own too', async () => {
    const model = newModel(16)
    const cache = new DeviceCache(model)
    const text = [3, 1, 4, 1, 5, 9]
    expectClose(await cache.start(text.slice(0, 2)), await lastLogits(model, text.slice(0, 2)), 1e-4)
    for (let n = 2; n < text.length; n++)
      expectClose(await cache.next(text[n]!, n), await lastLogits(model, text.slice(0, n + 1)), 1e-4)
    expectClose(await cache.start([7, 2]), await lastLogits(model, [7, 2]), 1e-4)
    expectClose(await cache.next(6, 2), await lastLogits(model, [7, 2, 6]), 1e-4)
  })
})

describe.skipIf(!useSoftwareWebgpu())("on webgpu's device (skipped without Chromium's SwiftShader)", () => {
  beforeAll(() => setEngine('webgpu'))
  afterAll(() => setEngine('native'))

  test('keys and values stay there from token to token, and give what native gives', async () => {
    const model = newModel(16)
    const cache = new DeviceCache(model)
    const read = [await cache.start([3, 1]), await cache.next(4, 2), await cache.next(1, 3)]
    for (const { keys, values } of cache.slots) {
      for (const slot of [keys, values]) {
        expect(slot.buffer.device?.engine).toBe('webgpu')
        expect(() => slot.buffer.array).toThrow('webgpu: these values are on the device.')
      }
    }
    await model.fetch()
    setEngine('native')
    for (const [i, logits] of read.entries())
      expectClose(logits, await lastLogits(model, [3, 1, 4, 1].slice(0, i + 2)), 1e-3)
    setEngine('webgpu')
  })

  test('generation writes the same text as on native, beyond the end of the context too', async () => {
    const write = async (engine: string): Promise<number[]> => {
      setEngine(engine)
      const ids: number[] = []
      for await (const id of generate(newModel(8), [3, 1], { maxNewTokens: 10, temperature: 0 })) ids.push(id)
      return ids
    }
    const expected = await write('native')
    expect(await write('webgpu')).toEqual(expected)
  })

  test('weights in float16 are computed with, or refused in words where the device has no such numbers', async () => {
    setEngine('webgpu')
    const model = newModel(8).to('float16')
    const logits = new Decoder(model).start([3, 1]).catch((error: Error) => error.message)
    const result = await logits
    if (typeof result === 'string')
      expect(result).toBe(
        'webgpu: float16 is not available on this device. Convert with x.to("float32"), or use the reference engine.',
      )
    else {
      setEngine('native')
      await model.fetch()
      expectClose(result, await lastLogits(model, [3, 1]), 1e-3)
    }
  })
})
