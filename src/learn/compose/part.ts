import { ArgumentError } from '../../core/errors.ts'
import type { Table } from '../../data/table/table.ts'
import type { Fit, InputName, Inputs, TargetName } from '../core/definition.ts'
import { type AnyProblem, type Estimator, fitting } from '../core/estimator.ts'
import { type Features, readFeatures } from '../core/inputs.ts'
import type { Rows } from '../core/sparse.ts'

/** The target that all parts can read: the first that looks at one. */
export const targetOf = (parts: readonly Estimator[]): TargetName =>
  parts.find(({ definition }) => definition.target !== 'none')?.definition.target ?? 'none'

type Form = Inputs[InputName]

/** The problem as one part of a composition reads it: a transformer that may look at any target gets classes as numbers. */
export const partProblem = (
  where: string,
  part: Estimator,
  problem: AnyProblem,
  own: { readonly X: Form; readonly seed: number; readonly featureNames?: readonly string[] | undefined },
): AnyProblem => {
  const { target, sampleWeight, name } = part.definition
  const { y } = problem
  const given = {
    ...problem,
    ...own,
    featureNames: own.featureNames,
    sampleWeight: sampleWeight && problem.sampleWeight,
  }
  if (target === 'none') return { ...given, y: undefined, classes: [] }
  if (target === 'any' && y !== undefined) return { ...given, y: oneTarget(where, name, y) }
  if (target === 'classes' && y !== undefined && !(y instanceof Int32Array)) {
    throw new ArgumentError(`${where}: ${name} needs classes, and the last step predicts numbers.`)
  }
  return given
}

const oneTarget = (where: string, name: string, y: NonNullable<AnyProblem['y']>): Float64Array => {
  if (y instanceof Float64Array) return y
  if (y instanceof Int32Array) return Float64Array.from(y)
  if (y.columns === 1) return y.data
  throw new ArgumentError(
    `${where}: ${name} takes one target a row, and y has ${y.columns}. Leave it out, or fit a model for each.`,
  )
}

/** What one part made, in the form that the next one takes, checked as a user's rows are. */
export const handOver = async (
  where: string,
  X: Rows | Table,
  { definition }: Pick<Fit, 'definition'>,
): Promise<Rows> => {
  if (!('names' in X)) fitting(X, definition, where)
  return (await readFeatures(X as Features, { where, definition })).X as Rows
}
