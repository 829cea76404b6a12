import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Command, defineCommand } from '../../src/cli/command.ts'
import { evalCommand } from '../../src/cli/eval.ts'
import { evalPairs } from '../../src/cli/eval-pairs.ts'
import { runCli } from '../../src/cli/run.ts'
import { trainSeq2SeqCommand } from '../../src/cli/train-seq2seq.ts'
import { trainTransformerCommand } from '../../src/cli/train-transformer.ts'
import { translateCommand } from '../../src/cli/translate.ts'
import { memoryIo } from './memory-io.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradus-cli-translate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const pairs = join(folder, 'pairs.tsv')
const [french, sorter] = [join(folder, 'french'), join(folder, 'sorter')]

// The measuring of pairs by itself, whatever other models eval knows.
const evalOwn = defineCommand({ ...evalCommand, run: context => evalPairs(context as never) })
const commands: readonly Command[] = [trainSeq2SeqCommand, trainTransformerCommand, translateCommand, evalOwn]
const gradus = async (argv: string[], stdin = ''): Promise<{ code: number; stdout: string; stderr: string }> => {
  const io = memoryIo({ stdin, cwd: folder })
  const code = await runCli(argv, commands, io)
  return { code, stdout: io.stdout.text, stderr: io.stderr.text }
}

beforeAll(async () => {
  const lines = [
    'Go.\tVa !',
    'Run!\tCours !',
    'I go.\tJe vais.',
    'I run.\tJe cours.',
    'You go.\tTu vas.',
    'You run.\tTu cours.',
    'We go on and on.\tNous continuons encore et encore.',
  ]
  writeFileSync(pairs, `${lines.join('\n')}\n`)
  const sizes = ['--hidden', '16', '--embed', '8', '--batch', '6', '--buckets', '1', '--lr', '0.02']
  const given = ['--val-fraction', '0', '--steps', '120', '--eval-every', '60', ...sizes]
  const first = await gradus(['train', 'seq2seq', '--data', pairs, '--out', french, ...given])
  expect(first.stderr).toContain('100.0 % of 7 training sources translated exactly, BLEU 100.00')
  expect(first.stdout).toBe(`${french}\n`)
  const tiny = ['--layers', '2', '--heads', '2', '--embed', '8', '--batch', '4', '--buckets', '1', '--eval-pairs', '2']
  const args = [
    '--task',
    'sort',
    '--min-length',
    '1',
    '--max-length',
    '3',
    '--steps',
    '4',
    '--eval-every',
    '2',
    ...tiny,
  ]
  const second = await gradus(['train', 'transformer', '--out', sorter, ...args, '--json'])
  expect(second.code).toBe(0)
  const done = JSON.parse(second.stdout.trimEnd().split('\n').at(-1)!)
  expect(done).toMatchObject({ type: 'done', step: 4, split: 'new', out: sorter })
  expect(done.exact).toBeGreaterThanOrEqual(0)
}, 60_000)

describe('gradus translate', () => {
  test('writes a line for each text, from arguments or standard input', async () => {
    expect(await gradus(['translate', french, 'Go.', 'I  run.'])).toEqual({
      code: 0,
      stdout: 'Va !\nJe cours.\n',
      stderr: '',
    })
    expect((await gradus(['translate', french], 'You go.\nRun!\n')).stdout).toBe('Tu vas.\nCours !\n')
  })

  test('gives the n best with their scores, the best first', async () => {
    const { stdout } = await gradus(['translate', french, 'Go.', '--beams', '4', '--n-best', '3'])
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map(line => line.split('\t'))
    expect(lines).toHaveLength(3)
    expect(lines[0]![1]).toBe('Va !')
    const scores = lines.map(([score]) => Number(score))
    expect(scores).toEqual([...scores].sort((a, b) => b - a))
    const json = await gradus(['translate', french, 'Go.', '--beams', '4', '--n-best', '3', '--json'])
    const { translations } = JSON.parse(json.stdout.split('\n')[0]!)
    expect(translations.map((one: { text: string }) => one.text)).toEqual(lines.map(([, words]) => words))
  })

  test('draws where the model looked: of a Transformer, any layer and head', async () => {
    const drawn = await gradus(['translate', french, 'I run.', '--alignment', 'french.svg'])
    expect(drawn.stderr).toContain('drawn in french.svg: 3 target tokens over 4 source tokens')
    const svg = readFileSync(join(folder, 'french.svg'), 'utf8')
    expect(svg).toContain('cours ← run')
    const mean = await gradus(['translate', sorter, '321', '--alignment', 'mean.svg'])
    expect(mean.code).toBe(0)
    const heads: string[] = []
    for (const [layer, head] of [
      [1, 1],
      [1, 2],
      [2, 1],
    ]) {
      const args = ['--alignment', 'head.svg', '--layer', `${layer}`, '--head', `${head}`]
      expect((await gradus(['translate', sorter, '321', ...args])).code).toBe(0)
      const picture = readFileSync(join(folder, 'head.svg'), 'utf8')
      expect(picture).toContain(`Where the model looked: layer ${layer}, head ${head}`)
      heads.push(picture.replace(/layer \d, head \d/g, ''))
    }
    expect(new Set(heads).size).toBe(3)
  })

  test.each([
    [['Go.', '--n-best', '2'], 2, 'translate: --n-best 2 is more than --beams 1. Keep more beams.'],
    [
      ['Go.', '--head', '1'],
      2,
      'translate: --layer and --head say what --alignment draws. Give it a file, or leave them out.',
    ],
    [
      ['Go.', '--alignment', 'x.svg', '--layer', '2'],
      4,
      'alignment: there is no layer 2. The model has 1 layer of 1 head.',
    ],
    [['Go.', ' '], 3, 'translate: text 2 of 2 is empty. Give texts, or a line for each on standard input.'],
  ])('%j is told', async (args, code, message) => {
    const ended = await gradus(['translate', french, ...args])
    expect(ended.stderr).toContain(message)
    expect(ended.code).toBe(code)
  })

  test('a folder without such a model is told', async () => {
    const ended = await gradus(['translate', join(folder, 'nothing'), 'Go.'])
    expect(ended.code).toBe(4)
    expect(ended.stderr).toContain('config.json: could not be read')
    writeFileSync(join(folder, 'config.json'), '{"model_type":"gpt2"}')
    expect((await gradus(['translate', folder, 'Go.'])).stderr).toContain(
      'model_type is "gpt2". Models that translate have "gradus_seq2seq" or "gradus_transformer".',
    )
  })
})

