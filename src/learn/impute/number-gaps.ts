import { ArgumentError } from '../../core/errors.ts'
import { aFlag, aNumber, either, nothing } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { indicatorName } from './missing.ts'

// What the imputers that look at several columns share: all are numbers.

export const gapOptions = {
  missingValues: either([nothing, aNumber()], { default: null, help: 'what stands for a missing value; null: NaN' }),
  addIndicator: either([aFlag], {
    default: false,
    help: 'whether a column of 0 and 1 is added for each column with missing values',
  }),
  keepEmptyFeatures: either([aFlag], { default: false, help: 'whether columns without a value stay, filled with 0' }),
}

/** The same rows with NaN where a value is missing. */
export const withGaps = (where: string, X: Dense, missing: number | null): Dense => {
  if (missing === null) return { ...X, data: X.data.slice() }
  const at = X.data.findIndex(Number.isNaN)
  if (at >= 0) {
    throw new ArgumentError(
      `${where}: X is NaN at row ${Math.floor(at / X.columns)}, column ${at % X.columns}. missingValues is ${missing}: leave it out where NaN is what is missing.`,
    )
  }
  return { ...X, data: X.data.map(x => (x === missing ? Number.NaN : x)) }
}

/** Columns that have no value, and columns that lack one. */
export const gapsOf = (X: Dense): { readonly empty: readonly number[]; readonly gappy: readonly number[] } => {
  const counts = new Int32Array(X.columns)
  for (let k = 0; k < X.data.length; k++) if (Number.isNaN(X.data[k]!)) counts[k % X.columns]!++
  const columns = Array.from(counts.keys())
  return { empty: columns.filter(j => counts[j] === X.rows), gappy: columns.filter(j => counts[j]! > 0) }
}

/** Rows without some columns, and beside them 0 and 1 that tell where the given columns had gaps. */
export const finished = (filled: Dense, given: Dense, drop: readonly number[], marked: readonly number[]): Dense => {
  const kept = Array.from({ length: filled.columns }, (_, j) => j).filter(j => !drop.includes(j))
  const out = dense(filled.rows, kept.length + marked.length)
  for (let i = 0; i < filled.rows; i++) {
    let at = i * out.columns
    for (const j of kept) out.data[at++] = filled.data[i * filled.columns + j]!
    for (const j of marked) out.data[at++] = Number.isNaN(given.data[i * given.columns + j]!) ? 1 : 0
  }
  return out
}

export const finishedNames = (
  names: readonly string[],
  drop: readonly number[],
  marked: readonly number[],
): readonly string[] => [...names.filter((_, j) => !drop.includes(j)), ...marked.map(j => indicatorName(names[j]!))]
