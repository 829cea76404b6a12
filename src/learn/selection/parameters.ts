import { ArgumentError } from '../../core/errors.ts'
import type { Meaning } from '../../core/options.ts'
import type { Random } from '../core/random.ts'

export type Changes = Readonly<Record<string, unknown>>
/** Values to try for each option, every combination; or several such grids. */
export type Grid =
  | Readonly<Record<string, readonly unknown[]>>
  | readonly Readonly<Record<string, readonly unknown[]>>[]

/** Numbers between two bounds: evenly, or evenly in their logarithm; whole ones if asked. */
export interface Between {
  readonly low: number
  readonly high: number
  readonly log?: boolean
  readonly integer?: boolean
}
/** What to draw each option from: a list, or numbers between bounds. */
export type Distributions = Readonly<Record<string, readonly unknown[] | Between>>

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isLists = (value: unknown): boolean =>
  isRecord(value) && Object.values(value).every(list => Array.isArray(list) && list.length > 0)
const isBetween = (value: unknown): value is Between =>
  isRecord(value) &&
  Number.isFinite(value.low) &&
  Number.isFinite(value.high) &&
  (value.low as number) < (value.high as number) &&
  (!value.log || (value.low as number) > 0) &&
  Object.keys(value).every(key => ['low', 'high', 'log', 'integer'].includes(key))

export const aGrid: Meaning<Grid> = {
  kind: 'value',
  expected: 'an object with a list of values for each option, or a list of such objects',
  accepts: (value): value is Grid => (Array.isArray(value) ? value.length > 0 && value.every(isLists) : isLists(value)),
  fromText: text => fromJson(text),
  placeholder: 'JSON',
}
export const distributions: Meaning<Distributions> = {
  kind: 'value',
  expected: 'an object with a list of values or { low, high, log?, integer? } for each option',
  accepts: (value): value is Distributions =>
    isRecord(value) && Object.values(value).every(one => isBetween(one) || (Array.isArray(one) && one.length > 0)),
  fromText: text => fromJson(text),
  placeholder: 'JSON',
}

const fromJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Every combination of a grid; the last option changes first. */
export const parameterGrid = (grid: Grid): Changes[] => {
  const grids = (Array.isArray(grid) ? grid : [grid]) as readonly Readonly<Record<string, readonly unknown[]>>[]
  return grids.flatMap(one =>
    Object.entries(one).reduce<Changes[]>(
      (made, [name, values]) => made.flatMap(so => values.map(value => ({ ...so, [name]: value }))),
      [{}],
    ),
  )
}

const drawn = (from: readonly unknown[] | Between, u: number): unknown => {
  if (!isBetween(from))
    return (from as readonly unknown[])[
      Math.min((from as readonly unknown[]).length - 1, Math.floor(u * (from as readonly unknown[]).length))
    ]
  const { low, high, log, integer } = from
  // A whole number takes its share of the line up to the next.
  const top = integer ? high + 1 : high
  const value = log ? Math.exp(Math.log(low) + u * (Math.log(top) - Math.log(low))) : low + u * (top - low)
  return integer ? Math.min(high, Math.floor(value)) : value
}

/** The options that a point of the unit cube stands for. */
export const fromUnit = (from: Distributions, point: ArrayLike<number>): Changes =>
  Object.fromEntries(Object.entries(from).map(([name, one], i) => [name, drawn(one, point[i]!)]))

/** Options drawn at random; from lists alone no combination comes twice. */
export const sampleParameters = (from: Distributions, count: number, random: Random): Changes[] => {
  const lists = Object.values(from).every(one => Array.isArray(one))
  if (lists) {
    const all = parameterGrid(from as Readonly<Record<string, readonly unknown[]>>)
    if (all.length <= count) return all
    return Array.from(random.sample(all.length, count), i => all[i]!)
  }
  const names = Object.keys(from)
  return Array.from({ length: count }, () =>
    fromUnit(
      from,
      names.map(() => random.uniform()),
    ),
  )
}

export const requireParameters = (where: string, found: readonly Changes[]): void => {
  if (found.length === 0)
    throw new ArgumentError(`${where}: there is nothing to try. Give at least one option with at least one value.`)
}
