import { ArgumentError } from '../../core/errors.ts'
import { type Meaning, shown } from '../../core/options.ts'
import type { ColumnType } from '../../data/table/column.ts'
import type { Table } from '../../data/table/table.ts'
import { Estimator } from '../core/estimator.ts'

/** Columns by their type, their name, or both: what {@link makeColumnSelector} gives. */
export interface ColumnSelector {
  /** Types of which a column must have one. */
  readonly type?: readonly ColumnType[]
  /** A regular expression that a name must match somewhere. */
  readonly pattern?: string
}
/** Columns by name, by position from 0, or by type. */
export type ColumnChoice = string | readonly string[] | readonly number[] | ColumnSelector

/** Some columns and what is done with them. */
export type ColumnPart<E = Estimator> = readonly [
  name: string,
  estimator: E | 'drop' | 'passthrough',
  columns: ColumnChoice,
]

const types: readonly ColumnType[] = ['number', 'boolean', 'text']

/**
 * Chooses the columns of a table by their type or name when a `columnTransformer` is fitted.
 *
 * @example columnTransformer([['numbers', standardScaler(), makeColumnSelector({ type: 'number' })]])
 */
export const makeColumnSelector = ({
  type,
  pattern,
}: {
  readonly type?: ColumnType | readonly ColumnType[]
  readonly pattern?: string | RegExp
}): ColumnSelector => {
  const wanted = type === undefined ? undefined : typeof type === 'string' ? [type] : [...type]
  const wrong = wanted?.find(one => !types.includes(one))
  if (wrong !== undefined) {
    throw new ArgumentError(`makeColumnSelector: type must be one of ${types.join(', ')}; got ${shown(wrong)}.`)
  }
  return {
    ...(wanted ? { type: wanted } : {}),
    ...(pattern === undefined ? {} : { pattern: typeof pattern === 'string' ? pattern : pattern.source }),
  }
}

const isChoice = (value: unknown): value is ColumnChoice => {
  if (typeof value === 'string') return true
  if (Array.isArray(value)) {
    return (
      value.length > 0 &&
      (value.every(item => typeof item === 'string') || value.every(item => Number.isInteger(item) && item >= 0))
    )
  }
  return typeof value === 'object' && value !== null && ('type' in value || 'pattern' in value)
}

const isPart = (value: unknown): value is ColumnPart =>
  Array.isArray(value) &&
  value.length === 3 &&
  typeof value[0] === 'string' &&
  /^[^.\s]+$/.test(value[0]) &&
  (value[1] instanceof Estimator || value[1] === 'drop' || value[1] === 'passthrough') &&
  isChoice(value[2])

export const columnParts: Meaning<readonly ColumnPart[]> = {
  kind: 'value',
  expected:
    'a list of [name, transformer or "drop" or "passthrough", columns], each name once and without dots, columns by name, position or makeColumnSelector',
  accepts: (value): value is readonly ColumnPart[] =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(isPart) &&
    new Set(value.map(([name]) => name)).size === value.length,
  fromText: text => text,
  placeholder: 'PARTS',
}

/** The names of the chosen columns of a table. */
export const chosen = (choice: ColumnChoice, table: Table, part: string): readonly string[] => {
  if (typeof choice === 'string') return chosen([choice], table, part)
  if (!Array.isArray(choice)) {
    const { type, pattern } = choice as ColumnSelector
    const expression = pattern === undefined ? undefined : new RegExp(pattern, 'u')
    return [...table]
      .filter(column => (type?.includes(column.type) ?? true) && (expression?.test(column.name) ?? true))
      .map(({ name }) => name)
  }
  return choice.map((item: string | number) => {
    if (typeof item === 'string' && table.has(item)) return item
    const name = typeof item === 'number' ? table.names[item] : undefined
    if (name !== undefined) return name
    throw new ArgumentError(
      `columnTransformer.fit: part ${shown(part)} takes column ${shown(item)}, which X does not have. Its ${table.names.length} columns are ${table.names.slice(0, 10).join(', ')}${table.names.length > 10 ? ', ...' : ''}.`,
    )
  })
}
