import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArgumentError, DataError, FormatError } from '../../src/core/errors.ts'
import { CharTokenizer, streamDecoder, type Tokenizer, tokenizerFromJSON } from '../../src/text/index.ts'

const pieces = (tokenizer: Tokenizer, ids: Iterable<number>): string[] => {
  const decoder = streamDecoder(tokenizer)
  return [...Array.from(ids, id => decoder.push(id)), decoder.flush()]
}

const errorOf = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    return error
  }
}

const parts = { version: '1.0', added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null }

/** GPT-2's symbols for the 256 bytes: themselves where they print, else U+0100 onward. */
const byteSymbols = (() => {
  const prints = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173)
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(prints(byte) ? byte : next++))
})()
const asSymbols = (text: string) => Array.from(new TextEncoder().encode(text), byte => byteSymbols[byte]!)

const byteLevel = (merges: string[][], extra: object = {}) => ({
  ...parts,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
  decoder: { type: 'ByteLevel' },
  model: {
    type: 'BPE',
    merges,
    vocab: Object.fromEntries([...byteSymbols, ...merges.map(pair => pair.join(''))].map((token, id) => [token, id])),
  },
  ...extra,
})

const pair = (text: string, at: number) => [asSymbols(text).slice(0, at).join(''), asSymbols(text).slice(at).join('')]
/** Merges that cut characters: the space and the first byte of an emoji are one token, its other bytes three. */
const gpt = tokenizerFromJSON(byteLevel([pair('he', 1), [asSymbols(' ')[0]!, asSymbols('😀')[0]!]]))

const wordPiece = {
  ...parts,
  normalizer: { type: 'BertNormalizer', lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: { type: 'BertProcessing', sep: ['[SEP]', 2], cls: ['[CLS]', 1] },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
  added_tokens: ['[UNK]', '[CLS]', '[SEP]'].map((content, id) => ({ id, content, special: true })),
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    vocab: { '[UNK]': 0, '[CLS]': 1, '[SEP]': 2, play: 3, '##ing': 4, games: 5, '.': 6 },
  },
}

const unigram = {
  ...parts,
  pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
  decoder: { type: 'Metaspace', replacement: '▁' },
  model: {
    type: 'Unigram',
    unk_id: 0,
    vocab: [
      ['<unk>', 0],
      ['▁hello', -1],
      ['▁world', -1],
      ['▁', -2],
      ['h', -3],
    ],
  },
}

