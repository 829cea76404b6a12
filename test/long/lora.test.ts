import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { saveLanguageModel } from '../../src/models/language-folder.ts'
import { finetuneOptions, gptOptions, prepareFinetune, prepareGpt } from '../../src/recipes/index.ts'
import { tensor } from '../../src/index.ts'
import { isRecurrent } from '../../src/text/index.ts'
import { dataFile } from '../data-folder.ts'

const folder = mkdtempSync(join(tmpdir(), 'lora-long-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.skipIf(!process.env.GRADUS_TEST_LONG)('adapters', () => {
  test('of under 2 % of the parameters bring a novelist’s model at least 80 % as far to a naturalist as training all of it', {
    timeout: 1_800_000,
  }, async context => {
    const [novel, science] = [dataFile('text/war_and_peace.txt'), dataFile('text/darwin.txt')]
    if (!novel || !science) return context.skip('no text/war_and_peace.txt and text/darwin.txt in GRADUS_DATA')
    const options = gptOptions.validate('test', {
      data: novel,
      tokenizer: 'byte',
      numLayers: 4,
      numHeads: 6,
      embedDim: 192,
      contextLength: 96,
      steps: 3000,
    })
    const base = await prepareGpt(readFileSync(novel, 'utf8'), options)
    for (let i = 0; i < options.steps; i++) await base.task.step()
    const at = join(folder, 'base')
    await saveLanguageModel(at, base.model, base.tokenizer)

    // How lines end is not the author's; some of the text is enough to judge by.
    const content = readFileSync(science, 'utf8').replaceAll('\r\n', '\n').slice(0, 120_000)
    const tuned = async (own: object) => {
      const o = finetuneOptions.validate('test', { base: at, data: science, steps: 300, ...own })
      const run = await prepareFinetune(content, o)
      const before = await run.fullLoss()
      const weights = [...run.model.state()].map(([, slot]) => slot.buffer.array.slice())
      for (let i = 0; i < o.steps; i++) await run.task.step()
      return { run, before, after: await run.fullLoss(), weights }
    }
    const full = await tuned({ learningRate: 1e-3 })
    const adapted = await tuned({ lora: true, rank: 3, learningRate: 1e-2, weightDecay: 0 })
    const share = adapted.run.adapters!.share.part
    const far = (adapted.before - adapted.after) / (full.before - full.after)
    console.log({ before: full.before, full: full.after, adapted: adapted.after, share, far })
    expect(share).toBeLessThan(0.02)
    expect(far).toBeGreaterThan(0.8)

    const { model, adapters } = adapted.run
    if (isRecurrent(model)) throw new Error('a GPT was trained')
    model.eval()
    expect([...model.state()].map(([, slot]) => slot.buffer.array)).toEqual(adapted.weights)
    const ids = tensor([Array.from({ length: 96 }, (_, i) => (7 * i) % 256)], 'int32')
    const logits = async () => (await model.forward(ids).data()) as Float32Array
    const apart = await logits()
    await adapters!.merge()
    const merged = await logits()
    const largest = Math.max(1, ...apart.map(Math.abs))
    expect(Math.max(...merged.map((v, i) => Math.abs(v - apart[i]!))) / largest).toBeLessThan(1e-5)
  })
})
