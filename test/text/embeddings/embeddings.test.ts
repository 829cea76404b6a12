import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { FormatError } from '../../../src/core/errors.ts'
import {
  answerQuestions,
  correlateSimilarities,
  decodeVectors,
  Embeddings,
  encodeVectors,
  loadEmbeddings,
  parseQuestions,
  parseSimilarities,
  projectorFiles,
  readVectors,
  saveEmbeddings,
  type VectorFormat,
} from '../../../src/text/index.ts'

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/word2vec.json', import.meta.url), 'utf8'))
const folder = mkdtempSync(join(tmpdir(), 'gradus-embeddings-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const table = new Embeddings(fixture.words, Float32Array.from(fixture.matrix))
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const files = {
  text: utf8(fixture.text),
  binary: Uint8Array.from(Buffer.from(fixture.binary, 'base64')),
  glove: utf8(fixture.text.replace(/^.*\n/, '')),
} as const
const written = (given: Embeddings, format: VectorFormat): Uint8Array =>
  Uint8Array.from(Buffer.concat([...encodeVectors(given, format)]))
const formats = ['text', 'binary', 'glove'] as const

describe('searches', () => {
  test.each(['add', 'mul'] as const)('analogies by %s are those of gensim', method => {
    for (const { positive, negative, ...found } of fixture.searches) {
      const words = table.analogy({ positive, negative, method, count: 7 })
      expect(words.map(({ word }) => word)).toEqual(found[method].map(([word]: [string]) => word))
      for (const [i, { similarity }] of words.entries())
        expect(Math.abs(similarity / found[method][i][1] - 1)).toBeLessThan(1e-5)
    }
  })

  test('near words are an analogy of one', () => {
    const found = table.near('queen', { count: 4 })
    expect(found.map(({ word }) => word)).toEqual(
      table.analogy({ positive: ['queen'], count: 4 }).map(({ word }) => word),
    )
    expect(found[0]!.similarity).toBeCloseTo(table.similarity('queen', found[0]!.word), 6)
    expect(table.near(table.vector('queen'), { count: 1 })[0]!.word).toBe('queen')
    expect(table.near(table.vector('queen'), { count: 1, exclude: ['queen'] })[0]!.word).toBe(found[0]!.word)
    expect(table.near('queen', { count: 1000 })).toHaveLength(fixture.words.length - 1)
  })

  test.each(['add', 'mul'] as const)('questions are answered by %s as gensim answers them', method => {
    const found = answerQuestions(table, parseQuestions(fixture.questions, 'questions.txt'), { method })
    const expected = fixture.answers[method].sections.slice(0, -1)
    expect(found.map(({ section, correct, asked }) => [section, correct, asked])).toEqual(expected)
    expect(found.map(({ unknown }) => unknown)).toEqual([0, 0, 1])
    const strict = answerQuestions(table, parseQuestions(fixture.questions, 'x'), { method, ignoreCase: false })
    expect(strict.at(-1)).toMatchObject({ asked: 0, unknown: 2 })
    const few = answerQuestions(table, parseQuestions(fixture.questions, 'x'), { method, maxWords: 12 })
    expect(few.map(({ asked }) => asked)).toEqual([30, 0, 0])
  })

  test('similarities are compared with judgement by their ranks', () => {
    const pairs = parseSimilarities('Word 1,Word 2,Human\na,b,9\na\tc\t1\nA b 8.5\nb c 2\n# end\nq a 3\n', 'pairs.csv')
    expect(pairs).toHaveLength(5)
    const small = new Embeddings(['a', 'b', 'c'], Float32Array.of(1, 0, 0.9, 0.1, 0, 1))
    // Cosines .99, 0, .99, .11 and judgements 9, 1, 8.5, 2: ranks 3.5 1 3.5 2 and 4 1 3 2.
    const found = correlateSimilarities(small, pairs)
    expect(found).toMatchObject({ asked: 4, unknown: 1 })
    expect(found.correlation).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 10)
    expect(() => parseSimilarities('a b 1\na b\n', 'p')).toThrow('p: line 2 is "a b". Expected two words and a number.')
  })

  test('the mean of a text leaves unknown words out', () => {
    const { vector, known } = table.mean(['king', 'nothing', 'queen', 'king'])
    expect(known).toBe(3)
    const [king, queen] = [table.vector('king'), table.vector('queen')]
    for (const [i, v] of vector.entries()) expect(v).toBeCloseTo((2 * king[i]! + queen[i]!) / 3, 6)
    expect(table.mean(['nothing'])).toEqual({ vector: new Float32Array(6), known: 0 })
  })

  test('what is wrong is said', () => {
    expect(() => table.vector('quen')).toThrow(
      'embeddings: the word "quen" is not among the 34 words. Did you mean "queen"?',
    )
    expect(() => table.near([1, 2])).toThrow('near: the vector has 2 numbers; those of the words have 6.')
    expect(() => table.near('king', { count: 0 })).toThrow('count must be a whole number of at least 1; got 0.')
    expect(() => table.analogy({ positive: [] })).toThrow('analogy: there is no positive word. Give at least one.')
    expect(() => new Embeddings(['a', 'b'], new Float32Array(3))).toThrow(
      'Embeddings: 3 numbers are not one vector for each of 2 words.',
    )
    expect(() => new Embeddings(['a', 'a'], new Float32Array(2))).toThrow('the word "a" comes twice')
    expect(() => new Embeddings(['a', 'b'], Float32Array.of(1, Number.NaN))).toThrow('number 0 of "b" is NaN')
    expect(() => parseQuestions(': a\nb c d\n', 'q.txt')).toThrow(
      'q.txt: line 2 has 3 words: "b c d". A question is four words, and a section begins with a line such as ": capitals".',
    )
    expect(() => parseQuestions(': a\n', 'q.txt')).toThrow('q.txt: has no questions. Give lines of four words.')
  })
})

describe('files of vectors', () => {
  test.each(formats)('%s of gensim is read to the last bit, its kind found by its contents', async format => {
    const path = join(folder, `vectors.${format}`)
    writeFileSync(path, files[format])
    for (const found of [
      decodeVectors(files[format], path),
      decodeVectors(files[format], path, { format }),
      await readVectors(path),
    ]) {
      expect(found.words).toEqual(fixture.words)
      expect(found.matrix).toEqual(table.matrix)
    }
    const few = await readVectors(path, { maxWords: 3 })
    expect([few.words, few.matrix]).toEqual([fixture.words.slice(0, 3), table.matrix.slice(0, 18)])
  })

  test.each(formats)('%s that was written is read as it was', format => {
    const found = decodeVectors(written(table, format), 'again')
    expect([found.words, found.matrix]).toEqual([table.words, table.matrix])
  })

  test('words of text files may hold spaces; lines may end as on Windows', () => {
    // The first line says how many numbers there are: its word has no spaces.
    const found = decodeVectors(utf8('the 0 1\r\n. . 1 -2e-3\r\nat name@x 0.5 .25\r\n'), 'glove.txt')
    expect([found.words, found.size]).toEqual([['the', '. .', 'at name@x'], 2])
    const named = decodeVectors(utf8('2 2\n. . 1 -2e-3\r\nat name@x 0.5 .25'), 'w2v.txt', { format: 'text' })
    expect(named.words).toEqual(['. .', 'at name@x'])
    expect([...named.matrix]).toEqual([1, -0.002, 0.5, 0.25].map(Math.fround))
  })

  // A piece is 16 MiB.
  test.each([
    ['binary', 45_000, 100],
    ['text', 60_000, 30],
  ] as const)('%s of two pieces is read as one', async (format, count, size) => {
    const words = Array.from({ length: count }, (_, i) => `wörd${i}`)
    const large = new Embeddings(
      words,
      Float32Array.from({ length: count * size }, (_, i) => Math.sin(i)),
    )
    const path = join(folder, `large.${format}`)
    const bytes = written(large, format)
    expect(bytes.length).toBeGreaterThan(2 ** 24)
    writeFileSync(path, bytes)
    const found = await readVectors(path)
    expect(found.words).toEqual(large.words)
    expect(Buffer.compare(Buffer.from(found.matrix.buffer), Buffer.from(large.matrix.buffer))).toBe(0)
  })

  test.each([
    ['', 'v: has no words. Give a file of vectors.'],
    ['word\n', 'v: line 1 has no numbers. Give a file of vectors.'],
    ['a 1 2\nb 1\n', 'v: word 2 has 1 numbers; 2 were expected. Download it again.'],
    ['a 1 2\nb 1 x\n', 'v: number 2 of word 2 is "x"; a number was expected. Download it again.'],
    ['a 1 1e39\n', 'v: number 2 of "a" is Infinity; all must be finite. Download it again.'],
    [
      '2 2\na 1 2\n',
      'v: says that it holds 2 words of 2 numbers, but 6 bytes follow. The file is cut off, or no file of vectors.',
    ],
    ['2 1\na 1.000\n', 'v: ends after 1 of 2 words. Download it again.'],
    ['1 1\na 1\nb 2\n', 'v: goes on after its 1 words. Download it again.'],
    [
      '9999999999 9999999999\na 1\n',
      'v: says that it holds 9999999999 words of 9999999999 numbers, but 4 bytes follow. The file is cut off, or no file of vectors.',
    ],
  ])('%j is refused', (content, message) => {
    expect(() => decodeVectors(utf8(content), 'v')).toThrow(new FormatError(message, { where: 'v' }))
  })

  test('a binary file that is cut off is refused wherever it is cut', () => {
    const { binary } = files
    for (let end = 0; end < binary.length; end++)
      expect(() => decodeVectors(binary.subarray(0, end), 'v', { format: 'binary' })).toThrow(FormatError)
    expect(() => decodeVectors(Uint8Array.of(...binary, 65), 'v')).toThrow('v: goes on after its 34 words.')
  })

  test('a word that would end its line is not written', () => {
    const odd = new Embeddings(['a b', 'c'], new Float32Array(2))
    expect(() => [...encodeVectors(odd, 'binary')]).toThrow(
      'encodeVectors: the word "a b" cannot be written as binary.',
    )
    expect(decodeVectors(written(odd, 'text'), 'x').words).toEqual(['a b', 'c'])
  })

  const rounds = process.env.GRADUS_TEST_LONG ? 30_000 : 3_400
  test.each(formats)('%s, damaged, is refused in one line or read', format => {
    let state = 11
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    let refused = 0
    for (let round = 0; round < rounds; round++) {
      let bytes = Uint8Array.from(files[format])
      for (let n = 1 + random(3); n > 0; n--) {
        // Half of the changes hit the first line, which holds the sizes.
        const at = random(random(2) === 0 ? 12 : bytes.length)
        const kind = random(4)
        if (kind === 0) bytes = bytes.slice(0, at)
        else if (kind === 1) bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1 + random(9))])
        else if (kind === 2) bytes = Uint8Array.from([...bytes.subarray(0, at), 48 + random(10), ...bytes.subarray(at)])
        else if (at < bytes.length) bytes[at] = random(256)
      }
      try {
        const found = decodeVectors(bytes, 'damaged', random(2) === 0 ? { format } : {})
        expect(found.matrix.length).toBe(found.words.length * found.size)
        expect(found.matrix.length).toBeLessThanOrEqual(bytes.length)
        expect(found.near(found.words[0]!, { count: 1 }).length).toBeLessThanOrEqual(1)
      } catch (error) {
        if (!(error instanceof FormatError)) throw error
        expect(error.message).toMatch(/^damaged: [^\n]*\.$/)
        refused += 1
      }
    }
    expect(refused).toBeGreaterThan(rounds / 10)
    expect(refused).toBeLessThan(rounds)
  })

  test('the projector gets numbers and words, with counts where they are known', () => {
    const small = new Embeddings(['a\tb', 'c'], Float32Array.of(1, 0.1, -2, 3e-9), { counts: [5, 4] })
    expect(projectorFiles(small)).toEqual({ vectors: '1\t0.1\n-2\t3e-9\n', metadata: 'word\tcount\na b\t5\nc\t4\n' })
    expect(projectorFiles(new Embeddings(['c'], Float32Array.of(1))).metadata).toBe('c\n')
  })
})

describe('a folder of vectors', () => {
  test('is read as it was written', async () => {
    const counted = new Embeddings(table.words, table.matrix, { counts: table.words.map((_, i) => 100 - i) })
    const path = mkdtempSync(join(folder, 'run-'))
    await saveEmbeddings(path, counted, { split: 'spaces', window: 5 })
    const found = await loadEmbeddings(path)
    expect(found.config).toEqual({ split: 'spaces' })
    expect([found.table.words, found.table.matrix, found.table.counts]).toEqual([
      counted.words,
      counted.matrix,
      counted.counts,
    ])
    writeFileSync(join(path, 'vocab.json'), '{"words":["a"]}')
    await expect(loadEmbeddings(path)).rejects.toThrow(
      `${path}: model.safetensors has no float32 tensor vectors of 1 rows. The model is damaged: train it again.`,
    )
    writeFileSync(join(path, 'config.json'), '{"model_type":"gpt2"}')
    await expect(loadEmbeddings(path)).rejects.toThrow('model_type is "gpt2". Expected "gradus_word2vec"')
  })
})
