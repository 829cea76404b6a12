import { number, oneOf, type Rule } from '../../core/options.ts'
import { custom } from '../../data/image-rules.ts'
import { type Planes, defineTransform, eachImage } from './transform.ts'

/** Pixels added to each side. */
export type Sides = readonly [left: number, top: number, right: number, bottom: number]
export type PaddingMode = 'constant' | 'edge' | 'reflect'

const isSide = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
export const paddingRule = (value?: 0): Rule<number | Sides, 'default'> =>
  custom<number | Sides>(
    'a whole number of pixels of at least 0, or [left, top, right, bottom]',
    value => isSide(value) || (Array.isArray(value) && value.length === 4 && value.every(isSide)),
    { help: 'pixels added to the sides', default: value ?? 0 },
  )
export const modeRule = oneOf(['constant', 'edge', 'reflect'], { default: 'constant', help: 'what is put there' })
export const fillRule = number({ default: 0, help: 'value of the pixels outside' })
export const fourSides = (padding: number | Sides): Sides =>
  typeof padding === 'number' ? [padding, padding, padding, padding] : padding

/** A position beyond the ends folded back, the end itself not repeated: −1 is 1. */
export const reflect = (at: number, length: number): number => {
  if (length === 1) return 0
  const period = 2 * (length - 1)
  const within = ((at % period) + period) % period
  return within < length ? within : period - within
}

const places: Readonly<Record<PaddingMode, (at: number, length: number) => number>> = {
  constant: (at, length) => (at >= 0 && at < length ? at : -1),
  edge: (at, length) => Math.min(Math.max(at, 0), length - 1),
  reflect,
}

/** Writes the part of an image that begins at `left` and `top`, which may lie outside of it. */
export const cut = (
  from: Planes,
  to: Planes,
  {
    left,
    top,
    mode,
    fill,
  }: { readonly left: number; readonly top: number; readonly mode: PaddingMode; readonly fill: number },
): void => {
  const place = places[mode]
  const xs = Int32Array.from({ length: to.width }, (_, x) => place(x + left, from.width))
  for (let c = 0; c < to.channels; c++) {
    for (let y = 0; y < to.height; y++) {
      const sourceY = place(y + top, from.height)
      const row = (c * from.height + sourceY) * from.width
      const at = (c * to.height + y) * to.width
      for (let x = 0; x < to.width; x++) {
        to.data[at + x] = sourceY < 0 || xs[x]! < 0 ? fill : from.data[row + xs[x]!]!
      }
    }
  }
}

/**
 * Pixels added around images.
 *
 * @param options.padding pixels on every side, or `[left, top, right, bottom]`
 * @param options.mode `constant`, `edge` (the outermost pixels again) or `reflect` (mirrored, the outermost not repeated). Default `constant`
 * @param options.fill value with `constant`. Default 0
 */
export const pad = defineTransform(
  'pad',
  { padding: paddingRule(), mode: modeRule, fill: fillRule },
  ({ padding, mode, fill }) => {
    const [left, top, right, bottom] = fourSides(padding)
    return (batch, generator) => {
      const [, , height, width] = batch.shape
      const part = { left: -left, top: -top, mode, fill }
      return eachImage(batch, generator, (from, to) => cut(from, to, part), [
        height + top + bottom,
        width + left + right,
      ])
    }
  },
)
