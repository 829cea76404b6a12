import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, either } from '../../core/options.ts'
import type { Table } from '../../data/table/table.ts'
import type { Typed } from '../core/define.ts'
import type { Definition, Fit, InputName, Inputs, Problem } from '../core/definition.ts'
import { type AnyProblem, Estimator, register } from '../core/estimator.ts'
import { type Features, readFeatures } from '../core/inputs.ts'
import type { Rows } from '../core/sparse.ts'
import type { NameFunctions, RowMethods } from './column-transformer.ts'
import { partProblem, targetOf } from './part.ts'
import { asRows, stacked } from './stack.ts'
import { changeSteps, named, type Step, steps } from './steps.ts'

const options = defineOptions({
  transformerList: either([steps], { required: true, help: 'pairs of a name and a transformer' }),
})

const about = {
  name: 'featureUnion',
  summary: 'Several transformers of the same rows, their results beside each other.',
  source: 'scikit-learn 1.9, sklearn.pipeline',
} as const

interface UnionState {
  readonly transformers: readonly Fit[]
  readonly transformerNames: readonly string[]
  readonly _widths: Int32Array
}

/** The form that all parts can be given: the richest one that is asked for. */
const inputOf = (parts: readonly Estimator[]): InputName => {
  const forms = parts.map(({ definition }) => definition.input ?? 'dense')
  if (forms.includes('texts')) {
    if (forms.every(form => form === 'texts')) return 'texts'
    throw new ArgumentError(
      'featureUnion: some parts take texts and others do not. Take columnTransformer, which gives each part its columns.',
    )
  }
  // A part that takes dense rows only is asked for them, so that sparse ones are refused at once.
  return forms.includes('table') ? 'table' : forms.includes('dense') ? 'dense' : 'sparse'
}

const count = (X: Inputs[InputName]): number =>
  'rowCount' in X ? X.rowCount : 'rows' in X ? X.rows : (X as readonly string[]).length

const definitionOf = (list: readonly Step[]): Definition => {
  const parts = list.map(([, part]) => part)
  for (const { name, definition } of parts) {
    if (!definition.methods.transform)
      throw new ArgumentError(`featureUnion: ${name} transforms nothing. Each part must be a transformer.`)
  }
  const fitUnion = async (problem: Problem & AnyProblem) => {
    const X = problem.X as Inputs[InputName]
    const fits: Fit[] = []
    const made: Rows[] = []
    for (const part of parts) {
      const where = `${part.name}.fit`
      const own = (await readFeatures(X as Features, { where, definition: part.definition })).X
      const { featureNames } = problem
      const { fit, rows } = await part.fitTransformProblem(
        partProblem('featureUnion.fit', part, problem, { X: own, seed: problem.random.seed(), featureNames }),
      )
      fits.push(fit)
      made.push(asRows(rows!))
    }
    const state: UnionState = {
      transformers: fits,
      transformerNames: list.map(([name]) => name),
      _widths: Int32Array.from(made, part => part.columns),
    }
    return { state, X: stacked(made, count(X), Infinity) }
  }
  return {
    ...about,
    kind: 'transformer',
    options,
    input: inputOf(parts),
    target: targetOf(parts),
    missing: parts.every(({ definition }) => definition.missing === 'allowed') ? 'allowed' : undefined,
    sampleWeight: parts.some(({ definition }) => definition.sampleWeight) ? true : undefined,
    fit: async (problem: Problem & AnyProblem) => (await fitUnion(problem)).state,
    fitTransform: fitUnion,
    methods: {
      transform: async ({ state }: Fit<UnionState>, X: Inputs[InputName]): Promise<Rows> => {
        const made: Rows[] = []
        for (const part of state.transformers) {
          const { definition } = part
          const own = (await readFeatures(X as Features, { where: `${definition.name}.transform`, definition })).X
          made.push(asRows((await definition.methods.transform!(part, own)) as Rows | Table))
        }
        return stacked(made, count(X), Infinity)
      },
    },
    functions: {
      featureNamesOut: ({ state, featureNames }: Fit<UnionState>, given?: readonly string[]): readonly string[] =>
        state.transformers.flatMap((part, k) => {
          const own = part.definition.functions.featureNamesOut
          const names = own
            ? (own(part, given ?? featureNames) as readonly string[])
            : Array.from({ length: state._widths[k]! }, (_, j) => `${part.definition.name.toLowerCase()}${j}`)
          return names.map(name => `${state.transformerNames[k]}__${name}`)
        }),
    },
  }
}

class FeatureUnion extends Estimator {
  override with(changes: Readonly<Record<string, unknown>>): Estimator {
    const { steps: changed, rest } = changeSteps(this.options.transformerList as readonly Step[], changes)
    const unknown = Object.keys(rest).find(key => key !== 'transformerList')
    if (unknown !== undefined) {
      throw new ArgumentError(
        `featureUnion: no part is named ${JSON.stringify(unknown.split('.')[0])}. The parts are ${changed.map(([name]) => name).join(', ')}.`,
      )
    }
    return create({ transformerList: rest.transformerList ?? changed })
  }
}

const create = (given: unknown): Estimator => {
  const settings = options.validate(about.name, given)
  return new FeatureUnion(definitionOf(settings.transformerList), settings)
}
register(about.name, create, { ...about, options })

type United = Typed<'transformer', typeof options, 'any', UnionState, RowMethods, NameFunctions>

/**
 * Several transformers of the same rows, their results beside each other: word counts and character counts, or columns and their principal
 * components. Sparse rows come out where a part gives them.
 *
 * The model has `transformers` (fitted), `transformerNames` and `featureNamesOut()`. Options of a part are named with dots.
 *
 * @param transformers pairs of a name and a transformer
 * @throws ArgumentError for a part that transforms nothing
 * @example
 * const model = await featureUnion([
 *   ['scaled', minMaxScaler()],
 *   ['squares', polynomialFeatures({ includeBias: false })],
 * ]).fit([[0], [2]])
 * await (await model.transform([[1]])).toArray() // [[0.5, 1, 1]]
 *
 * Source: scikit-learn 1.9, sklearn.pipeline.
 */
export const featureUnion = (transformers: readonly Step<unknown>[]): United =>
  create({ transformerList: transformers }) as unknown as United

/** {@link featureUnion} with the estimators' names as names of the parts. */
export const makeUnion = (...transformers: readonly unknown[]): United =>
  featureUnion(named(transformers as readonly Estimator[]))
