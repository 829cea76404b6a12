import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSafetensors } from '../../src/io/index.ts'
import { bertOptions, prepareBert } from '../../src/recipes/bert.ts'
import { bagOfWords, bertClassifyOptions, prepareBertClassify, scoreTexts } from '../../src/recipes/bert-classify.ts'
import { RunFolder, train } from '../../src/train/index.ts'
import { dataFile } from '../data-folder.ts'

describe.skipIf(!process.env.GRADUS_TEST_LONG)('BERT', () => {
  test('finds hidden pieces of names far better than their frequencies tell', { timeout: 600_000 }, async context => {
    const data = dataFile('text/names.txt')
    if (data === null) return context.skip('no text/names.txt in GRADUS_DATA or ../shared/data')
    const size = { numLayers: 2, numHeads: 4, embedDim: 64, contextLength: 32, vocabSize: 64 }
    const training = { nsp: false, dropout: 0, learningRate: 2e-3, steps: 1500 }
    const options = bertOptions.validate('test', { data, ...size, ...training })
    const { task, unigram, fullScore } = await prepareBert(readFileSync(data, 'utf8'), options)
    for (let i = 0; i < options.steps; i++) await task.step()
    // Measured where `[MASK]` stands alone: what is left to be seen does not help.
    const { masked } = await fullScore()
    expect(masked).toBeLessThan(unigram - 0.5)
  })

  test('tells spam from other messages with an F1 of at least 0.95, and better than counts of words', {
    timeout: 1_800_000,
  }, async context => {
    const data = dataFile('text/SMSSpamCollection')
    if (data === null) return context.skip('no text/SMSSpamCollection in GRADUS_DATA or ../shared/data')
    const options = bertClassifyOptions.validate('test', { data, letterCase: 'keep', vocabSize: 1000, seed: 0 })
    const run = await prepareBertClassify(options)
    const folder = mkdtempSync(join(tmpdir(), 'gradus-spam-'))
    try {
      await train(run.task, { steps: run.steps, evalEvery: options.evalEvery, folder: new RunFolder(folder) })
      // The weights that the part kept back for it found best.
      run.model.loadState((await readSafetensors(join(folder, 'model.safetensors'))).tensors)
    } finally {
      rmSync(folder, { recursive: true })
    }
    const { texts, labels } = run.split.test
    const { classes } = scoreTexts(await run.judge(texts), labels, run.model.classes)
    const counts = await bagOfWords(run.split)
    expect(classes.spam!.f1).toBeGreaterThanOrEqual(0.95)
    expect(classes.spam!.f1).toBeGreaterThan(counts.classes.spam!.f1)
  })
})
