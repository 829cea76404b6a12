import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { blockFormats } from '../../src/io/gguf-blocks.ts'
import { readGguf } from '../../src/io/gguf.ts'
import { setEngine, tensor } from '../../src/index.ts'
import { loadGgufLlama, loadLanguageModel, loadLlama2c } from '../../src/models/index.ts'
import fixtures from '../fixtures/gguf.json' with { type: 'json' }

const folder = mkdtempSync(join(tmpdir(), 'gradus-gguf-'))
afterAll(() => rmSync(folder, { recursive: true }))
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))
const file = bytesOf(fixtures.model.file)
const path = join(folder, 'tiny.gguf')
writeFileSync(path, file)
const written = (bytes: Uint8Array, name = 'broken.gguf'): string => {
  const at = join(folder, name)
  writeFileSync(at, bytes)
  return at
}

test.each(Object.entries(fixtures.blocks))(
  'blocks of %s hold the numbers that the package gguf finds',
  (name, { bytes, values }) => {
    const format = [...blockFormats.values()].find(one => one.name === name)!
    const found = format.widen(bytesOf(bytes))
    expect(found.length).toBe(values.length)
    for (const [i, x] of values.entries())
      expect(Math.abs(found[i]! - x)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(x)))
  },
)

describe('a Llama in a GGUF file', () => {
  test.each(['native', 'wasm', 'reference'])('gives the scores of transformers on %s', async engine => {
    setEngine(engine)
    const { model } = await loadGgufLlama(path)
    const logits = await model.forward(tensor(fixtures.model.ids, 'int32')).data()
    expect(logits.length).toBe(fixtures.model.logits.length)
    for (const [i, x] of fixtures.model.logits.entries()) expect(Math.abs((logits[i] as number) - x)).toBeLessThan(1e-4)
    setEngine('native')
  })

  test('has its tokenizer and its metadata', async () => {
    const { tokenizer, stopTokens, model } = await loadLanguageModel(path)
    expect(tokenizer.vocabSize).toBe(fixtures.model.tokens)
    expect([...tokenizer.encode('ab abc')]).toEqual([1, 9, 9, 6])
    expect(stopTokens).toEqual([2])
    expect(model.config.contextLength).toBe(32)
    const { metadata } = await readGguf(path)
    expect(metadata.get('general.architecture')).toBe('llama')
    expect(metadata.get('general.tags')).toEqual(['tiny', 'test'])
    expect(metadata.get('llama.rope.freq_base')).toBe(5000)
  })
})

describe('a file that is not as it should be', () => {
  const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer)
  const changed = (change: (bytes: Uint8Array) => void): string => {
    const bytes = file.slice()
    change(bytes)
    return written(bytes)
  }
  test.each<[string, () => string, RegExp]>([
    ['missing', () => join(folder, 'none.gguf'), /none\.gguf: could not be read/],
    ['empty', () => written(new Uint8Array(0)), /does not begin with "GGUF"/],
    ['of another kind', () => written(new TextEncoder().encode('PK something else')), /does not begin with "GGUF"/],
    ['of a version to come', () => changed(b => view(b).setUint32(4, 9, true)), /is of version 9; 2 or 3 was expected/],
    [
      'with absurd counts',
      () => changed(b => view(b).setBigUint64(8, 2n ** 40n, true)),
      /claims 1099511627776 tensors/,
    ],
    ['with counts beyond numbers', () => changed(b => view(b).setBigUint64(16, 2n ** 63n, true)), /broken\.gguf: /],
    [
      'cut short',
      () => written(file.subarray(0, file.length - 100)),
      /would end at byte \d+, and the file has \d+|would take/,
    ],
    ['cut in its header', () => written(file.subarray(0, 300)), /broken\.gguf: /],
  ])('%s is named', async (_, make, message) => {
    await expect(loadGgufLlama(make())).rejects.toThrow(message)
  })

  // Damage at random places, most of them in the header, and cuts.
  const mutate = (bytes: Uint8Array, random: () => number, header: number): Uint8Array => {
    const out = bytes.slice()
    const length = random() < 0.9 ? Math.min(header, out.length) : out.length
    const count = 1 + Math.floor(random() * 4)
    for (let i = 0; i < count; i++) out[Math.floor(random() * length)] = Math.floor(random() * 256)
    return random() < 0.1 ? out.subarray(0, Math.floor(random() * out.length)) : out
  }
  /** Numbers in [0, 1), the same in every run. Source: Marsaglia 2003, the triple 13, 17, 5. */
  const numbers = (seed: number): (() => number) => {
    let h = seed
    return () => {
      h ^= h << 13
      h ^= h >>> 17
      h ^= h << 5
      return (h >>> 0) / 2 ** 32
    }
  }
  const rounds = process.env.GRADUS_TEST_LONG ? 10_000 : 400

  test(`${rounds} mutated GGUF files end in one line or in a model`, { timeout: 600_000 }, async () => {
    const random = numbers(7)
    for (let i = 0; i < rounds; i++) {
      const at = written(mutate(file, random, 3000))
      await loadLanguageModel(at).catch(error => {
        expect(String(error.code), error.stack).toMatch(/^(model|format|data|file|memory)/)
        expect(error.message).not.toMatch(/\n/)
      })
    }
  })

  const checkpoint = (): Uint8Array => {
    // Sizes of llama2.c's first format: dim, hidden, layers, heads, key heads, vocabulary, context; then the weights.
    const [C, H, L, n, k, V, T] = [8, 16, 1, 2, 1, 12, 16]
    const hd = C / n
    const count = V * C + L * (2 * C + C * C + 2 * C * k * hd + C * C + 3 * C * H) + C + T * hd
    const bytes = new Uint8Array(28 + 4 * count)
    const at = new DataView(bytes.buffer)
    for (const [i, size] of [C, H, L, n, k, V, T].entries()) at.setInt32(4 * i, size, true)
    for (let i = 0; i < count; i++) at.setFloat32(28 + 4 * i, Math.sin(i) * 0.3, true)
    return bytes
  }
  test('a checkpoint of llama2.c is read', async () => {
    const model = await loadLlama2c(written(checkpoint(), 'tiny.bin'))
    expect(model.config).toMatchObject({
      vocabSize: 12,
      contextLength: 16,
      numLayers: 1,
      numHeads: 2,
      numKeyHeads: 1,
      embedDim: 8,
    })
    expect((await model.forward(tensor([[1, 2, 3]], 'int32')).data()).length).toBe(36)
  })
  test(`${rounds} mutated checkpoints of llama2.c end in one line or in a model`, { timeout: 600_000 }, async () => {
    const random = numbers(8)
    const whole = checkpoint()
    for (let i = 0; i < rounds; i++) {
      const at = written(mutate(whole, random, 40), 'broken.bin')
      await loadLlama2c(at).catch(error => {
        expect(String(error.code), error.stack).toMatch(/^(model|format|data|file|memory)/)
        expect(error.message).not.toMatch(/\n/)
      })
    }
  })
})
