import { decodePixels, encodePixels } from '#images'
import { FormatError } from '../core/errors.ts'
import { defineOptions, type Given, integer, text } from '../core/options.ts'
import { type Image, withChannels } from './image.ts'
import { channelsRule } from './image-rules.ts'
import { readImageHeader } from './image-header.ts'

/** 8192 × 8192: an image of that many pixels takes 200 MB while it is read. */
export const defaultMaxPixels = 2 ** 26

const declared = defineOptions({
  name: text({ default: 'image', help: 'what messages name: the file' }),
  channels: channelsRule,
  maxPixels: integer({ min: 1, default: defaultMaxPixels, help: 'pixels above which an image is refused' }),
})
export interface DecodeOptions extends Given<typeof declared> {}

const oneLine = (error: unknown): string =>
  String((error as Error).message ?? error).replace(/[.:]?\s*(\n[\s\S]*)?$/, '')

/**
 * The pixels of a PNG, JPEG or WebP file. Decoding happens on threads of the decoder's own.
 *
 * What an `Image` cannot say is converted: transparent parts are laid on white; 16 bits become 8; palettes and CMYK become RGB; a
 * turned photograph (EXIF orientation) is set upright; of an animation the first picture is read.
 *
 * @param options.name what messages name: the file
 * @param options.channels 1: grey, by the luma of ITU-R BT.601; 3: colour. Default: what the file has
 * @param options.maxPixels a larger image is refused before it is unpacked. Default 2^26 (8192 × 8192)
 * @throws FormatError naming the file, when it is something else, damaged or cut off, or too large
 * @example
 * const { decodeImage, encodePng } = await import('gradus/vision')
 * const png = await encodePng({ width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 255) })
 * const image = await decodeImage(png, { name: 'two.png', channels: 3 })
 * Array.from(image.data) // [0, 0, 0, 255, 255, 255]
 */
export const decodeImage = async (bytes: Uint8Array, options: DecodeOptions = {}): Promise<Image> => {
  const { name, channels, maxPixels } = declared.validate('decodeImage', options)
  const header = readImageHeader(name, bytes)
  const { format, width, height } = header
  if (width * height > maxPixels) {
    throw new FormatError(
      `${name}: a ${format} of ${width} × ${height} pixels, more than the ${maxPixels} that are unpacked. Make it smaller, or pass a larger { maxPixels } if you trust it.`,
      { width, height, maxPixels },
    )
  }
  let rgb: Awaited<ReturnType<typeof decodePixels>>
  try {
    rgb = await decodePixels(bytes, `image/${format.toLowerCase()}`, maxPixels)
  } catch (error) {
    throw new FormatError(`${name}: cannot be read as ${format}: ${oneLine(error)}. Get the file again.`, {}, error)
  }
  return withChannels({ ...rgb, channels: 3 }, channels ?? header.channels)
}

/** The bytes of a PNG file with the image, lossless. */
export const encodePng = async (image: Image): Promise<Uint8Array> => {
  const { width, height, channels, data } = image
  if (data.length !== width * height * channels || !(width >= 1 && height >= 1)) {
    throw new FormatError(
      `encodePng: ${data.length} values do not fill ${width} × ${height} pixels of ${channels}. That takes ${width * height * channels}, at least 1.`,
    )
  }
  return encodePixels(image)
}
