import { ArgumentError } from '../../core/errors.ts'
import type { Csr } from '../core/sparse.ts'
import type { Analyzer } from './analyze.ts'

/** A list of numbers that grows. */
class Growing {
  private data: Int32Array = new Int32Array(1024)
  length = 0
  push(x: number): void {
    if (this.length === this.data.length) {
      const larger = new Int32Array(2 * this.length)
      larger.set(this.data)
      this.data = larger
    }
    this.data[this.length++] = x
  }
  taken(): Int32Array {
    return this.data.slice(0, this.length)
  }
}

/**
 * How often each term comes in each text, a row for each text. Terms that are not in `places` are added to it when `grow` is set, and else left
 * out.
 */
export const countTerms = (
  texts: readonly string[],
  analyzer: Analyzer,
  places: Map<string, number>,
  { grow, binary }: { readonly grow: boolean; readonly binary: boolean },
): Csr => {
  const indptr = new Int32Array(texts.length + 1)
  const columns = new Growing()
  const counts = new Growing()
  const here = new Map<number, number>()
  for (const [i, text] of texts.entries()) {
    here.clear()
    for (const term of analyzer(text)) {
      let place = places.get(term)
      if (place === undefined) {
        if (!grow) continue
        place = places.size
        places.set(term, place)
      }
      here.set(place, (here.get(place) ?? 0) + 1)
    }
    const sorted = Int32Array.from(here.keys()).sort()
    for (let k = 0; k < sorted.length; k++) {
      columns.push(sorted[k]!)
      counts.push(binary ? 1 : here.get(sorted[k]!)!)
    }
    indptr[i + 1] = columns.length
  }
  return {
    rows: texts.length,
    columns: places.size,
    indptr,
    indices: columns.taken(),
    data: Float64Array.from(counts.taken()),
  }
}

/** Columns in another order, some left out: column j becomes `place[j]`, or nothing where that is -1. */
export const reordered = ({ rows, indptr, indices, data }: Csr, place: Int32Array, columns: number): Csr => {
  const starts = new Int32Array(rows + 1)
  let kept = 0
  for (let k = 0; k < indices.length; k++) if (place[indices[k]!]! >= 0) kept++
  const out = { rows, columns, indptr: starts, indices: new Int32Array(kept), data: new Float64Array(kept) }
  const value = new Float64Array(columns)
  let at = 0
  for (let i = 0; i < rows; i++) {
    const start = at
    for (let k = indptr[i]!; k < indptr[i + 1]!; k++) {
      const to = place[indices[k]!]!
      if (to < 0) continue
      value[to] = data[k]!
      out.indices[at++] = to
    }
    out.indices.subarray(start, at).sort()
    for (let k = start; k < at; k++) out.data[k] = value[out.indices[k]!]!
    starts[i + 1] = at
  }
  return out
}

export interface Limits {
  readonly minDf: number
  readonly maxDf: number
  readonly maxFeatures: number | null
}

/** The terms that stay, in ascending order: in neither too few nor too many texts, and of those the most frequent. */
export const chooseTerms = (
  where: string,
  terms: readonly string[],
  counts: Csr,
  { minDf, maxDf, maxFeatures }: Limits,
): string[] => {
  const texts = new Float64Array(counts.columns)
  const total = new Float64Array(counts.columns)
  for (let k = 0; k < counts.indices.length; k++) {
    texts[counts.indices[k]!]!++
    total[counts.indices[k]!]! += counts.data[k]!
  }
  const least = minDf < 1 ? minDf * counts.rows : minDf
  const most = maxDf <= 1 ? maxDf * counts.rows : maxDf
  if (most < least) {
    throw new ArgumentError(
      `${where}: maxDf ${maxDf} allows ${most} of ${counts.rows} texts, and minDf ${minDf} asks for ${least}. Raise maxDf or lower minDf.`,
    )
  }
  let kept = Array.from(terms.keys()).filter(j => texts[j]! >= least && texts[j]! <= most)
  kept.sort((a, b) => (terms[a]! < terms[b]! ? -1 : 1))
  if (maxFeatures !== null && kept.length > maxFeatures) {
    const order = new Map(kept.map((j, i) => [j, i]))
    kept = kept.sort((a, b) => total[b]! - total[a]! || order.get(a)! - order.get(b)!).slice(0, maxFeatures)
    kept.sort((a, b) => order.get(a)! - order.get(b)!)
  }
  if (kept.length === 0) {
    throw new ArgumentError(
      `${where}: no term is left of ${terms.length}. Lower minDf, raise maxDf, or look at tokenPattern and stopWords.`,
    )
  }
  return kept.map(j => terms[j]!)
}
