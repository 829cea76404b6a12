/**
 * The 256 bytes as characters that print, so that a vocabulary of bytes can be written as text: a byte that prints in Latin-1 is
 * itself, the others are U+0100 onward in order. A space is `Ġ`.
 *
 * Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.2, and the GPT-2 release.
 */
export const byteSymbols: readonly string[] = (() => {
  const prints = (byte: number): boolean => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173)
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(prints(byte) ? byte : next++))
})()

const bytes = new Map(byteSymbols.map((symbol, byte) => [symbol.charCodeAt(0), byte]))
const encoder = new TextEncoder()

/** The symbols of a text's bytes. */
export const toByteSymbols = (text: string): string =>
  Array.from(encoder.encode(text), byte => byteSymbols[byte]!).join('')

/** The bytes that symbols stand for; a token with any other character, such as an added one, stands for its own UTF-8. */
export const fromByteSymbols = (token: string): Uint8Array => {
  const out = new Uint8Array(token.length)
  for (let i = 0; i < token.length; i++) {
    const byte = bytes.get(token.charCodeAt(i))
    if (byte === undefined) return encoder.encode(token)
    out[i] = byte
  }
  return out
}