/** Bytes as `<0x..>` tokens where the vocabulary has no piece, as Llama has it. */
const byteFallback = {
  ...parts,
  normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
  decoder: {
    type: 'Sequence',
    decoders: [
      { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
      { type: 'ByteFallback' },
      { type: 'Fuse' },
      { type: 'Strip', content: ' ', start: 1, stop: 0 },
    ],
  },
  model: {
    type: 'BPE',
    unk_token: '<unk>',
    byte_fallback: true,
    merges: ['▁ a'],
    vocab: Object.fromEntries(
      [
        '<unk>',
        ...Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
        '▁',
        'a',
        '▁a',
      ].map((token, id) => [token, id]),
    ),
  },
}

describe('a tokenizer.json of another kind', () => {
  test('is byte-level BPE as GPT-2 has it', () => {
    const ids = gpt.encode('he 😀')
    expect(ids).toEqual(Int32Array.of(256, 257, 0x9f, 0x98, 0x80))
    expect(gpt.decode(ids)).toBe('he 😀')
    expect(gpt.vocabSize).toBe(258)
    expect(gpt).not.toBeInstanceOf(CharTokenizer)
  })

  test('is WordPiece, with the special tokens that its document adds', () => {
    const bert = tokenizerFromJSON(wordPiece)
    expect(bert.encode('Playing games.')).toEqual(Int32Array.of(1, 3, 4, 5, 6, 2))
    expect(bert.decode([3, 4, 5, 6])).toBe('playing games .')
    expect(bert.encode('chess')).toEqual(Int32Array.of(1, 0, 2))
  })

  test('is Unigram', () => {
    const t5 = tokenizerFromJSON(unigram)
    expect(t5.encode('hello world')).toEqual(Int32Array.of(1, 2))
    expect(t5.decode([1, 2])).toBe('hello world')
    expect(t5.vocabSize).toBe(5)
  })

  test('is WordLevel', () => {
    const model = { type: 'WordLevel', unk_token: '?', vocab: { '?': 0, a: 1, b: 2 } }
    const words = tokenizerFromJSON({ ...parts, pre_tokenizer: { type: 'WhitespaceSplit' }, decoder: null, model })
    expect(words.encode('b c a')).toEqual(Int32Array.of(2, 0, 1))
    expect(words.decode([2, 0, 1])).toBe('b ? a')
  })

  test('may be from before the kind of model was written down, and leave parts out', () => {
    const { vocab, merges } = byteLevel([pair('he', 1)]).model
    const old = tokenizerFromJSON({
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
      decoder: { type: 'ByteLevel' },
      model: {
        unk_token: null,
        continuing_subword_prefix: '',
        end_of_word_suffix: '',
        vocab,
        merges: merges.map(m => m.join(' ')),
      },
    })
    expect(old.encode('he e')).toEqual(Int32Array.of(256, 32, 101))
  })

  test('is given back as it was', () => {
    expect(tokenizerFromJSON(wordPiece).toJSON()).toBe(wordPiece)
  })

  test('decodes spaces before punctuation as they are, and no ids to no text', () => {
    expect(gpt.decode(gpt.encode("do n't , a . b"))).toBe("do n't , a . b")
    expect(gpt.decode([])).toBe('')
  })

  test('names an id that stands for nothing', () => {
    expect(errorOf(() => gpt.decode(Int32Array.of(1, 258)))).toEqual(
      new ArgumentError(
        'tokenizer.decode: id 258 at index 1 stands for no token; ids are 0 to 257. Use the tokenizer that the ids were made with.',
        { id: 258, index: 1 },
      ),
    )
  })

  test('names a word that it has no id for', () => {
    const model = { type: 'WordLevel', vocab: { a: 0 } }
    const words = tokenizerFromJSON({ ...parts, pre_tokenizer: { type: 'WhitespaceSplit' }, decoder: null, model })
    expect(errorOf(() => words.encode('a c'))).toEqual(
      new DataError(
        'tokenizer.encode: "c" is not in the vocabulary, and the tokenizer has no token for what is unknown. Take it out of the text.',
        { token: 'c' },
      ),
    )
  })

  test('is a CharTokenizer only where nothing else happens to the text', () => {
    const doc = CharTokenizer.train('ab').toJSON()
    const model = doc.model as Record<string, unknown>
    expect(tokenizerFromJSON(doc)).toBeInstanceOf(CharTokenizer)
    for (const other of [
      { ...doc, normalizer: { type: 'Lowercase' } },
      { ...doc, added_tokens: [{ id: 2, content: '<s>' }] },
      { ...doc, decoder: null },
      { ...doc, model: { ...model, unk_token: 'a' } },
      { ...doc, model: { ...model, vocab: { a: 0, b: 1, ab: 2 }, merges: [['a', 'b']] } },
      { ...doc, model: { ...model, vocab: { a: 0, b: 2 } } },
      { ...doc, model: { ...model, vocab: { a: 0, bc: 1 } } },
    ]) {
      expect(tokenizerFromJSON(other)).not.toBeInstanceOf(CharTokenizer)
    }
  })
})

describe('decoding one id at a time', () => {
  test('holds the parts of a character back until it is whole', () => {
    expect(pieces(gpt, gpt.encode('he 😀é!'))).toEqual(['he', ' ', '', '', '😀', '', 'é', '!', ''])
  })

  test('gives the parts of a character that never became whole at the end', () => {
    expect(pieces(gpt, [256, 257, 0x9f])).toEqual(['he', ' ', '', '\ufffd'])
    expect(pieces(gpt, [0xe2, 65])).toEqual(['', '\ufffdA', ''])
  })

  test('keeps the spaces that only the first token decodes without', () => {
    const t5 = tokenizerFromJSON(unigram)
    expect(pieces(t5, [1, 2, 3, 1])).toEqual(['hello', ' world', ' ', ' hello', ''])
    expect(pieces(tokenizerFromJSON(wordPiece), [3, 4, 5])).toEqual(['play', 'ing', ' games', ''])
  })

  test.each([
    ['byte-level', gpt],
    ['byte-fallback', tokenizerFromJSON(byteFallback)],
    ['Unigram', tokenizerFromJSON(unigram)],
    ['WordPiece', tokenizerFromJSON(wordPiece)],
    ['character', CharTokenizer.train('a\ufffd😀 ')],
  ])('gives, joined, what decoding all ids gives: %s (property)', (_, tokenizer) => {
    fc.assert(
      fc.property(fc.array(fc.nat(tokenizer.vocabSize - 1), { maxLength: 30 }), ids => {
        expect(pieces(tokenizer, ids).join('')).toBe(tokenizer.decode(ids))
      }),
    )
  })

  test('never gives half a character of any text (property)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const parts = pieces(gpt, gpt.encode(text))
        expect(parts.join('')).toBe(text)
        if (!text.includes('\ufffd')) expect(parts.some(part => part.includes('\ufffd'))).toBe(false)
      }),
    )
  })
})

