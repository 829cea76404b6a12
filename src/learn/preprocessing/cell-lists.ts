import type { Meaning } from '../../core/options.ts'
import type { Cell } from '../../data/table/column.ts'

const isCell = (value: unknown): value is Cell =>
  value === null ||
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value))

const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A category for each feature. */
export const cells: Meaning<readonly Cell[]> = {
  kind: 'value',
  expected: 'a list of a category for each feature',
  accepts: (value): value is readonly Cell[] => Array.isArray(value) && value.length > 0 && value.every(isCell),
  fromText: readJson,
  placeholder: 'JSON',
}

/** A list of categories for each feature, each category once. */
export const cellLists: Meaning<readonly (readonly Cell[])[]> = {
  kind: 'value',
  expected: 'a list of the different categories of each feature',
  accepts: (value): value is readonly (readonly Cell[])[] =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(
      list => Array.isArray(list) && list.length > 0 && list.every(isCell) && new Set(list).size === list.length,
    ),
  fromText: readJson,
  placeholder: 'JSON',
}
