import { defineOptions } from '../../core/options.ts'
import { defineTransformer } from '../core/define.ts'
import type { Features } from '../core/inputs.ts'
import type { Csr } from '../core/sparse.ts'
import { inverseFrequencies, tfidfOptions, weighted } from './tfidf.ts'
import { countKnown, learnTerms, termsOfRows, vocabularyOptions } from './vocabulary.ts'

/**
 * Texts as weighted counts of their words: a {@link countVectorizer} and a {@link tfidfTransformer} in one. Rows are of length 1, so that
 * products of rows are cosines.
 *
 * Sparse rows come out. The model has `vocabulary` and `idf` [F] (null without `useIdf`), `featureNamesOut()` and `inverseTransform(rows)`.
 *
 * @throws ArgumentError where no term is left
 * @example
 * const model = await tfidfVectorizer({ stopWords: 'english' }).fit(['the cat', 'the dog and the cat'])
 * model.vocabulary // ['cat', 'dog']
 *
 * Source: Spärck Jones 1972; scikit-learn 1.9, sklearn.feature_extraction.text.
 */
export const tfidfVectorizer = defineTransformer({
  name: 'tfidfVectorizer',
  summary: 'Texts as counts of their words, weighted by how rare the words are.',
  source: 'Spärck Jones 1972; scikit-learn 1.9, sklearn.feature_extraction.text',
  input: 'texts',
  options: defineOptions({ ...vocabularyOptions, ...tfidfOptions }),
  fit: ({ X }, options) => {
    const { vocabulary, counts } = learnTerms('tfidfVectorizer.fit', X, options)
    return { vocabulary, idf: inverseFrequencies(counts, options) }
  },
  fitTransform: ({ X }, options) => {
    const { vocabulary, counts } = learnTerms('tfidfVectorizer.fit', X, options)
    const idf = inverseFrequencies(counts, options)
    return { state: { vocabulary, idf }, X: weighted(counts, idf, options) }
  },
  methods: {
    transform: ({ state, options }, X: readonly string[]): Csr =>
      weighted(countKnown(X, state.vocabulary, options), state.idf, options) as Csr,
  },
  functions: {
    featureNamesOut: ({ state }): readonly string[] => state.vocabulary,
    /** The terms of each row that are not 0, in the order of the columns. */
    inverseTransform: ({ state }, X: Features) => termsOfRows('tfidfVectorizer.inverseTransform', X, state.vocabulary),
  },
})
