import { defineOptions } from '../../core/options.ts'
import { defineTransformer } from '../core/define.ts'
import type { Rows } from '../core/sparse.ts'
import { sameNames } from '../preprocessing/names-out.ts'
import { inverseFrequencies, tfidfOptions, weighted } from './tfidf.ts'

/**
 * Counts of terms weighted by how rare the terms are: `tf · (log((1 + N) / (1 + n)) + 1)` for a term in n of N texts, each row divided by its
 * norm. Rows come out in the form in which they are given, sparse or dense.
 *
 * The model has `idf` [F], or null without `useIdf`.
 *
 * @example
 * const model = await tfidfTransformer({ norm: null }).fit([[1, 0], [1, 2]])
 * await (await model.transform([[3, 0]])).toArray() // [[3, 0]]
 *
 * Source: Spärck Jones 1972; scikit-learn 1.9, sklearn.feature_extraction.text.
 */
export const tfidfTransformer = defineTransformer({
  name: 'tfidfTransformer',
  summary: 'Counts of terms weighted by how rare the terms are: tf · (log((1 + N) / (1 + n)) + 1).',
  source: 'Spärck Jones 1972; scikit-learn 1.9, sklearn.feature_extraction.text',
  input: 'sparse',
  options: defineOptions(tfidfOptions),
  fit: ({ X }, options) => ({ idf: inverseFrequencies(X, options) }),
  methods: { transform: ({ state, options }, X: Rows): Rows => weighted(X, state.idf, options) },
  functions: sameNames,
})
