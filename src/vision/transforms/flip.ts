import { probability } from './rules.ts'
import { type Planes, copy, defineTransform, eachImage } from './transform.ts'

const mirrorRows = ({ data }: Planes, to: Planes): void => {
  const { width } = to
  for (let row = 0; row < data.length; row += width) {
    for (let x = 0; x < width; x++) to.data[row + x] = data[row + width - 1 - x]!
  }
}

const turnOver = ({ data }: Planes, to: Planes): void => {
  const { channels, height, width } = to
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      const row = (c * height + y) * width
      to.data.set(data.subarray(row, row + width), (c * height + height - 1 - y) * width)
    }
  }
}

/**
 * Left and right exchanged, in some of the images.
 *
 * @param options.probability that an image is mirrored. Default 0.5
 */
export const horizontalFlip = defineTransform(
  'horizontalFlip',
  { probability: probability('that an image is mirrored', 0.5) },
  ({ probability }) =>
    (batch, generator) =>
      eachImage(batch, generator, (from, to, draws) => (draws.chance(probability) ? mirrorRows : copy)(from, to)),
)

/**
 * Top and bottom exchanged, in some of the images.
 *
 * @param options.probability that an image is turned over. Default 0.5
 */
export const verticalFlip = defineTransform(
  'verticalFlip',
  { probability: probability('that an image is turned over', 0.5) },
  ({ probability }) =>
    (batch, generator) =>
      eachImage(batch, generator, (from, to, draws) => (draws.chance(probability) ? turnOver : copy)(from, to)),
)
