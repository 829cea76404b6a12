import { defineOptions, oneOf } from '../../core/options.ts'
import { defineTransformer } from '../core/define.ts'
import type { Rows } from '../core/sparse.ts'
import { sameNames } from './names-out.ts'
import { normalised } from './row-norms.ts'

/**
 * Rows of length 1: `x / ‖x‖`, each row by itself, so that products of rows are cosines. A row of zeros stays; sparse rows stay sparse.
 *
 * @example
 * const model = await normalizer().fit([[3, 4]])
 * await (await model.transform([[3, 4]])).toArray() // [[0.6, 0.8]]
 *
 * Source: scikit-learn 1.9, sklearn.preprocessing.
 */
export const normalizer = defineTransformer({
  name: 'normalizer',
  summary: 'Rows of length 1: x / ‖x‖.',
  source: 'scikit-learn 1.9, sklearn.preprocessing',
  input: 'sparse',
  options: defineOptions({
    norm: oneOf(['l1', 'l2', 'max'], {
      default: 'l2',
      help: 'the sum of magnitudes, the root of the sum of squares, or the largest magnitude',
    }),
  }),
  fit: () => ({}),
  methods: { transform: ({ options }, X: Rows): Rows => normalised(X, options.norm) },
  functions: sameNames,
})
