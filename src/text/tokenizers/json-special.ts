import { FormatError } from '../../core/errors.ts'
import { isRecord, quote } from '../../io/json.ts'
import type { TokenizerJSON } from '../tokenizer.ts'
import type { AddedToken, SpecialSetup } from './added-tokens.ts'

type Part = Readonly<Record<string, unknown>>

/** Ids before and after a text, by a post-processor; undefined where it does what is not known here. */
const surroundings = (
  part: unknown,
  idOf: (token: string) => number | undefined,
): { readonly prefix: number[]; readonly suffix: number[] } | undefined => {
  if (part === null || part === undefined) return { prefix: [], suffix: [] }
  if (!isRecord(part)) return undefined
  if (part.type === 'ByteLevel') return { prefix: [], suffix: [] } // it changes offsets alone
  if (part.type === 'BertProcessing' || part.type === 'RobertaProcessing') {
    const [cls, sep] = [part.cls, part.sep].map(entry => (Array.isArray(entry) ? entry[1] : undefined))
    return Number.isInteger(cls) && Number.isInteger(sep) ? { prefix: [cls], suffix: [sep] } : undefined
  }
  if (part.type === 'Sequence' && Array.isArray(part.processors)) {
    const all = part.processors.map(processor => surroundings(processor, idOf))
    if (!all.every(one => one !== undefined)) return undefined
    return all.reduce(({ prefix, suffix }, one) => ({
      prefix: [...one.prefix, ...prefix],
      suffix: [...suffix, ...one.suffix],
    }))
  }
  return part.type === 'TemplateProcessing' ? template(part, idOf) : undefined
}

/** A template that names a token which is not there. */
class UnknownToken extends Error {
  readonly token: string
  constructor(token: string) {
    super(token)
    this.token = token
  }
}

const template = (
  { single, special_tokens: known }: Part,
  idOf: (token: string) => number | undefined,
): { readonly prefix: number[]; readonly suffix: number[] } | undefined => {
  if (!Array.isArray(single)) return undefined
  const sides = { prefix: [] as number[], suffix: [] as number[] }
  let seen = false
  for (const entry of single) {
    if (isRecord(entry) && isRecord(entry.Sequence) && !seen) {
      seen = true
      continue
    }
    const name = isRecord(entry) && isRecord(entry.SpecialToken) ? entry.SpecialToken.id : undefined
    if (typeof name !== 'string') return undefined
    const listed = isRecord(known) && Object.hasOwn(known, name) ? known[name] : undefined
    const ids = isRecord(listed) && Array.isArray(listed.ids) ? listed.ids : [idOf(name)]
    if (!ids.every(Number.isInteger)) throw new UnknownToken(name)
    sides[seen ? 'suffix' : 'prefix'].push(...ids)
  }
  return seen ? sides : undefined
}

const addedTokens = (doc: Part): AddedToken[] | undefined => {
  const added = (doc.added_tokens ?? []) as readonly Part[]
  // A word that stands alone only, or is found in normalized text, is the package's business.
  const odd = (token: Part): boolean =>
    token.single_word === true || (token.normalized === true && Boolean(doc.normalizer))
  if (added.some(token => odd(token) || token.content === '')) return undefined
  return added.map(token => ({
    id: token.id as number,
    content: token.content as string,
    special: token.special === true,
    takesBefore: token.lstrip === true,
    takesAfter: token.rstrip === true,
  }))
}

/** The id of a role in tokenizer_config.json, which is named by its token. */
const roleOf = (entry: unknown, idOf: (token: string) => number | undefined): number | undefined => {
  const name = isRecord(entry) ? entry.content : entry
  return typeof name === 'string' ? idOf(name) : undefined
}

/** Roles of tokens by tokenizer_config.json. */
export const rolesOf = (config: Part, idOf: (token: string) => number | undefined) => ({
  bosId: roleOf(config.bos_token, idOf),
  eosId: roleOf(config.eos_token, idOf),
  unkId: roleOf(config.unk_token, idOf),
  padId: roleOf(config.pad_token, idOf),
})

/**
 * What stands beside the vocabulary of a tokenizer.json; undefined where it says what is not known here.
 *
 * @throws FormatError where an id around the text stands for no token
 */
export const specialsOf = (
  doc: TokenizerJSON,
  config: Part,
  vocab: ReadonlyMap<string, number>,
  where: string,
): SpecialSetup | undefined => {
  const added = addedTokens(doc)
  const named = new Map(added?.map(({ content, id }) => [content, id]))
  const find = (token: string): number | undefined => named.get(token) ?? vocab.get(token)
  const wrong = (what: string): FormatError =>
    new FormatError(
      `${where}: post_processor puts ${what} beside a text, and there is no such token. Download or save tokenizer.json again.`,
    )
  let around: ReturnType<typeof surroundings>
  try {
    around = surroundings(doc.post_processor, find)
  } catch (error) {
    throw error instanceof UnknownToken ? wrong(quote(error.token)) : error
  }
  const known = new Set([...vocab.values(), ...named.values()])
  const stray = [...(around?.prefix ?? []), ...(around?.suffix ?? [])].find(id => !known.has(id))
  if (stray !== undefined) throw wrong(`the id ${stray}`)
  return added && around && { added, ...around, ...rolesOf(config, find), source: doc }
}
