import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArgumentError, DataError, FormatError } from '../../../src/core/errors.ts'
import {
  ByteBpeTokenizer,
  ByteTokenizer,
  type LearnedMerge,
  linesOf,
  streamDecoder,
  type Tokenizer,
  tokenizerFromGguf,
  tokenizerFromJSON,
  UnigramTokenizer,
  WordPieceTokenizer,
  WordTokenizer,
} from '../../../src/text/index.ts'
import { Merges } from '../../../src/text/tokenizers/bpe-merges.ts'
import { Charsmap } from '../../../src/text/tokenizers/charsmap.ts'
import { wellFormed } from '../../../src/text/tokenizers/well-formed.ts'

const text =
  'the cat sat on the mat, and the rat sat on the cat.\nHow low is the lowest? Lower than low: été, 日本語 😀!\n'.repeat(
    4,
  )

const bpe = ByteBpeTokenizer.train(text, { vocabSize: 320 })
const wordPiece = WordPieceTokenizer.train(text, { vocabSize: 110 })
const unigram = UnigramTokenizer.train(text, { vocabSize: 120 })
const fallback = UnigramTokenizer.train(text, {
  vocabSize: 360,
  byteFallback: true,
  normalize: false,
  characterCoverage: 0.98,
})
const words = WordTokenizer.train(text)
const bytes = new ByteTokenizer(['<|endoftext|>'])

const all: [string, Tokenizer][] = [
  ['byte-level BPE', bpe],
  ['WordPiece', wordPiece],
  ['unigram', unigram],
  ['unigram with bytes', fallback],
  ['words', words],
  ['bytes', bytes],
]

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...'the cat low été日本😀 \n.,\u0301\ud83d\u2581'), maxLength: 40 }),
)

describe.each(all)('a trained tokenizer: %s', (_, tokenizer) => {
  test('comes back from its document with the same ids and texts', () => {
    const again = tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer.toJSON())))
    expect(again.vocabSize).toBe(tokenizer.vocabSize)
    fc.assert(
      fc.property(anyText, sample => {
        const ids = tokenizer.encode(sample)
        expect([...again.encode(sample)]).toEqual([...ids])
        expect(again.decode(ids)).toBe(tokenizer.decode(ids))
      }),
    )
  })

  test('gives ids that it has tokens for, each one', () => {
    fc.assert(
      fc.property(anyText, sample => {
        for (const id of tokenizer.encode(sample)) expect(tokenizer.tokenOf!(id)).toBeTypeOf('string')
      }),
    )
  })

  test('decodes any stream of ids to what they decode to together', () => {
    const ids = fc.array(fc.nat(tokenizer.vocabSize - 1), { maxLength: 30 })
    fc.assert(
      fc.property(ids, list => {
        const decoder = streamDecoder(tokenizer)
        const streamed = list.map(id => decoder.push(id)).join('') + decoder.flush()
        expect(streamed).toBe(tokenizer.decode(list))
      }),
      { numRuns: 500 },
    )
  })

  test('never streams half a character of a text', () => {
    fc.assert(
      fc.property(anyText, sample => {
        const whole = wellFormed(sample).replaceAll('\ufffd', '')
        const decoder = streamDecoder(tokenizer)
        for (const id of tokenizer.encode(whole)) expect(decoder.push(id)).not.toMatch(/\ufffd|\p{Cs}/u)
      }),
    )
  })

  test('names an id that stands for nothing', () => {
    const { vocabSize } = tokenizer
    expect(() => tokenizer.decode([0, vocabSize])).toThrow(
      `tokenizer.decode: id ${vocabSize} at index 1 stands for no token; ids are 0 to ${vocabSize - 1}. Use the tokenizer that the ids were made with.`,
    )
    expect(() => tokenizer.decode([-1])).toThrow(ArgumentError)
    expect(() => tokenizer.decode([0.5])).toThrow(ArgumentError)
  })
})

test.each([
  ['byte-level BPE', bpe],
  ['bytes', bytes],
])('%s gives any text back, halves of surrogate pairs as U+FFFD', (_, tokenizer) => {
  fc.assert(
    fc.property(fc.oneof(anyText, fc.string({ unit: 'binary', maxLength: 300 })), sample => {
      expect(tokenizer.decode(tokenizer.encode(sample))).toBe(wellFormed(sample))
    }),
  )
})

test('pieces with bytes give any text back that does not begin with a space', () => {
  fc.assert(
    fc.property(anyText, sample => {
      fc.pre(!/^[ \u2581]/.test(sample))
      expect(fallback.decode(fallback.encode(sample))).toBe(wellFormed(sample).replaceAll('\u2581', ' '))
    }),
  )
})

