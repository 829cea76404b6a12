import { aNumber, defineOptions, either, integer, nothing, number, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { digamma, lgamma } from '../../stats/special/index.ts'
import { defineTransformer } from '../core/define.ts'
import type { Random } from '../core/random.ts'
import { randomState } from '../core/rules.ts'
import { isCsr, type Rows } from '../core/sparse.ts'
import { csrFromDense } from '../numeric/csr.ts'
import { requireNonNegative } from './nmf.ts'

interface Words {
  readonly rows: number
  readonly columns: number
  readonly indptr: Int32Array
  readonly indices: Int32Array
  readonly data: Float64Array
}

/** `exp(E ln θ)` of Dirichlet distributions, one a row. */
const expected = ({ rows, columns, data }: Dense): Dense => {
  const out = dense(rows, columns)
  for (let i = 0; i < rows; i++) {
    let sum = 0
    for (let j = 0; j < columns; j++) sum += data[i * columns + j]!
    const whole = digamma(sum)
    for (let j = 0; j < columns; j++) out.data[i * columns + j] = Math.exp(digamma(data[i * columns + j]!) - whole)
  }
  return out
}

/** A number of the gamma distribution of shape `a` at least 1 (Marsaglia & Tsang 2000). */
const gammaNumber = (a: number, random: Random): number => {
  const d = a - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = random.normal()
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

interface Step {
  readonly prior: number
  readonly maxDocUpdateIter: number
  readonly meanChangeTol: number
  readonly random: Random | null
}

/** Topics of each document, given words of topics (`exp(E ln β)` [k, V]); and what the documents say of the words. */
const documents = (
  X: Words,
  topicWords: Dense,
  { prior, maxDocUpdateIter, meanChangeTol, random }: Step,
  from = 0,
  to = X.rows,
): { readonly topics: Dense; readonly counts: Dense } => {
  const [k, V] = [topicWords.rows, topicWords.columns]
  const topics = dense(to - from, k)
  const counts = dense(k, V)
  const words = topicWords.data
  for (let d = from; d < to; d++) {
    const start = X.indptr[d]!
    const end = X.indptr[d + 1]!
    let own: Float64Array = Float64Array.from({ length: k }, () => (random ? 0.01 * gammaNumber(100, random) : 1))
    let theta = expected({ rows: 1, columns: k, data: own }).data
    const share = new Float64Array(end - start)
    const norms = (): void => {
      for (let n = start; n < end; n++) {
        let sum = 2 ** -52
        for (let t = 0; t < k; t++) sum += theta[t]! * words[t * V + X.indices[n]!]!
        share[n - start] = X.data[n]! / sum
      }
    }
    for (let round = 0; round < maxDocUpdateIter; round++) {
      norms()
      const next = new Float64Array(k)
      for (let t = 0; t < k; t++) {
        let sum = 0
        for (let n = start; n < end; n++) sum += share[n - start]! * words[t * V + X.indices[n]!]!
        next[t] = theta[t]! * sum + prior
      }
      let change = 0
      for (let t = 0; t < k; t++) change += Math.abs(next[t]! - own[t]!) / k
      own = next
      theta = expected({ rows: 1, columns: k, data: own }).data
      if (change < meanChangeTol) break
    }
    topics.data.set(own, (d - from) * k)
    norms()
    for (let n = start; n < end; n++)
      for (let t = 0; t < k; t++) counts.data[t * V + X.indices[n]!]! += theta[t]! * share[n - start]!
  }
  for (let i = 0; i < counts.data.length; i++) counts.data[i]! *= words[i]!
  return { topics, counts }
}

const wordsOf = (X: Rows): Words => (isCsr(X) ? X : csrFromDense(X))

/** Bound on the log-likelihood of documents (Hoffman, Blei & Bach 2010, equation 4). */
const bound = (
  X: Words,
  topics: Dense,
  {
    components,
    docPrior,
    wordPrior,
  }: { readonly components: Dense; readonly docPrior: number; readonly wordPrior: number },
): number => {
  const [k, V] = [components.rows, components.columns]
  const logOf = (part: Dense): Float64Array => expected(part).data.map(Math.log)
  const theta = logOf(topics)
  const beta = logOf(components)
  let score = 0
  for (let d = 0; d < X.rows; d++) {
    for (let n = X.indptr[d]!; n < X.indptr[d + 1]!; n++) {
      let top = -Infinity
      for (let t = 0; t < k; t++) top = Math.max(top, theta[d * k + t]! + beta[t * V + X.indices[n]!]!)
      let sum = 0
      for (let t = 0; t < k; t++) sum += Math.exp(theta[d * k + t]! + beta[t * V + X.indices[n]!]! - top)
      score += X.data[n]! * (top + Math.log(sum))
    }
  }
  const divergence = (prior: number, part: Dense, logs: Float64Array): number => {
    let out = 0
    for (let i = 0; i < part.rows; i++) {
      let sum = 0
      for (let j = 0; j < part.columns; j++) {
        const x = part.data[i * part.columns + j]!
        out += (prior - x) * logs[i * part.columns + j]! + lgamma(x) - lgamma(prior)
        sum += x
      }
      out += lgamma(prior * part.columns) - lgamma(sum)
    }
    return out
  }
  return score + divergence(docPrior, topics, theta) + divergence(wordPrior, components, beta)
}

/**
 * Latent Dirichlet allocation: each document a mixture of topics, each topic a distribution of words, by variational Bayes on all documents at
 * once (`batch`) or on some at a time (`online`).
 *
 * The model has `components` [k, V] (pseudo-counts of words in topics), `nIter`, `bound` (perplexity on the documents fitted);
 * `transform` gives shares of topics [N, k], `perplexity(X)` and `score(X)` the fit.
 *
 * @throws ArgumentError for counts below 0
 * @example
 * const topics = await latentDirichletAllocation({ nComponents: 2, randomState: 0 }).fitTransform(X)
 *
 * Source: Blei, Ng & Jordan 2003; Hoffman, Blei & Bach 2010.
 */
export const latentDirichletAllocation = defineTransformer({
  name: 'latentDirichletAllocation',
  summary: 'Documents as mixtures of topics, topics as distributions of words, by variational Bayes.',
  source: 'Blei, Ng & Jordan 2003; Hoffman, Blei & Bach 2010',
  input: 'sparse',
  options: defineOptions({
    nComponents: integer({ min: 1, default: 10, help: 'how many topics' }),
    docTopicPrior: either([nothing, aNumber({ above: 0 })], {
      default: null,
      help: 'how evenly documents mix topics; null for 1 / topics',
    }),
    topicWordPrior: either([nothing, aNumber({ above: 0 })], {
      default: null,
      help: 'how evenly topics mix words; null for 1 / topics',
    }),
    learningMethod: oneOf(['batch', 'online'], { default: 'batch', help: 'all documents in each step, or some' }),
    learningDecay: number({ min: 0.5, max: 1, default: 0.7, help: 'how fast later online steps count less' }),
    learningOffset: number({ min: 1, default: 10, help: 'how little the first online steps count' }),
    maxIter: integer({ min: 1, default: 10, help: 'passes over the documents' }),
    batchSize: integer({ min: 1, default: 128, help: 'documents of an online step' }),
    maxDocUpdateIter: integer({ min: 1, default: 100, help: 'the most iterations on one document' }),
    meanChangeTol: number({
      above: 0,
      default: 1e-3,
      help: 'a document is done when its topics change less on average',
    }),
    randomState,
  }),
  fit: ({ X: rows, random }, options) => {
    requireNonNegative(rows, 'latentDirichletAllocation.fit')
    const X = wordsOf(rows)
    const k = options.nComponents
    const docPrior = options.docTopicPrior ?? 1 / k
    const wordPrior = options.topicWordPrior ?? 1 / k
    const step = { prior: docPrior, maxDocUpdateIter: options.maxDocUpdateIter, meanChangeTol: options.meanChangeTol }
    let components = dense(k, X.columns)
    for (let i = 0; i < components.data.length; i++) components.data[i] = 0.01 * gammaNumber(100, random)
    let updates = 1
    for (let pass = 0; pass < options.maxIter; pass++) {
      const size = options.learningMethod === 'batch' ? X.rows : options.batchSize
      for (let from = 0; from < X.rows; from += size) {
        const to = Math.min(X.rows, from + size)
        const { counts } = documents(X, expected(components), { ...step, random }, from, to)
        const weight =
          options.learningMethod === 'batch' ? 1 : (options.learningOffset + updates) ** -options.learningDecay
        const ratio = options.learningMethod === 'batch' ? 1 : X.rows / (to - from)
        components = {
          ...components,
          data: components.data.map((old, i) => (1 - weight) * old + weight * (wordPrior + ratio * counts.data[i]!)),
        }
        updates++
      }
    }
    const { topics } = documents(X, expected(components), { ...step, random: null })
    const total = X.data.reduce((a, b) => a + b, 0)
    return {
      components,
      nIter: options.maxIter,
      bound: Math.exp(-bound(X, topics, { components, docPrior, wordPrior }) / total),
      _docPrior: docPrior,
      _wordPrior: wordPrior,
    }
  },
  methods: {
    transform: ({ state, options }, X: Rows) => {
      const topics = topicsOf(state, options, X)
      for (let i = 0; i < topics.rows; i++) {
        let sum = 0
        for (let t = 0; t < topics.columns; t++) sum += topics.data[i * topics.columns + t]!
        for (let t = 0; t < topics.columns; t++) topics.data[i * topics.columns + t]! /= sum
      }
      return topics
    },
    score: ({ state, options }, X: Rows) => scoreOf(state, options, X),
    perplexity: ({ state, options }, X: Rows) =>
      Math.exp(-scoreOf(state, options, X) / X.data.reduce((a, b) => a + b, 0)),
  },
  functions: {
    featureNamesOut: ({ state }) => Array.from({ length: state.components.rows }, (_, k) => `topic${k}`),
  },
})

interface Found {
  readonly components: Dense
  readonly _docPrior: number
  readonly _wordPrior: number
}
interface Iterations {
  readonly maxDocUpdateIter: number
  readonly meanChangeTol: number
}

const topicsOf = (
  { components, _docPrior: prior }: Found,
  { maxDocUpdateIter, meanChangeTol }: Iterations,
  X: Rows,
): Dense => {
  requireNonNegative(X, 'latentDirichletAllocation.transform')
  return documents(wordsOf(X), expected(components), { prior, maxDocUpdateIter, meanChangeTol, random: null }).topics
}

const scoreOf = (state: Found, options: Iterations, X: Rows): number =>
  bound(wordsOf(X), topicsOf(state, options, X), {
    components: state.components,
    docPrior: state._docPrior,
    wordPrior: state._wordPrior,
  })
