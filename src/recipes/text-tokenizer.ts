import { access } from '#files'
import { ArgumentError, DataError } from '../core/errors.ts'
import { type Infer, integer, type Options, text } from '../core/options.ts'
import { CharTokenizer } from '../text/char-tokenizer.ts'
import type { Tokenizer, TokenizerJSON } from '../text/tokenizer.ts'
import { ByteBpeTokenizer } from '../text/tokenizers/byte-bpe.ts'
import { ByteTokenizer } from '../text/tokenizers/byte-tokenizer.ts'
import { loadTokenizer } from '../text/tokenizers/load.ts'
import { linesOf } from '../text/tokenizers/word-counts.ts'
import { WordPieceTokenizer } from '../text/tokenizers/word-piece.ts'
import { WordTokenizer } from '../text/tokenizers/word-tokenizer.ts'

/** Tokenizers that are learned from a text, by their names, each with at most so many tokens. */
const trainers: Readonly<Record<string, (text: string, vocabSize: number) => Tokenizer>> = {
  char: text => CharTokenizer.train(text),
  byte: () => new ByteTokenizer(),
  word: (text, vocabSize) => WordTokenizer.train(text, { vocabSize }),
  bpe: (text, vocabSize) => ByteBpeTokenizer.train(linesOf(text), { vocabSize }),
  wordpiece: (text, vocabSize) => WordPieceTokenizer.train(linesOf(text), { vocabSize }),
}
const names = Object.keys(trainers)
/** Names of tokenizers whose vocabulary is as large as it is told. */
const sized = names.filter(name => name !== 'char' && name !== 'byte')

/** How text becomes tokens. */
export const tokenizerOptions = {
  tokenizer: text({
    default: 'char',
    placeholder: `${names.join('|')}|PATH`,
    help: 'how text becomes tokens: by symbols, bytes, words or pieces of words, learned from the text; or the file or folder of a tokenizer',
  }),
  vocabSize: integer({
    min: 2,
    aliases: ['vocab'],
    help: 'tokens that words or pieces of words are learned to; 8000 unless given',
  }),
} as const
type TokenizerOptions = Infer<Options<typeof tokenizerOptions>>

/** @throws ArgumentError where the size of the vocabulary has no effect */
export const checkTokenizer = (where: string, { tokenizer: name, vocabSize }: TokenizerOptions): void => {
  if (vocabSize === undefined || sized.includes(name)) return
  throw new ArgumentError(
    `${where}: --vocab-size ${vocabSize} has no effect with --tokenizer ${name}. Leave it out, or choose ${sized.join(', ')}.`,
  )
}

/** The tokenizer that the options name, learned from the text or loaded. @throws DataError where there is none of that name */
export const tokenizerFor = async (
  content: string,
  { tokenizer: name, vocabSize }: TokenizerOptions,
): Promise<Tokenizer> => {
  if (Object.hasOwn(trainers, name)) return trainers[name]!(content, vocabSize ?? 8000)
  if (
    await access(name).then(
      () => true,
      () => false,
    )
  )
    return loadTokenizer(name)
  throw new DataError(
    `--tokenizer is ${JSON.stringify(name)}, which is neither ${names.slice(0, -1).join(', ')} or ${names.at(-1)} nor a file or folder that is there.`,
    { tokenizer: name },
  )
}

/** tokenizer_config.json, by which libraries know how to read the document and which tokens are which. */
export const tokenizerConfig = (tokenizer: Tokenizer): TokenizerJSON => {
  const { bosId, eosId, unkId, padId } = tokenizer
  const named = Object.entries({ bos_token: bosId, eos_token: eosId, unk_token: unkId, pad_token: padId })
    .map(([name, id]) => [name, id === undefined ? undefined : tokenizer.tokenOf?.(id)])
    .filter(([, token]) => token !== undefined)
  return { ...CharTokenizer.config, ...Object.fromEntries(named) }
}
