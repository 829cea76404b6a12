import { ArgumentError } from '../../core/errors.ts'
import { aFlag, aWord, defineOptions, either, type Given, nothing } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import type { Typed } from '../core/define.ts'
import type { Definition, Fit, Problem } from '../core/definition.ts'
import { type AnyProblem, Estimator, register } from '../core/estimator.ts'
import { aFunction } from '../core/rules.ts'
import { isCsr, type Rows } from '../core/sparse.ts'
import { csrToDense } from '../numeric/csr.ts'
import { innerEstimator, plain } from './inner.ts'

const named = {
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  reciprocal: (x: number) => 1 / x,
  sqrt: Math.sqrt,
  square: (x: number) => x * x,
} as const
type Named = keyof typeof named
const names = Object.keys(named) as [Named, ...Named[]]
/** What undoes a named function on the numbers that it takes. */
const inverses: Readonly<Record<Named, Named>> = {
  exp: 'log',
  expm1: 'log1p',
  log: 'exp',
  log1p: 'expm1',
  reciprocal: 'reciprocal',
  sqrt: 'square',
  square: 'sqrt',
}
type NumberFunction = (y: number) => number
const aNumberFunction = aFunction<NumberFunction>('a function of a number')

const options = defineOptions({
  regressor: either([innerEstimator('regressor')], { required: true, help: 'what predicts the changed target' }),
  transformer: either([nothing, innerEstimator('transformer')], {
    default: null,
    help: 'what changes the target: a transformer with inverseTransform; instead of func',
  }),
  func: either([nothing, aWord(names), aNumberFunction], {
    default: null,
    help: 'what changes the target, number by number',
  }),
  inverseFunc: either([nothing, aWord(names), aNumberFunction], {
    default: null,
    help: 'what undoes func; null: the inverse of a named func',
  }),
  checkInverse: either([aFlag], {
    default: true,
    help: 'whether it is an error where the inverse does not give targets back',
  }),
})
type Settings = ReturnType<typeof options.validate>

const about = {
  name: 'transformedTargetRegressor',
  summary: 'A regressor of a function of the target: predicts f⁻¹(regressor(x)), fitted on f(y).',
  source: 'scikit-learn 1.9, sklearn.compose',
} as const

interface TargetState {
  readonly regressor: Fit
  readonly transformer: Fit | null
}

const functionOf = (func: Named | NumberFunction): NumberFunction => (typeof func === 'string' ? named[func] : func)

const inverseOf = ({ func, inverseFunc }: Settings): NumberFunction | undefined => {
  if (inverseFunc !== null) return functionOf(inverseFunc)
  return typeof func === 'string' ? named[inverses[func]] : undefined
}

const asDense = (X: Rows): Dense => (isCsr(X) ? csrToDense(X) : X)

const changed = async (
  where: string,
  y: Float64Array,
  settings: Settings,
  problem: Problem & AnyProblem,
): Promise<{ readonly target: Float64Array; readonly transformer: Fit | null }> => {
  const { func, transformer } = settings
  if (transformer) {
    const own = plain(transformer)
    const { fit, rows } = await own.fitTransformProblem({
      X: dense(y.length, 1, y),
      y: undefined,
      classes: [],
      sampleWeight: own.definition.sampleWeight && problem.sampleWeight,
      seed: problem.random.seed(),
    })
    const made = asDense(rows!)
    if (made.columns !== 1)
      throw new ArgumentError(`${where}: ${own.name} makes ${made.columns} columns of the target. It must make one.`)
    return { target: made.data, transformer: fit }
  }
  const target = func === null ? y : y.map(functionOf(func))
  const wrong = target.findIndex(x => !Number.isFinite(x))
  if (wrong >= 0)
    throw new ArgumentError(
      `${where}: func gives ${target[wrong]} for y = ${y[wrong]} at row ${wrong}. Take a function that y allows, such as log1p for counts.`,
    )
  return { target, transformer: null }
}

