import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { DataError, FormatError } from '../../../src/core/errors.ts'
import {
  loadTokenizer,
  type Tokenizer,
  tokenizerFromBertVocabulary,
  tokenizerFromGguf,
  tokenizerFromGpt2Files,
  tokenizerFromJSON,
  tokenizerFromLlama2c,
  tokenizerFromSentencePiece,
} from '../../../src/text/index.ts'
import type { GgufValue } from '../../../src/io/gguf.ts'
import { decodeUtf8 } from '../../../src/text/tokenizers/utf8.ts'

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/tokenizers.json', import.meta.url), 'utf8'))
const rounds = process.env.GRADUS_TEST_LONG ? 10_000 : 600

/** Numbers below a bound, the same in every run. */
const numbers = (seed: number): ((below: number) => number) => {
  let state = seed
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Bytes with a few of them changed, taken out, doubled or cut off. */
const damage = (bytes: Uint8Array, random: (below: number) => number): Uint8Array<ArrayBuffer> => {
  let out = Uint8Array.from(bytes)
  for (let n = 1 + random(4); n > 0; n--) {
    const [a, b] = [random(out.length + 1), random(out.length + 1)]
    const [start, end] = [Math.min(a, b), Math.max(a, b)]
    const kind = random(6)
    if (kind === 0) out = out.slice(0, start)
    else if (kind === 1) out = Uint8Array.from([...out.subarray(0, start), ...out.subarray(Math.min(end, start + 9))])
    else if (kind === 2)
      out = Uint8Array.from([
        ...out.subarray(0, end),
        ...out.subarray(start, Math.min(end, start + 30)),
        ...out.subarray(end),
      ])
    else if (kind === 3) out.set([random(256), 0xff, 0xff, 0x7f].slice(0, out.length - start), start)
    else if (start < out.length) out[start] = random(256)
  }
  return out
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const document = (name: string) => fixture.documents.find((d: { name: string }) => d.name === name).document
const lines = (tokens: readonly string[]): Uint8Array => utf8(`${tokens.join('\n')}\n`)

const bytePairs = document('gpt2').model as { vocab: Record<string, number>; merges: [string, string][] }
const vocabulary = utf8(JSON.stringify(bytePairs.vocab))
const merges = lines(['#version: 0.2', ...bytePairs.merges.map(pair => pair.join(' '))])
const where = { vocab: 'encoder.json', merges: 'vocab.bpe' }
const gpt2 = (vocab: Uint8Array, list: Uint8Array): Tokenizer =>
  tokenizerFromGpt2Files(parse(vocab), decodeUtf8(list, 'vocab.bpe'), where)

/** Bytes, letters and some pieces. */
const llama2cPieces = (): { tokens: string[]; scores: number[]; types: number[] } => {
  const tokens = ['<unk>', '\n<s>\n', '\n</s>\n']
  for (let byte = 0; byte < 256; byte++) tokens.push(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)
  tokens.push(...'helo wrd', 'he', 'll', 'hell', 'wo', ' wo', 'é')
  return { tokens, scores: tokens.map((_, i) => -i), types: tokens.map((_, i) => (i > 258 ? 1 : i > 2 ? 6 : 3)) }
}

/** A file of llama2.c. */
const llama2c = (): Uint8Array => {
  const pieces = llama2cPieces().tokens
  const parts: Uint8Array[] = [Uint8Array.of(8, 0, 0, 0)]
  pieces.forEach((piece, i) => {
    const bytes = utf8(piece)
    const head = new DataView(new ArrayBuffer(8))
    head.setFloat32(0, -i, true)
    head.setInt32(4, bytes.length, true)
    parts.push(new Uint8Array(head.buffer), bytes)
  })
  return Uint8Array.from(parts.flatMap(part => [...part]))
}

/** JSON of damaged bytes; what is no JSON is for `loadTokenizer` to say. */
const parse = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw new FormatError('no JSON')
  }
}

/** Reads damaged files; what can be read must work. Returns how many could not. */
const survive = (bytes: Uint8Array, read: (damaged: Uint8Array) => Tokenizer, seed: number): number => {
  const random = numbers(seed)
  let refused = 0
  for (let i = 0; i < rounds; i++) {
    const damaged = damage(bytes, random)
    try {
      const tokenizer = read(damaged)
      expect(tokenizer.vocabSize).toBeLessThan(damaged.length * 5 + 70_000)
      const ids = tokenizer.encode("Hello wörld 日本 it's low")
      expect(Math.max(...ids)).toBeLessThan(tokenizer.vocabSize)
      tokenizer.decode(ids)
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof DataError)) throw error
      refused++
    }
  }
  return refused
}

