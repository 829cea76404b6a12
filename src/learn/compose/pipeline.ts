import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, either } from '../../core/options.ts'
import type { Typed } from '../core/define.ts'
import type { Definition, Fit, Free, Method, Problem, TargetName } from '../core/definition.ts'
import { type AnyProblem, Estimator, register } from '../core/estimator.ts'
import { decide } from '../core/model.ts'
import type { Rows } from '../core/sparse.ts'
import { handOver, partProblem } from './part.ts'
import { changeSteps, named, type Step, steps } from './steps.ts'

const options = defineOptions({
  steps: either([steps], { required: true, help: 'pairs of a name and an estimator; all but the last transform' }),
})

const about = {
  name: 'pipeline',
  summary: 'Transformers one after another, and an estimator at the end, fitted and used as one.',
  source: 'scikit-learn 1.9, sklearn.pipeline',
} as const

interface PipelineState {
  readonly steps: readonly Fit[]
}

/** The target that all steps can read: that of the last, or of one before it that looks at targets. */
const targetOf = (all: readonly Estimator[]): TargetName => {
  const { target } = all.at(-1)!.definition
  if (target !== 'none') return target
  return all.find(({ definition }) => definition.target !== 'none')?.definition.target ?? 'none'
}

/** Rows through all steps but the last. */
const through = async ({ steps }: PipelineState, X: Rows): Promise<Rows> => {
  let rows = X
  for (const [i, step] of steps.slice(0, -1).entries()) {
    const made = (await step.definition.methods.transform!(step, rows)) as Rows
    rows = await handOver('pipeline', made, steps[i + 1]!)
  }
  return rows
}

const definitionOf = (all: readonly Estimator[]): Definition => {
  const first = all[0]!.definition
  const last = all.at(-1)!.definition
  for (const { name, definition } of all.slice(0, -1)) {
    if (!definition.methods.transform)
      throw new ArgumentError(`pipeline: ${name} transforms nothing, so it can only be the last step.`)
  }
  const methods: Record<string, Method> = {}
  for (const [name, method] of Object.entries(last.methods)) {
    methods[name] = async (fit: Fit<PipelineState>, X: Rows, ...rest: unknown[]) =>
      method(fit.state.steps.at(-1), await through(fit.state, X), ...rest)
  }
  if (last.kind === 'classifier')
    methods.decide = async (fit: Fit<PipelineState>, X: Rows) =>
      decide(fit.state.steps.at(-1)!, await through(fit.state, X))
  delete methods.inverseTransform
  if (all.every(({ definition }) => definition.methods.inverseTransform)) {
    methods.inverseTransform = async ({ state }: Fit<PipelineState>, X: Rows) => {
      let rows = X
      for (const step of [...state.steps].reverse())
        rows = (await step.definition.methods.inverseTransform!(step, rows)) as Rows
      return rows
    }
  }
  return {
    ...about,
    kind: last.kind,
    options,
    input: first.input,
    target: targetOf(all),
    missing: first.missing,
    sampleWeight: last.sampleWeight,
    oneClass: last.oneClass,
    fit: async (problem: Problem & AnyProblem): Promise<PipelineState> => {
      const fits: Fit[] = []
      let X = problem.X as unknown as Rows
      for (const [i, step] of all.entries()) {
        const featureNames = i === 0 ? problem.featureNames : undefined
        const own = partProblem('pipeline.fit', step, problem, { X, seed: problem.random.seed(), featureNames })
        if (i === all.length - 1) {
          fits.push(await step.fitProblem(own))
          break
        }
        const { fit, rows } = await step.fitTransformProblem(own)
        fits.push(fit)
        X = await handOver(`${all[i + 1]!.name}.fit`, rows!, all[i + 1]!)
      }
      return { steps: fits }
    },
    methods,
    functions: namesOut(all),
  }
}

/** The names of the columns that come out, if all steps can tell. */
const namesOut = (all: readonly Estimator[]): Readonly<Record<string, Free>> => {
  if (!all.every(({ definition }) => definition.functions.featureNamesOut)) return {}
  return {
    featureNamesOut: ({ state, featureNames }: Fit<PipelineState>, names?: readonly string[]) => {
      let known = names ?? featureNames
      for (const step of state.steps)
        known = step.definition.functions.featureNamesOut!(step, known) as readonly string[]
      return known
    },
  }
}

class Pipeline extends Estimator {
  override with(changes: Readonly<Record<string, unknown>>): Estimator {
    const { steps, rest } = changeSteps(this.options.steps as readonly Step[], changes)
    const unknown = Object.keys(rest).find(key => key !== 'steps')
    if (unknown !== undefined) {
      throw new ArgumentError(
        `pipeline: no step is named ${JSON.stringify(unknown.split('.')[0])}. The steps are ${steps.map(([name]) => name).join(', ')}.`,
      )
    }
    return create({ steps: rest.steps ?? steps })
  }
}

const create = (given: unknown): Estimator => {
  const { steps } = options.validate('pipeline', given)
  return new Pipeline(definitionOf(steps.map(([, estimator]) => estimator)), { steps })
}
register('pipeline', create, { ...about, options })

type Last<S> = S extends readonly [...unknown[], readonly [string, infer L]]
  ? L
  : S extends readonly [...unknown[], infer L]
    ? L
    : never
type Piped<L> = L extends {
  readonly '~types': {
    readonly kind: infer K
    readonly options: infer O
    readonly target: infer T
    readonly methods: infer M
  }
}
  ? Typed<K & Definition['kind'], O & typeof options, T & TargetName, { readonly steps: readonly Fit[] }, M, unknown>
  : Estimator

/**
 * Transformers one after another and an estimator at the end, fitted and used as one: nothing of the test rows leaks into the scaling.
 * The model has the verbs of the last step, and `steps`.
 *
 * @param steps pairs of a name and an estimator; options of a step are named with a dot, as in `{ 'svc.C': [1, 10] }`
 * @throws ArgumentError if a step before the last transforms nothing
 * @example
 * const model = await pipeline([['scale', standardScaler()], ['classify', logisticRegression()]]).fit(X, y)
 */
export const pipeline = <const S extends readonly Step<unknown>[]>(steps: S): Piped<Last<S>> =>
  create({ steps }) as unknown as Piped<Last<S>>

/** {@link pipeline} with the estimators' names as names of the steps. */
export const makePipeline = <const S extends readonly unknown[]>(...estimators: S): Piped<Last<S>> =>
  create({ steps: named(estimators as readonly Estimator[]) }) as unknown as Piped<Last<S>>
