import { FormatError } from '../core/errors.ts'

/** What the first bytes of an encoded image say. */
export interface ImageHeader {
  readonly format: 'PNG' | 'JPEG' | 'WebP'
  readonly width: number
  readonly height: number
  /** 1 where the file says that it is grey; WebP never does. */
  readonly channels: 1 | 3
}

const cut = (name: string, format: string, bytes: Uint8Array): FormatError =>
  new FormatError(`${name}: a ${format} that ends after ${bytes.length} bytes, before its size. Get the file again.`)

const text = (bytes: Uint8Array, start: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(start, start + length))

/** Source: W3C, "Portable Network Graphics (PNG) Specification", section 11.2.1 (IHDR). */
const readPng = (name: string, bytes: Uint8Array, view: DataView): ImageHeader => {
  if (bytes.length < 29 || text(bytes, 12, 4) !== 'IHDR') throw cut(name, 'PNG', bytes)
  const grey = bytes[25] === 0 || bytes[25] === 4
  return { format: 'PNG', width: view.getUint32(16), height: view.getUint32(20), channels: grey ? 1 : 3 }
}

/** Markers that begin a frame, C0 to CF; three of them mean something else. Source: ITU-T T.81, table B.1. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)

const readJpeg = (name: string, bytes: Uint8Array, view: DataView): ImageHeader => {
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = bytes[at + 1]!
    if (bytes[at] !== 0xff) break
    // Fill bytes before a marker, and markers without a segment.
    if (marker === 0xff) at += 1
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2
    else if (!isFrame(marker)) at += 2 + view.getUint16(at + 2)
    else if (at + 10 > bytes.length) break
    else {
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)]
      return { format: 'JPEG', width, height, channels: bytes[at + 9] === 1 ? 1 : 3 }
    }
  }
  throw cut(name, 'JPEG', bytes)
}

const uint24 = (bytes: Uint8Array, at: number): number => bytes[at]! + 256 * bytes[at + 1]! + 65536 * bytes[at + 2]!

/** Source: RFC 9649, sections 2.5 to 2.7 and 3.4; RFC 6386, section 9.1. */
const readWebp = (name: string, bytes: Uint8Array, view: DataView): ImageHeader => {
  if (bytes.length < 30) throw cut(name, 'WebP', bytes)
  const sizes: Readonly<Record<string, () => readonly [number, number]>> = {
    VP8X: () => [uint24(bytes, 24) + 1, uint24(bytes, 27) + 1],
    VP8L: () => [(view.getUint32(21, true) & 0x3fff) + 1, ((view.getUint32(21, true) >>> 14) & 0x3fff) + 1],
    'VP8 ': () => [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff],
  }
  const chunk = text(bytes, 12, 4)
  const size = sizes[chunk]
  if (!size)
    throw new FormatError(`${name}: a WebP that begins with the chunk ${JSON.stringify(chunk)}. Get the file again.`)
  const [width, height] = size()
  return { format: 'WebP', width, height, channels: 3 }
}

/**
 * Format and size of an encoded image, read from its first bytes, so that nothing is unpacked before its size is known.
 *
 * @param name what messages name: the file
 * @throws FormatError for other formats, and for files that end too early
 */
export const readImageHeader = (name: string, bytes: Uint8Array): ImageHeader => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (text(bytes, 0, 4) === '\x89PNG') return readPng(name, bytes, view)
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return readJpeg(name, bytes, view)
  if (text(bytes, 0, 4) === 'RIFF' && text(bytes, 8, 4) === 'WEBP') return readWebp(name, bytes, view)
  const begin =
    bytes.length === 0 ? 'it is empty' : `it begins with the bytes [${[...bytes.subarray(0, 4)].join(', ')}]`
  throw new FormatError(`${name}: not a PNG, JPEG or WebP image: ${begin}. Convert it to one of these.`)
}