describe('special tokens', () => {
  test('are found in a text, whole, and may be left out of what is decoded', () => {
    const ids = bpe.encode('low<|endoftext|>low')
    expect(ids.filter(id => id === bpe.eosId)).toHaveLength(1)
    expect(bpe.decode(ids)).toBe('low<|endoftext|>low')
    expect(bpe.decode(ids, { skipSpecialTokens: true })).toBe('lowlow')
    expect([bpe.bosId, bpe.eosId, bpe.unkId]).toEqual([0, 0, undefined])
    expect([...bpe.specialTokens]).toEqual([['<|endoftext|>', 0]])
  })

  test('stand around a text, unless they are not wanted', () => {
    const [cls, sep] = [wordPiece.specialTokens.get('[CLS]'), wordPiece.specialTokens.get('[SEP]')]
    const ids = [...wordPiece.encode('cat')]
    expect([ids[0], ids.at(-1)]).toEqual([cls, sep])
    expect([...wordPiece.encode('cat', { specialTokens: false })]).toEqual(ids.slice(1, -1))
  })

  test('come once, with letters, and the one for what is unknown is there', () => {
    expect(() => ByteBpeTokenizer.train('a', { vocabSize: 300, specialTokens: ['x', 'x'] })).toThrow(
      'ByteBpeTokenizer.train: the special token "x" comes twice. Give each special token once, as it is written.',
    )
    expect(() => WordTokenizer.train('a', { specialTokens: [''] })).toThrow('the special token "" has no letters')
    expect(() => UnigramTokenizer.train('a', { vocabSize: 9, specialTokens: ['<s>'] })).toThrow('lack <unk>')
    expect(() => WordPieceTokenizer.train('a', { vocabSize: 9, specialTokens: ['[CLS]'] })).toThrow('lack [UNK]')
  })
})

describe('training', () => {
  test('needs room and text', () => {
    expect(() => ByteBpeTokenizer.train('a', { vocabSize: 256 })).toThrow(
      'ByteBpeTokenizer.train: vocabSize 256 has no room for the 256 bytes and 1 special tokens. Give at least 257.',
    )
    expect(() => UnigramTokenizer.train(text, { vocabSize: 12 })).toThrow(
      'UnigramTokenizer.train: vocabSize 12 has no room',
    )
    for (const train of [
      () => ByteBpeTokenizer.train('', { vocabSize: 300 }),
      () => WordPieceTokenizer.train(' \n', { vocabSize: 300 }),
      () => UnigramTokenizer.train([], { vocabSize: 300 }),
      () => WordTokenizer.train('', {}),
    ])
      expect(train).toThrow(DataError)
  })

  test('is the same every time, and of many texts at whose ends words end', () => {
    const again = ByteBpeTokenizer.train(linesOf(text), { vocabSize: 320 })
    expect(ByteBpeTokenizer.train(linesOf(text), { vocabSize: 320 }).merges).toEqual(again.merges)
    expect(linesOf('a\nb\r\n\nc')).toEqual(['a\n', 'b\r\n', '\n', 'c'])
  })

  test('training tells each merge when it is learned, with how often its pair came', () => {
    const told: LearnedMerge[] = []
    const onMerge = (merge: LearnedMerge): void => void told.push(merge)
    const { merges } = ByteBpeTokenizer.train('aaabdaaabac', { vocabSize: 259, specialTokens: [], onMerge })
    expect(told).toEqual([
      { left: 'a', right: 'a', token: 'aa', count: 4 },
      { left: 'a', right: 'b', token: 'ab', count: 2 },
      { left: 'aa', right: 'ab', token: 'aaab', count: 2 },
    ])
    expect(merges).toEqual(told.map(({ left, right }) => [left, right]))
    told.length = 0
    WordPieceTokenizer.train('low low lot', { vocabSize: 13, onMerge })
    expect(told[0]).toEqual({ left: 'l', right: '##o', token: 'lo', count: 3 })
  })
  test('takes no pair that comes less often than it is told', () => {
    const { merges } = ByteBpeTokenizer.train('ab ab ab cd cd', { vocabSize: 300, minFrequency: 3 })
    expect(merges).toEqual([['a', 'b']])
  })

  test('of words takes the most frequent', () => {
    const few = WordTokenizer.train('a b b c c c, C', { vocabSize: 3, lowercase: true })
    expect(few.tokens).toEqual(['<unk>', 'c', 'b'])
    expect(few.decode(few.encode('B a C'))).toBe('b <unk> c')
  })

  test('of unigram pieces cuts as their probabilities say, and keeps every character', () => {
    expect(unigram.vocabSize).toBeLessThanOrEqual(120)
    for (const c of 'thecats日本語😀') expect(unigram.encode(c)).not.toContain(unigram.unkId)
    // A frequent word is one piece; the sum of all probabilities is one.
    expect(unigram.encode('the')).toHaveLength(1)
    const { vocab } = (unigram.toJSON() as { model: { vocab: [string, number][] } }).model
    const sum = vocab.slice(3).reduce((total, [, score]) => total + Math.exp(score), 0)
    expect(sum).toBeGreaterThan(0.8)
    expect(sum).toBeLessThanOrEqual(1)
  })
})

