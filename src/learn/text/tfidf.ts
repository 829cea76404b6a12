import { aFlag, aWord, either, nothing } from '../../core/options.ts'
import { isCsr, type Rows } from '../core/sparse.ts'
import { normalised } from '../preprocessing/row-norms.ts'

export const tfidfOptions = {
  norm: either([nothing, aWord(['l1', 'l2'])], {
    default: 'l2',
    help: 'what each row is divided by: the sum of magnitudes, the root of the sum of squares, or nothing',
  }),
  useIdf: either([aFlag], { default: true, help: 'whether terms that are in many texts count less' }),
  smoothIdf: either([aFlag], { default: true, help: 'whether it counts as if one more text had every term' }),
  sublinearTf: either([aFlag], { default: false, help: 'whether a count c becomes 1 + log c' }),
}
interface Settings {
  readonly norm: 'l1' | 'l2' | null
  readonly useIdf: boolean
  readonly smoothIdf: boolean
  readonly sublinearTf: boolean
}

/** `log(N / n) + 1` of a term in n of N texts; smoothed `log((1 + N) / (1 + n)) + 1`. Nothing where it is not used. */
export const inverseFrequencies = (counts: Rows, { useIdf, smoothIdf }: Settings): Float64Array | null => {
  if (!useIdf) return null
  const { rows, columns, data } = counts
  const texts = new Float64Array(columns)
  if (isCsr(counts)) for (let k = 0; k < data.length; k++) texts[counts.indices[k]!]! += data[k] === 0 ? 0 : 1
  else for (let k = 0; k < data.length; k++) if (data[k] !== 0) texts[k % columns]!++
  const more = smoothIdf ? 1 : 0
  return texts.map(n => Math.log((rows + more) / (n + more)) + 1)
}

/** Counts weighted, in the form that they have. */
export const weighted = (counts: Rows, idf: Float64Array | null, { norm, sublinearTf }: Settings): Rows => {
  const data = counts.data.slice()
  if (sublinearTf) for (let k = 0; k < data.length; k++) if (data[k] !== 0) data[k] = Math.log(data[k]!) + 1
  if (idf) {
    if (isCsr(counts)) for (let k = 0; k < data.length; k++) data[k]! *= idf[counts.indices[k]!]!
    // A term that no text has is infinitely rare: 0 of it stays 0.
    else for (let k = 0; k < data.length; k++) if (data[k] !== 0) data[k]! *= idf[k % counts.columns]!
  }
  const out: Rows = { ...counts, data }
  return norm === null ? out : normalised(out, norm)
}
