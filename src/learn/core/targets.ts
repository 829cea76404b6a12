import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { show } from '../../core/shape.ts'
import type { TableColumn } from '../../data/table/column.ts'
import { Table } from '../../data/table/table.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { fromArray, tensor } from '../../tensor/creation.ts'
import { Tensor } from '../../tensor/tensor.ts'
import type { Labels } from './definition.ts'
import { isColumn, readNumbers } from './inputs.ts'
import { isCsr } from './sparse.ts'

/** One value a row: a tensor [N], numbers, words, booleans, a column of a table; several numbers a row: a tensor [N, M] or nested arrays. */
export type Target =
  | Tensor
  | TableColumn
  | Table
  | ArrayLike<number>
  | readonly string[]
  | readonly boolean[]
  | readonly ArrayLike<number>[]

type Value = number | string | boolean

const flat = async (given: Target, where: string): Promise<ArrayLike<Value>> => {
  if (given instanceof Table) {
    if (given.names.length !== 1)
      throw new ShapeError(`${where}: y must be one column; the table has ${given.names.length}.`)
    return given.column(given.names[0]!).values() as ArrayLike<Value>
  }
  if (isColumn(given)) return given.values() as ArrayLike<Value>
  if (!(given instanceof Tensor)) {
    if (typeof given !== 'object' || given === null || !('length' in given)) {
      throw new ArgumentError(`${where}: y is missing. Pass one value for each row of X.`)
    }
    return given as ArrayLike<Value>
  }
  if (given.ndim !== 1 && !(given.ndim === 2 && given.shape[1] === 1)) {
    throw new ShapeError(`${where}: y must have one value a row; its shape is ${show(given.shape)}.`)
  }
  const data = await given.data()
  if (given.dtype === 'bool') return Array.from(data as ArrayLike<number>, x => x !== 0)
  return typeof data[0] === 'bigint'
    ? Float64Array.from(data as ArrayLike<bigint>, Number)
    : (data as ArrayLike<number>)
}

const checkCount = (count: number, rows: number, where: string, name = 'y'): void => {
  if (count === rows) return
  throw new ShapeError(`${where}: X has ${rows} rows and ${name} has ${count} values. They must be as many.`, {
    rows,
    count,
  })
}

/** Targets as real numbers, one a row. */
export const readNumberTarget = async (given: Target, rows: number, where: string): Promise<Float64Array> => {
  const values = await flat(given, where)
  checkCount(values.length, rows, where)
  const out = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    const value = values[i]!
    if (typeof value === 'object')
      throw new ShapeError(
        `${where}: y has several values a row, and this estimator predicts one. Fit one for each, or take one that predicts several, such as linearRegression.`,
      )
    out[i] = typeof value === 'string' ? Number.NaN : Number(value)
    if (!Number.isFinite(out[i]!)) {
      const hint =
        typeof value === 'string'
          ? 'A regressor predicts numbers; for classes take a classifier.'
          : 'Drop the row, or fill it.'
      throw new ArgumentError(
        `${where}: y is ${typeof value === 'string' ? JSON.stringify(value) : value} at row ${i}. ${hint}`,
        { row: i },
      )
    }
  }
  return out
}

/** Targets as rows of numbers, and whether there was but one a row without an axis of its own. */
export const readNumbersTarget = async (
  given: Target,
  rows: number,
  where: string,
): Promise<{ readonly Y: Dense; readonly single: boolean }> => {
  const nested = Array.isArray(given) && typeof given[0] === 'object'
  if (
    !nested &&
    !(given instanceof Tensor && given.ndim === 2) &&
    !(given instanceof Table && given.names.length > 1)
  ) {
    return { Y: { rows, columns: 1, data: await readNumberTarget(given, rows, where) }, single: true }
  }
  const Y = await readNumbers(given, `${where}: y`)
  if (isCsr(Y)) throw new ArgumentError(`${where}: y must be dense.`)
  checkCount(Y.rows, rows, where)
  const at = Y.data.findIndex(x => !Number.isFinite(x))
  if (at >= 0)
    throw new ArgumentError(
      `${where}: y is ${Y.data[at]} at row ${Math.floor(at / Y.columns)}. Drop the row, or fill it.`,
    )
  return { Y, single: false }
}

/** Targets as classes: their numbers from 0 in ascending order of the classes. */
export const readClassTarget = async (
  given: Target,
  rows: number,
  where: string,
): Promise<{ readonly codes: Int32Array; readonly classes: Labels }> => {
  const values = await flat(given, where)
  checkCount(values.length, rows, where)
  const kind = typeof values[0]
  for (let i = 0; i < rows; i++) {
    const value = values[i]
    if (value === undefined || value === null || (typeof value === 'number' && Number.isNaN(value))) {
      throw new ArgumentError(`${where}: y is missing at row ${i}. Drop the row.`, { row: i })
    }
    if (typeof value !== kind)
      throw new ArgumentError(
        `${where}: y mixes ${kind}s and ${typeof value}s (row ${i}). Classes must be of one kind.`,
      )
    if (typeof value === 'number' && Math.abs(value) >= 2 ** 31 && Number.isInteger(value)) {
      throw new ArgumentError(
        `${where}: y is ${value} at row ${i}. Classes as numbers go up to 2147483647; write larger ones as words.`,
        { row: i, value },
      )
    }
    if (typeof value === 'number' && !Number.isInteger(value)) {
      throw new ArgumentError(
        `${where}: y is ${value} at row ${i}, no class. Classes are whole numbers, words or booleans; for real numbers take a regressor.`,
        { row: i, value },
      )
    }
  }
  const classes = [...new Set(Array.from(values))].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const code = new Map(classes.map((label, i) => [label, i]))
  return {
    codes: Int32Array.from({ length: rows }, (_, i) => code.get(values[i]!)!),
    classes: classes as unknown as Labels,
  }
}

/** The numbers of known classes; -1 for others. */
export const codesOf = async (given: Target, classes: Labels, rows: number, where: string): Promise<Int32Array> => {
  const values = await flat(given, where)
  checkCount(values.length, rows, where)
  const code = new Map((classes as readonly Value[]).map((label, i) => [label, i]))
  return Int32Array.from({ length: rows }, (_, i) => code.get(values[i]!) ?? -1)
}

/** Classes as the user named them: whole numbers as an int32 tensor, words and booleans as a list. */
export type PublicLabels = Tensor<readonly [number], 'int32'> | readonly string[] | readonly boolean[]

export const labelsOf = (codes: Int32Array, classes: Labels): PublicLabels => {
  if (typeof classes[0] !== 'number') return Array.from(codes, code => classes[code]!) as readonly string[]
  return fromArray(
    Int32Array.from(codes, code => classes[code] as number),
    [codes.length],
    'int32',
  )
}

export const vector = (data: Float64Array): Tensor<readonly [number], 'float64'> => tensor(data)

/** Weights of rows: at least 0, finite, not all 0. */
export const readWeights = async (given: Target, rows: number, where: string): Promise<Float64Array> => {
  const weights = Float64Array.from((await flat(given, where)) as ArrayLike<number>)
  checkCount(weights.length, rows, where, 'sampleWeight')
  const wrong = weights.findIndex(weight => !(weight >= 0 && weight < Infinity))
  if (wrong >= 0)
    throw new ArgumentError(`${where}: sampleWeight is ${weights[wrong]} at row ${wrong}. Weights are at least 0.`, {
      row: wrong,
    })
  if (weights.every(weight => weight === 0))
    throw new ArgumentError(`${where}: every sampleWeight is 0. Give at least one row a weight.`)
  return weights
}
