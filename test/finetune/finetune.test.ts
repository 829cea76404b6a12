import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { saveAdapter } from '../../src/finetune/index.ts'
import { setSeed, tensor } from '../../src/index.ts'
import { Gpt, Llama, MambaLanguageModel, RecurrentLanguageModel } from '../../src/models/index.ts'
import { type AnyLanguageModel, loadLanguageModel, saveLanguageModel } from '../../src/models/language-folder.ts'
import { checkFinetuneOptions, finetuneOptions, prepareFinetune } from '../../src/recipes/index.ts'
import { ByteTokenizer, isRecurrent } from '../../src/text/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'tune-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const text = 'the fox and the dog and the fox ran to the dog; '.repeat(40)

const sizes = { vocabSize: 256, contextLength: 16, numLayers: 1, numHeads: 2, embedDim: 16 }
const models: Readonly<Record<string, () => AnyLanguageModel>> = {
  gpt2: () => new Gpt({ ...sizes, dropout: 0 }),
  llama: () => new Llama(sizes),
  mamba: () => new MambaLanguageModel({ ...sizes, stateSize: 4 }),
  lstm: () => new RecurrentLanguageModel({ ...sizes, cell: 'lstm', hiddenSize: 16 }),
}
beforeAll(async () => {
  setSeed(2)
  for (const [name, make] of Object.entries(models))
    await saveLanguageModel(join(folder, name), make(), new ByteTokenizer())
})
const options = (given: object) =>
  finetuneOptions.validate('test', { base: join(folder, 'gpt2'), data: 'text.txt', batchSize: 4, steps: 20, ...given })
const logitsOf = async (model: AnyLanguageModel): Promise<number[]> => {
  const ids = tensor([[1, 2, 3, 4]], 'int32')
  const logits = isRecurrent(model) ? model.read(ids, model.startState(1)).logits : model.forward(ids)
  return [...((await logits.data()) as Float32Array)]
}

test.each(
  Object.keys(models).flatMap(
    name =>
      [
        [name, false],
        [name, true],
      ] as const,
  ),
)('%s learns a text, by adapters: %s', async (name, lora) => {
  const o = options({ base: join(folder, name), lora, learningRate: 0.03 })
  const run = await prepareFinetune(text, o)
  const before = await run.fullLoss()
  for (let i = 0; i < o.steps; i++) await run.task.step()
  expect(await run.fullLoss()).toBeLessThan(before - (lora ? 0.03 : 0.5))
  expect(run.task.model).toBe(run.adapters ?? run.model)
  if (!run.adapters) return
  // Saved alone, they make the base the same model again.
  const at = join(folder, `${name}-adapter`)
  await saveAdapter(run.adapters, at, o.base)
  const { model } = await loadLanguageModel(at)
  const [ours, theirs] = [await logitsOf(run.model.eval() as AnyLanguageModel), await logitsOf(model)]
  for (const [i, v] of ours.entries()) expect(Math.abs(v - theirs[i]!)).toBeLessThan(1e-4)
  // Merged, it is a whole model, which can be trained.
  expect([...model.parameters()].every(({ trainable, adapter }) => trainable && adapter === null)).toBe(true)
  const few = await loadLanguageModel(o.base, { adapter: at, dtype: 'int8' })
  expect([...few.model.parameters()].some(({ adapter }) => adapter !== null)).toBe(true)
})

test('parts of a batch summed up give the losses of the whole', async () => {
  const losses = async (given: object): Promise<number[]> => {
    const run = await prepareFinetune(text, options({ ...given, learningRate: 0.01 }))
    const found: number[] = []
    for (let i = 0; i < 3; i++) found.push(await run.task.step())
    return found
  }
  const [one, again, parts] = [await losses({}), await losses({}), await losses({ accumulate: 2 })]
  expect(again).toEqual(one)
  expect(parts.every(Number.isFinite)).toBe(true)
  expect(parts[2]).toBeLessThan(parts[0]!)
})

test.each([
  [{ rank: 4 }, 'train: --rank is for adapters. Give --lora too, or leave it out.'],
  [{ weights: 'int8' }, 'train: --weights is for adapters. Give --lora too, or leave it out.'],
  [{ loraDropout: 0.1 }, 'train: --lora-dropout is for adapters. Give --lora too, or leave it out.'],
  [{ packing: true }, 'train: --packing is for examples, and text.txt is a text. Give a .jsonl file, or leave it out.'],
  [{ chatTemplate: 'plain' }, 'train: --chat-template is for examples, and text.txt is a text.'],
  [{ minLearningRate: 1 }, 'train: --min-lr 1 is above --lr 0.0003. Choose at most the peak rate.'],
])('%o is refused', (given, message) => {
  expect(() => checkFinetuneOptions(options(given))).toThrow(message)
})

test('what the base has not is refused in a line', async () => {
  await expect(prepareFinetune(text, options({ contextLength: 17 }))).rejects.toThrow(
    /^train: --context is 17, and the context of .* is 16\. Give at most that\.$/,
  )
  await expect(prepareFinetune('{"prompt":"a","completion":"b"}', options({ data: 'x.jsonl' }))).rejects.toThrow(
    'x.jsonl: has one example, and one is kept for validation. Give at least two.',
  )
  await expect(
    prepareFinetune('{"prompt":"a","completion":"b"}', options({ data: 'x.jsonl', chatTemplate: 'none' })),
  ).rejects.toThrow(
    '--chat-template is "none", which is neither chatml, llama2, llama3, mistral, zephyr or plain nor a file',
  )
  const run = await prepareFinetune(text, options({ lora: true }))
  const at = join(folder, 'adapter')
  await saveAdapter(run.adapters!, at, join(folder, 'gpt2'))
  await expect(prepareFinetune(text, options({ base: at, lora: true }))).rejects.toThrow(
    'holds adapters, and adapters need a whole model below them.',
  )
})

test('a template from a file writes conversations', async () => {
  const path = join(folder, 'template.jinja')
  writeFileSync(path, '{% for m in messages %}[{{ m.content }}]{% endfor %}{% if add_generation_prompt %}[{% endif %}')
  const lines = ['a', 'b', 'c'].map(word =>
    JSON.stringify({
      messages: [
        { role: 'user', content: word },
        { role: 'assistant', content: 'yes' },
      ],
    }),
  )
  const run = await prepareFinetune(lines.join('\n'), options({ data: 'x.jsonl', chatTemplate: path }))
  expect(run.template).toContain('add_generation_prompt')
  expect(run.tokenizer.decode(run.data.prompt!)).toMatch(/^\[[abc]\]\[$/)
  expect(run.task.documents['tokenizer_config.json']).toMatchObject({ chat_template: run.template })
})
