import { ArgumentError } from '../../core/errors.ts'
import { aFlag, aNumber, anInteger, either, type Meaning, nothing } from '../../core/options.ts'
import { type Features, readNumbers } from '../core/inputs.ts'
import { type Csr, isCsr } from '../core/sparse.ts'
import { csrFromDense } from '../numeric/csr.ts'
import { requireWidth } from '../preprocessing/affine.ts'
import { analyzerOf, textOptions, type TextOptions } from './analyze.ts'
import { chooseTerms, countTerms, type Limits, reordered } from './term-counts.ts'

const aShareOrCount: Meaning<number> = {
  ...aNumber({ min: 0 }),
  expected: 'a share from 0 to 1, or an integer above 1',
  accepts: (value): value is number =>
    typeof value === 'number' && value >= 0 && (value <= 1 || Number.isSafeInteger(value)),
}
const terms: Meaning<readonly string[]> = {
  kind: 'list',
  expected: 'a list of terms, each once',
  accepts: (value): value is readonly string[] =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(item => typeof item === 'string') &&
    new Set(value).size === value.length,
  fromText: text => text.split(','),
  placeholder: 'TERMS',
}

/** The options of what learns its terms from texts. */
export const vocabularyOptions = {
  ...textOptions,
  minDf: either([aShareOrCount], {
    default: 1,
    help: 'terms in fewer texts are left out: below 1 a share of the texts, from 1 on a number',
  }),
  maxDf: either([aShareOrCount], {
    default: 1,
    help: 'terms in more texts are left out: up to 1 a share of the texts, above a number',
  }),
  maxFeatures: either([nothing, anInteger({ min: 1 })], {
    default: null,
    help: 'the most terms; the most frequent are kept',
  }),
  vocabulary: either([nothing, terms], { default: null, help: 'the terms, in the order of the columns' }),
  binary: either([aFlag], { default: false, help: 'whether a term that comes counts 1 however often' }),
}

interface Settings extends TextOptions, Limits {
  readonly vocabulary: readonly string[] | null
  readonly binary: boolean
}

/** Learns the terms of texts and counts them. */
export const learnTerms = (
  where: string,
  texts: readonly string[],
  options: Settings,
): { readonly vocabulary: readonly string[]; readonly counts: Csr } => {
  const analyzer = analyzerOf(options)
  const { binary, vocabulary } = options
  if (vocabulary) {
    return { vocabulary, counts: countTerms(texts, analyzer, placesOf(vocabulary), { grow: false, binary }) }
  }
  const places = new Map<string, number>()
  const found = countTerms(texts, analyzer, places, { grow: true, binary })
  const all = [...places.keys()]
  if (all.length === 0) throw new ArgumentError(`${where}: the texts hold no term. Look at tokenPattern and stopWords.`)
  const kept = chooseTerms(where, all, found, options)
  const place = new Int32Array(all.length).fill(-1)
  for (const [j, term] of kept.entries()) place[places.get(term)!] = j
  return { vocabulary: kept, counts: reordered(found, place, kept.length) }
}

const known = new WeakMap<readonly string[], Map<string, number>>()
/** The column of each term. */
const placesOf = (vocabulary: readonly string[]): Map<string, number> => {
  let places = known.get(vocabulary)
  if (!places) {
    places = new Map(vocabulary.map((term, j) => [term, j]))
    known.set(vocabulary, places)
  }
  return places
}

/** Counts known terms. */
export const countKnown = (texts: readonly string[], vocabulary: readonly string[], options: Settings): Csr =>
  countTerms(texts, analyzerOf(options), placesOf(vocabulary), { grow: false, binary: options.binary })

/** The terms of each row that are not 0. */
export const termsOfRows = async (
  where: string,
  X: Features,
  vocabulary: readonly string[],
): Promise<readonly (readonly string[])[]> => {
  const rows = await readNumbers(X, where)
  requireWidth(where, rows, vocabulary.length)
  const { indptr, indices, data } = isCsr(rows) ? rows : csrFromDense(rows)
  return Array.from({ length: rows.rows }, (_, i) =>
    Array.from({ length: indptr[i + 1]! - indptr[i]! }, (_, k) => indptr[i]! + k)
      .filter(k => data[k] !== 0)
      .map(k => vocabulary[indices[k]!]!),
  )
}
