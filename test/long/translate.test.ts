import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadTranslator } from '../../src/models/index.ts'
import { drawPairs } from '../../src/recipes/digit-tasks.ts'
import {
  prepareSeq2Seq,
  prepareTransformer,
  seq2seqOptions,
  type TranslateRun,
  transformerOptions,
} from '../../src/recipes/translate.ts'
import { Generator } from '../../src/tensor/random.ts'
import { train } from '../../src/train/index.ts'
import { gradus } from '../cli/gradus.ts'
import { dataFile } from '../data-folder.ts'

// Minutes long; run by hand with npm run test:long.
const folder = mkdtempSync(join(tmpdir(), 'gradus-long-translate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Trains on a task by the command, with its own sizes; returns what it found with new strings. */
const learnTask = async (
  kind: 'seq2seq' | 'transformer',
  task: string,
  steps: number,
): Promise<{ out: string; exact: number }> => {
  const out = join(folder, task)
  const began = performance.now()
  const run = await gradus(
    ['train', kind, '--task', task, '--steps', `${steps}`, '--eval-every', '500', '--out', out, '--json'],
    {
      env: { GRADUS_THREADS: '2' },
    },
  )
  expect(run.code, run.stderr).toBe(0)
  const { exact, sources } = JSON.parse(run.stdout.trimEnd().split('\n').at(-1)!) as { exact: number; sources: number }
  const seconds = ((performance.now() - began) / 1000).toFixed(0)
  console.log(
    `${kind}, ${task}: ${(100 * exact).toFixed(1)} % of ${sources} new strings after ${steps} updates, ${seconds} s`,
  )
  expect(sources).toBeGreaterThanOrEqual(990)
  return { out, exact }
}

test('recurrent layers with attention learn to reverse 5 to 15 digits, and look from the end to the beginning', async () => {
  const { out, exact } = await learnTask('seq2seq', 'reverse', 1000)
  expect(exact).toBeGreaterThanOrEqual(0.99)
  const translator = await loadTranslator(out)
  const pairs = drawPairs('reverse', 200, { from: 5, to: 15 }, new Generator(99))
  const found = await translator.translate(pairs.map(({ source }) => source))
  let [on, near, all] = [0, 0, 0]
  for (const [i, { source, target }] of pairs.entries()) {
    const { text, alignment } = found[i]![0]!
    if (text !== target) continue
    for (const [t, row] of alignment!.weights.entries()) {
      const away = Math.abs(row.indexOf(Math.max(...row)) - (source.length - 1 - t))
      on += away === 0 ? 1 : 0
      near += away <= 1 ? 1 : 0
      all += 1
    }
  }
  console.log(
    `on the anti-diagonal ${((100 * on) / all).toFixed(1)} %, at most one beside it ${((100 * near) / all).toFixed(1)} %`,
  )
  expect(on / all).toBeGreaterThan(0.5)
  expect(near / all).toBeGreaterThan(0.95)
}, 900_000)

test('a Transformer learns to sort 5 to 15 digits', async () => {
  const { exact } = await learnTask('transformer', 'sort', 1000)
  expect(exact).toBeGreaterThanOrEqual(0.99)
}, 900_000)

const sentences = dataFile('text/eng-fra.txt')
describe('500 pairs of English and French', () => {
  const common = { data: 'eng-fra.txt', maxPairs: 600, valFraction: 1 / 6, evalPairs: 50, steps: 700 }
  const prepared: readonly [string, (content: string) => TranslateRun][] = [
    ['recurrent layers with attention', content => prepareSeq2Seq(content, seq2seqOptions.validate('test', common))],
    ['a Transformer', content => prepareTransformer(content, transformerOptions.validate('test', common))],
  ]
  test.each(prepared)(
    'are learned by heart by %s',
    async (name, prepare) => {
      if (!sentences) return void console.log('skipped: no text/eng-fra.txt in GRADUS_DATA or ../shared/data')
      const run = prepare(readFileSync(sentences, 'utf8'))
      const began = performance.now()
      await train(run.task, { steps: common.steps, evalEvery: common.steps })
      const [known, unseen] = [await run.score(run.train), await run.score(run.heldOut)]
      const seconds = ((performance.now() - began) / 1000).toFixed(0)
      console.log(
        `${name}: ${(100 * known.exact).toFixed(1)} % of ${known.sources} sources exactly, BLEU ${unseen.bleu.toFixed(2)} on ${unseen.sources} held out, ${seconds} s`,
      )
      expect(known.exact).toBeGreaterThanOrEqual(0.95)
    },
    900_000,
  )
})
