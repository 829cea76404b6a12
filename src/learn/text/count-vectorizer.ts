import { defineOptions } from '../../core/options.ts'
import { defineTransformer } from '../core/define.ts'
import type { Features } from '../core/inputs.ts'
import { countKnown, learnTerms, termsOfRows, vocabularyOptions } from './vocabulary.ts'

/**
 * Texts as counts of their words: `out[i, t]` is how often term t comes in text i. Terms can also be runs of words or of characters (`ngramRange`,
 * `analyzer`).
 *
 * Sparse rows come out. The model has `vocabulary`, the terms in ascending order, one for each column; `featureNamesOut()` gives them too, and
 * `inverseTransform(rows)` the terms of each row. `stopWords: 'english'` leaves out English function words by a list of its own, another one
 * than scikit-learn's. Of equally frequent terms `maxFeatures` keeps those that come first in the order of the alphabet.
 *
 * @throws ArgumentError where no term is left
 * @example
 * const model = await countVectorizer().fit(['a cat saw a cat', 'the dog'])
 * model.vocabulary // ['cat', 'dog', 'saw', 'the']
 *
 * Source: scikit-learn 1.9, sklearn.feature_extraction.text.
 */
export const countVectorizer = defineTransformer({
  name: 'countVectorizer',
  summary: 'Texts as counts of their words, or of runs of words or characters.',
  source: 'scikit-learn 1.9, sklearn.feature_extraction.text',
  input: 'texts',
  options: defineOptions(vocabularyOptions),
  fit: ({ X }, options) => ({ vocabulary: learnTerms('countVectorizer.fit', X, options).vocabulary }),
  fitTransform: ({ X }, options) => {
    const { vocabulary, counts } = learnTerms('countVectorizer.fit', X, options)
    return { state: { vocabulary }, X: counts }
  },
  methods: {
    transform: ({ state, options }, X: readonly string[]) => countKnown(X, state.vocabulary, options),
  },
  functions: {
    featureNamesOut: ({ state }): readonly string[] => state.vocabulary,
    /** The terms of each row, in the order of the columns. */
    inverseTransform: ({ state }, X: Features) => termsOfRows('countVectorizer.inverseTransform', X, state.vocabulary),
  },
})
