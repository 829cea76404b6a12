import { aFlag, aWord, defineOptions, either, integer, nothing } from '../../core/options.ts'
import { defineTransformer } from '../core/define.ts'
import type { Csr } from '../core/sparse.ts'
import { normalised } from '../preprocessing/row-norms.ts'
import { type Analyzer, analyzerOf, textOptions } from './analyze.ts'
import { murmurHash3 } from './murmur-hash.ts'

/**
 * Texts as counts of their words in a fixed number of columns: the column of a word is its hash. Nothing is learned and no vocabulary kept, so
 * that texts may come without end; which words a column stands for cannot be told. With `alternateSign` words that share a column cancel out in
 * the mean.
 *
 * Sparse rows come out, with the columns that scikit-learn gives.
 *
 * @example
 * const model = await hashingVectorizer({ nFeatures: 1024 }).fit(['any text'])
 * const rows = await model.transform(['a cat', 'a dog'])
 *
 * Source: Weinberger et al. 2009; Appleby 2008 (MurmurHash3).
 */
export const hashingVectorizer = defineTransformer({
  name: 'hashingVectorizer',
  summary: 'Texts as counts of their words in a fixed number of columns, the hash of a word its column.',
  source: 'Weinberger et al. 2009; Appleby 2008 (MurmurHash3)',
  input: 'texts',
  options: defineOptions({
    ...textOptions,
    nFeatures: integer({ min: 1, max: 2 ** 31 - 1, default: 2 ** 20, help: 'how many columns there are' }),
    binary: either([aFlag], { default: false, help: 'whether a term that comes counts 1 however often' }),
    norm: either([nothing, aWord(['l1', 'l2'])], { default: 'l2', help: 'what each row is divided by' }),
    alternateSign: either([aFlag], { default: true, help: 'whether the hash also chooses the sign' }),
  }),
  fit: () => ({}),
  methods: {
    transform: ({ options }, X: readonly string[]): Csr => {
      const { norm, binary } = options
      const counts = hashTerms(X, analyzerOf(options), options)
      const marked = binary ? { ...counts, data: counts.data.fill(1) } : counts
      return norm === null ? marked : (normalised(marked, norm) as Csr)
    },
  },
})

interface Place {
  readonly column: number
  readonly sign: number
}

const hashTerms = (
  texts: readonly string[],
  analyzer: Analyzer,
  { nFeatures, alternateSign }: { readonly nFeatures: number; readonly alternateSign: boolean },
): Csr => {
  const encoder = new TextEncoder()
  const places = new Map<string, Place>()
  const placeOf = (term: string): Place => {
    const hash = murmurHash3(encoder.encode(term))
    // The magnitude of −2³¹ is no signed integer of 32 bits.
    const column = hash === -(2 ** 31) ? (2 ** 31 - 1 - (nFeatures - 1)) % nFeatures : Math.abs(hash) % nFeatures
    return { column, sign: alternateSign && hash < 0 ? -1 : 1 }
  }
  const indptr = new Int32Array(texts.length + 1)
  const columns: number[] = []
  const sums: number[] = []
  for (const [i, text] of texts.entries()) {
    const here = new Map<number, number>()
    for (const term of analyzer(text)) {
      let place = places.get(term)
      if (!place) {
        place = placeOf(term)
        places.set(term, place)
      }
      here.set(place.column, (here.get(place.column) ?? 0) + place.sign)
    }
    for (const column of Int32Array.from(here.keys()).sort()) {
      columns.push(column)
      sums.push(here.get(column)!)
    }
    indptr[i + 1] = columns.length
  }
  return {
    rows: texts.length,
    columns: nFeatures,
    indptr,
    indices: Int32Array.from(columns),
    data: Float64Array.from(sums),
  }
}
