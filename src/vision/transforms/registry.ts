import { ArgumentError } from '../../core/errors.ts'
import { affine, rotate } from './affine.ts'
import { gaussianBlur } from './blur.ts'
import { colorJitter, grayscale } from './color.ts'
import { compose } from './compose.ts'
import { centerCrop, crop, randomCrop, randomResizedCrop } from './crop.ts'
import { elastic } from './elastic.ts'
import { randomErasing } from './erasing.ts'
import { horizontalFlip, verticalFlip } from './flip.ts'
import { cutmix, mixup } from './mix.ts'
import { normalize } from './normalize.ts'
import { pad } from './pad.ts'
import { perspective } from './perspective.ts'
import { resize } from './resize.ts'
import type { Transform, TransformSpec } from './transform.ts'

const factories = {
  affine,
  centerCrop,
  colorJitter,
  crop,
  cutmix,
  elastic,
  gaussianBlur,
  grayscale,
  horizontalFlip,
  mixup,
  normalize,
  pad,
  perspective,
  randomCrop,
  randomErasing,
  randomResizedCrop,
  resize,
  rotate,
  verticalFlip,
}
/** Names of all transforms but `compose`. */
export const transformNames = Object.keys(factories)

/** The transform that plain data describe: what `specOf` gave, here or on another thread. */
export const fromSpec = ({ name, options }: TransformSpec): Transform => {
  if (name === 'compose') return compose((options as { transforms: TransformSpec[] }).transforms.map(fromSpec))
  const factory = Object.hasOwn(factories, name) ? factories[name as keyof typeof factories] : undefined
  if (!factory) throw new ArgumentError(`fromSpec: there is no transform ${JSON.stringify(name)}.`, { name })
  return factory(options as never)
}
