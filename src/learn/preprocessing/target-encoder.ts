import { ArgumentError } from '../../core/errors.ts'
import { aFlag, aNumber, aWord, defineOptions, either, integer, oneOf } from '../../core/options.ts'
import type { Table } from '../../data/table/table.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import type { Labels, Problem } from '../core/definition.ts'
import { randomState } from '../core/rules.ts'
import { kFold, stratifiedKFold } from '../split/k-fold.ts'
import { type Categories, codesIn, learnCategories, refuseInfinity } from './categories.ts'
import { namesIn } from './names-out.ts'

type TargetType = 'continuous' | 'binary' | 'multiclass'
interface Settings {
  readonly targetType: 'auto' | TargetType
  readonly smooth: 'auto' | number
  readonly cv: number
  readonly shuffle: boolean
}

/**
 * Each category as the mean of the targets of its rows, drawn towards the mean of all rows the more, the fewer rows it has:
 * `(n · mean_c + m · mean) / (n + m)`. With more than two classes there is a column for each class. A category that is unknown is the mean of all.
 *
 * `fitTransform`, and with it a pipeline, encodes each row by the targets of other rows (`cv` folds), so that nothing is learned from a row's own
 * target; `fit` followed by `transform` of the same rows does not.
 *
 * The model has `encodings` (for each feature, and class, the number of each category), `categories`, `targetMean` and `targetType`.
 *
 * @throws ArgumentError without targets
 * @example
 * const encoder = targetEncoder({ smooth: 0, cv: 2 })
 * const model = await encoder.fit([['a'], ['a'], ['b'], ['b']], [0, 0.5, 1.5, 2.5])
 * await (await model.transform([['a'], ['b'], ['c']])).toArray() // [[0.25], [2], [1.125]]
 *
 * Source: Micci-Barreca 2001.
 */
export const targetEncoder = defineTransformer({
  name: 'targetEncoder',
  summary: 'Each category as the mean of its targets, drawn to the overall mean: (n · mean_c + m · mean) / (n + m).',
  source: 'Micci-Barreca 2001',
  input: 'table',
  target: 'any',
  missing: 'allowed',
  options: defineOptions({
    targetType: oneOf(['auto', 'continuous', 'binary', 'multiclass'], {
      default: 'auto',
      help: 'what the targets are; auto: classes where they are whole numbers or words',
    }),
    smooth: either([aWord(['auto']), aNumber({ min: 0 })], {
      default: 'auto',
      help: 'how many rows the overall mean counts for; auto: the variance within a category over that of all',
    }),
    cv: integer({ min: 2, default: 5, help: 'folds of fitTransform' }),
    shuffle: either([aFlag], { default: true, help: 'whether folds are drawn at random' }),
    randomState,
  }),
  fit: (problem, options) => learn(problem, options).state,
  fitTransform: (problem, options) => {
    const { state, codes, columns } = learn(problem, options)
    const classifies = state.targetType !== 'continuous'
    const settings = {
      nSplits: options.cv,
      shuffle: options.shuffle,
      ...(options.shuffle ? { randomState: problem.random.integer(2 ** 31) } : {}),
    }
    const splitter = classifies ? stratifiedKFold(settings) : kFold(settings)
    const out = dense(problem.X.rowCount, codes.length * columns.length)
    for (const { train, test } of splitter.split(problem.X.rowCount, { y: problem.y! })) {
      const parts = columns.map(column => Float64Array.from(train, i => column[i]!))
      const own = codes.map(code => Int32Array.from(train, i => code[i]!))
      const means = Float64Array.from(parts, meanOf)
      place(out, encodingsOf(own, parts, state.categories, options.smooth), { codes, rows: test, means })
    }
    return { state, X: out }
  },
  methods: {
    transform: ({ state }, X: Table): Dense => {
      refuseInfinity('targetEncoder.transform', X)
      const codes = [...X].map((column, j) => codesIn(column, state.categories[j]!))
      const means = typeof state.targetMean === 'number' ? Float64Array.of(state.targetMean) : state.targetMean
      const out = dense(X.rowCount, codes.length * means.length)
      place(out, state.encodings, { codes, rows: Int32Array.from({ length: X.rowCount }, (_, i) => i), means })
      return out
    },
  },
  functions: {
    featureNamesOut: (fit, names?: readonly string[]): readonly string[] => {
      const given = namesIn(fit, names)
      if (fit.state.targetType !== 'multiclass') return given
      return given.flatMap(name => (fit.classes as readonly unknown[]).map(label => `${name}_${label}`))
    },
  },
})

