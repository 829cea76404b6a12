import { aWord, defineOptions, either, integer, oneOf } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import { columnMoments } from '../preprocessing/moments.ts'
import { namesIn } from '../preprocessing/names-out.ts'
import { finished, finishedNames, gapOptions, gapsOf, withGaps } from './number-gaps.ts'

/**
 * Missing values replaced by the mean of the nearest rows that have a value there. Distances are over the columns that both rows have:
 * `sqrt(F / present · Σ (x − y)²)`. A row that has no column in common with others gets the column's mean.
 *
 * Columns should be on one scale. The model keeps the rows it was fitted on; `featureNamesOut()` names what comes out.
 *
 * @example
 * const imputer = await knnImputer({ nNeighbors: 1 }).fit([[1, 2], [5, 6], [1.2, NaN]])
 * await (await imputer.transform([[4, NaN]])).toArray() // [[4, 6]]
 *
 * Source: Troyanskaya et al. 2001.
 */
export const knnImputer = defineTransformer({
  name: 'knnImputer',
  summary: 'Missing values replaced by the mean of the nearest rows that have a value there.',
  source: 'Troyanskaya et al. 2001',
  missing: 'allowed',
  options: defineOptions({
    nNeighbors: integer({ min: 1, default: 5, help: 'how many rows are averaged' }),
    weights: oneOf(['uniform', 'distance'], {
      default: 'uniform',
      help: 'whether all count the same, or the nearer ones more (1 / distance)',
    }),
    metric: either([aWord(['nanEuclidean'])], {
      default: 'nanEuclidean',
      help: 'the distance of two rows: over the columns that both have',
    }),
    ...gapOptions,
  }),
  fit: ({ X }, { missingValues, addIndicator, keepEmptyFeatures }) => {
    const rows = withGaps('knnImputer.fit', X, missingValues)
    const { empty, gappy } = gapsOf(rows)
    return {
      _rows: rows,
      _means: columnMoments(rows).mean,
      _empty: empty,
      _drop: keepEmptyFeatures ? [] : empty,
      _marked: addIndicator ? gappy : [],
    }
  },
  methods: {
    transform: ({ state, options }, X: Dense): Dense => {
      const given = withGaps('knnImputer.transform', X, options.missingValues)
      const out = given.data.slice()
      const F = X.columns
      for (let i = 0; i < X.rows; i++) {
        const row = given.data.subarray(i * F, (i + 1) * F)
        if (!row.some(Number.isNaN)) continue
        const distances = distancesTo(row, state._rows)
        for (let j = 0; j < F; j++) {
          if (state._empty.includes(j)) out[i * F + j] = 0
          else if (Number.isNaN(row[j]!))
            out[i * F + j] = averaged(state._rows, j, distances, options) ?? state._means[j]!
        }
      }
      return finished({ ...X, data: out }, given, state._drop, state._marked)
    },
  },
  functions: {
    featureNamesOut: (fit, names?: readonly string[]): readonly string[] =>
      finishedNames(namesIn(fit, names), fit.state._drop, fit.state._marked),
  },
})

/** The distance of a row to each; NaN where no column is common. */
const distancesTo = (row: Float64Array, { rows, columns, data }: Dense): Float64Array => {
  const out = new Float64Array(rows)
  for (let r = 0; r < rows; r++) {
    let sum = 0
    let present = 0
    for (let j = 0, at = r * columns; j < columns; j++, at++) {
      const away = row[j]! - data[at]!
      if (Number.isNaN(away)) continue
      sum += away * away
      present++
    }
    out[r] = present === 0 ? Number.NaN : Math.sqrt((sum * columns) / present)
  }
  return out
}

/** The mean of a column over the nearest rows that have it; nothing where none is at a distance. */
const averaged = (
  { rows, columns, data }: Dense,
  j: number,
  distances: Float64Array,
  { nNeighbors, weights }: { readonly nNeighbors: number; readonly weights: string },
): number | undefined => {
  const donors: number[] = []
  for (let r = 0; r < rows; r++)
    if (!Number.isNaN(distances[r]!) && !Number.isNaN(data[r * columns + j]!)) donors.push(r)
  if (donors.length === 0) return undefined
  donors.sort((a, b) => distances[a]! - distances[b]! || a - b)
  const nearest = donors.slice(0, nNeighbors)
  const exact = nearest.some(r => distances[r] === 0)
  let sum = 0
  let total = 0
  for (const r of nearest) {
    // Rows that are the same count alone: the weight of a distance of 0 has no bound.
    const w = weights === 'uniform' ? 1 : exact ? Number(distances[r] === 0) : 1 / distances[r]!
    sum += w * data[r * columns + j]!
    total += w
  }
  return sum / total
}