const back = async (values: Float64Array, settings: Settings, transformer: Fit | null): Promise<Float64Array> => {
  if (transformer) {
    const made = await transformer.definition.methods.inverseTransform!(transformer, dense(values.length, 1, values))
    return asDense(made as Rows).data
  }
  const inverse = inverseOf(settings)
  return inverse ? values.map(x => inverse(x)) : values
}

const check = (settings: Settings): void => {
  const { func, inverseFunc, transformer } = settings
  if (transformer && (func !== null || inverseFunc !== null))
    throw new ArgumentError(`${about.name}: both transformer and func are given. Pass one of them.`)
  if (transformer && !plain(transformer).definition.methods.inverseTransform)
    throw new ArgumentError(`${about.name}: ${transformer.name} has no inverseTransform, and predictions must go back.`)
  if (typeof func === 'function' && inverseFunc === null)
    throw new ArgumentError(
      `${about.name}: func has no inverseFunc, and predictions must go back. Pass what undoes it.`,
    )
}

const definitionOf = (settings: Settings): Definition => {
  check(settings)
  const regressor = plain(settings.regressor)
  const { input, missing, sampleWeight, minRows, target } = regressor.definition
  return {
    ...about,
    kind: 'regressor',
    options,
    input,
    missing,
    sampleWeight,
    minRows,
    target: 'number',
    fit: async (problem: Problem & AnyProblem): Promise<TargetState> => {
      const where = `${about.name}.fit`
      const y = problem.y as unknown as Float64Array
      const { target: made, transformer } = await changed(where, y, settings, problem)
      if (settings.checkInverse) await requireInverse(where, y, await back(made, settings, transformer))
      const own = target === 'numbers' ? dense(y.length, 1, made) : made
      const fit = await regressor.fitProblem({ ...problem, y: own, single: true, seed: problem.random.seed() })
      return { regressor: fit, transformer }
    },
    methods: {
      predict: async ({ state }: Fit<TargetState>, X: Rows): Promise<Float64Array> => {
        const { definition } = state.regressor
        const made = (await definition.methods.predict!(state.regressor, X)) as Float64Array | Dense
        return back(made instanceof Float64Array ? made : made.data, settings, state.transformer)
      },
    },
    functions: {},
  }
}

const requireInverse = (where: string, y: Float64Array, again: Float64Array): void => {
  const at = y.findIndex((x, i) => !(Math.abs(x - again[i]!) <= 1e-6 * Math.max(1, Math.abs(x))))
  if (at < 0) return
  throw new ArgumentError(
    `${where}: the inverse gives ${again[at]} for y = ${y[at]} at row ${at}. Pass the function that undoes func, or { checkInverse: false }.`,
  )
}

const create = (given: unknown): Estimator => {
  const settings = options.validate(about.name, given)
  return new Estimator(definitionOf(settings), settings)
}
register(about.name, create, { ...about, options })

interface PredictMethods {
  readonly predict: (fit: never, X: never) => Promise<Float64Array>
}

/**
 * A regressor of a function of the target: it is fitted on f(y) and predicts `f⁻¹(regressor(x))`. For amounts that grow by factors, `func: 'log1p'`.
 *
 * The model has `regressor` and `transformer` (fitted, or null).
 *
 * @throws ArgumentError where the inverse is missing or does not give the targets back
 * @example
 * const model = await transformedTargetRegressor({ regressor: linearRegression(), func: 'log' }).fit([[0], [1], [2]], [1, 10, 100])
 * await (await model.predict([[3]])).toArray() // about [1000]
 *
 * Source: scikit-learn 1.9, sklearn.compose.
 */
export const transformedTargetRegressor = (
  settings: Given<typeof options>,
): Typed<'regressor', typeof options, 'number', TargetState, PredictMethods, unknown> =>
  create(settings) as unknown as Typed<'regressor', typeof options, 'number', TargetState, PredictMethods, unknown>
