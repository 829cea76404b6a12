import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  adapterConfig,
  baseOfAdapter,
  chosenLayers,
  type Lora,
  loadAdapter,
  lora,
  saveAdapter,
} from '../../src/finetune/index.ts'
import { compile, fromArray, setEngine, setSeed, tensor } from '../../src/index.ts'
import { readSafetensors, writeSafetensors } from '../../src/io/index.ts'
import type { StoredTensor } from '../../src/io/safetensors.ts'
import { Gpt, Llama } from '../../src/models/index.ts'
import * as nn from '../../src/nn/index.ts'
import { adamw, sgd } from '../../src/optim/index.ts'
import fixtures from '../fixtures/lora.json' with { type: 'json' }
import { filledState, signed } from '../models/filled.ts'

type Case = (typeof fixtures.cases)['gpt2, attention']
const cases = Object.entries(fixtures.cases) as unknown as [string, Case][]
const ids = tensor(fixtures.ids, 'int32')
const x = tensor(
  fixtures.ids.map(row => row.slice(0, -1)),
  'int32',
)
const y = tensor(
  fixtures.ids.map(row => row.slice(1)),
  'int32',
)
const folder = mkdtempSync(join(tmpdir(), 'lora-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const close = (a: ArrayLike<number>, b: ArrayLike<number>, within: number): void => {
  expect(a.length).toBe(b.length)
  for (let i = 0; i < a.length; i++) expect(Math.abs(a[i]! - b[i]!)).toBeLessThan(within)
}
const baseOf = ({ config }: Case): Gpt | Llama => {
  const model = config.model_type === 'gpt2' ? Gpt.fromJSON(config) : Llama.fromJSON(config)
  model.loadState(filledState(model))
  return model.eval()
}
const stored = (name: string, shape: readonly number[], data: Float32Array): [string, StoredTensor] => [
  name,
  { dtype: 'float32', shape, data },
]
/** The folder that PEFT would have written. */
const folderOf = async (title: string, c: Case): Promise<string> => {
  const at = mkdtempSync(join(folder, 'peft-'))
  writeFileSync(join(at, 'adapter_config.json'), JSON.stringify(c.adapter))
  const shapes = Object.entries(c.shapes as Record<string, number[]>)
  const parts = filledState({
    state: () => new Map(shapes.map(([n, shape]) => [n, { shape, dtype: 'float32' }])),
  } as never)
  await writeSafetensors(
    join(at, 'adapter_model.safetensors'),
    [...parts].map(([name, { shape, data }]) => stored(name, shape, data as Float32Array)),
  )
  expect(title).not.toBe('')
  return at
}
const adapted = async (title: string, c: Case): Promise<{ model: Gpt | Llama; adapters: Lora }> => {
  const model = baseOf(c)
  return { model, adapters: await loadAdapter(model, await folderOf(title, c)) }
}
/** The layers that names choose, in the order of the model. */
const pathsBy = (names: readonly string[], c: Case): string[] => [...chosenLayers('test', baseOf(c), names).keys()]
const logitsOf = async (model: Gpt | Llama): Promise<Float32Array> => (await model.forward(ids).data()) as Float32Array
const small = (): Gpt => {
  setSeed(5)
  const model = new Gpt({ vocabSize: 19, contextLength: 12, numLayers: 2, numHeads: 2, embedDim: 8, dropout: 0 })
  model.loadState(filledState(model))
  return model
}

describe.each(['native', 'wasm', 'reference'] as const)('on %s, adapters of PEFT', engine => {
  beforeAll(() => setEngine(engine))
  afterAll(() => setEngine('native'))

  test.each(cases)('%s: give its logits, merged too, and the base its own again', async (title, c) => {
    const base = await logitsOf(baseOf(c))
    const { model, adapters } = await adapted(title, c)
    const before = [...model.state()].map(([, slot]) => slot.buffer.array.slice())
    const apart = await logitsOf(model)
    close(apart, c.logits, 1e-4)
    await adapters.merge()
    const largest = Math.max(...apart.map(Math.abs))
    close(await logitsOf(model), apart, 1e-5 * Math.max(1, largest))
    expect([...model.state()].some(([, slot], i) => slot.buffer.array.some((v, k) => v !== before[i]![k]))).toBe(true)
    adapters.unmerge()
    expect([...model.state()].map(([, slot]) => slot.buffer.array)).toEqual(before)
    close(await logitsOf(model), apart, 1e-6)
    adapters.detach()
    close(await logitsOf(model), base, 1e-6)
  })
})

test.each(cases)('%s: loss, and its slope along a known direction in each adapter', async (title, c) => {
  const { model, adapters } = await adapted(title, c)
  const named = [...adapters.namedParameters()]
  const loss = model.loss(x, y)
  const gradients = sgd(adapters, { learningRate: 1 }).gradients(loss)
  expect(await loss.item()).toBeCloseTo(c.loss, 4)
  expect(named.map(([name]) => name).sort()).toEqual(Object.keys(c.slopes).sort())
  for (const [i, [name, { shape }]] of named.entries()) {
    const slope = gradients[i]!.mul(fromArray(signed(`${name}.direction`, shape), shape, 'float32') as never).sum()
    expect(Math.abs(Number(await slope.item()) - (c.slopes as Record<string, number>)[name]!)).toBeLessThan(2e-4)
  }
})

test.each(cases)('%s: saved, PEFT would find its own names, shapes and settings', async (title, c) => {
  const { adapters } = await adapted(title, c)
  const at = join(folder, 'saved')
  await saveAdapter(adapters, at, 'base')
  const { tensors } = await readSafetensors(join(at, 'adapter_model.safetensors'))
  expect(Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]))).toEqual(c.shapes)
  const config = JSON.parse(readFileSync(join(at, 'adapter_config.json'), 'utf8')) as Record<string, unknown>
  const theirs: Record<string, unknown> = { ...c.adapter, base_model_name_or_path: 'base', inference_mode: true }
  for (const [key, value] of Object.entries(config)) {
    if (key === 'target_modules') expect(pathsBy(value as string[], c)).toEqual(pathsBy(theirs[key] as string[], c))
    else expect([key, value]).toEqual([key, theirs[key]])
  }
})