const meanOf = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length

const learn = ({ X, y, classes }: Problem<'table', 'any'>, { targetType: wanted, smooth }: Settings) => {
  const where = 'targetEncoder.fit'
  if (!y) throw new ArgumentError(`${where}: y is missing. Pass one value for each row of X.`)
  refuseInfinity(where, X)
  const targetType = typeOf(where, wanted, classes)
  const columns = targetColumns(y, classes, targetType)
  const categories = [...X].map(column => learnCategories(column).categories)
  const codes = [...X].map((column, j) => codesIn(column, categories[j]!))
  const means = Float64Array.from(columns, meanOf)
  const state = {
    categories,
    encodings: encodingsOf(codes, columns, categories, smooth),
    targetMean: targetType === 'multiclass' ? means : means[0]!,
    targetType,
  }
  return { state, codes, columns }
}

const typeOf = (where: string, wanted: 'auto' | TargetType, classes: Labels): TargetType => {
  if (wanted === 'auto') return classes.length === 0 ? 'continuous' : classes.length > 2 ? 'multiclass' : 'binary'
  if (wanted === 'continuous' && classes.length > 0 && typeof classes[0] === 'string')
    throw new ArgumentError(`${where}: targetType is "continuous", and y holds words. Leave targetType out.`)
  if (wanted !== 'continuous' && classes.length === 0)
    throw new ArgumentError(`${where}: targetType is "${wanted}", and y holds real numbers. Leave targetType out.`)
  if (wanted === 'binary' && classes.length > 2)
    throw new ArgumentError(`${where}: targetType is "binary", and y has ${classes.length} classes. Pass "multiclass".`)
  return wanted
}

/** What is averaged: the numbers, 1 for the second of two classes, or for each class 1 where a row is of it. */
const targetColumns = (y: Float64Array, classes: Labels, type: TargetType): Float64Array[] => {
  if (type === 'continuous') return [classes.length > 0 ? y.map(code => Number(classes[code]!)) : y]
  if (type === 'binary') return [y]
  return Array.from({ length: classes.length }, (_, k) => y.map(code => (code === k ? 1 : 0)))
}

/** For each feature and column of targets the number of each category. */
const encodingsOf = (
  codes: readonly Int32Array[],
  columns: readonly Float64Array[],
  categories: readonly Categories[],
  smooth: 'auto' | number,
): Float64Array[] =>
  codes.flatMap((code, j) => columns.map(column => encoding(code, column, categories[j]!.length, smooth)))

const encoding = (codes: Int32Array, y: Float64Array, count: number, smooth: 'auto' | number): Float64Array => {
  const mean = meanOf(y)
  const sums = new Float64Array(count)
  const counts = new Float64Array(count)
  for (let i = 0; i < y.length; i++) {
    sums[codes[i]!]! += y[i]!
    counts[codes[i]!]!++
  }
  if (smooth !== 'auto')
    return sums.map((sum, c) => (counts[c]! + smooth > 0 ? (sum + smooth * mean) / (counts[c]! + smooth) : mean))
  let variance = 0
  for (let i = 0; i < y.length; i++) variance += (y[i]! - mean) ** 2 / y.length
  const squares = new Float64Array(count)
  for (let i = 0; i < y.length; i++) squares[codes[i]!]! += (y[i]! - sums[codes[i]!]! / counts[codes[i]!]!) ** 2
  return sums.map((sum, c) => {
    const own = sum / counts[c]!
    // λ = n σ² / (n σ² + σ_c²): the share that the category's own mean has.
    const share = (variance * counts[c]!) / (variance * counts[c]! + squares[c]! / counts[c]!)
    return Number.isNaN(share) ? mean : share * own + (1 - share) * mean
  })
}

const place = (
  out: Dense,
  encodings: readonly Float64Array[],
  {
    codes,
    rows,
    means,
  }: { readonly codes: readonly Int32Array[]; readonly rows: Int32Array; readonly means: Float64Array },
): void => {
  const K = means.length
  for (let e = 0; e < encodings.length; e++) {
    const code = codes[Math.floor(e / K)]!
    for (let r = 0; r < rows.length; r++) {
      const i = rows[r]!
      out.data[i * out.columns + e] = code[i]! < 0 ? means[e % K]! : encodings[e]![code[i]!]!
    }
  }
}