const data = process.env.GRADUS_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))
test("GPT-2's own vocabulary gives GPT-2's ids, and a stream of them the text", context => {
  const folder = `${data}/tokenizers/gpt2`
  if (!existsSync(folder)) context.skip(`${folder} is absent; set GRADUS_DATA to the folder with tokenizers/gpt2`)
  const vocab = JSON.parse(readFileSync(`${folder}/encoder.json`, 'utf8'))
  const merges = readFileSync(`${folder}/vocab.bpe`, 'utf8').trim().split('\n').slice(1)
  const gpt2 = tokenizerFromJSON({
    ...byteLevel([]),
    added_tokens: [{ id: 50256, content: '<|endoftext|>', special: true }],
    model: { type: 'BPE', vocab, merges },
  })
  expect(gpt2.vocabSize).toBe(50257)
  expect(gpt2.encode('Hello world, this is GPT-2.<|endoftext|>')).toEqual(
    Int32Array.of(15496, 995, 11, 428, 318, 402, 11571, 12, 17, 13, 50256),
  )
  const text = 'naïve 👩‍👩‍👧 漢字  \r\n\tend'
  expect(gpt2.decode(gpt2.encode(text))).toBe(text)
  const parts = pieces(gpt2, gpt2.encode(text))
  expect(parts.join('')).toBe(text)
  expect(parts.join('')).not.toContain('\ufffd')
})

describe('a bad document', () => {
  const again = 'Download or save tokenizer.json again.'
  const model = { type: 'BPE', vocab: { a: 0 }, merges: [] }
  test.each([
    [null, `the document is null; an object was expected. ${again}`],
    [[], `the document is []; an object was expected. ${again}`],
    [{}, `model is nothing; an object with a vocab was expected. ${again}`],
    [
      { model: { type: 'Gpt', vocab: {} } },
      `model.type is "Gpt"; BPE, WordPiece, WordLevel or Unigram was expected. ${again}`,
    ],
    [{ model: { ...model, vocab: 3 } }, `model.vocab is 3; an object of ids by token was expected. ${again}`],
    [{ model: { ...model, vocab: {} } }, `model.vocab is empty; one token at least was expected. ${again}`],
    [
      { model: { ...model, vocab: { a: '0' } } },
      `model.vocab has "0" under "a"; a whole number below 65540 was expected. ${again}`,
    ],
    [
      { model: { ...model, vocab: { a: 1e9 } } },
      `model.vocab has 1000000000 under "a"; a whole number below 65540 was expected. ${again}`,
    ],
    [{ model: { ...model, vocab: { a: 0, b: 0 } } }, `model.vocab has the id 0 under both "a" and "b". ${again}`],
    [{ model: { type: 'Unigram', vocab: {} } }, `model.vocab is {}; a list of [token, score] was expected. ${again}`],
    [
      { model: { type: 'Unigram', vocab: [['a', 0], ['b']] } },
      `model.vocab has ["b"]; [token, score] was expected. ${again}`,
    ],
    [{ model, added_tokens: {} }, `added_tokens is {}; a list was expected. ${again}`],
    [
      { model, added_tokens: [{ id: -1, content: 'a' }] },
      `added_tokens has {"id":-1,"content":"a"}; an object of content and id was expected. ${again}`,
    ],
    [
      { model, pre_tokenizer: { type: 'CharDelimiterSplit', delimiter: '-' } },
      `the tokenizer cannot be made: Unknown PreTokenizer type: CharDelimiterSplit. ${again.slice(0, -1)}; if it is sound, it asks for what the package @huggingface/tokenizers cannot do.`,
    ],
  ])('is refused in words: %j', (doc, message) => {
    const error = errorOf(() => tokenizerFromJSON(doc, 'runs/a/tokenizer.json'))
    expect(error).toBeInstanceOf(FormatError)
    expect(error).toMatchObject({ message: `runs/a/tokenizer.json: ${message}` })
  })

  test('never ends in anything but a FormatError or a tokenizer, whatever stands in it (property)', () => {
    const paths = [
      ['model'],
      ['model', 'vocab'],
      ['model', 'merges'],
      ['model', 'type'],
      ['decoder'],
      ['pre_tokenizer'],
      ['post_processor'],
      ['normalizer'],
      ['added_tokens'],
    ]
    const docs = fc.constantFrom<object>(byteLevel([pair('he', 1)]), wordPiece, unigram, byteFallback)
    fc.assert(
      fc.property(docs, fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 3 }), (doc, path, value) => {
        const changed = structuredClone(doc) as Record<string, unknown>
        const holder = path.length === 1 ? changed : (changed[path[0]!] as Record<string, unknown>)
        holder[path.at(-1)!] = value
        const result = errorOf(() => tokenizerFromJSON(changed))
        if (result instanceof Error) expect(result).toBeInstanceOf(FormatError)
        else expect((result as Tokenizer).vocabSize).toBeGreaterThan(0)
      }),
      { numRuns: 1000 },
    )
  })
})
