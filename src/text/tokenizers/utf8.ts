import { DataError } from '../../core/errors.ts'

const strict = new TextDecoder('utf-8', { fatal: true })
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

/** The offset of the first byte that belongs to no character, found by where text read leniently differs. */
const firstBad = (bytes: Uint8Array): number => {
  const again = encoder.encode(lenient.decode(bytes))
  let at = 0
  while (at < bytes.length && bytes[at] === again[at]) at++
  // Back to where the character begins: U+FFFD itself may share its first bytes with what is broken.
  while (at > 0 && (again[at]! & 0xc0) === 0x80) at--
  return at
}

/** The text of UTF-8 bytes, without a byte order mark. @throws DataError naming the first byte that is no UTF-8 */
export const decodeUtf8 = (bytes: Uint8Array, where: string): string => {
  try {
    return strict.decode(bytes)
  } catch {
    const offset = firstBad(bytes)
    throw new DataError(
      `${where}: is not UTF-8 at byte ${offset} (0x${(bytes[offset] ?? 0).toString(16).padStart(2, '0')}). Convert it, such as with iconv -t utf-8, or fetch it again.`,
      { offset },
    )
  }
}
