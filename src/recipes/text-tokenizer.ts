import { access } from '#files'
import { ArgumentError, DataError } from '../core/errors.ts'
import { type Infer, integer, type Options, text } from '../core/options.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { loadTokenizer } from '../text/tokenizers/load.ts'
import { tokenizerTypes, trainTokenizer } from './tokenizer.ts'

const names: readonly string[] = tokenizerTypes
const isType = (name: string): name is (typeof tokenizerTypes)[number] => names.includes(name)
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
  if (isType(name))
    // A model of text writes capitals too.
    return trainTokenizer(content, {
      type: name,
      byteFallback: false,
      ...(vocabSize !== undefined && { vocabSize }),
      ...(name === 'wordpiece' && { letterCase: 'keep' }),
    })
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
