import { inflateSync } from '#files'
import { FormatError } from '../../core/errors.ts'

/** An image as rows of pixels of three bytes: red, green, blue. */
export interface Pixels {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
}

const wrong = (what: string): FormatError =>
  new FormatError(
    `importOnnx: an encoded image ${what}. Readable are PNG without interlacing, BMP without compression, and PNM.`,
  )

/** Called with the sizes that an image claims, before memory is taken for them. */
type Claim = (bytes: number) => void

const blank = (width: number, height: number, claim: Claim): Pixels => {
  if (!(width >= 1 && height >= 1)) throw wrong(`has the size ${width} × ${height}`)
  claim(3 * width * height)
  return { width, height, rgb: new Uint8Array(3 * width * height) }
}
const put = ({ rgb }: Pixels, at: number, r: number, g: number, b: number): void => {
  rgb[3 * at] = r
  rgb[3 * at + 1] = g
  rgb[3 * at + 2] = b
}

// --- PNG: W3C, "Portable Network Graphics (PNG) Specification", third edition -------------------------------------------

interface Chunks {
  readonly header: DataView
  readonly palette: Uint8Array
  readonly data: Uint8Array
}
const readChunks = (bytes: Uint8Array): Chunks => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found: { [type: string]: Uint8Array[] } = {}
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at)
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    if (at + 12 + length > bytes.length)
      throw wrong(`has a chunk ${JSON.stringify(type)} of ${length} bytes, more than follow`)
    found[type] ??= []
    found[type].push(bytes.subarray(at + 8, at + 8 + length))
    at += 12 + length
  }
  const header = found.IHDR?.[0]
  if (!header || header.length < 13) throw wrong('has no header')
  return {
    header: new DataView(header.buffer, header.byteOffset, 13),
    palette: found.PLTE?.[0] ?? new Uint8Array(),
    data: Buffer.concat(found.IDAT ?? []),
  }
}

const paeth = (a: number, b: number, c: number): number => {
  const p = a + b - c
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)]
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c
}
/** Undoes what each row is filtered with, in place: section 9. */
const unfilter = (raw: Uint8Array, rows: number, stride: number, step: number): void => {
  for (let y = 0; y < rows; y++) {
    const start = y * (stride + 1) + 1
    const filter = raw[start - 1]!
    for (let i = 0; i < stride; i++) {
      const left = i >= step ? raw[start + i - step]! : 0
      const up = y > 0 ? raw[start + i - stride - 1]! : 0
      const corner = y > 0 && i >= step ? raw[start + i - stride - 1 - step]! : 0
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]
      if (guess === undefined) throw wrong(`has a row with filter ${filter}`)
      raw[start + i] = raw[start + i]! + guess
    }
  }
}

/** Samples of each pixel, by colour type. */
const samples: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

const decodePng = (bytes: Uint8Array, claim: Claim): Pixels => {
  const { header, palette, data } = readChunks(bytes)
  const [width, height] = [header.getUint32(0), header.getUint32(4)]
  const [depth, type, interlaced] = [header.getUint8(8), header.getUint8(9), header.getUint8(12)]
  const count = samples[type]
  if (count === undefined || depth > 8 || interlaced !== 0)
    throw wrong(`is a PNG of colour type ${type}, depth ${depth}, interlacing ${interlaced}`)
  const image = blank(width, height, claim)
  const stride = Math.ceil((width * count * depth) / 8)
  const size = (stride + 1) * height
  let raw: Uint8Array
  try {
    raw = inflateSync(data, { maxOutputLength: size })
  } catch (error) {
    throw wrong(`cannot be inflated: ${(error as Error).message}`)
  }
  if (raw.length !== size) throw wrong(`holds ${raw.length} bytes of pixels, where ${size} were expected`)
  unfilter(raw, height, stride, Math.max(1, (count * depth) >> 3))
  const top = 2 ** depth - 1
  const sample = (y: number, i: number): number => {
    const bit = i * depth
    const byte = raw[y * (stride + 1) + 1 + (bit >> 3)]!
    return (byte >> (8 - depth - (bit & 7))) & top
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [a, b, c] = [0, 1, 2].map(k => (k < count ? sample(y, x * count + k) : 0)) as [number, number, number]
      const grey = Math.round((a * 255) / top)
      if (type === 3) put(image, y * width + x, palette[3 * a] ?? 0, palette[3 * a + 1] ?? 0, palette[3 * a + 2] ?? 0)
      else if (count >= 3) put(image, y * width + x, a, b, c)
      else put(image, y * width + x, grey, grey, grey)
    }
  }
  return image
}

// --- BMP: Microsoft, "Bitmap Storage" ---------------------------------------------------------------------------------------

const decodeBmp = (bytes: Uint8Array, claim: Claim): Pixels => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 54) throw wrong('is a BMP without a header')
  const [start, width, signed] = [view.getUint32(10, true), view.getInt32(18, true), view.getInt32(22, true)]
  const [bits, compression] = [view.getUint16(28, true), view.getUint32(30, true)]
  const height = Math.abs(signed)
  if ((bits !== 24 && bits !== 32) || compression !== 0)
    throw wrong(`is a BMP of ${bits} bits with compression ${compression}`)
  const step = bits / 8
  const stride = 4 * Math.ceil((width * step) / 4)
  if (start + stride * height > bytes.length) throw wrong(`of ${width} × ${height} has only ${bytes.length} bytes`)
  const image = blank(width, height, claim)
  for (let y = 0; y < height; y++) {
    // Rows go upwards, unless the height is negative.
    const row = start + stride * (signed > 0 ? height - 1 - y : y)
    for (let x = 0; x < width; x++) {
      const at = row + x * step
      put(image, y * width + x, bytes[at + 2]!, bytes[at + 1]!, bytes[at]!)
    }
  }
  return image
}

// --- PNM: the netpbm formats P5 (grey) and P6 (colour) -----------------------------------------------------------------------

const decodePnm = (bytes: Uint8Array, claim: Claim): Pixels => {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 1000))
  const found = /^P([56])(?:\s|#[^\n]*\n)+(\d+)(?:\s|#[^\n]*\n)+(\d+)(?:\s|#[^\n]*\n)+255\s/.exec(head)
  if (!found) throw wrong('is a PNM with a header that is not understood')
  const [kind, width, height] = found.slice(1).map(Number) as [number, number, number]
  const count = kind === 6 ? 3 : 1
  const start = found[0].length
  if (start + width * height * count > bytes.length)
    throw wrong(`of ${width} × ${height} has only ${bytes.length} bytes`)
  const image = blank(width, height, claim)
  for (let i = 0; i < width * height; i++) {
    const at = start + i * count
    put(image, i, bytes[at]!, bytes[at + (count > 1 ? 1 : 0)]!, bytes[at + (count > 1 ? 2 : 0)]!)
  }
  return image
}

/**
 * The pixels of an encoded image.
 *
 * @throws FormatError for a format that is not read here, or data that are damaged
 */
export const decodeImage = (bytes: Uint8Array, claim: Claim): Pixels => {
  const start = String.fromCharCode(...bytes.subarray(0, 4))
  if (start === '\x89PNG') return decodePng(bytes, claim)
  if (start.startsWith('BM')) return decodeBmp(bytes, claim)
  if (/^P[56]/.test(start)) return decodePnm(bytes, claim)
  throw wrong(`begins with ${JSON.stringify(start)}`)
}
