const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** The text of the bytes of ids, joined before they are decoded: a character may be in parts. What is no UTF-8 becomes U+FFFD. */
export const decodePieces = (ids: readonly number[], bytesOf: (id: number) => Uint8Array): string => {
  let length = 0
  for (const id of ids) length += bytesOf(id).length
  const bytes = new Uint8Array(length)
  let at = 0
  for (const id of ids) {
    const piece = bytesOf(id)
    bytes.set(piece, at)
    at += piece.length
  }
  return decoder.decode(bytes)
}
