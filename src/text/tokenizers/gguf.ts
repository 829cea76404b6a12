import { FormatError } from '../../core/errors.ts'
import type { GgufValue } from '../../io/gguf.ts'
import { quote } from '../../io/json.ts'
import type { Tokenizer } from '../tokenizer.ts'
import type { AddedToken, SpecialSetup } from './added-tokens.ts'
import { ByteBpeTokenizer, type ByteBpeSetup } from './byte-bpe.ts'
import { setupOf } from './sentence-model.ts'
import { SentencePieceTokenizer } from './sentence-piece.ts'
import { pieceType } from './sentence-proto.ts'
import { cl100kPattern, digitsPattern, qwen2Pattern } from './word-patterns.ts'

/** Where words end, by `tokenizer.ggml.pre`. */
const patterns: Readonly<Record<string, ByteBpeSetup['pattern']>> = {
  'gpt-2': 'gpt2',
  default: 'gpt2',
  'phi-2': 'gpt2',
  mpt: 'gpt2',
  olmo: 'gpt2',
  'llama-bpe': { source: cl100kPattern },
  llama3: { source: cl100kPattern },
  'llama-v3': { source: cl100kPattern },
  dbrx: { source: cl100kPattern },
  qwen2: { source: qwen2Pattern },
  'deepseek-r1-qwen': { source: qwen2Pattern },
  smollm: { source: digitsPattern },
  starcoder: { source: digitsPattern },
  refact: { source: digitsPattern },
  'command-r': { source: digitsPattern },
}

/** What the metadata says of a tokenizer, checked. */
class Ggml {
  private readonly metadata: ReadonlyMap<string, GgufValue>
  private readonly where: string
  readonly tokens: readonly string[]
  readonly types: readonly number[]

  constructor(metadata: ReadonlyMap<string, GgufValue>, where: string) {
    this.metadata = metadata
    this.where = where
    this.tokens = this.list('tokens', 'string')
    this.types = this.has('token_type')
      ? this.list('token_type', 'number', this.tokens.length)
      : this.tokens.map(() => 1)
  }

  has(key: string): boolean {
    return this.metadata.has(`tokenizer.ggml.${key}`)
  }

  value(key: string): GgufValue | undefined {
    return this.metadata.get(`tokenizer.ggml.${key}`)
  }

  list<T extends 'string' | 'number'>(
    key: string,
    type: T,
    length?: number,
  ): readonly (T extends 'string' ? string : number)[] {
    const list = this.value(key)
    if (!Array.isArray(list) || !list.every(v => typeof v === type && !Number.isNaN(v)))
      throw this.wrong(`tokenizer.ggml.${key} is ${quote(list)}. A list of ${type}s was expected`)
    if (length !== undefined && list.length !== length)
      throw this.wrong(`tokenizer.ggml.${key} has ${list.length} entries, and there are ${length} tokens`)
    return list
  }

  flag(key: string, otherwise: boolean): boolean {
    const value = this.value(key)
    return typeof value === 'boolean' ? value : otherwise
  }

  /** The id of a role, such as `bos_token_id`. */
  id(key: string): number | undefined {
    const value = this.value(key)
    if (value === undefined) return undefined
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < this.tokens.length) return value
    throw this.wrong(`tokenizer.ggml.${key} is ${quote(value)}, and ids are 0 to ${this.tokens.length - 1}`)
  }

  ofType(...types: readonly number[]): number[] {
    return this.types.flatMap((type, id) => (types.includes(type) ? [id] : []))
  }

  special(addBos: boolean): SpecialSetup {
    const [bosId, eosId] = [this.id('bos_token_id'), this.id('eos_token_id')]
    const added: AddedToken[] = this.ofType(pieceType.control, pieceType.userDefined, pieceType.unknown).map(id => ({
      id,
      content: this.tokens[id]!,
      special: this.types[id] !== pieceType.userDefined,
    }))
    return {
      added,
      prefix: this.flag('add_bos_token', addBos) && bosId !== undefined ? [bosId] : [],
      suffix: this.flag('add_eos_token', false) && eosId !== undefined ? [eosId] : [],
      bosId,
      eosId,
      unkId: this.id('unknown_token_id'),
      padId: this.id('padding_token_id'),
    }
  }

  wrong(what: string): FormatError {
    return new FormatError(`${this.where}: ${what}. Download the file again, or give a tokenizer with --tokenizer.`)
  }
}

/** Pieces with scores, as Llama and T5 have them. */
const sentencePieces = (ggml: Ggml, where: string, modelType: 1 | 2): Tokenizer => {
  const { tokens, types } = ggml
  const scores = ggml.list('scores', 'number', tokens.length)
  const setup = setupOf(
    {
      pieces: [...tokens],
      scores: [...scores],
      types: [...types],
      modelType,
      byteFallback: types.includes(pieceType.byte),
      spacesAtEnd: false,
      bosId: ggml.id('bos_token_id') ?? -1,
      eosId: ggml.id('eos_token_id') ?? -1,
      padId: ggml.id('padding_token_id') ?? -1,
      unkText: '<unk>',
      charsmap: undefined,
      dummyPrefix: ggml.flag('add_space_prefix', true),
      removeExtraSpaces: ggml.flag('remove_extra_whitespaces', false),
      escapeSpaces: true,
    },
    where,
    { controlInText: true },
  )
  return new SentencePieceTokenizer({ ...setup, special: { ...setup.special, ...ggml.special(modelType === 2) } })
}

const bytePairs = (ggml: Ggml, where: string): Tokenizer => {
  const pre = ggml.value('pre') ?? 'default'
  const pattern = typeof pre === 'string' && Object.hasOwn(patterns, pre) ? patterns[pre] : undefined
  if (pattern === undefined)
    throw ggml.wrong(`tokenizer.ggml.pre is ${quote(pre)}. Known are ${Object.keys(patterns).join(', ')}`)
  const merges = ggml.list('merges', 'string').map((merge, rank) => {
    const at = merge.indexOf(' ', 1)
    if (at < 0) throw ggml.wrong(`tokenizer.ggml.merges has ${quote(merge)} at ${rank}. Two tokens were expected`)
    return [merge.slice(0, at), merge.slice(at + 1)] as const
  })
  const vocab = new Map(ggml.tokens.map((token, id) => [token, id]))
  return new ByteBpeTokenizer({
    vocab,
    merges,
    pattern,
    special: ggml.special(false),
    ignoreMerges: pattern === patterns['llama-bpe'],
    where,
  })
}

/**
 * The tokenizer that is in a GGUF file: byte pairs of Llama (`llama`) and of GPT-2 (`gpt2`), or pieces of T5 (`t5`).
 *
 * @param metadata as `readGguf` gives it.
 * @param where what messages name: the file.
 * @throws FormatError where it has none, or one of another kind
 *
 * Source: the GGUF specification, version 3, "Tokenizer"; llama.cpp, `llama-vocab.cpp`.
 */
export const tokenizerFromGguf = (metadata: ReadonlyMap<string, GgufValue>, where = 'GGUF'): Tokenizer => {
  const kind = metadata.get('tokenizer.ggml.model')
  const known = ['llama', 'gpt2', 't5']
  if (typeof kind !== 'string' || !known.includes(kind))
    throw new FormatError(
      `${where}: tokenizer.ggml.model is ${quote(kind)}. ${known.join(', ')} can be read; give another tokenizer with --tokenizer.`,
      { kind },
    )
  const ggml = new Ggml(metadata, where)
  if (kind === 'gpt2') return bytePairs(ggml, where)
  return sentencePieces(ggml, where, kind === 'llama' ? 2 : 1)
}
