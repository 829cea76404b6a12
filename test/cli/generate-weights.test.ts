import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { convert } from '../../src/core/dtype.ts'
import { setSeed } from '../../src/index.ts'
import { writeSafetensors } from '../../src/io/index.ts'
import { Gpt } from '../../src/models/index.ts'
import { CharTokenizer } from '../../src/text/index.ts'
import { gradus, isBuilt } from './gradus.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradus-weights-'))
const args = ['generate', '--model', folder, '--prompt', 'abc', '--tokens', '12', '--quiet']

/** A model folder whose weights are float16 numbers, so that nothing is lost in keeping them so. */
const save = async (scale = 1): Promise<void> => {
  setSeed(2)
  const model = new Gpt({ vocabSize: 7, contextLength: 16, numLayers: 1, numHeads: 2, embedDim: 8 })
  writeFileSync(join(folder, 'config.json'), JSON.stringify(model.toJSON()))
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(CharTokenizer.train('abcdefg')))
  await writeSafetensors(
    join(folder, 'model.safetensors'),
    [...model.state()].map(([name, { shape, buffer }]) => {
      const values = Array.from(buffer.array as Float32Array, x => x * scale)
      const dtype = scale === 1 ? 'float16' : 'float32'
      return [name, { dtype, shape, data: convert(values, dtype) }] as const
    }),
  )
}

describe.skipIf(!isBuilt)('gradus generate --weights (skipped where dist is not built)', () => {
  beforeAll(() => save())
  afterAll(() => rmSync(folder, { recursive: true }))

  test('float16 writes what float32 writes, where the checkpoint has 16 bits', async () => {
    const wide = await gradus([...args, '--seed', '3'])
    expect(wide.stdout).toMatch(/^abc[a-g]{12}\n$/)
    const narrow = await gradus([...args, '--seed', '3', '--weights', 'float16'])
    expect(narrow).toMatchObject({ code: 0, stderr: '', stdout: wide.stdout })
  })

  test('another dtype is refused with those that there are', async () => {
    const { code, stderr } = await gradus([...args, '--weights', 'bfloat16'])
    expect(code).toBe(2)
    expect(stderr).toBe('error: generate: --weights must be one of float32, float16, int8, int4; got "bfloat16".\n')
  })

  test('values beyond float16 are refused by the name of their weight', async () => {
    await save(1e7)
    const { code, stderr, stdout } = await gradus([...args, '--weights', 'float16'])
    expect(code).toBe(4)
    expect(stdout).toBe('')
    expect(stderr).toMatch(
      /to: transformer\.wte\.weight has the value \S+ at element \d+, beyond float16's range of ±65504\. Keep this model in float32\./,
    )
  })
})
