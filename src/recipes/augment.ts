import { ArgumentError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { affine, rotate } from '../vision/transforms/affine.ts'
import { colorJitter } from '../vision/transforms/color.ts'
import { compose } from '../vision/transforms/compose.ts'
import { randomCrop } from '../vision/transforms/crop.ts'
import { elastic } from '../vision/transforms/elastic.ts'
import { randomErasing } from '../vision/transforms/erasing.ts'
import { horizontalFlip } from '../vision/transforms/flip.ts'
import { cutmix, mixup } from '../vision/transforms/mix.ts'
import type { Transform } from '../vision/transforms/transform.ts'

/** What an augmentation is made for. */
interface Target {
  readonly size: number
  readonly numClasses: number
}

/** Augmentations by the names that a recipe knows them by, with the settings that are usual for small images. */
const known: Readonly<Record<string, (target: Target) => Transform>> = {
  // He et al. 2016, section 4.2: 4 pixels of 32.
  shift: ({ size }) => randomCrop({ size, padding: Math.max(1, Math.round(size / 10)) }),
  flip: () => horizontalFlip(),
  rotate: () => rotate({ degrees: 10 }),
  affine: () => affine({ degrees: 10, translate: [0.08, 0.08], scale: [0.9, 1.1], shear: 5 }),
  // Simard et al. 2003: 34 and 4 for images of 29 × 29.
  elastic: ({ size }) => elastic({ alpha: (34 * size) / 29, sigma: (4 * size) / 29 }),
  jitter: () => colorJitter({ brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.02 }),
  erase: () => randomErasing(),
  mixup: ({ numClasses }) => mixup({ numClasses, alpha: 0.2 }),
  cutmix: ({ numClasses }) => cutmix({ numClasses }),
}
export const augmentations: readonly string[] = Object.keys(known)

/** The names in `shift,flip`; `none` and `auto` are no names. @throws ArgumentError for an unknown one */
export const augmentNames = (where: string, text: string): string[] => {
  const names = text.split(',').map(name => name.trim())
  if (names.length === 1 && ['none', 'auto', ''].includes(names[0]!)) return []
  for (const name of names) {
    if (augmentations.includes(name)) continue
    const near = nearest(name, augmentations)
    throw new ArgumentError(
      `${where}: there is no augmentation ${JSON.stringify(name)}. ${near ? `Did you mean ${near}?` : `They are ${augmentations.join(', ')}, joined by commas, or none.`}`,
      { name },
    )
  }
  return names
}

/** One transform of all those named, in order; null for none. */
export const augmentOf = (names: readonly string[], target: Target): Transform | null =>
  names.length === 0 ? null : compose(names.map(name => known[name]!(target)))

/** What `auto` stands for: models that see places, not shapes, are not helped by moving these; a digit turned over is another one, or none. */
export const augmentFor = (augment: string, model: string, classes: readonly string[]): string => {
  if (augment !== 'auto') return augment
  if (model === 'softmax' || model === 'mlp') return 'none'
  return classes.every(name => /^\d$/.test(name)) ? 'affine' : 'shift,flip'
}
