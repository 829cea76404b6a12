import { ArgumentError } from '../../core/errors.ts'
import type { Meaning } from '../../core/options.ts'
import type { Kind, Labels } from '../core/definition.ts'
import { type AnyProblem, anEstimator, type Estimator } from '../core/estimator.ts'

/** An estimator as an option holds it: what any factory gives. */
export type AnyEstimator = Pick<Estimator, 'definition' | 'name' | 'kind'>

/** The meaning of an option that is an estimator of one of some kinds. */
export const innerEstimator = (...kinds: readonly Kind[]): Meaning<AnyEstimator> =>
  anEstimator(...kinds) as Meaning<AnyEstimator>

/** The estimator itself. */
export const plain = (estimator: AnyEstimator): Estimator => estimator as Estimator

/** What an estimator within is fitted on, where the one around it takes any target. */
export const innerProblem = (
  where: string,
  estimator: Estimator,
  problem: {
    readonly X: AnyProblem['X']
    readonly y: Float64Array | undefined
    readonly classes: Labels
    readonly sampleWeight?: Float64Array | undefined
    readonly seed: number
  },
): AnyProblem => {
  const { target, sampleWeight, name } = estimator.definition
  const { y, classes } = problem
  const own = { ...problem, sampleWeight: sampleWeight && problem.sampleWeight }
  if (target === 'none') return { ...own, y: undefined, classes: [] }
  if (target === 'any') return own
  if (y === undefined)
    throw new ArgumentError(`${where}: y is missing, and ${name} learns from it. Pass one value for each row.`)
  if (target === 'classes') {
    if (classes.length === 0)
      throw new ArgumentError(`${where}: ${name} needs classes, and y holds real numbers. Take a regressor.`)
    return { ...own, y: Int32Array.from(y) }
  }
  if (classes.length > 0 && typeof classes[0] !== 'number')
    throw new ArgumentError(`${where}: ${name} predicts numbers, and y holds ${typeof classes[0]}s. Take a classifier.`)
  // Whole numbers were read as classes: they are numbers again.
  const numbers = classes.length > 0 ? y.map(code => classes[code] as number) : y
  return {
    ...own,
    y: target === 'numbers' ? { rows: y.length, columns: 1, data: numbers } : numbers,
    classes: [],
    single: true,
  }
}
