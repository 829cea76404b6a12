import { FormatError } from '../../core/errors.ts'
import { isRecord, quote } from '../../io/json.ts'
import { ByteBpeTokenizer } from './byte-bpe.ts'
import { bertTemplate, WordPieceTokenizer } from './word-piece.ts'

/** Ids from here on are taken for damage: lists are made as long as the highest id, and what a file says costs no more than its size. */
export const idLimitOf = (tokens: number): number => 4 * tokens + 65_536

/** Ids by token, each id once. @throws FormatError otherwise */
export const vocabularyMap = (vocab: unknown, where: string, what: string): Map<string, number> => {
  const wrong = (message: string): FormatError =>
    new FormatError(`${where}: ${message}. Download or save the file again.`)
  if (!isRecord(vocab)) throw wrong(`${what} is ${quote(vocab)}; an object of ids by token was expected`)
  const idLimit = idLimitOf(Object.keys(vocab).length)
  const ids = new Map<string, number>()
  const tokens = new Map<number, string>()
  for (const [token, id] of Object.entries(vocab)) {
    if (!Number.isInteger(id) || Number(id) < 0 || Number(id) >= idLimit)
      throw wrong(`${what} has ${quote(id)} under ${quote(token)}; a whole number below ${idLimit} was expected`)
    const other = tokens.get(id as number)
    if (other !== undefined) throw wrong(`${what} has the id ${id} under both ${quote(other)} and ${quote(token)}`)
    tokens.set(id as number, token)
    ids.set(token, id as number)
  }
  if (ids.size === 0) throw wrong(`${what} is empty; one token at least was expected`)
  return ids
}

/** The merges of a file of lines, two tokens each; the first line may name the version. @throws FormatError for another line */
export const parseMerges = (text: string, where: string): [string, string][] => {
  const merges: [string, string][] = []
  text.split('\n').forEach((raw, i) => {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    if (line === '' || (i === 0 && line.startsWith('#version'))) return
    const parts = line.split(' ')
    if (parts.length !== 2 || parts[0] === '' || parts[1] === '')
      throw new FormatError(
        `${where}: line ${i + 1} is ${quote(line)}; two tokens with a space between were expected. Download the file again.`,
        { line: i + 1 },
      )
    merges.push([parts[0]!, parts[1]!])
  })
  return merges
}

/** Tokens that GPT-2's family has by name. */
const gpt2Specials = ['<|endoftext|>', '<s>', '</s>', '<pad>', '<unk>', '<mask>']

/**
 * The tokenizer of GPT-2's two files, `encoder.json` (`vocab.json`) and `vocab.bpe` (`merges.txt`).
 *
 * @param vocab the first, parsed; `merges` the text of the second.
 * @throws FormatError where they are not as they should be, or not of one tokenizer
 */
export const tokenizerFromGpt2Files = (
  vocab: unknown,
  merges: string,
  where: { readonly vocab: string; readonly merges: string },
): ByteBpeTokenizer => {
  const ids = vocabularyMap(vocab, where.vocab, 'the vocabulary')
  const added = gpt2Specials.flatMap(content => {
    const id = ids.get(content)
    return id === undefined ? [] : [{ id, content }]
  })
  return new ByteBpeTokenizer({
    vocab: ids,
    merges: parseMerges(merges, where.merges),
    special: { added },
    where: where.vocab,
  })
}

/** Marks that BERT's vocabularies have by name. */
const bertSpecials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']

/**
 * The tokenizer of BERT's `vocab.txt`, a token a line. Whether it lowers case is not written there: it is taken to where no token has a
 * capital letter.
 *
 * @throws FormatError where a token comes twice, or `[UNK]` is missing
 */
export const tokenizerFromBertVocabulary = (
  text: string,
  where: string,
  { lowercase }: { readonly lowercase?: boolean | undefined } = {},
): WordPieceTokenizer => {
  const vocab = new Map<string, number>()
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  lines.forEach((raw, id) => {
    const token = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    const other = vocab.get(token)
    if (other !== undefined)
      throw new FormatError(
        `${where}: the token ${quote(token)} stands in lines ${other + 1} and ${id + 1}. Each comes once: download the file again.`,
        { token },
      )
    vocab.set(token, id)
  })
  const added = bertSpecials.flatMap(content => {
    const id = vocab.get(content)
    return id === undefined ? [] : [{ id, content }]
  })
  const capital = (): boolean => [...vocab.keys()].some(token => /[A-Z]/.test(token) && !token.startsWith('['))
  return new WordPieceTokenizer({
    vocab,
    lowercase: lowercase ?? !capital(),
    special: { added, ...bertTemplate(vocab), padId: vocab.get('[PAD]') },
    where,
  })
}
