import { ArgumentError } from '../../core/errors.ts'
import type { DecodeOptions, EncodeOptions, Tokenizer, TokenizerJSON } from '../tokenizer.ts'
import { AddedTokens, type SpecialSetup } from './added-tokens.ts'
import { IdList } from './id-list.ts'

const shared = 10_000

/** What tokenizers with a list of tokens share: special tokens are found first, the rest is left to `encodePiece` and `textOf`. */
export abstract class VocabularyTokenizer implements Tokenizer {
  /** Tokens by id, added ones included; ids that stand for nothing are holes. */
  readonly tokens: readonly (string | undefined)[]
  readonly added: AddedTokens
  readonly #list = new IdList(1024)

  constructor(tokens: readonly (string | undefined)[], special: SpecialSetup = {}) {
    const all = [...tokens]
    for (const { id, content } of special.added ?? []) all[id] = content
    this.tokens = all
    this.added = new AddedTokens(special)
  }

  get vocabSize(): number {
    return this.tokens.length
  }
  get bosId(): number | undefined {
    return this.added.bosId
  }
  get eosId(): number | undefined {
    return this.added.eosId
  }
  get unkId(): number | undefined {
    return this.added.unkId
  }
  get padId(): number | undefined {
    return this.added.padId
  }
  get specialTokens(): ReadonlyMap<string, number> {
    return this.added.special
  }

  /** The ids of text between special tokens; `first` where it begins the whole text. */
  protected abstract encodePiece(text: string, first: boolean, out: IdList): void
  /** The text of ids that all stand for tokens. */
  protected abstract textOf(ids: readonly number[]): string
  /** The tokenizer.json of what the tokenizer was made of. */
  protected abstract document(): TokenizerJSON

  /** The ids of a text; a special token that is written in it becomes its id. */
  encode(text: string, { specialTokens = true }: EncodeOptions = {}): Int32Array {
    // Short texts are many: they share the list in which ids are collected.
    const out = text.length < shared ? this.#list.cleared() : new IdList(text.length >> 1)
    if (specialTokens) out.pushAll(this.added.prefix)
    this.added.split(
      text,
      (piece, first) => this.encodePiece(piece, first, out),
      id => out.push(id),
    )
    if (specialTokens) out.pushAll(this.added.suffix)
    return out.toArray()
  }

  /** @throws ArgumentError at the first id that stands for no token. */
  decode(ids: ArrayLike<number>, { skipSpecialTokens = false }: DecodeOptions = {}): string {
    const kept: number[] = []
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!
      if (this.tokens[id] === undefined) {
        throw new ArgumentError(
          `tokenizer.decode: id ${id} at index ${i} stands for no token; ids are 0 to ${this.vocabSize - 1}. Use the tokenizer that the ids were made with.`,
          { id, index: i },
        )
      }
      if (!skipSpecialTokens || !this.added.isSpecial(id)) kept.push(id)
    }
    return this.textOf(kept)
  }

  tokenOf(id: number): string | undefined {
    return this.tokens[id]
  }

  /** The tokenizer.json that it was read from, else one that Python's `tokenizers` reads to the same ids. */
  toJSON(): TokenizerJSON {
    return this.added.source ?? this.document()
  }

  /** The vocabulary as tokenizer.json has it: ids by token. */
  protected vocabJSON(): Record<string, number> {
    const vocab: Record<string, number> = Object.create(null)
    this.tokens.forEach((token, id) => {
      if (token !== undefined) vocab[token] ??= id
    })
    return vocab
  }
}
