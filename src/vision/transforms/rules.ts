import { type Presence, type Rule, number } from '../../core/options.ts'
import { custom } from '../../data/image-rules.ts'

/** Two ends of what is drawn uniformly; equal ends fix it. */
export type Range = readonly [low: number, high: number]

const isRange = (value: unknown, from: number, to: number): boolean =>
  Array.isArray(value) &&
  value.length === 2 &&
  value.every(x => Number.isFinite(x) && x >= from && x <= to) &&
  value[0] <= value[1]

interface RangeSettings<P extends Presence> {
  readonly help: string
  readonly min?: number
  readonly max?: number
  readonly presence?: P
  readonly default?: number | Range
}

/** A number, or the two ends of a range. */
export const rangeRule = <P extends Presence = 'default'>(settings: RangeSettings<P>): Rule<number | Range, P> => {
  const { min = -Infinity, max = Infinity } = settings
  const bounds = min === -Infinity ? '' : max === Infinity ? ` of at least ${min}` : ` from ${min} to ${max}`
  return custom<number | Range, P>(
    `a number${bounds}, or [low, high]`,
    value =>
      (Number.isFinite(value) && (value as number) >= Math.max(min, 0) && (value as number) <= max) ||
      isRange(value, min, max),
    settings,
  )
}

/** A number means from its negative to itself. */
export const around = (value: number | Range): Range => (typeof value === 'number' ? [-value, value] : value)
/** A number means from 1 − it, not below 0, to 1 + it. */
export const factors = (value: number | Range): Range =>
  typeof value === 'number' ? [Math.max(0, 1 - value), 1 + value] : value

export const probability = (help: string, value: number): Rule<number, 'default'> =>
  number({ min: 0, max: 1, default: value, help })
