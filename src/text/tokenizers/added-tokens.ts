import { ArgumentError } from '../../core/errors.ts'
import type { TokenizerJSON } from '../tokenizer.ts'
import { escapePattern } from './escape-pattern.ts'

/** A token that is found in a text before all else, whole. */
export interface AddedToken {
  readonly id: number
  readonly content: string
  /** Stands for no text of its own, such as `<|endoftext|>`; default true. */
  readonly special?: boolean
  /** Whether it is looked for in text; default true. Otherwise it stands only where it is put. */
  readonly inText?: boolean
  /** Whether white space before and after it belongs to it. */
  readonly takesBefore?: boolean
  readonly takesAfter?: boolean
}

/** What stands beside a vocabulary. */
export interface SpecialSetup {
  readonly added?: readonly AddedToken[]
  /** Ids put before and after a text. */
  readonly prefix?: readonly number[]
  readonly suffix?: readonly number[]
  /** Which tokens begin, end, are unknown and fill up, where names do not say it. */
  readonly bosId?: number | undefined
  readonly eosId?: number | undefined
  readonly unkId?: number | undefined
  readonly padId?: number | undefined
  /** The tokenizer.json that it was read from, which `toJSON` gives back. */
  readonly source?: TokenizerJSON | undefined
}

/** The names that these tokens usually have. */
const usual = {
  bosId: ['<s>', '<bos>', '<|begin_of_text|>', '<|startoftext|>', '[BOS]', '<|endoftext|>'],
  eosId: ['</s>', '<eos>', '<|endoftext|>', '<|end_of_text|>', '[EOS]'],
  unkId: ['<unk>', '[UNK]'],
  padId: ['<pad>', '[PAD]', '<|pad|>'],
} as const

const blank = /\p{White_Space}/u
const trailing = /(?<!\p{White_Space})\p{White_Space}+$/u

/** Finds added tokens in a text, and knows which stand around it. */
export class AddedTokens {
  readonly list: readonly AddedToken[]
  readonly special: ReadonlyMap<string, number>
  readonly prefix: readonly number[]
  readonly suffix: readonly number[]
  readonly bosId: number | undefined
  readonly eosId: number | undefined
  readonly unkId: number | undefined
  readonly padId: number | undefined
  readonly source: TokenizerJSON | undefined
  readonly #words: ReadonlyMap<string, AddedToken>
  readonly #pattern: RegExp | undefined
  readonly #specialIds: ReadonlySet<number>

  constructor({ added = [], prefix = [], suffix = [], source, ...roles }: SpecialSetup = {}) {
    this.source = source
    this.list = [...added].sort((a, b) => a.id - b.id)
    this.prefix = prefix
    this.suffix = suffix
    this.#words = new Map(added.filter(({ inText }) => inText !== false).map(token => [token.content, token]))
    this.special = new Map(added.filter(({ special }) => special !== false).map(({ content, id }) => [content, id]))
    this.#specialIds = new Set(this.special.values())
    // Of tokens that begin at one place the longest is meant.
    const words = [...this.#words.keys()].filter(word => word !== '').sort((a, b) => b.length - a.length)
    this.#pattern = words.length === 0 ? undefined : new RegExp(words.map(escapePattern).join('|'), 'g')
    const named = (role: keyof typeof usual): number | undefined =>
      usual[role].map(name => this.special.get(name)).find(id => id !== undefined)
    this.bosId = roles.bosId ?? named('bosId')
    this.eosId = roles.eosId ?? named('eosId')
    this.unkId = roles.unkId ?? named('unkId')
    this.padId = roles.padId ?? named('padId')
  }

  /** Calls `piece` with the text between added tokens, whether at the text's beginning, and `token` with the tokens' ids, in order. */
  split(text: string, piece: (text: string, first: boolean) => void, token: (id: number) => void): void {
    if (!this.#pattern) {
      if (text !== '') piece(text, true)
      return
    }
    let at = 0
    for (const match of text.matchAll(this.#pattern)) {
      const { id, takesBefore, takesAfter } = this.#words.get(match[0])!
      const between = text.slice(at, Math.max(at, match.index))
      const before = takesBefore ? between.replace(trailing, '') : between
      if (before !== '') piece(before, at === 0)
      token(id)
      at = match.index + match[0].length
      while (takesAfter && at < text.length && blank.test(text[at]!)) at++
    }
    if (at < text.length) piece(text.slice(at), at === 0)
  }

  isSpecial(id: number): boolean {
    return this.#specialIds.has(id)
  }

  /** `added_tokens` of a tokenizer.json. */
  toJSON(): readonly Record<string, unknown>[] {
    return this.list.map(({ id, content, special = true, takesBefore = false, takesAfter = false }) => ({
      id,
      content,
      single_word: false,
      lstrip: takesBefore,
      rstrip: takesAfter,
      normalized: false,
      special,
    }))
  }

  /** `post_processor` of a tokenizer.json: what stands around a text. */
  template(tokenOf: (id: number) => string | undefined): Record<string, unknown> | null {
    const { prefix, suffix } = this
    if (prefix.length + suffix.length === 0) return null
    const entry = (id: number) => ({ SpecialToken: { id: tokenOf(id) ?? '', type_id: 0 } })
    const text = (id: 'A' | 'B', type: number) => ({ Sequence: { id, type_id: type } })
    const single = [...prefix.map(entry), text('A', 0), ...suffix.map(entry)]
    const second = [text('B', 1), ...suffix.map(id => ({ SpecialToken: { id: tokenOf(id) ?? '', type_id: 1 } }))]
    const ids = [...new Set([...prefix, ...suffix])]
    const known = ids.map(id => [tokenOf(id) ?? '', { id: tokenOf(id) ?? '', ids: [id], tokens: [tokenOf(id) ?? ''] }])
    return {
      type: 'TemplateProcessing',
      single,
      pair: [...single, ...second],
      special_tokens: Object.fromEntries(known),
    }
  }
}

/** Ids for special tokens that stand at the head of a new vocabulary. @throws ArgumentError where one comes twice or is empty */
export const specialsFirst = (where: string, tokens: readonly string[]): AddedToken[] =>
  tokens.map((content, id) => {
    if (content === '' || tokens.indexOf(content) !== id) {
      throw new ArgumentError(
        `${where}: the special token ${JSON.stringify(content)} ${content === '' ? 'has no letters' : 'comes twice'}. Give each special token once, as it is written.`,
        { token: content },
      )
    }
    return { id, content, special: true }
  })