describe('gradus eval of pairs', () => {
  test('measures loss, exact translations and BLEU', async () => {
    const { stdout } = await gradus(['eval', '--model', french, '--data', pairs, '--json'])
    const found = JSON.parse(stdout)
    expect(found).toMatchObject({ exact: 1, sources: 7, split: 'all' })
    expect(found.bleu).toBeCloseTo(100, 6)
    expect(found.loss).toBeLessThan(0.2)
  })

  test('says where a bound is not met, or an option has no meaning', async () => {
    const other = join(folder, 'other.tsv')
    writeFileSync(other, 'Go.\tMarche.\nRun!\tCours !\n')
    const ended = await gradus(['eval', '--model', french, '--data', other, '--min-accuracy', '0.9'])
    expect(ended.code).toBe(6)
    expect(ended.stderr).toContain('eval: 0.5000 of the sources are translated exactly, below --min-accuracy 0.9.')
    const asked = await gradus(['eval', '--model', french, '--data', other, '--report', 'x'])
    expect(asked.stderr).toContain(`eval: --report is not for ${french}, a model that translates. Leave it out.`)
    expect((await gradus(['eval', '--model', sorter, '--data', other, '--split', 'train'])).stderr).toContain(
      'so --split train is unknown. Choose --split all.',
    )
  })
})

describe('gradus train seq2seq', () => {
  test('says what its options and data need', async () => {
    const nothing = await gradus(['train', 'seq2seq', '--out', join(folder, 'x')])
    expect(nothing.code).toBe(2)
    expect(nothing.stderr).toContain('there is nothing to learn from. Give --data with pairs of lines, or a --task.')
    const bad = join(folder, 'bad.tsv')
    writeFileSync(bad, 'no tab\n')
    const told = await gradus(['train', 'seq2seq', '--data', bad, '--out', join(folder, 'x')])
    expect([told.code, existsSync(join(folder, 'x'))]).toEqual([3, false])
    expect(told.stderr).toContain('line 1 is "no tab", which is no pair.')
  })

  test('goes on only with the data that it was begun with, and overwrites only when told', async () => {
    const other = join(folder, 'words.tsv')
    writeFileSync(other, 'a b\tc d\nb a\td c\n')
    const given = ['--val-fraction', '0', '--hidden', '16', '--embed', '8', '--steps', '130']
    const resumed = await gradus(['train', 'seq2seq', '--data', other, '--out', french, ...given, '--resume'])
    expect(resumed.code).toBe(4)
    expect(resumed.stderr).toContain('Resume with the data and options that it was begun with')
    const again = await gradus(['train', 'seq2seq', '--data', other, '--out', sorter, ...given])
    expect(again.stderr).toContain('the output folder is not empty. Pass --overwrite')
    const over = await gradus([
      'train',
      'transformer',
      '--data',
      other,
      '--out',
      sorter,
      '--steps',
      '1',
      '--val-fraction',
      '0',
      '--overwrite',
    ])
    expect(over.code).toBe(0)
  })

  test('shows with --dry-run what it would do', async () => {
    const out = join(folder, 'dry')
    const { stdout } = await gradus(['train', 'seq2seq', '--data', pairs, '--out', out, '--dry-run', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ batch: 64, loss: expect.any(Number), parameters: expect.any(Number) })
    expect(existsSync(out)).toBe(false)
  })
})
