import { ArgumentError } from '../../core/errors.ts'
import { aNumber, defineOptions, either, nothing, oneOf } from '../../core/options.ts'
import type { Rows } from '../core/sparse.ts'
import { defineClassifier } from '../core/define.ts'
import { randomState } from '../core/rules.ts'
import { Random } from '../core/random.ts'

/**
 * Predicts without looking at the features: the most frequent class, classes drawn by how often each occurs or evenly, or one class. What
 * any classifier must beat.
 *
 * @example
 * const model = await dummyClassifier().fit([[0], [1], [2]], ['ham', 'ham', 'spam'])
 * await model.predict([[7]]) // ['ham']
 */
export const dummyClassifier = defineClassifier({
  name: 'dummyClassifier',
  summary: 'Predicts without looking at the features: what any classifier must beat.',
  source: 'scikit-learn 1.9, sklearn.dummy',
  sampleWeight: true,
  oneClass: true,
  input: 'sparse',
  options: defineOptions({
    strategy: oneOf(['prior', 'mostFrequent', 'stratified', 'uniform', 'constant'], {
      default: 'prior',
      help: 'prior and mostFrequent predict the most frequent class, with its share or 1 as probability; stratified and uniform draw; constant predicts one class',
    }),
    constant: either([nothing, aNumber()], {
      default: null,
      help: 'the position, from 0, of the class of strategy "constant" in ascending order',
    }),
    randomState,
  }),
  fit: ({ y, classCount, sampleWeight, random }, { strategy, constant }) => {
    const prior = new Float64Array(classCount)
    let total = 0
    for (let i = 0; i < y.length; i++) {
      const w = sampleWeight ? sampleWeight[i]! : 1
      prior[y[i]!]! += w
      total += w
    }
    for (let k = 0; k < classCount; k++) prior[k]! /= total
    if (strategy === 'constant' && !(Number.isInteger(constant) && constant! >= 0 && constant! < classCount)) {
      throw new ArgumentError(
        `dummyClassifier: constant must be the position of a class, from 0 to ${classCount - 1}; got ${constant}.`,
      )
    }
    return { classPrior: prior, _seed: random.seed() }
  },
  methods: {
    predictProba: ({ state, options }, X: Rows) => {
      const { classPrior } = state
      const K = classPrior.length
      const data = new Float64Array(X.rows * K)
      const random = new Random(state._seed)
      const likely = classPrior.indexOf(Math.max(...classPrior))
      for (let i = 0; i < X.rows; i++) {
        const at = i * K
        if (options.strategy === 'prior') data.set(classPrior, at)
        else if (options.strategy === 'uniform') data.fill(1 / K, at, at + K)
        else if (options.strategy === 'stratified') data[at + random.weighted(classPrior)] = 1
        else data[at + (options.strategy === 'constant' ? options.constant! : likely)] = 1
      }
      return { rows: X.rows, columns: K, data }
    },
    decide: ({ state, options }, X: Rows) => {
      const { classPrior } = state
      const random = new Random(state._seed)
      const likely = classPrior.indexOf(Math.max(...classPrior))
      return Int32Array.from({ length: X.rows }, () => {
        if (options.strategy === 'uniform') return random.integer(classPrior.length)
        if (options.strategy === 'stratified') return random.weighted(classPrior)
        return options.strategy === 'constant' ? options.constant! : likely
      })
    },
  },
})
