import type { Presence, Rule } from '../core/options.ts'

/** A rule of values that no text on a command line stands for. */
export const custom = <T, P extends Presence = 'default'>(
  expected: string,
  accepts: (value: unknown) => boolean,
  settings: { readonly help: string; readonly presence?: P; readonly default?: T },
): Rule<T, P> => ({
  kind: 'list',
  expected,
  accepts: accepts as (value: unknown) => value is T,
  fromText: word => word,
  placeholder: 'N',
  aliases: [],
  help: settings.help,
  presence: (settings.presence ?? 'default') as P,
  ...(settings.default === undefined ? {} : { default: settings.default }),
})

/** 1 for grey, 3 for colour. */
export const channelsRule = custom<1 | 3, 'optional'>('1 (grey) or 3 (colour)', value => value === 1 || value === 3, {
  help: '1 for grey, 3 for colour',
  presence: 'optional',
})

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1
const isPair = (value: unknown): value is readonly [unknown, unknown] => Array.isArray(value) && value.length === 2

/** Height and width in pixels, or one number, whose meaning the user of the rule says. */
export type Size = number | readonly [height: number, width: number]
const size = 'a whole number of pixels of at least 1, or [height, width]'
const isSize = (value: unknown): boolean => isCount(value) || (isPair(value) && value.every(isCount))
export const sizeRule = custom<Size, 'required'>(size, isSize, {
  help: 'height and width in pixels',
  presence: 'required',
})
export const optionalSizeRule = custom<Size, 'optional'>(size, isSize, {
  help: 'height and width in pixels',
  presence: 'optional',
})

/** Height and width; one number stands for both. */
export const bothSides = (size: Size): readonly [height: number, width: number] =>
  typeof size === 'number' ? [size, size] : size
