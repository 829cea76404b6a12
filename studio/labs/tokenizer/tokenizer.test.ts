import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { Drive } from '../../kit/drive.ts'
import { about, type Settings } from './about.ts'
import { core } from './core.ts'
import { kinds, type TokenizerShot } from './shot.ts'

const validated = (given: Partial<Settings>) => about.options.validate('test', given) as Settings
const started = (given: Partial<Settings>, own: Parameters<typeof core.prepare>[1] = null) =>
  Drive.start(core as never, validated(given) as never, own) as Promise<Drive<TokenizerShot>>
const learned = async (given: Partial<Settings>): Promise<Drive<TokenizerShot>> => {
  const drive = await started(given)
  while ((await drive.next()).stop === null);
  return drive
}
const shotOf = async (given: Partial<Settings>): Promise<TokenizerShot> => (await learned(given)).run.shot()

test('the first merge of aaabdaaabac is a a, which comes four times', async () => {
  const { facts, merges } = await shotOf({ text: 'aaabdaaabac', steps: 3, compare: 'none' })
  expect(facts.firstMerge).toBe('a a')
  expect(facts.merges).toEqual(['a a', 'a b', 'aa ab'])
  expect(merges.map(({ count }) => count)).toEqual([4, 2, 2])
  expect(facts.tokens).toBe(5)
})

test.each(['👩🏽‍🚀🚀 family 👨‍👩‍👧‍👦!', '東京は東にある。京都は西にある。', 'naïve Größe\n\n  two  spaces\t'])(
  'byte pairs give %j back exactly, after every number of merges',
  async text => {
    const drive = await started({ text, compare: 'none', steps: 1000 })
    do {
      const { facts, main } = await drive.run.shot()
      expect(facts.roundTrip).toBe(true)
      expect(main.pieces.flatMap(({ bytes }) => bytes)).toEqual([...new TextEncoder().encode(text)])
    } while ((await drive.next()).stop === null)
  },
)

test('a step of byte pairs never makes more tokens, and what is learned goes on from what was', async () => {
  const drive = await started({ steps: 60 })
  const [tokens, words]: [number[], string[][]] = [[], []]
  while (drive.step < 60) {
    const { metrics } = await drive.next()
    tokens.push(metrics!.tokens!)
    words.push((await drive.run.shot()).facts.merges as string[])
  }
  expect(tokens).toEqual([...tokens].sort((a, b) => b - a))
  for (const [i, some] of words.entries()) expect(some).toEqual(words.at(-1)!.slice(0, i + 1))
})

test.each(kinds)('%s: a run with the first merges is the run that stopped there', async algorithm => {
  const drive = await started({ algorithm, compare: 'none' })
  for (let i = 0; i < 25; i++) await drive.next()
  const early = await drive.run.shot()
  expect((await shotOf({ algorithm, compare: 'none', steps: 25 })).facts).toEqual(early.facts)
})

test('pieces of one tokenizer are compared with another of as many steps, and both tell what they lose', async () => {
  const { facts } = await shotOf({ algorithm: 'bpe', compare: 'wordpiece', other: 'low 🦑 lamp', steps: 50 })
  expect(facts).toMatchObject({ roundTrip: true, unknown: 0 })
  expect(facts.other).toMatchObject({ name: 'wordpiece', roundTrip: false, unknown: 1 })
})

test('what a tokenizer cannot cut is told in a sentence', async () => {
  const { facts } = await shotOf({ algorithm: 'char', other: 'low 🦑' })
  expect(facts.wrong).toMatch(/^CharTokenizer.encode: the symbol "🦑" \(U\+1F991\) at index 4/)
  await expect(started({ text: ' \n' })).rejects.toThrow('The text: has no words to learn from. Type or open a text.')
})

test('a saved tokenizer.json, opened in another run, cuts the same', async () => {
  const [first, second] = [await learned({ steps: 30 }), await started({ text: 'something else' })]
  const { text, main } = await first.run.shot()
  second.set(validated({ other: text }))
  expect((await second.run.shot()).main.pieces).not.toEqual(main.pieces)
  await second.run.load!(await first.run.files!())
  const opened = await second.run.shot()
  expect(opened.main.pieces).toEqual(main.pieces)
  expect(opened.facts.merges).toEqual((await first.run.shot()).facts.merges)
  expect((await second.next()).stop).toBe('ended')
})

test('a file that is no tokenizer is refused in words', async () => {
  const { run } = await started({})
  const file = (name: string, text: string) => ({ name, type: '', bytes: new TextEncoder().encode(text) })
  await expect(run.load!([file('model.safetensors', '')])).rejects.toThrow(
    "model.safetensors: is no tokenizer. Give a tokenizer.json, as Hugging Face's libraries write it.",
  )
  await expect(run.load!([file('tokenizer.json', '{')])).rejects.toThrow(
    'tokenizer.json: is not valid JSON. Download or save it again.',
  )
  await expect(run.load!([file('tokenizer.json', '{"model": 3}')])).rejects.toThrow('tokenizer.json: model is 3;')
})

test('a long text of one’s own is learned from whole, and the report says what is shown', async () => {
  const text = 'the quick brown fox and the lazy dog\n'.repeat(300)
  const { run } = await started({ compare: 'none' }, { name: 'fox.txt', text })
  expect(run.report!.used).toBe(text.length)
  expect(run.report!.notes[0]).toContain('first 2,000 characters')
  expect((await run.shot()).facts.characters).toBe(2000)
})

const built = existsSync(fileURLToPath(new URL('../../../dist/text/index.js', import.meta.url)))
test.skipIf(!built).each(kinds)('the program for %s learns the same', async algorithm => {
  const settings = validated({ algorithm, compare: 'none', steps: 30 })
  const { facts } = await shotOf(settings)
  const folder = mkdtempSync(fileURLToPath(new URL('../../../.program-', import.meta.url)))
  try {
    const path = join(folder, 'program.mjs')
    writeFileSync(path, core.program!(settings))
    const lines = execFileSync(process.execPath, [path], { encoding: 'utf8' }).trim().split('\n')
    const value = (name: string): string => lines.find(line => line.startsWith(`${name} `))!.slice(name.length + 1)
    expect(value('ids')).toBe((facts.ids as number[]).join(' '))
    expect(value('vocabSize')).toBe(String(facts.vocabSize))
    expect(value('roundTrip')).toBe(String(facts.roundTrip))
    const merges = lines.filter(line => line.startsWith('merge ')).map(line => line.split(' ').slice(2, 4).join(' '))
    if (algorithm === 'bpe') expect(merges).toEqual(facts.merges)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('one can look back: the text is cut as it was after fewer steps', async () => {
  const text = 'aaabdaaabac'
  const { run } = await learned({ text, compare: 'none', at: 1 })
  const { facts, learned: all, merges } = await run.shot()
  expect(facts).toMatchObject({ after: 1, merges: ['a a'], tokens: 9 })
  expect(merges).toHaveLength(all)
  expect(facts.tokens).toBe((await shotOf({ text, compare: 'none', steps: 1 })).facts.tokens)
})
