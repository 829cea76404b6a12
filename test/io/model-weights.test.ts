import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FormatError, type GradusError, ModelError } from '../../src/core/errors.ts'
import { readModelWeights } from '../../src/io/model-weights.ts'
import { encodeSafetensors, type StoredTensor } from '../../src/io/safetensors.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradus-weights-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const a: StoredTensor = { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) }
const b: StoredTensor = { dtype: 'int64', shape: [], data: BigInt64Array.of(3n) }
const c: StoredTensor = { dtype: 'bool', shape: [1], data: Uint8Array.of(1) }

const first = 'model-00001-of-00002.safetensors'
const second = 'model-00002-of-00002.safetensors'
const save = (name: string, tensors: Record<string, StoredTensor>): void =>
  writeFileSync(join(folder, name), Buffer.concat(encodeSafetensors(Object.entries(tensors))))
const saveIndex = (index: unknown): void =>
  writeFileSync(join(folder, 'model.safetensors.index.json'), typeof index === 'string' ? index : JSON.stringify(index))
const map = (weight_map: unknown) => ({ metadata: { total_size: 17 }, weight_map })
const good = map({ a: first, b: second, c: first })

describe('the weights of a folder', () => {
  test('are those of model.safetensors', async () => {
    save('model.safetensors', { a, b })
    expect(await readModelWeights(folder)).toEqual(new Map(Object.entries({ a, b })))
  })

  test('are those of all shards', async () => {
    save(first, { a, c })
    save(second, { b })
    saveIndex(good)
    expect(await readModelWeights(folder)).toEqual(new Map(Object.entries({ a, b, c })))
  })

  test('are those of model.safetensors where there are both', async () => {
    save('model.safetensors', { a })
    save(first, { b })
    saveIndex(map({ b: first }))
    expect(await readModelWeights(folder)).toEqual(new Map(Object.entries({ a })))
  })

  test("may be links out of the folder, as in Hugging Face's cache", async () => {
    mkdirSync(join(folder, 'snapshot'))
    save('blob', { a })
    symlinkSync(join('..', 'blob'), join(folder, 'snapshot', first))
    writeFileSync(join(folder, 'snapshot', 'model.safetensors.index.json'), JSON.stringify(map({ a: first })))
    expect(await readModelWeights(join(folder, 'snapshot'))).toEqual(new Map(Object.entries({ a })))
  })
})

const failure = async (path = folder): Promise<GradusError> =>
  readModelWeights(path).then(
    () => expect.fail('it was read'),
    error => error,
  )
const again = 'The folder is incomplete or mixed from two models: download or save it again.'

describe('a folder is refused, by name', () => {
  test('without weights', async () => {
    for (const path of [folder, join(folder, 'absent')]) {
      const error = await failure(path)
      expect(error).toBeInstanceOf(ModelError)
      expect(error.message).toBe(
        `${path}: there are no weights: neither model.safetensors nor model.safetensors.index.json. Give the folder of a model; weights in another format must be saved as safetensors first.`,
      )
    }
  })

  test('with an index that is none', async () => {
    const where = join(folder, 'model.safetensors.index.json')
    for (const [index, what] of [
      ['{', 'is not JSON'],
      ['[]', 'weight_map is nothing; an object from each tensor to its file was expected'],
      [map(['a']), 'weight_map is ["a"]; an object from each tensor to its file was expected'],
    ] as const) {
      saveIndex(index)
      const error = await failure()
      expect(error).toBeInstanceOf(FormatError)
      expect(error.message).toBe(`${where}: ${what}. ${again}`)
    }
  })

  test.each(['../a.safetensors', 'sub/a', '/etc/passwd', 'sub\\a', 'C:a', '..', '.', '', 'a\0', 7, null])(
    'with a shard named %j',
    async shard => {
      saveIndex(map({ a: shard }))
      const error = await failure()
      expect(error).toBeInstanceOf(FormatError)
      expect(error.message).toBe(
        `${join(folder, 'model.safetensors.index.json')}: tensor "a" is said to be in ${JSON.stringify(shard)}; the name of a file in the same folder was expected. Do not use this folder unless you trust where it is from.`,
      )
    },
  )

  test('with shards that are missing', async () => {
    save(first, { a, c })
    saveIndex(good)
    const error = await failure()
    expect(error).toBeInstanceOf(ModelError)
    expect(error.details).toEqual({ missing: [second] })
    expect(error.message).toBe(
      `${join(folder, 'model.safetensors.index.json')}: 1 of its 2 shards are missing: ${second}. Download them into the same folder.`,
    )
  })

  test.each([
    ['that is missing in its shard', { a }, 'tensor "c" is missing; model.safetensors.index.json puts it here'],
    ['in another shard', { a, b, c }, `tensor "b" should be in "${second}" by model.safetensors.index.json`],
    ['that the index does not name', { a, c, d: a }, 'tensor "d" is not in model.safetensors.index.json'],
  ] as const)('with a tensor %s', async (_, tensors, what) => {
    save(first, tensors)
    save(second, { b })
    saveIndex(good)
    const error = await failure()
    expect(error).toBeInstanceOf(FormatError)
    expect(error.message).toBe(`${join(folder, first)}: ${what}. ${again}`)
  })

  test('with a damaged shard', async () => {
    save(first, { a, c })
    writeFileSync(join(folder, second), 'abc')
    saveIndex(good)
    const error = await failure()
    expect(error).toBeInstanceOf(FormatError)
    expect(error.message).toContain(`${join(folder, second)}: the file has 3 bytes`)
  })
})
