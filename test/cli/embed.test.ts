import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { embedCommand } from '../../src/cli/embed.ts'
import { runCli } from '../../src/cli/run.ts'
import { trainWord2VecCommand } from '../../src/cli/train-word2vec.ts'
import { gradus, isBuilt } from './gradus.ts'
import { memoryIo } from './memory-io.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradus-embed-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The same without a process of its own, which takes longer to start than to work. */
const within = async (
  args: readonly string[],
  stdin = '',
): Promise<{ code: number; stdout: string; stderr: string }> => {
  const io = memoryIo({ stdin, cwd: folder })
  const code = await runCli(args, [trainWord2VecCommand, embedCommand], io)
  return { code, stdout: io.stdout.text, stderr: io.stderr.text }
}

const kinds = ['sea ship sail wave harbour anchor', 'bread oven flour crust baker dough'].map(line => line.split(' '))
let state = 3
const random = (below: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}
const sentences = Array.from({ length: 1500 }, () => {
  const kind = kinds[random(2)]!
  return Array.from({ length: 8 }, (_, i) => (i % 3 === 0 ? 'the' : kind[random(6)]!)).join(' ')
})
const [data, more, run] = [join(folder, 'text.txt'), join(folder, 'more.txt'), join(folder, 'run')]
writeFileSync(data, sentences.slice(0, 900).join('\n'))
writeFileSync(more, sentences.slice(900).join('\n'))
const sizes = ['--sentences', 'lines', '--size', '12', '--window', '3', '--lr', '0.05']