describe('damaged vocabularies are refused or work', () => {
  const readers: [string, Uint8Array, (bytes: Uint8Array) => Tokenizer][] = [
    ['encoder.json', vocabulary, bytes => gpt2(bytes, merges)],
    ['vocab.bpe', merges, bytes => gpt2(vocabulary, bytes)],
    [
      'vocab.txt',
      lines(fixture.trained.wordPiece.vocab),
      bytes => tokenizerFromBertVocabulary(decodeUtf8(bytes, 'vocab.txt'), 'vocab.txt'),
    ],
    ['tok.bin', llama2c(), bytes => tokenizerFromLlama2c(bytes, 'tok.bin')],
    ...(fixture.sentencePiece.trained as { name: string; model: string }[]).map(
      ({ name, model }): [string, Uint8Array, (bytes: Uint8Array) => Tokenizer] => [
        `${name}.model`,
        Buffer.from(model, 'base64'),
        bytes => tokenizerFromSentencePiece(bytes, `${name}.model`),
      ],
    ),
    ...['words', 't5', 'metaspace words'].map((name): [string, Uint8Array, (bytes: Uint8Array) => Tokenizer] => [
      `tokenizer.json of ${name}`,
      utf8(JSON.stringify(document(name))),
      bytes => tokenizerFromJSON(parse(bytes)),
    ]),
  ]

  test.each(readers)(
    '%s',
    (_, bytes, read) => {
      expect(read(bytes).encode('hello').length).toBeGreaterThan(0)
      expect(survive(bytes, read, 7)).toBeGreaterThan(0)
    },
    600_000,
  )
})

describe('documents with anything in place of a part are refused or work', () => {
  type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
  const odd: readonly Json[] = [
    null,
    true,
    -1,
    0.5,
    1e9,
    3,
    '',
    'a',
    '\u2581',
    '(',
    '.*',
    [],
    ['a'],
    [['a', 0]],
    {},
    { type: 'Sequence' },
  ]

  /** A document with a part somewhere in it replaced, taken out, or put in the place of another. */
  const replaced = (json: Json, random: (below: number) => number, depth: number): Json => {
    if (typeof json !== 'object' || json === null || depth === 0) return odd[random(odd.length)]!
    if (Array.isArray(json)) {
      const list = [...(json as readonly Json[])]
      const i = random(list.length + 1)
      list.splice(i, random(2), replaced(list[i] ?? null, random, depth - 1))
      return list
    }
    const entries = Object.entries(json)
    const i = random(entries.length)
    const [key, value] = entries[i] ?? ['a', null]
    const rest = entries.filter((_, j) => j !== i)
    return Object.fromEntries(random(8) === 0 ? rest : [...rest, [key, replaced(value, random, depth - 1)]])
  }

  test.each(fixture.documents as { name: string; document: Json }[])(
    'of $name',
    ({ document: json }) => {
      const random = numbers(11)
      let refused = 0
      for (let i = 0; i < Math.ceil(rounds / 5); i++) {
        const changed = replaced(json, random, 1 + random(5))
        try {
          const tokenizer = tokenizerFromJSON(changed)
          tokenizer.decode(tokenizer.encode('Hello wörld 日本 low'))
        } catch (error) {
          if (!(error instanceof FormatError || error instanceof DataError)) throw error
          refused++
        }
      }
      expect(refused).toBeGreaterThan(0)
    },
    600_000,
  )

  test('around a text: tokens that are not there are named', () => {
    const json = document('gpt2')
    const around = (id: string, ids: Json): Json => ({
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { '<end>': { id: '<end>', ids, tokens: ['<end>'] } },
    })
    const beside = (what: string): string =>
      `tokenizer.json: post_processor puts ${what} beside a text, and there is no such token. Download or save tokenizer.json again.`
    const read = (post: Json) => () => tokenizerFromJSON({ ...json, post_processor: post })
    expect(read(around('<begin>', [0]))).toThrow(beside('"<begin>"'))
    expect(read(around('<end>', [99_999]))).toThrow(beside('the id 99999'))
    expect([...read(around('<end>', [0]))().encode('a')]).toHaveLength(2)
  })

  test('in the metadata of a GGUF file', () => {
    const { tokens, scores, types } = llama2cPieces()
    const metadata: Record<string, Json> = {
      model: 'llama',
      tokens,
      scores,
      token_type: types,
      bos_token_id: 1,
      eos_token_id: 2,
      add_bos_token: true,
    }
    const random = numbers(5)
    for (let i = 0; i < rounds; i++) {
      const changed = replaced(metadata, random, 1 + random(2)) as Record<string, GgufValue>
      const entries = Object.entries(changed).map(([key, value]) => [`tokenizer.ggml.${key}`, value] as const)
      try {
        const tokenizer = tokenizerFromGguf(new Map(entries))
        tokenizer.decode(tokenizer.encode('hello é'))
      } catch (error) {
        if (!(error instanceof FormatError || error instanceof DataError)) throw error
      }
    }
  }, 600_000)
})

