import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, number } from '../../core/options.ts'
import { defineTransformer } from '../core/define.ts'
import { isCsr, type Rows } from '../core/sparse.ts'
import { sameNames } from './names-out.ts'

/**
 * 1 where a number is above a threshold, else 0. Sparse rows need a threshold of at least 0.
 *
 * @throws ArgumentError for sparse rows and a threshold below 0
 * @example
 * const model = await binarizer({ threshold: 1 }).fit([[0, 2]])
 * await (await model.transform([[1, 1.5]])).toArray() // [[0, 1]]
 *
 * Source: scikit-learn 1.9, sklearn.preprocessing.
 */
export const binarizer = defineTransformer({
  name: 'binarizer',
  summary: 'Numbers as 1 where they are above a threshold, else 0.',
  source: 'scikit-learn 1.9, sklearn.preprocessing',
  input: 'sparse',
  options: defineOptions({
    threshold: number({ default: 0, help: 'numbers above it become 1' }),
  }),
  fit: () => ({}),
  methods: {
    transform: ({ options: { threshold } }, X: Rows): Rows => {
      if (isCsr(X) && threshold < 0) {
        throw new ArgumentError(
          `binarizer.transform: X is sparse, and threshold ${threshold} would make every 0 a 1. Pass a threshold of at least 0, or make X dense.`,
        )
      }
      return { ...X, data: X.data.map(x => (x > threshold ? 1 : 0)) }
    },
  },
  functions: sameNames,
})
