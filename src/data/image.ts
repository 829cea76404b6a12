/** A picture as a file holds it and a screen shows it: rows of pixels from the top, the channels of a pixel side by side (HWC), 0 to 255. */
export interface Image {
  readonly width: number
  readonly height: number
  /** 1: grey; 3: red, green, blue. */
  readonly channels: 1 | 3
  /** `height · width · channels` values. */
  readonly data: Uint8Array
}

/** Luma of a colour: `0.299 R + 0.587 G + 0.114 B`, rounded; white stays 255. Source: ITU-R BT.601. */
const luma = (r: number, g: number, b: number): number => Math.round(0.299 * r + 0.587 * g + 0.114 * b)

/** The image with one or three channels: colours become their luma, greys are repeated. The same image if it has them already. */
export const withChannels = (image: Image, channels: 1 | 3): Image => {
  if (image.channels === channels) return image
  const { width, height, data } = image
  const pixels = width * height
  const out = new Uint8Array(pixels * channels)
  for (let i = 0; i < pixels; i++) {
    if (channels === 1) out[i] = luma(data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!)
    else out.fill(data[i]!, 3 * i, 3 * i + 3)
  }
  return { width, height, channels, data: out }
}

/** One image as numbers from 0 to 1 in the order of a model's input, `[C, H, W]`, written into `out`. */
export const intoPlanes = ({ width, height, channels, data }: Image, out: Float32Array): void => {
  const pixels = width * height
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < pixels; i++) out[c * pixels + i] = data[i * channels + c]! / 255
  }
}

/** An image from numbers in the order `[C, H, W]`, 0 to 1; what lies outside is cut off. */
export const fromPlanes = (
  values: ArrayLike<number>,
  [channels, height, width]: readonly [1 | 3, number, number],
): Image => {
  const pixels = width * height
  const data = new Uint8Array(pixels * channels)
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < pixels; i++) {
      data[i * channels + c] = Math.round(255 * Math.min(1, Math.max(0, values[c * pixels + i]!)))
    }
  }
  return { width, height, channels, data }
}
