import { defineOptions } from '../../core/options.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import { isCsr, type Rows } from '../core/sparse.ts'
import { csrToDense } from '../numeric/csr.ts'
import { sameNames } from './names-out.ts'

/**
 * Sparse rows made dense, for estimators that take no others: `makePipeline(tfidfVectorizer(), denseTransformer(), gaussianNB())`. Dense rows pass.
 *
 * @example
 * const model = await makePipeline(countVectorizer(), denseTransformer()).fit(['red fox', 'red hen'])
 * await (await model.transform(['red hen'])).toArray() // [[0, 1, 1]]
 */
export const denseTransformer = defineTransformer({
  name: 'denseTransformer',
  summary: 'Sparse rows made dense, for estimators that take no others.',
  source: 'scipy.sparse, toarray',
  input: 'sparse',
  missing: 'allowed',
  options: defineOptions({}),
  fit: () => ({}),
  methods: { transform: (_, X: Rows): Dense => (isCsr(X) ? csrToDense(X) : { ...X, data: X.data.slice() }) },
  functions: sameNames,
})
