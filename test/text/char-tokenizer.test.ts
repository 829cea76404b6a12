import { Tokenizer as HuggingFace } from '@huggingface/tokenizers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArgumentError, DataError } from '../../src/core/errors.ts'
import { CharTokenizer, streamDecoder, tokenizerFromJSON } from '../../src/text/index.ts'

/** Every kind of symbol that reading, normalising or tidying could lose. */
const text = [
  'To be, or not to be : that is the question .',
  ' two  spaces, a\ttab, \t\r\n a Windows line,\n\n\n blank lines \n',
  "do n't , ' I 'm ' we 've ! ?",
  'naïve café cafe\u0301 Å Å ﬁ ½',
  '😀👩‍👩‍👧🇨🇭 漢字 한국어 עברית',
  '\u00a0\u200b\ufeff\u2028\u0000\u007f�▁Ġ##<s></w>',
  '"\\"{}[]0123456789__proto__ ',
].join('\n')

/** What the package `@huggingface/tokenizers` makes of the document, after a trip through JSON text. */
const library = (tokenizer: CharTokenizer) =>
  new HuggingFace(JSON.parse(JSON.stringify(tokenizer)), JSON.parse(JSON.stringify(CharTokenizer.config)))

const messageOf = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    return error
  }
}

describe('training', () => {
  test('takes every code point of the text, sorted', () => {
    const tokenizer = CharTokenizer.train('b😀a\nb\ufffd')
    expect(tokenizer.symbols).toEqual(['\n', 'a', 'b', '\ufffd', '😀'])
    expect(tokenizer.vocabSize).toBe(5)
    expect(tokenizer.encode('a😀b')).toEqual(Int32Array.of(1, 4, 2))
    expect(tokenizer.decode(Int32Array.of(4, 0, 4))).toBe('😀\n😀')
  })

  test('refuses an empty text', () => {
    expect(messageOf(() => CharTokenizer.train(''))).toEqual(
      new DataError('CharTokenizer.train: the text is empty. Give a text that has every symbol to be learned.'),
    )
  })

  test('refuses half of a surrogate pair, which no file can hold', () => {
    expect(messageOf(() => CharTokenizer.train('😀a\ud83d!'))).toEqual(
      new DataError(
        'CharTokenizer.train: index 3 of the text has half of a surrogate pair (U+D83D), which is no character. Read the text as UTF-8, or call text.toWellFormed().',
        { index: 3 },
      ),
    )
  })
})

describe('encoding and decoding', () => {
  const tokenizer = CharTokenizer.train(text)

  test('give the text back, to the last space and line ending', () => {
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
    expect(tokenizer.encode('')).toEqual(new Int32Array(0))
    expect(tokenizer.decode([])).toBe('')
  })

  test('give any well-formed text back (property)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), any => {
        const tokenizer = CharTokenizer.train(any)
        expect(tokenizer.decode(tokenizer.encode(any))).toBe(any)
      }),
    )
  })

  test.each([
    ['a\né!', '"é" (U+00E9)', 2],
    ['a\r\n', '"\\r" (U+000D)', 1],
    ['a b', '" " (U+0020)', 1],
    ['a😀', '"😀" (U+1F600)', 1],
    ['e\u0301', '"e" (U+0065)', 0],
    ['a\u0301', 'U+0301', 1],
    ['a\u200d', 'U+200D', 1],
    ['a\u{e0001}', 'U+E0001', 1],
    ['a\ud83d', 'U+D83D', 1],
    ['"', '"\\"" (U+0022)', 0],
  ])('names the unseen symbol of %j readably', (text, symbol, index) => {
    const error = messageOf(() => CharTokenizer.train('a\n').encode(text))
    expect(error).toBeInstanceOf(DataError)
    expect(error).toMatchObject({
      message: `CharTokenizer.encode: the symbol ${symbol} at index ${index} of the text is not among the 2 of this tokenizer. Take it out of the text, or train the tokenizer (and the model) on a text that has it.`,
      details: { index },
    })
  })

  test.each([2, -1, 0.5])('name the id %s, which stands for nothing', id => {
    expect(messageOf(() => CharTokenizer.train('ab').decode([0, id]))).toEqual(
      new ArgumentError(
        `CharTokenizer.decode: id ${id} at index 1 stands for no symbol; ids are 0 to 1. Use the tokenizer that the ids were made with.`,
        { id, index: 1 },
      ),
    )
  })

  test('one id at a time give the same text', () => {
    const decoder = streamDecoder(tokenizer)
    const pieces = [...tokenizer.encode(text)].map(id => decoder.push(id))
    expect(pieces.join('') + decoder.flush()).toBe(text)
    expect(pieces.slice(0, 5)).toEqual(['T', 'o', ' ', 'b', 'e'])
  })
})

describe('symbols given by hand', () => {
  test('keep their order', () => {
    expect(new CharTokenizer(['b', 'a']).encode('ab')).toEqual(Int32Array.of(1, 0))
  })

  test.each([
    [['a', ''], 'CharTokenizer: symbol 1 is "". Each symbol must be one Unicode character.'],
    [['ab'], 'CharTokenizer: symbol 0 is "ab". Each symbol must be one Unicode character.'],
    [['\udc00'], 'CharTokenizer: symbol 0 is "\\udc00". Each symbol must be one Unicode character.'],
    [['a', 'b', 'a'], 'CharTokenizer: the symbol "a" (U+0061) comes twice, as 0 and 2. Give each symbol once.'],
  ])('are refused when they are %j', (symbols, message) => {
    const error = messageOf(() => new CharTokenizer(symbols))
    expect(error).toBeInstanceOf(ArgumentError)
    expect(error).toMatchObject({ message })
  })
})

describe('the tokenizer.json document', () => {
  test('is read by @huggingface/tokenizers to the same ids and the same text', () => {
    const tokenizer = CharTokenizer.train(text)
    const theirs = library(tokenizer)
    const { ids } = theirs.encode(text)
    expect(ids).toEqual([...tokenizer.encode(text)])
    expect(theirs.decode(ids)).toBe(text)
    for (const symbol of tokenizer.symbols) {
      expect(theirs.encode(symbol).ids).toEqual([...tokenizer.encode(symbol)])
      expect(theirs.decode([...tokenizer.encode(symbol)])).toBe(symbol)
    }
  })

  test('is read by @huggingface/tokenizers to the same, whatever the text (property)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), any => {
        const tokenizer = CharTokenizer.train(any)
        const { ids } = library(tokenizer).encode(any)
        expect(ids).toEqual([...tokenizer.encode(any)])
        expect(library(tokenizer).decode(ids)).toBe(any)
      }),
    )
  })

  test('is read back into an equal tokenizer', () => {
    for (const tokenizer of [CharTokenizer.train(text), new CharTokenizer(['b', '1', 'a', '0', '😀'])]) {
      const back = tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer)))
      expect(back).toBeInstanceOf(CharTokenizer)
      expect((back as CharTokenizer).symbols).toEqual(tokenizer.symbols)
      expect(back.toJSON()).toEqual(tokenizer.toJSON())
    }
  })

  test('is this', () => {
    expect(JSON.parse(JSON.stringify(CharTokenizer.train('ab')))).toEqual({
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: { type: 'Fuse' },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: { a: 0, b: 1 },
        merges: [],
      },
    })
  })
})
