import { expect, test } from 'vitest'
import { Drive } from '../../kit/drive.ts'
import type { OwnData } from '../../kit/lab.ts'
import { about, type Settings } from './about.ts'
import { core } from './core.ts'
import type { GptShot, Look } from './shot.ts'

const small = { embedDim: 16, numHeads: 2, contextLength: 24, batchSize: 4, steps: 20 } as const
const started = (given: Partial<Settings> = {}, own: OwnData | null = null) =>
  Drive.start(core as never, about.options.validate('test', { ...small, ...given }) as never, own) as Promise<
    Drive<GptShot>
  >
const look = async (drive: Drive<GptShot>, prompt: string, extra: object = {}): Promise<Look> =>
  (await drive.run.ask!({ look: prompt, ...extra })) as Look
const after = async (steps: number, given: Partial<Settings> = {}): Promise<Drive<GptShot>> => {
  const drive = await started(given)
  for (let i = 0; i < steps; i++) await drive.next()
  return drive
}

test('temperature 0, top-k 1 and one beam write what greedy choice writes', async () => {
  const given = { contextLength: 48, learningRate: 0.02, steps: 80 } as const
  const drive = await after(80, given)
  const write = (options: object) => drive.run.ask!({ write: 'The fox ', tokens: 16, ...options })
  const greedy = await write({ temperature: 0 })
  expect(await write({ temperature: 1, topK: 1 })).toBe(greedy)
  drive.set(about.options.validate('test', { ...small, ...given, beams: 1 }) as never)
  expect((await look(drive, 'The fox ')).beams.map(({ text }) => text)).toEqual([greedy])
  let chosen = 'The fox '
  for (let i = 0; i < 16; i++) chosen += (await look(drive, chosen)).next[0]!.text
  expect(chosen).toBe(`The fox ${greedy}`)
})

test('each filter keeps the likeliest tokens, and what it keeps sums to 1', async () => {
  const drive = await after(20, { temperature: 0.7, topK: 5, topP: 0.8, minP: 0.2 })
  const { next, total } = await look(drive, 'The fox ')
  const columns = [0, 1, 2, 3, 4].map(stage => next.map(({ probabilities }) => probabilities[stage]!))
  expect(columns[2]!.filter(p => p > 0)).toHaveLength(5)
  for (const column of columns.slice(2)) expect(column.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9)
  for (const [i, { logit }] of next.entries())
    expect(columns[0]![i]).toBeCloseTo(Math.exp(logit - total.largest) / total.sum, 6)
  const kept = columns.map(column => column.filter(p => p > 0).length)
  expect(kept.slice(2)).toEqual([...kept.slice(2)].sort((a, b) => b - a))
  expect(columns[4]!.every((p, i) => p === 0 || columns[3]![i]! >= 0.2 * columns[3]![0]!)).toBe(true)
})

test('rows of attention sum to 1, and nothing is seen above the diagonal', async () => {
  const drive = await after(5, { contextLength: 16 })
  const { attention, tokens, layers, heads, unseen } = await look(drive, 'One morning, the clever fox found')
  const T = tokens.length
  expect([layers, heads, T, unseen]).toEqual([2, 2, 16, 17])
  expect(attention).toHaveLength(layers * heads * T * T)
  for (let row = 0; row < layers * heads * T; row++) {
    const weights = attention.subarray(row * T, (row + 1) * T)
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5)
    expect(weights.subarray((row % T) + 1).every(w => w === 0)).toBe(true)
  }
})

test('a head that is switched off changes the probabilities, and is on again afterwards', async () => {
  const drive = await after(20)
  const { without, next } = await look(drive, 'The fox ', { without: [1, 0] })
  expect(without).toHaveLength(next.length)
  expect(without).not.toEqual(next.map(({ probabilities }) => probabilities[0]))
  expect((await look(drive, 'The fox ')).next).toEqual(next)
})

test('branches multiply to the probability of what they spell', async () => {
  const drive = await after(20)
  const { branches, next } = await look(drive, 'The fox ')
  expect(branches[0]!.probability).toBeCloseTo(next[0]!.probabilities[0]!, 6)
  const [first] = branches
  const further = await look(drive, `The fox ${first!.text}`)
  expect(first!.children[0]!.probability).toBeCloseTo(further.next[0]!.probabilities[0]!, 5)
})

test('the same seed writes the same, and another seed something else', async () => {
  const drive = await after(20)
  const write = (seed: number) => drive.run.ask!({ write: 'A ', tokens: 30, seed })
  expect(await write(3)).toBe(await write(3))
  expect(await write(3)).not.toBe(await write(4))
})

test.each(['char', 'bpe'] as const)('with %s tokens the loss falls', async tokenizer => {
  const drive = await started({ tokenizer, learningRate: 0.02, steps: 60 })
  const losses: number[] = []
  for (let i = 0; i < 60; i++) losses.push((await drive.next()).metrics!.loss!)
  expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.7)
})

test('a text of one’s own is learned from, and one that is too short is refused', async () => {
  const text = 'All that glitters is not gold. '.repeat(60)
  const drive = await started({}, { name: 'mine.txt', text })
  expect(drive.run.report).toMatchObject({ name: 'mine.txt', used: text.length, unit: 'characters', dropped: [] })
  expect((await drive.run.shot()).facts.vocabSize).toBe(new Set(text).size)
  await expect(started({}, { name: 'mine.txt', text: 'short' })).rejects.toThrow(
    'mine.txt: has 5 characters. Give a text of some pages to learn from.',
  )
})

test('a prompt with an unknown character says so', async () => {
  await expect((await started()).run.ask!({ look: '你好' })).rejects.toThrow('The prompt cannot be read')
})

test('what is saved is a folder that loads, and another architecture is refused', async () => {
  const [drive, other] = [await after(10), await started({ embedDim: 32 })]
  const files = await drive.run.files!()
  expect(files.map(({ name }) => name).sort()).toEqual([
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ])
  await expect(other.run.load!(files)).rejects.toThrow(
    /is another architecture: it has .*embedDim 16.*; the model here has .*embedDim 32/,
  )
  const again = await started({ seed: 9 })
  await again.run.load!(files)
  const [a, b] = [await look(drive, 'The fox '), await look(again, 'The fox ')]
  expect(b.next).toEqual(a.next)
})

test('a width that the heads cannot share is refused in words', async () => {
  await expect(started({ embedDim: 24, numHeads: 5 })).rejects.toThrow('The width 24 cannot be shared among 5 heads')
})
