import { ArgumentError } from '../core/errors.ts'
import { defineOptions, flag, type Infer, integer, number, oneOf, texts } from '../core/options.ts'
import { CharTokenizer } from '../text/char-tokenizer.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { ByteBpeTokenizer } from '../text/tokenizers/byte-bpe.ts'
import { ByteTokenizer } from '../text/tokenizers/byte-tokenizer.ts'
import { UnigramTokenizer } from '../text/tokenizers/unigram.ts'
import { linesOf } from '../text/tokenizers/word-counts.ts'
import { WordPieceTokenizer } from '../text/tokenizers/word-piece.ts'
import { WordTokenizer } from '../text/tokenizers/word-tokenizer.ts'

export const tokenizerTypes = ['bpe', 'wordpiece', 'unigram', 'word', 'char', 'byte'] as const
type Type = (typeof tokenizerTypes)[number]

/** How a tokenizer is learned. */
export const tokenizerTraining = defineOptions({
  type: oneOf(tokenizerTypes, {
    default: 'bpe',
    help: 'byte pairs, WordPiece, unigram pieces, words, characters or bytes',
  }),
  vocabSize: integer({ min: 1, aliases: ['vocab'], help: 'tokens in all; 8000 unless given' }),
  minFrequency: integer({ min: 1, help: 'what comes less often becomes no token (bpe, wordpiece, word)' }),
  letterCase: oneOf(['keep', 'lower'], {
    aliases: ['case'],
    help: 'whether text is put in lower case first (wordpiece, where it is unless kept, and word)',
  }),
  specialTokens: texts({
    aliases: ['special'],
    placeholder: 'TOKEN',
    help: "tokens that take the first ids; the type's usual ones unless given",
  }),
  coverage: number({
    above: 0,
    max: 1,
    help: 'the share of the text whose characters become tokens (unigram); 0.9995 unless given',
  }),
  byteFallback: flag({ help: 'write characters without a token in bytes (unigram)' }),
})
export type TokenizerTraining = Infer<typeof tokenizerTraining>

/** Which options have an effect on which types. */
const uses: Readonly<Record<Type, readonly (keyof TokenizerTraining)[]>> = {
  bpe: ['vocabSize', 'minFrequency', 'specialTokens'],
  wordpiece: ['vocabSize', 'minFrequency', 'letterCase', 'specialTokens'],
  unigram: ['vocabSize', 'coverage', 'byteFallback', 'specialTokens'],
  word: ['vocabSize', 'minFrequency', 'letterCase', 'specialTokens'],
  char: [],
  byte: ['specialTokens'],
}

const spelled = (name: string): string => `--${name.replace(/[A-Z]/g, c => `-${c.toLowerCase()}`)}`

/** @throws ArgumentError where an option has no effect on the type */
export const checkTokenizerTraining = (options: TokenizerTraining): void => {
  const { type, ...rest } = options
  for (const [name, value] of Object.entries(rest)) {
    const key = name as keyof TokenizerTraining
    if (value === undefined || value === false || !(key in tokenizerTraining.declaration) || uses[type].includes(key))
      continue
    const having = tokenizerTypes.filter(t => uses[t].includes(key))
    throw new ArgumentError(
      `train tokenizer: ${spelled(name)} has no effect with --type ${type}. Leave it out, or choose ${having.join(', ')}.`,
      { type, option: name },
    )
  }
}

/**
 * Learns a tokenizer from text, in which words end at line ends.
 *
 * @throws ArgumentError where an option has no effect on the type, or the vocabulary has no room; DataError where there is no text
 */
export const trainTokenizer = (text: string, options: TokenizerTraining): Tokenizer => {
  checkTokenizerTraining(options)
  const { type, vocabSize = 8000, minFrequency, letterCase, specialTokens, coverage, byteFallback } = options
  const lines = linesOf(text)
  const special = specialTokens && { specialTokens }
  const often = minFrequency !== undefined && { minFrequency }
  switch (type) {
    case 'bpe':
      return ByteBpeTokenizer.train(lines, { vocabSize, ...often, ...special })
    case 'wordpiece':
      return WordPieceTokenizer.train(lines, { vocabSize, lowercase: letterCase !== 'keep', ...often, ...special })
    case 'unigram':
      return UnigramTokenizer.train(lines, {
        vocabSize,
        byteFallback,
        ...(coverage !== undefined && { characterCoverage: coverage }),
        ...special,
      })
    case 'word':
      return WordTokenizer.train(lines, { vocabSize, lowercase: letterCase === 'lower', ...often, ...special })
    case 'char':
      return CharTokenizer.train(text)
    case 'byte':
      return new ByteTokenizer(specialTokens)
  }
}