test('nothing changes at first, the base never, and only adapters learn', async () => {
  const model = small()
  const before = [...model.state()].map(([name, slot]) => [name, slot.buffer.array.slice()])
  const base = await logitsOf(model)
  const adapters = lora(model, { rank: 2 })
  close(await logitsOf(model), base, 1e-7)
  const optimizer = adamw(adapters, { learningRate: 0.02 })
  const update = compile((a: typeof x, b: typeof y) => {
    const loss = model.loss(a, b)
    optimizer.step(optimizer.gradients(loss))
    return loss
  })
  const losses: number[] = []
  for (let i = 0; i < 60; i++) losses.push(await (await update(x, y)).item())
  expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.5)
  expect([...model.state()].map(([name, slot]) => [name, slot.buffer.array])).toEqual(before)
  const apart = await logitsOf(model)
  await adapters.merge()
  close(await logitsOf(model), apart, 1e-5)
})

test('a compiled function notices that adapters are detached', async () => {
  const model = small()
  const run = compile((a: typeof ids) => model.forward(a))
  const base = (await (await run(ids)).data()) as Float32Array
  const adapters = lora(model, { rank: 2 })
  for (const p of adapters.parameters()) p.set({ dtype: 'float32', array: signed('change', p.shape) as never })
  const changed = (await (await run(ids)).data()) as Float32Array
  expect(Math.max(...changed.map((v, i) => Math.abs(v - base[i]!)))).toBeGreaterThan(0.1)
  adapters.detach()
  close((await (await run(ids)).data()) as Float32Array, base, 1e-7)
})

test.each(['float16', 'int8', 'int4'] as const)('a base in %s learns by adapters and is not merged', async storage => {
  const model = small()
  model.to(storage)
  const before = [...model.state()].map(([, slot]) => slot.buffer.array.slice())
  const adapters = lora(model, { rank: 2 })
  const optimizer = adamw(adapters, { learningRate: 0.02 })
  const first = await model.loss(x, y).item()
  for (let i = 0; i < 40; i++) await optimizer.minimize(model.loss(x, y))
  expect(await model.loss(x, y).item()).toBeLessThan(first - 0.3)
  expect([...model.state()].map(([, slot]) => slot.buffer.array)).toEqual(before)
  await expect(adapters.merge()).rejects.toThrow(
    `merge: transformer.h.0.attn.c_attn.weight is kept in ${storage}, which rounds small changes away. Load the base in float32, or call model.to("float32") before.`,
  )
})

test('dropout is for adapters of a model that trains', async () => {
  const model = small()
  const adapters = lora(model, { rank: 4, dropout: 0.5 })
  for (const p of adapters.parameters()) p.set({ dtype: 'float32', array: signed('change', p.shape) as never })
  const [one, other] = [await logitsOf(model), await logitsOf(model)]
  expect(Math.max(...one.map((v, i) => Math.abs(v - other[i]!)))).toBeGreaterThan(0.01)
  model.eval()
  expect(await logitsOf(model)).toEqual(await logitsOf(model))
})

test('layers are chosen by the ends of their paths, by patterns, or all but the head', () => {
  const paths = (adapters: Lora) => Object.keys(adapters.base_model.model)
  expect(paths(lora(small(), { targets: ['attn.c_proj'] }))).toEqual([
    'transformer.h.0.attn.c_proj',
    'transformer.h.1.attn.c_proj',
  ])
  expect(paths(lora(small(), { targets: [/h\.1\..*c_(fc|attn)$/] }))).toEqual([
    'transformer.h.1.attn.c_attn',
    'transformer.h.1.mlp.c_fc',
  ])
  const all = lora(small())
  expect(all.targets).toEqual(['c_attn', 'c_proj', 'c_fc'])
  const { trained, all: count } = all.share
  // Rank 8 of [8, 24], [8, 8], [8, 32] and [32, 8] in two layers.
  expect([trained, count]).toEqual([2 * 8 * (32 + 16 + 40 + 40), trained + small().parameterCount()])
  const llama = new Llama({ vocabSize: 9, contextLength: 8, numLayers: 1, numHeads: 2, embedDim: 8 })
  expect(paths(lora(llama)).some(path => path.includes('lm_head'))).toBe(false)
  expect(paths(lora(nn.sequential(nn.linear(4, 8), nn.relu(), nn.linear(8, 2)), { targets: ['0'] }))).toEqual(['0'])
  // Some of the layers that end so: only the whole paths choose them.
  expect(lora(small(), { targets: [/h\.0\.mlp/] }).targets).toEqual([
    'transformer.h.0.mlp.c_fc',
    'transformer.h.0.mlp.c_proj',
  ])
})

