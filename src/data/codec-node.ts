import type { Image } from './image.ts'

/** Colours of pixels, three bytes each. */
export interface Colours {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

// sharp is loaded when the first image is: it brings a native library, which most programs never need.
const library = async () => (await import('sharp')).default

/** Decodes an image into 8-bit RGB, transparent parts on white. `type` is for decoders that do not look themselves. */
export const decodePixels = async (bytes: Uint8Array, _type: string, maxPixels: number): Promise<Colours> => {
  const sharp = await library()
  const { data, info } = await sharp(bytes, { limitInputPixels: maxPixels, autoOrient: true })
    .flatten({ background: '#fff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  if (channels === 3) return { width, height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) }
  const rgb = new Uint8Array(3 * width * height)
  for (let i = 0; i < width * height; i++) rgb.fill(data[i * channels]!, 3 * i, 3 * i + 3)
  return { width, height, data: rgb }
}

/** Encodes as PNG. */
export const encodePixels = async ({ width, height, channels, data }: Image): Promise<Uint8Array> => {
  const sharp = await library()
  const png = sharp(data, { raw: { width, height, channels } })
  return new Uint8Array(await (channels === 1 ? png.toColourspace('b-w') : png).png().toBuffer())
}
