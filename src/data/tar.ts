import { FormatError } from '../core/errors.ts'

const block = 512
const text = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes).replace(/\0[\s\S]*$/, '')

/**
 * The ordinary files of a tar archive by name, as views of its bytes. Long names and other extensions are not read.
 *
 * @param where what messages name: the file
 * @throws FormatError for bytes that are no archive, or end too early
 * Source: POSIX.1-1988 (ustar), "pax", section "ustar Interchange Format".
 */
export const readTar = (where: string, bytes: Uint8Array): Map<string, Uint8Array> => {
  const files = new Map<string, Uint8Array>()
  // Two blocks of zeros end the archive.
  for (let at = 0; at + block <= bytes.length && bytes[at] !== 0; ) {
    const header = bytes.subarray(at, at + block)
    const size = Number.parseInt(text(header.subarray(124, 136)).trim(), 8)
    // The sum of all bytes of the header, its own eight counted as spaces.
    const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0)
    if (!(size >= 0) || Number.parseInt(text(header.subarray(148, 156)).trim(), 8) !== sum)
      throw new FormatError(`${where}: not a tar archive: the header at byte ${at} is damaged. Get the file again.`)
    const start = at + block
    if (start + size > bytes.length) {
      throw new FormatError(
        `${where}: ends after ${bytes.length} bytes, within "${text(header.subarray(0, 100))}". Get the file again.`,
      )
    }
    // Type 0, or NUL in old archives: an ordinary file.
    if (header[156] === 48 || header[156] === 0)
      files.set(text(header.subarray(0, 100)), bytes.subarray(start, start + size))
    at = start + Math.ceil(size / block) * block
  }
  return files
}
