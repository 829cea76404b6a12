import { DataError } from '../../core/errors.ts'
import { quote } from '../../io/json.ts'
import type { IdList } from './id-list.ts'

export interface UnknownSetup {
  readonly unkId?: number | undefined
  /** Ids of the 256 bytes, in which characters without a token are written. */
  readonly byteIds?: ArrayLike<number> | undefined
  /** Whether neighbours without a token are one unknown token. Default true. */
  readonly fuse?: boolean
}

const encoder = new TextEncoder()

/** What becomes of characters that a vocabulary has not: their bytes, or the unknown token. */
export class UnknownText {
  readonly byteIds: ArrayLike<number> | undefined
  private readonly unkId: number | undefined
  private readonly fuse: boolean

  constructor({ unkId, byteIds, fuse = true }: UnknownSetup) {
    this.unkId = unkId
    this.byteIds = byteIds
    this.fuse = fuse
  }

  /**
   * Adds the ids of a stretch of text that has no token.
   *
   * @param follows whether it follows such a stretch.
   * @throws DataError where there is neither a token for the unknown nor one for each byte
   */
  push(text: string, follows: boolean, out: IdList): void {
    const { byteIds, unkId } = this
    if (byteIds) for (const byte of encoder.encode(text)) out.push(byteIds[byte]!)
    else if (unkId === undefined) {
      throw new DataError(
        `tokenizer.encode: ${quote(text)} is not in the vocabulary, and the tokenizer has no token for what is unknown. Take it out of the text.`,
        { text },
      )
    } else if (!(follows && this.fuse)) out.push(unkId)
  }
}

/** Ids of the tokens `<0x00>` to `<0xFF>`, where a vocabulary has them all. */
export const byteIdsOf = (idOf: (token: string) => number | undefined): Int32Array | undefined => {
  const ids = Array.from({ length: 256 }, (_, byte) => idOf(byteToken(byte)))
  return ids.every(id => id !== undefined) ? Int32Array.from(ids) : undefined
}

export const byteToken = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`
