import { ArgumentError } from '../../core/errors.ts'
import { anInteger, defineOptions, either, integers, nothing, oneOf } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import type { Random } from '../core/random.ts'
import { randomState } from '../core/rules.ts'
import type { Csr, Rows } from '../core/sparse.ts'
import { csrToDense } from '../numeric/csr.ts'
import { binEdges } from './bin-edges.ts'
import { requireWidth } from './affine.ts'
import { namesIn } from './names-out.ts'

const { accepts, fromText, placeholder } = integers({ min: 2, help: '' })
const binCounts = {
  kind: 'list' as const,
  expected: 'a list of integers of at least 2',
  accepts,
  fromText,
  placeholder,
}

/**
 * Numbers as the bins they fall into: of equal width, of equally many rows, or around centres found by k-means. A bin takes its lower end, the last
 * one both. Comes out as a column for each bin (sparse or dense) or as the bin's number.
 *
 * The model has `binEdges` (for each feature) and `nBins` [F], which can be fewer than asked for where values repeat.
 *
 * @example
 * const model = await kBinsDiscretizer({ nBins: 2, encode: 'ordinal', strategy: 'uniform' }).fit([[0], [10]])
 * await (await model.transform([[4], [5]])).toArray() // [[0], [1]]
 *
 * Source: scikit-learn 1.9, sklearn.preprocessing.
 */
export const kBinsDiscretizer = defineTransformer({
  name: 'kBinsDiscretizer',
  summary: 'Numbers as the bins they fall into, of equal width, of equally many rows or by k-means.',
  source: 'scikit-learn 1.9, sklearn.preprocessing',
  sampleWeight: true,
  options: defineOptions({
    nBins: either([anInteger({ min: 2 }), binCounts], {
      default: 5,
      help: 'how many bins, or how many for each feature',
    }),
    encode: oneOf(['onehot', 'onehotDense', 'ordinal'], {
      default: 'onehot',
      help: 'a column for each bin, sparse or dense, or the number of the bin',
    }),
    strategy: oneOf(['uniform', 'quantile', 'kmeans'], {
      default: 'quantile',
      help: 'bins of equal width, of equally many rows, or around centres',
    }),
    quantileMethod: oneOf(['invertedCdf', 'averagedInvertedCdf', 'linear'], {
      default: 'averagedInvertedCdf',
      help: 'how quantiles are taken; linear does not heed weights',
    }),
    subsample: either([nothing, anInteger({ min: 1 })], {
      default: 200_000,
      help: 'from how many rows, drawn at random, bins are learned; null: from all',
    }),
    randomState,
  }),
  fit: ({ X, sampleWeight, random }, { nBins, strategy, quantileMethod, subsample }) => {
    const where = 'kBinsDiscretizer.fit'
    if (typeof nBins !== 'number' && nBins.length !== X.columns) {
      throw new ArgumentError(
        `${where}: nBins has ${nBins.length} entries, and X has ${X.columns} columns. Pass one for each.`,
      )
    }
    if (strategy === 'quantile' && quantileMethod === 'linear' && sampleWeight) {
      throw new ArgumentError(
        `${where}: quantileMethod "linear" does not heed sampleWeight. Pass "averagedInvertedCdf", or no weights.`,
      )
    }
    const some = subsample !== null && subsample < X.rows ? drawn(X.rows, subsample, sampleWeight, random) : undefined
    const edges = Array.from({ length: X.columns }, (_, j) => {
      const at = (i: number): number => X.data[i * X.columns + j]!
      const values = some ? Float64Array.from(some, at) : Float64Array.from({ length: X.rows }, (_, i) => at(i))
      const count = typeof nBins === 'number' ? nBins : nBins[j]!
      return binEdges(values, some ? undefined : sampleWeight, { nBins: count, strategy, quantileMethod })
    })
    return { binEdges: edges, nBins: Int32Array.from(edges, one => one.length - 1) }
  },
  methods: {
    transform: ({ state, options }, X: Dense): Rows => {
      const bins = binsOf(X, state.binEdges)
      if (options.encode === 'ordinal') return bins
      const sparse = oneHot(bins, state.nBins)
      return options.encode === 'onehot' ? sparse : csrToDense(sparse)
    },
    /** The middle of each bin, from rows of columns or numbers of bins. */
    inverseTransform: ({ state, options, nFeaturesIn }, X: Dense): Dense => {
      const { nBins, binEdges: edges } = state
      const ordinal = options.encode === 'ordinal'
      requireWidth('kBinsDiscretizer.inverseTransform', X, ordinal ? nFeaturesIn : nBins.reduce((a, b) => a + b, 0))
      const out = dense(X.rows, nFeaturesIn)
      for (let i = 0; i < X.rows; i++) {
        let at = i * X.columns
        for (let j = 0; j < nFeaturesIn; j++) {
          const count = nBins[j]!
          let bin = 0
          if (ordinal) bin = Math.min(count - 1, Math.max(0, Math.trunc(X.data[at++]!)))
          else {
            for (let k = 1; k < count; k++) if (X.data[at + k]! > X.data[at + bin]!) bin = k
            at += count
          }
          out.data[i * nFeaturesIn + j] = (edges[j]![bin]! + edges[j]![bin + 1]!) / 2
        }
      }
      return out
    },
  },
  functions: {
    featureNamesOut: (fit, names?: readonly string[]): readonly string[] => {
      const given = namesIn(fit, names)
      if (fit.options.encode === 'ordinal') return given
      return given.flatMap((name, j) => Array.from({ length: fit.state.nBins[j]! }, (_, k) => `${name}_${k}`))
    },
  },
})

/** Rows drawn with replacement, in proportion to their weights. */
const drawn = (rows: number, count: number, weights: Float64Array | undefined, random: Random): Int32Array => {
  if (!weights) return Int32Array.from({ length: count }, () => random.integer(rows))
  const upTo = weights.slice()
  for (let i = 1; i < rows; i++) upTo[i]! += upTo[i - 1]!
  return Int32Array.from({ length: count }, () => {
    const x = random.uniform() * upTo[rows - 1]!
    let low = 0
    let high = rows - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (upTo[middle]! > x) high = middle
      else low = middle + 1
    }
    return low
  })
}

const binsOf = (X: Dense, edges: readonly Float64Array[]): Dense => {
  const out = dense(X.rows, X.columns)
  for (let j = 0; j < X.columns; j++) {
    const ends = edges[j]!
    const last = ends.length - 2
    for (let i = j; i < out.data.length; i += X.columns) {
      // How many inner ends are not above x.
      let low = 0
      let high = last
      const x = X.data[i]!
      while (low < high) {
        const middle = (low + high) >> 1
        if (ends[middle + 1]! <= x) low = middle + 1
        else high = middle
      }
      out.data[i] = low
    }
  }
  return out
}

const oneHot = (bins: Dense, counts: Int32Array): Csr => {
  const { rows, columns } = bins
  const starts = new Int32Array(columns + 1)
  for (let j = 0; j < columns; j++) starts[j + 1] = starts[j]! + counts[j]!
  return {
    rows,
    columns: starts[columns]!,
    indptr: Int32Array.from({ length: rows + 1 }, (_, i) => i * columns),
    indices: Int32Array.from(bins.data, (bin, k) => starts[k % columns]! + bin),
    data: new Float64Array(rows * columns).fill(1),
  }
}
