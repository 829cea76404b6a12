import { ArgumentError } from '../../core/errors.ts'
import { aList, anInteger, aNumber, defineOptions, either, nothing } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import {
  alphas,
  classPrior,
  classWeights,
  fitPrior,
  logPrior,
  logProbabilitiesOf,
  probabilitiesOf,
} from './class-counts.ts'

const requireCategories = ({ columns, data }: Dense, where: string): void => {
  for (let i = 0; i < data.length; i++) {
    if (data[i]! < 0 || !Number.isInteger(data[i]!)) {
      throw new ArgumentError(
        `${where}: X is ${data[i]} at row ${Math.floor(i / columns)}, column ${i % columns}; categories are whole numbers from 0. Encode them first, as with ordinalEncoder().`,
      )
    }
  }
}

/** How many categories each feature has. */
const categoriesOf = (X: Dense, least: number | readonly number[] | null, where: string): Int32Array => {
  const F = X.columns
  if (typeof least === 'object' && least !== null && least.length !== F) {
    throw new ArgumentError(
      `${where}: minCategories has ${least.length} values and X has ${F} columns. Pass one number, or one a column.`,
    )
  }
  const out = Int32Array.from({ length: F }, (_, j) =>
    least === null ? 1 : typeof least === 'number' ? least : least[j]!,
  )
  for (let i = 0; i < X.data.length; i++) out[i % F] = Math.max(out[i % F]!, X.data[i]! + 1)
  return out
}

interface CategoricalState {
  readonly featureLogProb: readonly Dense[]
  readonly classLogPrior: Float64Array
}

const jointLog = ({ featureLogProb, classLogPrior }: CategoricalState, X: Dense, where: string): Dense => {
  requireCategories(X, where)
  const [K, F] = [classLogPrior.length, X.columns]
  const out = dense(X.rows, K)
  for (let i = 0; i < X.rows; i++) {
    out.data.set(classLogPrior, i * K)
    for (let j = 0; j < F; j++) {
      const { columns, data } = featureLogProb[j]!
      const category = X.data[i * F + j]!
      if (category >= columns) {
        throw new ArgumentError(
          `${where}: X is ${category} at row ${i}, column ${j}; fit saw categories 0 to ${columns - 1}. Make room with minCategories.`,
        )
      }
      for (let k = 0; k < K; k++) out.data[i * K + k]! += data[k * columns + category]!
    }
  }
  return out
}

/**
 * Naive Bayes of categories: `p(x | k) = Πⱼ (Nₖⱼₓ + α) / (Nₖ + α Cⱼ)`, N counting how often feature j has the category xⱼ in class k.
 * Categories are whole numbers from 0.
 *
 * The model has `featureLogProb` and `categoryCount` (a matrix [K, Cⱼ] a feature), `nCategories` [F], `classLogPrior` and `classCount`
 * [K]. `minCategories` makes room for categories that `fit` does not see.
 *
 * @throws ArgumentError for what is no category, and for a category that `fit` left no room for
 * @example
 * const model = await categoricalNB().fit([[0, 1], [0, 2], [1, 0]], ['a', 'a', 'b'])
 * await model.predict([[1, 0]]) // ['b']
 *
 * Source: Maron 1961.
 */
export const categoricalNB = defineClassifier({
  name: 'categoricalNB',
  summary: 'p(x | k) = Πⱼ (Nₖⱼₓ + α) / (Nₖ + α Cⱼ) for features that are categories.',
  source: 'Maron 1961',
  sampleWeight: true,
  oneClass: true,
  options: defineOptions({
    alpha: either([aNumber({ min: 0 })], { default: 1, help: 'added to every count; 0 adds nothing' }),
    fitPrior,
    classPrior,
    minCategories: either([nothing, anInteger({ min: 1 }), aList(anInteger({ min: 1 }))], {
      default: null,
      help: 'the fewest categories of a feature, one number or one a feature; null: those that fit sees',
    }),
  }),
  fit: ({ X, y, classCount: K, sampleWeight }, options) => {
    const where = 'categoricalNB.fit'
    requireCategories(X, where)
    const F = X.columns
    const nCategories = categoriesOf(X, options.minCategories, where)
    const classCount = classWeights(y, K, sampleWeight)
    const alpha = alphas(options.alpha, F, where)
    const categoryCount = Array.from(nCategories, count => dense(K, count))
    for (let i = 0; i < X.rows; i++)
      for (let j = 0; j < F; j++) {
        const counts = categoryCount[j]!
        counts.data[y[i]! * counts.columns + X.data[i * F + j]!]! += sampleWeight ? sampleWeight[i]! : 1
      }
    const featureLogProb = categoryCount.map(({ columns, data }, j) =>
      dense(
        K,
        columns,
        data.map((count, at) =>
          Math.log((count + alpha[j]!) / (classCount[Math.floor(at / columns)]! + alpha[j]! * columns)),
        ),
      ),
    )
    return {
      featureLogProb,
      categoryCount,
      nCategories,
      classLogPrior: logPrior(classCount, options, where),
      classCount,
    }
  },
  methods: {
    predictProba: ({ state }, X: Dense): Dense => probabilitiesOf(jointLog(state, X, 'categoricalNB.predict')),
    predictLogProba: ({ state }, X: Dense): Dense => logProbabilitiesOf(jointLog(state, X, 'categoricalNB.predict')),
    predictJointLogProba: ({ state }, X: Dense): Dense => jointLog(state, X, 'categoricalNB.predict'),
  },
})
