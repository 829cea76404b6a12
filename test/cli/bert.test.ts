import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gradus, isBuilt } from './gradus.ts'

// Real files, real child processes: the text is this project's own style of speech.
const folder = mkdtempSync(join(tmpdir(), 'gradus-bert-cli-'))
const at = (name: string): string => join(folder, name)
const text = Array.from(
  { length: 300 },
  (_, i) => `The ${['cat', 'dog', 'cow'][i % 3]} sat on the mat. It ${i % 2 ? 'ran' : 'lay'} there.`,
).join('\n')
const pets = Array.from({ length: 120 }, (_, i) => (i % 2 ? `cat\tthe cat ran ${i}` : `dog\ta dog lay ${i}`)).join('\n')
const size = '--layers 1 --heads 2 --embed 16 --context 16 --batch 8 --vocab-size 80'.split(' ')
const losses = (out: string): number[] =>
  readFileSync(join(at(out), 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { type: string; loss: number })
    .filter(({ type }) => type === 'step')
    .map(({ loss }) => loss)

beforeAll(async () => {
  if (!isBuilt) throw new Error('dist is missing: run npm run build first (npm test does).')
  writeFileSync(at('text.txt'), text)
  writeFileSync(at('pets.txt'), `${pets}\n`)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('gradus train bert', () => {
  const args = (out: string, ...more: string[]): string[] => [
    ...['train', 'bert', '--data', at('text.txt'), '--out', at(out), ...size, '--steps', '120', '--eval-every', '60'],
    ...more,
  ]

  test('leaves a model folder, says how well it finds hidden words, and goes on exactly', async () => {
    const whole = await gradus(args('whole'))
    expect(whole.stderr).toMatch(
      /validation: \d\.\d{4} nats per hidden token over \d+ of them, \d\.\d{4} by frequencies alone/,
    )
    expect(whole.stderr).toMatch(/right about what follows what in \d+\.\d % of the pairs/)
    expect(whole.stdout).toBe(`${at('whole')}\n`)
    expect(whole.code).toBe(0)
    const config = JSON.parse(readFileSync(join(at('whole'), 'config.json'), 'utf8'))
    expect(config.architectures).toEqual(['BertForPreTraining'])
    const stopped = await gradus(args('part'), { kill: { when: /step \d/, signal: 'SIGINT' } })
    expect(stopped.stderr).toContain('npx gradus train bert --config')
    expect(losses('part').length).toBeLessThan(120)
    expect((await gradus(args('part', '--resume'))).code).toBe(0)
    expect(losses('part')).toEqual(losses('whole'))
  })

  test('is measured and asked by eval and predict', async () => {
    const measured = await gradus(['eval', '--model', at('whole'), '--data', at('text.txt'), '--json'])
    const score = JSON.parse(measured.stdout)
    expect(score).toMatchObject({ split: 'val', model: at('whole') })
    expect(score.loss).toBeGreaterThan(score.masked)
    const strict = await gradus(['eval', '--model', at('whole'), '--data', at('text.txt'), '--max-loss', '0.01'])
    expect(strict.code).toBe(6)
    const asked = await gradus(['predict', at('whole'), 'The [MASK] sat on the [MASK].', '--top', '2', '--json'])
    const { masks } = JSON.parse(asked.stdout)
    expect(masks.map((best: unknown[]) => best.length)).toEqual([2, 2])
    const plain = await gradus(['predict', at('whole'), 'No mask.'])
    expect(plain.code).toBe(2)
    expect(plain.stderr).toContain('predict: the text "No mask." has no [MASK]. Write one where a word is to be.')
  })

  test('with --dry-run writes nothing', async () => {
    const { code, stdout } = await gradus(args('dry', '--dry-run', '--no-nsp', '--json'))
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ input: [8, 16], hidden: [8, 16, 16] })
    expect(readdirSync(folder)).not.toContain('dry')
  })
})

describe('gradus train classifier', () => {
  const args = (out: string, ...more: string[]): string[] => [
    ...['train', 'classifier', '--data', at('pets.txt'), '--out', at(out), ...size, '--epochs', '8', '--lr', '0.01'],
    ...['--eval-every', '30', '--seed', '0'],
    ...more,
  ]

  test('leaves a classifier that eval and predict know, with the same test', async () => {
    const { code, stdout, stderr } = await gradus(args('pets', '--json'))
    expect(code).toBe(0)
    expect(stderr).toContain('counts of words and naive Bayes on the same texts: accuracy ')
    const done = JSON.parse(stdout.trim().split('\n').at(-1)!)
    expect(done).toMatchObject({ type: 'done', test: { accuracy: 1 } })
    expect(done.test.classes.cat.f1).toBe(1)
    const measured = JSON.parse(
      (await gradus(['eval', '--model', at('pets'), '--data', at('pets.txt'), '--json'])).stdout,
    )
    expect(measured).toMatchObject({ split: 'test', texts: 24, accuracy: 1 })
    expect(measured.loss).toBeCloseTo(done.test.loss, 5)
    const { stdout: told } = await gradus(['predict', at('pets'), 'the cat ran', 'a dog lay', '--json'])
    const rows = told
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(rows.map(row => row.class)).toEqual(['cat', 'dog'])
    for (const { probability, probabilities } of rows) {
      expect(probabilities.cat + probabilities.dog).toBeCloseTo(1, 5)
      expect(probability).toBe(Math.max(probabilities.cat, probabilities.dog))
    }
    const lines = await gradus(['predict', at('pets'), '--data', at('pets.txt'), '--top', '2'])
    expect(lines.stdout.trim().split('\n').length).toBe(120)
    expect(lines.stdout).toMatch(/^dog \d+\.\d %, cat \d+\.\d % {2}a dog lay 0\n/)
  })

  test('says what options do not go together before it reads anything', async () => {
    const { code, stderr } = await gradus(args('wrong', '--base', at('none')))
    expect(code).not.toBe(0)
    expect(stderr).toContain(
      `train classifier: --vocab-size 80 has no effect with --base ${at('none')}, which has its own.`,
    )
  })
})
