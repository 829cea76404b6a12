import { type Image, intoPlanes } from './image.ts'
import { resample } from './resample.ts'

/**
 * Writes an image as bytes `[C, height, width]`: scaled, its proportion kept, until it covers the size, and cropped to the middle. An
 * image that has the size stays as it is.
 */
export const coverInto = (
  image: Image,
  out: Uint8Array,
  [height, width]: readonly [height: number, width: number],
): void => {
  const { channels } = image
  const whole = new Float32Array(image.data.length)
  intoPlanes(image, whole)
  const scale = Math.max(height / image.height, width / image.width)
  const [h, w] = [Math.max(height, Math.round(scale * image.height)), Math.max(width, Math.round(scale * image.width))]
  const scaled = { data: new Float32Array(channels * h * w), channels, height: h, width: w }
  resample({ data: whole, channels, height: image.height, width: image.width }, scaled, 'bilinear', true)
  const [top, left] = [(h - height) >> 1, (w - width) >> 1]
  for (let c = 0, at = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      const row = (c * h + top + y) * w + left
      for (let x = 0; x < width; x++, at++) out[at] = Math.round(255 * scaled.data[row + x]!)
    }
  }
}
