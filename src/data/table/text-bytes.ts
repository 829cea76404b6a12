import { FormatError } from '../../core/errors.ts'

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Position of the first byte that is not part of UTF-8, or -1. Source: RFC 3629, section 4. */
export const firstInvalidUtf8 = (bytes: Uint8Array): number => {
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at]!
    if (lead < 0x80) {
      at++
      continue
    }
    const length =
      lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0
    if (length === 0 || at + length > bytes.length) return at
    const second = bytes[at + 1]!
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
    if (second < low || second > high) return at
    for (let k = 2; k < length; k++) if ((bytes[at + k]! & 0xc0) !== 0x80) return at
    at += length
  }
  return -1
}

/** The line a byte is in, the first being 1. */
export const lineOf = (bytes: Uint8Array, position: number): number => {
  let line = 1
  for (let at = 0; at < position; at++) if (bytes[at] === 10 || (bytes[at] === 13 && bytes[at + 1] !== 10)) line++
  return line
}

/** Why the bytes of a file are not text: the first byte that is wrong. */
export const notText = (bytes: Uint8Array, where: string): FormatError => {
  const nul = bytes.indexOf(0)
  const wrong = firstInvalidUtf8(bytes)
  const position = wrong >= 0 && (nul < 0 || wrong < nul) ? wrong : nul
  if (position < 0) {
    return new FormatError(`${where}: has ${bytes.length} bytes, more than one text can have. Split the file.`)
  }
  const line = lineOf(bytes, position)
  if (position === nul) {
    return new FormatError(
      `${where}: byte ${position}, in line ${line}, is NUL; text was expected. If the file is UTF-16, pass { encoding: 'utf-16le' }.`,
      { position, line },
    )
  }
  const hex = bytes[position]!.toString(16).padStart(2, '0')
  return new FormatError(
    `${where}: byte ${position}, in line ${line}, is 0x${hex}, which is not UTF-8. If the file has another encoding, pass it, such as { encoding: 'latin1' }.`,
    { position, line },
  )
}

/** Bytes as text; undefined where they are not UTF-8 or hold NUL. */
export const utf8Text = (bytes: Uint8Array): string | undefined => {
  if (bytes.includes(0)) return undefined
  try {
    return strict.decode(bytes)
  } catch {
    return undefined
  }
}

const piece = 2 ** 24

/** Bytes of another encoding, one that TextDecoder knows, as UTF-8; a byte order mark of UTF-16 decides by itself. */
export const toUtf8 = (bytes: Uint8Array, where: string, encoding: string): Uint8Array => {
  const mark =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : ''
  const name = mark || encoding
  const decoder = new TextDecoder(name, { fatal: true })
  if (decoder.encoding === 'utf-8') return bytes
  const pieces: Uint8Array[] = []
  let at = 0
  try {
    for (; at < bytes.length; at += piece) {
      const stream = at + piece < bytes.length
      pieces.push(new TextEncoder().encode(decoder.decode(bytes.subarray(at, at + piece), { stream })))
    }
  } catch {
    throw new FormatError(
      `${where}: is not text in ${name}: something from byte ${at} on stands for no character. Pass the encoding that it was written in.`,
      { encoding: name },
    )
  }
  const out = new Uint8Array(pieces.reduce((total, p) => total + p.length, 0))
  let end = 0
  for (const p of pieces) {
    out.set(p, end)
    end += p.length
  }
  return out
}

/** The bytes, with a line break at their end: a copy where they have none. */
export const withLastBreak = (bytes: Uint8Array): Uint8Array => {
  const last = bytes.at(-1)
  if (last === 10 || last === 13) return bytes
  const longer = new Uint8Array(bytes.length + 1)
  longer.set(bytes)
  longer[bytes.length] = 10
  return longer
}
