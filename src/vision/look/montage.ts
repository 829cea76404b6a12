import { ArgumentError } from '../../core/errors.ts'
import { type Image, withChannels } from '../../data/image.ts'
import { grey, type Ramp } from '../../draw/ramp.ts'

/** Each pixel as a square of `factor` × `factor`. */
export const enlarged = (image: Image, factor: number): Image => {
  if (!Number.isInteger(factor) || factor < 1)
    throw new ArgumentError(`enlarged: the factor must be a whole number of at least 1; got ${factor}.`, { factor })
  const { width, height, channels, data } = image
  const out = new Uint8Array(data.length * factor ** 2)
  const row = width * factor * channels
  for (let y = 0; y < height * factor; y++) {
    for (let x = 0; x < width * factor; x++) {
      const from = (Math.floor(y / factor) * width + Math.floor(x / factor)) * channels
      for (let c = 0; c < channels; c++) out[y * row + x * channels + c] = data[from + c]!
    }
  }
  return { width: width * factor, height: height * factor, channels, data: out }
}

export interface MontageOptions {
  /** Images in a row. Default about as many as there are rows. */
  readonly columns?: number
  /** Pixels between images and around them. Default 2. */
  readonly gap?: number
  /** Grey of what lies between, 0 to 255. Default 255. */
  readonly background?: number
}

/**
 * Images of one size side by side, row by row.
 *
 * @throws ArgumentError where there is none, or sizes differ
 */
export const montage = (images: readonly Image[], options: MontageOptions = {}): Image => {
  const [first] = images
  if (!first) throw new ArgumentError('montage: there are no images.')
  const { width, height } = first
  const other = images.find(image => image.width !== width || image.height !== height)
  if (other) {
    throw new ArgumentError(
      `montage: an image of ${other.width} × ${other.height} among some of ${width} × ${height}. They must have one size.`,
    )
  }
  const { columns = Math.ceil(Math.sqrt(images.length)), gap = 2, background = 255 } = options
  const channels = images.some(image => image.channels === 3) ? 3 : 1
  const rows = Math.ceil(images.length / columns)
  const whole = { width: gap + columns * (width + gap), height: gap + rows * (height + gap) }
  const data = new Uint8Array(whole.width * whole.height * channels).fill(background)
  for (const [i, image] of images.entries()) {
    const { data: own } = withChannels(image, channels)
    const left = gap + (i % columns) * (width + gap)
    const top = gap + Math.floor(i / columns) * (height + gap)
    for (let y = 0; y < height; y++) {
      const row = own.subarray(y * width * channels, (y + 1) * width * channels)
      data.set(row, ((top + y) * whole.width + left) * channels)
    }
  }
  return { ...whole, channels, data }
}

/** A plane of numbers as colours: `low` and what is below gets the ramp's beginning, `high` and above its end. */
export const colored = (
  plane: ArrayLike<number>,
  [height, width]: readonly [number, number],
  ramp: Ramp,
  [low, high]: readonly [number, number],
): Image => {
  const channels = ramp === grey ? 1 : 3
  const data = new Uint8Array(width * height * channels)
  const range = high - low || 1
  for (let i = 0; i < width * height; i++) {
    const color = ramp((plane[i]! - low) / range)
    for (let c = 0; c < channels; c++) data[i * channels + c] = color[c]!
  }
  return { width, height, channels, data }
}

/** A picture with a plane of numbers from 0 to 1 laid over it as colours, the stronger the larger they are. */
export const overlaid = (image: Image, plane: ArrayLike<number>, ramp: Ramp, strength = 0.65): Image => {
  const base = withChannels(image, 3)
  const data = base.data.slice()
  for (let i = 0; i < base.width * base.height; i++) {
    const share = strength * Math.min(Math.max(plane[i]!, 0), 1)
    const color = ramp(plane[i]!)
    for (let c = 0; c < 3; c++) data[3 * i + c] = Math.round((1 - share) * data[3 * i + c]! + share * color[c]!)
  }
  return { ...base, data }
}

/** The least and the largest of some numbers. */
export const extent = (values: ArrayLike<number>): readonly [number, number] => {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]!)
    high = Math.max(high, values[i]!)
  }
  return [low, high]
}
