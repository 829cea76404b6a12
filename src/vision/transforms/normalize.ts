import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { numbers } from '../../core/options.ts'
import { show } from '../../core/shape.ts'
import { defineTransform, eachImage } from './transform.ts'

/** Means and standard deviations of ImageNet's training images, which pretrained models expect. Source: torchvision. */
export const imagenetStatistics = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const

/**
 * `(x − mean) / std` of each channel.
 *
 * @param options.mean one number for each channel
 * @param options.std one number above 0 for each channel
 */
export const normalize = defineTransform(
  'normalize',
  {
    mean: numbers({ required: true, help: 'mean of each channel' }),
    std: numbers({ required: true, above: 0, help: 'standard deviation of each channel' }),
  },
  ({ mean, std }) => {
    if (mean.length !== std.length)
      throw new ArgumentError(
        `normalize: there are ${mean.length} means and ${std.length} standard deviations. Pass one of each for each channel.`,
      )
    return (batch, generator) => {
      if (batch.shape[1] !== mean.length)
        throw new ShapeError(
          `normalize: ${mean.length} means do not fit images of ${batch.shape[1]} channels: ${show(batch.shape)}. Pass one for each channel.`,
          { shape: batch.shape },
        )
      return eachImage(batch, generator, (from, to) => {
        const pixels = from.height * from.width
        for (let i = 0; i < from.data.length; i++) {
          const c = Math.floor(i / pixels)
          to.data[i] = (from.data[i]! - mean[c]!) / std[c]!
        }
      })
    }
  },
)
