import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { runCli } from '../../src/cli/run.ts'
import { tokenizeCommand } from '../../src/cli/tokenize.ts'
import { trainTokenizerCommand } from '../../src/cli/train-tokenizer.ts'
import { gradus, isBuilt } from './gradus.ts'
import { memoryIo } from './memory-io.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradus-tokenize-'))
afterAll(() => rmSync(folder, { recursive: true }))

const data = join(folder, 'text.txt')
const text = 'the cat sat on the mat\nand the rat sat on the cat: été 😀\n'.repeat(20)
writeFileSync(data, text)

const run = async (args: readonly string[], stdin = ''): Promise<{ code: number; out: string; err: string }> => {
  const io = memoryIo({ stdin })
  const code = await runCli(args, [tokenizeCommand, trainTokenizerCommand], io)
  return { code, out: io.stdout.text, err: io.stderr.text }
}

const train = async (type: string, ...more: readonly string[]): Promise<string> => {
  const out = join(folder, type)
  const {
    code,
    out: said,
    err,
  } = await run(['train', 'tokenizer', '--type', type, '--data', data, '--out', out, '--overwrite', ...more])
  expect({ code, said, err: code === 0 ? '' : err }).toEqual({ code: 0, said: `${out}\n`, err: '' })
  return out
}

describe('gradus train tokenizer and gradus tokenize', () => {
  test.each([
    ['bpe', ['--vocab-size', '300'], 'the cat'],
    ['wordpiece', ['--vocab-size', '60'], '[CLS] the cat [SEP]'],
    ['wordpiece', ['--vocab-size', '60', '--case', 'keep', '--min-frequency', '2'], '[CLS] the cat [SEP]'],
    ['unigram', ['--vocab-size', '60'], 'the cat'],
    ['unigram', ['--vocab-size', '310', '--byte-fallback', '--coverage', '0.9'], 'the cat'],
    ['word', ['--vocab-size', '10'], 'the cat'],
    ['char', [], 'the cat'],
    ['byte', ['--special', '<end>'], 'the cat'],
  ])('%s %j: what was learned turns text into ids and ids into text', async (type, more, decoded) => {
    const out = await train(type, ...more)
    const { out: line } = await run(['tokenize', '--tokenizer', out, '--text', 'the cat'])
    expect(line).toMatch(/^\d+( \d+)*\n$/)
    expect(await run(['tokenize', '--tokenizer', out, '--text', line, '--decode'])).toEqual({
      code: 0,
      out: `${decoded}\n`,
      err: '',
    })
    const config = JSON.parse(readFileSync(join(out, 'tokenizer_config.json'), 'utf8'))
    expect(config.clean_up_tokenization_spaces).toBe(false)
  })

  test('tokens are shown, counted, and written as JSON, of a whole text or of its lines', async () => {
    const out = await train('byte')
    const tokenizer = ['tokenize', '--tokenizer', out]
    expect((await run([...tokenizer, '--text', 'a é', '--show'])).out).toBe(' 97  "a"\n 32  "Ġ"\n195  "Ã"\n169  "©"\n')
    expect((await run([...tokenizer, '--text', 'a é', '--show', '--json'])).out).toBe(
      `${JSON.stringify({ ids: [97, 32, 195, 169], tokens: ['a', 'Ġ', 'Ã', '©'] })}\n`,
    )
    expect((await run([...tokenizer, '--data', data, '--count'])).out).toBe(
      '1240 tokens of 1240 bytes, 1.00 bytes per token\n',
    )
    expect((await run([...tokenizer, '--data', '-', '--lines', '--json'], 'a\nbc\n')).out).toBe(
      '{"ids":[97]}\n{"ids":[98,99]}\n',
    )
    expect((await run([...tokenizer, '--data', '-', '--decode'], '[97, 98]\n')).out).toBe('ab\n')
  })

  test('special tokens are left out where they are not wanted', async () => {
    const out = await train('wordpiece', '--vocab-size', '60')
    const { out: ids } = await run(['tokenize', out, 'the cat', '--bare'])
    expect((await run(['tokenize', out, ids, '--decode', '--bare'])).out).toBe('the cat\n')
    const { out: whole } = await run(['tokenize', out, 'the cat'])
    expect((await run(['tokenize', out, whole, '--decode', '--bare'])).out).toBe('the cat\n')
  })

  test('what cannot be is said', async () => {
    const out = await train('byte')
    const failing = async (args: readonly string[]): Promise<[number, string]> => {
      const { code, err } = await run(args)
      return [code, err]
    }
    expect(await failing(['train', 'tokenizer', '--type', 'char', '--vocab-size', '9', '--data', data])).toEqual([
      2,
      'error: train tokenizer: --vocab-size has no effect with --type char. Leave it out, or choose bpe, wordpiece, unigram, word.\n',
    ])
    expect(
      await failing(['train', 'tokenizer', '--vocab-size', '9', '--data', data, '--out', join(folder, 'new')]),
    ).toEqual([
      2,
      'error: ByteBpeTokenizer.train: vocabSize 9 has no room for the 256 bytes and 1 special tokens. Give at least 257.\n',
    ])
    expect(await failing(['train', 'tokenizer', '--type', 'byte', '--data', data, '--out', out])).toEqual([
      3,
      `error: ${out}: holds a tokenizer. Pass --overwrite to replace it, or choose another --out.\n`,
    ])
    const broken = join(folder, 'broken.txt')
    writeFileSync(broken, Uint8Array.of(97, 98, 0xff, 99))
    expect(await failing(['tokenize', out, '--data', broken])).toEqual([
      3,
      `error: ${broken}: is not UTF-8 at byte 2 (0xff). Convert it, such as with iconv -t utf-8, or fetch it again.\n`,
    ])
    expect(await failing(['tokenize', out, '999', '--decode'])).toEqual([
      3,
      'error: tokenize: id 999 at index 0 stands for no token; ids are 0 to 255. Give the tokenizer that the ids were made with.\n',
    ])
    expect(await failing(['tokenize', out, 'x1', '--decode'])).toEqual([
      3,
      'error: tokenize: "x1" is no id. Give whole numbers, apart by spaces or commas.\n',
    ])
    expect((await failing(['tokenize', out]))[0]).toBe(2)
    expect((await failing(['tokenize', out, 'a', '--show', '--count']))[0]).toBe(2)
    expect((await failing(['tokenize', join(folder, 'absent'), 'a']))[0]).toBe(3)
  })
})

test.skipIf(!isBuilt)('the built command learns from standard input and pipes ids', async () => {
  const out = join(folder, 'child')
  const learned = await gradus(
    ['train', 'tokenizer', '--type', 'bpe', '--vocab-size', '280', '--data', '-', '--out', out, '--json'],
    { stdin: text },
  )
  expect({ code: learned.code, ...JSON.parse(learned.stdout) }).toMatchObject({
    code: 0,
    out,
    type: 'bpe',
    vocabSize: 280,
  })
  const ids = await gradus(['tokenize', '--tokenizer', out, '--data', '-'], { stdin: text })
  const back = await gradus(['tokenize', '--tokenizer', out, '--data', '-', '--decode'], { stdin: ids.stdout })
  expect(back.stdout).toBe(`${text}\n`)
})