describe.skipIf(!isBuilt)('gradus train word2vec and gradus embed (skipped before a build)', () => {
  beforeAll(async () => {
    const ended = await gradus([
      'train',
      'word2vec',
      '--data',
      data,
      '--data',
      more,
      '--out',
      run,
      '--epochs',
      '30',
      ...sizes,
    ])
    expect([ended.code, ended.stdout]).toEqual([0, `${run}\n`])
    expect(ended.stderr).toContain('13 words that occur 5 times or more, 12,000 of 12,000 in the text; 312 parameters')
    expect(ended.stderr).toMatch(/[\d,]+ words per second\n/)
    for (const control of ['\r', '\u001b']) expect(ended.stderr).not.toContain(control)
  })

  test('a run leaves a model folder, its options and its losses', () => {
    expect(readdirSync(run).sort()).toEqual([
      'config.json',
      'metrics.jsonl',
      'model.safetensors',
      'train.json',
      'vocab.json',
    ])
    const read = (name: string) => JSON.parse(readFileSync(join(run, name), 'utf8'))
    expect(read('config.json')).toMatchObject({ model_type: 'gradus_word2vec', size: 12, window: 3, vocab_size: 13 })
    expect(read('vocab.json').words[0]).toBe('the')
    expect(read('train.json')).toMatchObject({ data: [data, more], epochs: 30, learningRate: 0.05 })
    const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n')
    const losses = lines.map(line => JSON.parse(line).loss)
    expect(losses.length).toBeGreaterThan(5)
    expect(losses.at(-1)).toBeLessThan(losses[0])
  })

  test('near words are those of the same kind, in words and in JSON', async () => {
    const ended = await gradus(['embed', '--model', run, '--near', 'ship', '--count', '5'])
    expect(ended.stderr).toBe('')
    const words = ended.stdout.trimEnd().split('\n')
    expect(words.map(line => line.split(/\s+/)[0]).sort()).toEqual(kinds[0]!.filter(word => word !== 'ship').sort())
    const json = await gradus(['embed', run, '--near', 'ship', '--count', '5', '--json'])
    const { near, words: found } = JSON.parse(json.stdout)
    expect(near).toBe('ship')
    expect(
      found.map((one: { word: string; similarity: number }) => `${one.word} ${one.similarity.toFixed(4)}`),
    ).toEqual(words.map(line => line.replace(/\s+/, ' ')))
  })

  test('an interrupted run, gone on with, gives the vectors of one that was not', async () => {
    const out = join(folder, 'stopped')
    const long = ['--data', data, '--data', more, '--epochs', '120', ...sizes]
    const stopped = await gradus(['train', 'word2vec', ...long, '--out', out], {
      kill: { when: /step \d+/, signal: 'SIGINT' },
    })
    expect(stopped.code).toBe(130)
    expect(stopped.stderr).toMatch(/stopped at word \d+; the vectors so far are saved\. Go on with:/)
    const early = readFileSync(join(out, 'model.safetensors'))
    const other = await gradus(['train', 'word2vec', ...long, '--out', out, '--resume', '--seed', '5'])
    expect([other.code, other.stderr]).toEqual([
      4,
      expect.stringContaining('the training that was interrupted had seed 0; now it is 5.'),
    ])
    const resumed = await gradus(['train', 'word2vec', '--config', join(out, 'train.json'), '--out', out, '--resume'])
    expect([resumed.code, resumed.stdout]).toEqual([0, `${out}\n`])
    const whole = join(folder, 'whole')
    expect((await gradus(['train', 'word2vec', ...long, '--out', whole])).code).toBe(0)
    const found = readFileSync(join(out, 'model.safetensors'))
    expect(found.equals(readFileSync(join(whole, 'model.safetensors')))).toBe(true)
    expect(found.equals(early)).toBe(false)
    expect(existsSync(join(out, 'state.safetensors'))).toBe(false)
    const again = await gradus(['train', 'word2vec', ...long, '--out', out, '--resume'])
    expect([again.code, again.stderr]).toEqual([
      4,
      expect.stringContaining('has no interrupted training to go on with'),
    ])
  })

  test('texts become means of words, by line', async () => {
    const { stdout, stderr } = await within(
      ['embed', '--model', run, '--data', '-', '--json'],
      'Ship, SHIP!\nunknown\nship bread\n',
    )
    expect(stderr).toBe('1 of 3 texts have no known word: their vectors are zeros\n')
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(lines.map(({ known, unknown }) => [known, unknown])).toEqual([
      [2, 0],
      [0, 1],
      [2, 0],
    ])
    expect(lines[1].vector).toEqual(new Array(12).fill(0))
    const { stdout: single } = await within(['embed', '--model', run, '--text', 'ship'])
    expect(single.trimEnd().split(' ').map(Number)).toEqual(lines[0].vector)
  })

  test('vectors are written for others, and read back from there', async () => {
    const projector = join(folder, 'projector')
    expect((await within(['embed', '--model', run, '--tsv', projector])).stdout).toBe(`${projector}\n`)
    const columns = readFileSync(join(projector, 'vectors.tsv'), 'utf8').trimEnd().split('\n')
    expect(columns.map(line => line.split('\t').length)).toEqual(new Array(13).fill(12))
    expect(readFileSync(join(projector, 'metadata.tsv'), 'utf8')).toMatch(/^word\tcount\nthe\t4500\n/)
    const near = await within(['embed', '--model', run, '--near', 'oven'])
    for (const name of ['vectors.bin', 'vectors.txt', 'vectors.glove.txt']) {
      const path = join(folder, name)
      expect((await within(['embed', '--model', run, '--save', path])).stdout).toBe(`${path}\n`)
      expect((await within(['embed', '--model', path, '--near', 'oven'])).stdout).toBe(near.stdout)
    }
  })

  test('analogies and questions are answered', async () => {
    const file = join(folder, 'square.txt')
    writeFileSync(file, 'man 1 0 0.1\nking 1 1 0.1\nwoman -1 0 0.1\nqueen -1 1 0.1\nmat 0 -1 2\n')
    const asked = await within(['embed', '--model', file, '--analogy', 'king man woman', '--count', '1'])
    expect(asked.stdout).toMatch(/^queen {2}\d\.\d{4}\n$/)
    const products = await within([
      'embed',
      file,
      '--analogy',
      'king man woman',
      '--method',
      'mul',
      '--count',
      '1',
      '--json',
    ])
    expect(JSON.parse(products.stdout)).toMatchObject({ method: 'mul', words: [{ word: 'queen' }] })
    const questions = join(folder, 'questions.txt')
    writeFileSync(
      questions,
      ': royal\nman king woman queen\nking man queen woman\n: other\nMan mat king woman\nman dog king cat\n',
    )
    const scored = await within(['embed', file, '--questions', questions])
    expect(scored.stdout).toBe(
      'royal  100.0 %  2 of 2\nother    0.0 %  0 of 1, 1 with unknown words\ntotal   66.7 %  2 of 3, 1 with unknown words\n',
    )
    const json = JSON.parse((await within(['embed', file, '--questions', questions, '--json'])).stdout)
    expect(json.total).toEqual({ section: 'total', asked: 3, correct: 2, unknown: 1, accuracy: 2 / 3 })
    const judged = join(folder, 'judged.txt')
    writeFileSync(judged, 'man king 3\nman woman 1\nking woman 2\nmat dog 9\n')
    const rank = await within(['embed', file, '--similarities', judged])
    expect(rank.stdout).toMatch(/^Spearman -?\d\.\d{4} over 3 pairs, 1 with unknown words\n$/)
  })

  test.each([
    [['embed', '--model', 'RUN'], 2, 'embed: nothing is asked. Give one of --near, --analogy'],
    [['embed', '--model', 'RUN', '--near', 'a', '--tsv', 'b'], 2, 'embed: --near and --tsv are asked at once.'],
    [['embed', '--model', 'RUN', '--analogy', 'a b'], 2, 'embed: --analogy takes three words; got "a b".'],
    [['embed', '--model', 'RUN', '--near', 'a', '--method', 'mul'], 2, '--method is for --analogy and --questions.'],
    [['embed', '--model', 'RUN', '--near', 'a', '--max-words', '3'], 2, '--max-words is for files of vectors, and'],
    [
      ['embed', '--model', 'RUN', '--near', 'shipp'],
      3,
      'the word "shipp" is not among the 13 words. Did you mean "ship"?',
    ],
    [['embed', '--model', 'missing.bin', '--near', 'a'], 4, 'missing.bin: could not be read: no such file'],
    [['embed', '--model', 'DATA', '--near', 'a'], 3, 'number 1 of word 1 is'],
    [['train', 'word2vec', '--data', 'DATA', '--out', 'RUN'], 3, "the run's folder is not empty."],
    [['train', 'word2vec', '--data', 'DATA', '--min-count', '9999'], 3, 'word2vec: no word occurs 9999 times'],
    [
      ['train', 'word2vec', '--data', 'DATA', '--loss', 'hierarchical', '--negative', '9'],
      2,
      '--negative has no effect',
    ],
    [['train', 'word2vec', '--data', 'DATA', '--resume', '--threads', '2'], 2, '--resume goes on exactly'],
  ])('%j is refused', async (args, code, message) => {
    const ended = await within(args.map(arg => (arg === 'RUN' ? run : arg === 'DATA' ? data : arg)))
    expect([ended.code, ended.stdout]).toEqual([code, ''])
    expect(ended.stderr.trimEnd().split('\n').at(-1)).toContain(message)
  })

  test('a dry run and threads', async () => {
    const dry = await within(['train', 'word2vec', data, more, '--dry-run', '--out', join(folder, 'dry'), '--json'])
    expect(JSON.parse(dry.stdout)).toEqual({ words: 13, text: 12_000, size: 100, parameters: 2600 })
    expect(existsSync(join(folder, 'dry'))).toBe(false)
    const out = join(folder, 'threads')
    const ended = await gradus(['train', 'word2vec', data, more, '--out', out, '--threads', '2', '--json', ...sizes])
    expect(ended.code).toBe(0)
    const events = ended.stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(events.at(-1)).toMatchObject({ type: 'done', step: 60_000, words: 13, out })
  })
})