test('what cannot be adapted is refused in a line', async () => {
  expect(() => lora(small(), { targets: ['c_atn'] })).toThrow(
    'lora: no linear layer is named "c_atn". Did you mean "c_attn"?',
  )
  expect(() => lora(small(), { targets: ['q_proj'] })).toThrow(/^lora: no linear layer is named "q_proj"\. /)
  expect(() => lora(small(), { rank: 0 })).toThrow('lora: rank must be an integer from 1 to 100000; got 0.')
  expect(() => lora(nn.sequential(nn.relu()))).toThrow('lora: the model has no linear layers. Adapt another model.')
  const model = small()
  const adapters = lora(model)
  expect(() => lora(model)).toThrow(
    'lora: transformer.h.0.attn.c_attn has an adapter already. Merge or detach that one first.',
  )
  expect(() => adapters.unmerge()).toThrow('unmerge: the adapters are not merged. Call merge() first.')
  await adapters.merge()
  await expect(adapters.merge()).rejects.toThrow(
    'merge: the adapters are merged into their matrices. Call unmerge() first.',
  )
})

test('folders that hold no such adapters are refused in a line', async () => {
  const [title, c] = cases[0]!
  const changed = async (change: Record<string, unknown>): Promise<string> => {
    const at = await folderOf(title, c)
    writeFileSync(join(at, 'adapter_config.json'), JSON.stringify({ ...c.adapter, ...change }))
    return at
  }
  const refused = async (change: Record<string, unknown>, message: string): Promise<void> => {
    await expect(loadAdapter(baseOf(c), await changed(change))).rejects.toThrow(message)
  }
  await refused({ peft_type: 'IA3' }, 'peft_type is "IA3". Only "LORA" can be loaded.')
  await refused({ use_dora: true }, 'use_dora is true. Only false can be loaded.')
  await refused({ bias: 'all' }, 'bias is "all". Only "none" can be loaded.')
  await refused({ modules_to_save: ['lm_head'] }, 'modules_to_save is ["lm_head"]. Only null can be loaded.')
  await refused({ rank_pattern: { c_attn: 4 } }, 'rank_pattern is {"c_attn":4}. Only adapters of one rank and alpha')
  await refused({ r: 'two' }, 'r is "two"; a whole number of at least 1 was expected.')
  await refused({ lora_alpha: -1 }, 'lora_alpha is -1; a number above 0 was expected.')
  await refused({ r: 3 }, 'Load it into a model of the same configuration.')
  const at = await changed({})
  writeFileSync(join(at, 'adapter_config.json'), '{')
  await expect(loadAdapter(baseOf(c), at)).rejects.toThrow('is not valid JSON.')
  rmSync(join(at, 'adapter_config.json'))
  await expect(loadAdapter(baseOf(c), at)).rejects.toThrow('could not be read: no such file or directory (ENOENT).')
  const wrong = await changed({})
  await writeSafetensors(join(wrong, 'adapter_model.safetensors'), [
    stored('base_model.model.transformer.h.7.attn.c_attn.lora_A.weight', [1], new Float32Array(1)),
  ])
  await expect(loadAdapter(baseOf(c), wrong)).rejects.toThrow(
    'adapts "transformer.h.7.attn.c_attn", and the model has no such linear layer.',
  )
  // A model that refused adapters has none.
  const model = baseOf(c)
  await expect(loadAdapter(model, await changed({ r: 3 }))).rejects.toThrow()
  close(await logitsOf(model), await logitsOf(baseOf(c)), 1e-6)
})

test('the base of adapters is found by its path, which may be beside them', async () => {
  const adapters = lora(small())
  expect(adapterConfig(adapters, null).base_model_name_or_path).toBe(null)
  const at = join(folder, 'found')
  await saveAdapter(adapters, at, folder)
  expect(await baseOfAdapter(at)).toBe(folder)
  await saveAdapter(adapters, at, '..')
  expect(await baseOfAdapter(at)).toBe(folder)
  await saveAdapter(adapters, at, 'gone')
  await expect(baseOfAdapter(at)).rejects.toThrow(
    'the base "gone" is not there. Give its folder with --model and this one with --adapter.',
  )
  await saveAdapter(adapters, at)
  await expect(baseOfAdapter(at)).rejects.toThrow('base_model_name_or_path is null, so the base is not known.')
})
