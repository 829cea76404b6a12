import { ArgumentError } from '../../core/errors.ts'
import { type AnyProblem, Estimator, register } from '../core/estimator.ts'
import type { Definition, Fit } from '../core/definition.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { changeSteps, type Step } from '../compose/steps.ts'

// Ensembles of named estimators, whose options are named with a dot.

class Composed extends Estimator {
  private readonly again: (options: unknown) => Estimator

  constructor(definition: Definition, options: unknown, again: (options: unknown) => Estimator) {
    super(definition, options)
    this.again = again
  }
  override with(changes: Readonly<Record<string, unknown>>): Estimator {
    const { steps, rest } = changeSteps(this.options.estimators as readonly Step[], changes)
    const own: Record<string, unknown> = { ...this.options, estimators: steps }
    for (const [key, value] of Object.entries(rest)) {
      const [name, option] = [key.slice(0, key.indexOf('.')), key.slice(key.indexOf('.') + 1)]
      if (!key.includes('.')) own[key] = value
      else if (own[name] instanceof Estimator) own[name] = own[name].with({ [option]: value })
      else
        throw new ArgumentError(
          `${this.name}: no estimator is named ${JSON.stringify(name)}. They are ${steps.map(([known]) => known).join(', ')}.`,
        )
    }
    return this.again(own)
  }
}

/** A factory whose estimators change options of their named parts. */
export const composed = <F extends { readonly definition: Definition; readonly fromJSON: unknown }>(factory: F): F => {
  const { definition } = factory
  const create = (options: unknown): Estimator => new Composed(definition, options, create)
  register(definition.name, create, definition)
  return Object.assign((options: unknown) => create(options), {
    definition,
    fromJSON: factory.fromJSON,
  }) as unknown as F
}

/** The estimators, all of one kind. */
export const partsOf = (
  where: string,
  steps: readonly Step<unknown>[],
  kind: 'classifier' | 'regressor',
): readonly Step[] => {
  for (const [name, estimator] of steps as readonly Step[]) {
    if (estimator.kind !== kind)
      throw new ArgumentError(`${where}: ${name} is a ${estimator.kind}, and only ${kind}s can take part.`)
  }
  return steps as readonly Step[]
}

/** A regression problem as an estimator reads it. */
export const numbersProblem = (
  own: Estimator,
  X: Dense,
  y: Float64Array,
  weights: Float64Array | undefined,
): AnyProblem => ({
  X,
  y: own.definition.target === 'numbers' ? { rows: y.length, columns: 1, data: y } : y,
  classes: [],
  single: true,
  sampleWeight: weights,
})

/** One matrix beside another. */
export const beside = (parts: readonly Dense[]): Dense => {
  const rows = parts[0]!.rows
  const columns = parts.reduce((sum, part) => sum + part.columns, 0)
  const data = new Float64Array(rows * columns)
  let at = 0
  for (const part of parts) {
    for (let i = 0; i < rows; i++)
      data.set(part.data.subarray(i * part.columns, (i + 1) * part.columns), i * columns + at)
    at += part.columns
  }
  return { rows, columns, data }
}

/** What is left of a matrix without its first columns. */
export const withoutColumns = ({ rows, columns, data }: Dense, count: number): Dense => {
  const width = columns - count
  const out = new Float64Array(rows * width)
  for (let i = 0; i < rows; i++) out.set(data.subarray(i * columns + count, (i + 1) * columns), i * width)
  return { rows, columns: width, data: out }
}

export interface Parts {
  readonly estimators: readonly Fit[]
}
