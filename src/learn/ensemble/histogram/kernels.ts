// The inner loops of histogram boosting. A histogram has `bins` places for each feature; a place holds the sum of gradients, the count,
// and, where hessians vary, their sum.

export interface RowList {
  /** Rows; undefined for all in their order. */
  readonly rows: Int32Array
  readonly from: number
  readonly to: number
}

/** Sums of gradients and counts of one feature's bins. */
export const sumGradients = (
  out: Float64Array,
  at: number,
  bins: Uint8Array,
  column: number,
  rows: Int32Array,
  from: number,
  to: number,
  gradients: Float32Array,
): void => {
  let p = from
  for (; p + 3 < to; p += 4) {
    const a = at + 2 * bins[column + rows[p]!]!
    const b = at + 2 * bins[column + rows[p + 1]!]!
    const c = at + 2 * bins[column + rows[p + 2]!]!
    const d = at + 2 * bins[column + rows[p + 3]!]!
    out[a]! += gradients[p]!
    out[a + 1]! += 1
    out[b]! += gradients[p + 1]!
    out[b + 1]! += 1
    out[c]! += gradients[p + 2]!
    out[c + 1]! += 1
    out[d]! += gradients[p + 3]!
    out[d + 1]! += 1
  }
  for (; p < to; p++) {
    const a = at + 2 * bins[column + rows[p]!]!
    out[a]! += gradients[p]!
    out[a + 1]! += 1
  }
}

/** The same with sums of hessians. */
export const sumBoth = (
  out: Float64Array,
  at: number,
  bins: Uint8Array,
  column: number,
  rows: Int32Array,
  from: number,
  to: number,
  gradients: Float32Array,
  hessians: Float32Array,
): void => {
  for (let p = from; p < to; p++) {
    const a = at + 3 * bins[column + rows[p]!]!
    out[a]! += gradients[p]!
    out[a + 1]! += 1
    out[a + 2]! += hessians[p]!
  }
}

/** What is left of a parent without one child. */
export const subtract = (parent: Float64Array, child: Float64Array, from: number, to: number): void => {
  for (let i = from; i < to; i++) parent[i]! -= child[i]!
}
