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
 * const model = await denseTransformer().fit(sparse)
 * const rows = await model.transform(sparse)
 */
export const denseTransformer = defineTransformer({
  name: 'denseTransformer',
  summary: 'Sparse rows made dense, for estimators that take no others.',
  source: 'own',
  input: 'sparse',
  missing: 'allowed',
  options: defineOptions({}),
  fit: () => ({}),
  methods: { transform: (_, X: Rows): Dense => (isCsr(X) ? csrToDense(X) : { ...X, data: X.data.slice() }) },
  functions: sameNames,
})
