import { ByteBpeTokenizer, ByteTokenizer, fromByteSymbols, type Tokenizer } from 'gradus/text'
import { hex, textOf } from './learner.ts'
import type { Cut, Piece } from './shot.ts'

const encoder = new TextEncoder()
const oneByte = /^<0x([0-9A-F]{2})>$/

/** What a token says, as bytes and as text. */
const pieceOf = (tokenizer: Tokenizer, id: number): Piece => {
  const token = tokenizer.tokenOf?.(id) ?? (id === tokenizer.unkId ? '<unk>' : tokenizer.decode([id]))
  if (id === tokenizer.unkId || [...(tokenizer.specialTokens?.values() ?? [])].includes(id))
    return { id, token, text: token, bytes: [], kind: 'special' }
  const byte = oneByte.exec(token)
  const bytes =
    tokenizer instanceof ByteBpeTokenizer || tokenizer instanceof ByteTokenizer
      ? fromByteSymbols(token)
      : byte
        ? Uint8Array.of(Number.parseInt(byte[1]!, 16))
        : encoder.encode(token.replace(/^##/, '').replaceAll('▁', ' '))
  const text = textOf(bytes)
  return text === null
    ? { id, token, text: hex(bytes), bytes: [...bytes], kind: 'bytes' }
    : { id, token, text, bytes: [...bytes], kind: 'text' }
}

/** A text cut into tokens, and put together again. What cannot be cut is told, and stays whole. */
export const cutBy = (name: string, tokenizer: Tokenizer, text: string): Cut => {
  const { vocabSize } = tokenizer
  try {
    const ids = tokenizer.encode(text, { specialTokens: false })
    const known = new Map<number, Piece>()
    const pieces = Array.from(ids, id => {
      const piece = known.get(id) ?? pieceOf(tokenizer, id)
      known.set(id, piece)
      return piece
    })
    const unknown = pieces.filter(({ id }) => id === tokenizer.unkId).length
    return { name, vocabSize, pieces, unknown, decoded: tokenizer.decode(ids), wrong: null }
  } catch (error) {
    return { name, vocabSize, pieces: [], unknown: 0, decoded: '', wrong: (error as Error).message }
  }
}