describe('each kind of file is found out', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradus-kinds-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const made = (name: string, files: Readonly<Record<string, Uint8Array | string>>): string => {
    mkdirSync(join(folder, name))
    for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, name, file), content)
    return join(folder, name)
  }

  test("GPT-2's two files under both names, from a folder or either of them", async () => {
    const ids = [...gpt2(vocabulary, merges).encode('hello the cat<|endoftext|>')]
    const old = made('old', { 'encoder.json': vocabulary, 'vocab.bpe': merges })
    const recent = made('recent', { 'vocab.json': vocabulary, 'merges.txt': merges })
    for (const path of [old, join(old, 'vocab.bpe'), join(old, 'encoder.json'), recent, join(recent, 'merges.txt')])
      expect([...(await loadTokenizer(path)).encode('hello the cat<|endoftext|>')]).toEqual(ids)
  })

  test("BERT's vocabulary, in lower case unless its configuration says otherwise", async () => {
    const vocab = lines(fixture.trained.wordPiece.vocab)
    const lower = await loadTokenizer(made('lower', { 'vocab.txt': vocab }))
    const kept = await loadTokenizer(
      made('kept', { 'vocab.txt': vocab, 'tokenizer_config.json': '{"do_lower_case": false}' }),
    )
    expect([...lower.encode('THE')]).toEqual([...lower.encode('the')])
    expect([...kept.encode('THE')]).toEqual([2, 1, 3])
    expect([lower.padId, lower.unkId]).toEqual([0, 1])
  })

  test('a SentencePiece model, with the tokens around a text that its configuration wants', async () => {
    const model = Buffer.from(fixture.sentencePiece.trained[0].model, 'base64')
    const plain = await loadTokenizer(made('plain', { 'tokenizer.model': model }))
    const config = '{"add_bos_token": true, "add_eos_token": true}'
    const around = await loadTokenizer(made('around', { 'tokenizer.model': model, 'tokenizer_config.json': config }))
    expect([...around.encode('the cat')]).toEqual([1, ...plain.encode('the cat'), 2])
    expect(around.decode(around.encode('the cat'))).toBe('the cat')
  })

  test("llama2.c's file, and a tokenizer.json whose configuration names its tokens", async () => {
    expect([...(await loadTokenizer(made('llama2c', { 'tok.bin': llama2c() }))).encode('hello')]).toEqual([
      1, 263, 269, 262,
    ])
    const json = JSON.stringify(document('gpt2'))
    const named = made('named', {
      'tokenizer.json': json,
      'tokenizer_config.json': '{"pad_token": {"content": "a"}, "bos_token": "<|endoftext|>"}',
    })
    const tokenizer = await loadTokenizer(named)
    expect([tokenizer.bosId, tokenizer.tokenOf!(tokenizer.padId!)]).toEqual([0, 'a'])
  })
})

describe('what is wrong with a file is said', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradus-tokenizers-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const file = (name: string, bytes: Uint8Array | string): string => {
    writeFileSync(join(folder, name), bytes)
    return join(folder, name)
  }
  const said = async (path: string): Promise<string> => {
    try {
      await loadTokenizer(path)
    } catch (error) {
      expect(error instanceof FormatError || error instanceof DataError).toBe(true)
      return (error as Error).message.replace(path, 'FILE').replace(folder, 'FOLDER')
    }
    throw new Error('nothing was said')
  }

  test('bytes that are no UTF-8, with their offset', async () => {
    expect(await said(file('vocab.txt', Uint8Array.of(91, 85, 0xe4, 0xb8, 10)))).toBe(
      'FILE: is not UTF-8 at byte 2 (0xe4). Convert it, such as with iconv -t utf-8, or fetch it again.',
    )
    expect(await said(file('vocab.txt', Uint8Array.of(0xef, 0xbf)))).toContain('at byte 0 (0xef)')
    expect(await said(file('vocab.txt', Uint8Array.of(97, 0xef, 0xbf, 0xbd, 0xff)))).toContain('at byte 4 (0xff)')
  })

  test('a token that comes twice, a merge that is none, a piece that is cut off', async () => {
    expect(await said(file('vocab.txt', 'a\nb\na\n'))).toBe(
      'FILE: the token "a" stands in lines 1 and 3. Each comes once: download the file again.',
    )
    file('vocab.json', vocabulary)
    expect(await said(file('merges.txt', 'a b\na b c\n'))).toBe(
      'FILE: line 2 is "a b c"; two tokens with a space between were expected. Download the file again.',
    )
    const cut = llama2c().subarray(0, 60)
    expect(await said(file('tok.bin', cut))).toBe(
      'FILE: is cut off in token 4. Give a tokenizer of llama2.c, such as tokenizer.bin, or download it again.',
    )
  })

  test('a folder without a tokenizer, and a file that is none', async () => {
    expect(await said(join(folder, '..', 'no-such-folder-of-gradus'))).toContain('no such file or directory (ENOENT)')
    expect(await said(file('notes.md', 'x'))).toBe(
      'FILE: no kind of tokenizer goes by such a name. Expected one that ends in .json, .bpe, .txt, .model, .gguf or .bin.',
    )
    expect(await said(file('tokenizer.json', '{'))).toContain('is not valid JSON')
  })
})
