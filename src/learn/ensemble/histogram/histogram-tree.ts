import type { Dense } from '../../../ops/matrix-kernels.ts'
import { type Binning, fillBins } from './bins.ts'

/** A tree of histogram boosting: leaves have no children (−1), and their values are what is added to the score. */
export interface HistogramTree {
  readonly childrenLeft: Int32Array
  readonly childrenRight: Int32Array
  readonly feature: Int32Array
  readonly threshold: Float64Array
  readonly missingGoToLeft: Int32Array
  readonly value: Float64Array
  readonly gain: Float64Array
  readonly nNodeSamples: Int32Array
  /** Where a split is on categories, 8 words from this place on in `categories`: a bit for each that goes left; otherwise −1. */
  readonly categoryPlace: Int32Array
  readonly categories: Uint32Array
}

/** Rows, and for categorical features the bin of each row. */
export interface BinnedRows {
  readonly X: Dense
  readonly bins: readonly (Uint8Array | undefined)[]
}
export const noBin = 255

export const binnedRows = (X: Dense, binning: readonly Binning[]): BinnedRows => ({
  X,
  bins: binning.map((own, column) => {
    if (!own.categorical) return undefined
    const out = new Uint8Array(X.rows)
    fillBins(X.data, { rows: X.rows, columns: X.columns, column }, own, noBin, out)
    return out
  }),
})

/** Adds the tree's value for rows [from, to) to scores. */
export const addTree = (
  tree: HistogramTree,
  { X, bins }: BinnedRows,
  scores: Float64Array,
  from: number,
  to: number,
  at = 0,
): void => {
  const { childrenLeft, childrenRight, feature, threshold, missingGoToLeft, value, categoryPlace, categories } = tree
  const { columns, data } = X
  for (let i = from; i < to; i++) {
    let node = 0
    while (childrenLeft[node]! >= 0) {
      const j = feature[node]!
      let left: boolean
      if (categoryPlace[node]! >= 0) {
        const bin = bins[j]![i]!
        left =
          bin === noBin
            ? missingGoToLeft[node] === 1
            : ((categories[categoryPlace[node]! + (bin >>> 5)]! >>> (bin & 31)) & 1) === 1
      } else {
        const x = data[i * columns + j]!
        left = x <= threshold[node]! || (Number.isNaN(x) && missingGoToLeft[node] === 1)
      }
      node = left ? childrenLeft[node]! : childrenRight[node]!
    }
    scores[at + i]! += value[node]!
  }
}