test('merges of long words are those of short ones, by another way', () => {
  const merges = new Merges()
  const triples = [
    [1, 1, 3],
    [3, 3, 4],
    [1, 2, 5],
    [4, 1, 6],
    [5, 5, 7],
    [3, 2, 8],
  ] as const
  for (const [rank, [a, b, c]] of triples.entries()) merges.add(a, b, c, rank)
  // One pair at a time, the best and leftmost, as the definition says.
  const plainly = (list: number[]): number[] => {
    const word = [...list]
    for (;;) {
      const found = triples.findIndex(([a, b]) => word.some((x, i) => x === a && word[i + 1] === b))
      if (found < 0) return word
      const [a, b, c] = triples[found]!
      word.splice(
        word.findIndex((x, i) => x === a && word[i + 1] === b),
        2,
        c,
      )
    }
  }
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 1, maxLength: 200 }), list => {
      const word = Int32Array.from(list)
      expect([...word.subarray(0, merges.apply(word, word.length))]).toEqual(plainly(list))
    }),
  )
})

test('a word of a million letters is merged in good time', () => {
  const ids = bpe.encode('low'.repeat(300_000))
  expect(bpe.decode(ids)).toBe('low'.repeat(300_000))
  expect(unigram.encode('low'.repeat(100_000)).length).toBeGreaterThan(1)
})

test('a table of characters that is no table is refused', () => {
  expect(Charsmap.from(Uint8Array.of(1, 2, 3))).toBeUndefined()
  expect(Charsmap.from(Uint8Array.of(255, 255, 255, 127, 0, 0, 0, 0))).toBeUndefined()
})

describe('the tokenizer of a GGUF file', () => {
  const ggml = (entries: Record<string, unknown>) =>
    new Map(Object.entries(entries).map(([key, value]) => [`tokenizer.ggml.${key}`, value])) as Parameters<
      typeof tokenizerFromGguf
    >[0]

  test('is byte-level BPE where it says gpt2', () => {
    const { merges, tokens } = bpe
    const read = tokenizerFromGguf(
      ggml({
        model: 'gpt2',
        pre: 'gpt-2',
        tokens,
        merges: merges.map(pair => pair.join(' ')),
        token_type: tokens.map((_, id) => (id === 0 ? 3 : 1)),
        bos_token_id: 0,
        eos_token_id: 0,
      }),
    )
    expect([...read.encode(text)]).toEqual([...bpe.encode(text)])
    expect(read.eosId).toBe(0)
  })

  test('is pieces with scores where it says llama, with <s> before and a space', () => {
    const pieces = ['<unk>', '<s>', '</s>']
    for (let byte = 0; byte < 256; byte++) pieces.push(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)
    const types = [2, 3, 3, ...new Array(256).fill(6)]
    const learned = ['▁l', 'ow', '▁low', '▁', 'l', 'o', 'w']
    const scores = [...pieces.map(() => 0), ...learned.map((_, i) => -i)]
    const tokens = [...pieces, ...learned]
    const metadata = {
      model: 'llama',
      tokens,
      scores,
      token_type: [...types, ...learned.map(() => 1)],
      bos_token_id: 1,
      eos_token_id: 2,
    }
    const read = tokenizerFromGguf(ggml(metadata))
    expect(Array.from(read.encode('low é</s>'), id => read.tokenOf!(id))).toEqual([
      '<s>',
      '▁low',
      '▁',
      '<0xC3>',
      '<0xA9>',
      '</s>',
    ])
    expect(read.decode(read.encode('low é'), { skipSpecialTokens: true })).toBe('low é')
    expect([read.bosId, read.eosId]).toEqual([1, 2])
    expect(() => tokenizerFromGguf(ggml({ ...metadata, scores: [1] }), 'x.gguf')).toThrow(
      `x.gguf: tokenizer.ggml.scores has 1 entries, and there are ${tokens.length} tokens. Download the file again, or give a tokenizer with --tokenizer.`,
    )
  })

  test('is refused where it is of another kind', () => {
    expect(() => tokenizerFromGguf(ggml({ model: 'rwkv' }), 'x.gguf')).toThrow(
      'x.gguf: tokenizer.ggml.model is "rwkv". llama, gpt2, t5 can be read; give another tokenizer with --tokenizer.',
    )
    expect(() => tokenizerFromGguf(new Map())).toThrow(FormatError)
  })
})
