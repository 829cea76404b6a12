import { ArgumentError } from '../../core/errors.ts'
import { aFlag, aNumber, aWord, defineOptions, either, type Given } from '../../core/options.ts'
import type { Table } from '../../data/table/table.ts'
import type { Typed } from '../core/define.ts'
import type { Definition, Fit, Problem } from '../core/definition.ts'
import { type AnyProblem, Estimator, register } from '../core/estimator.ts'
import { readFeatures } from '../core/inputs.ts'
import type { Rows } from '../core/sparse.ts'
import { type ColumnChoice, type ColumnPart, chosen, columnParts } from './column-selection.ts'
import { innerEstimator } from './inner.ts'
import { partProblem, targetOf } from './part.ts'
import { asRows, stacked } from './stack.ts'
import { changeSteps, named, type Step } from './steps.ts'

const options = defineOptions({
  transformers: either([columnParts], {
    required: true,
    help: 'lists of a name, a transformer (or "drop" or "passthrough") and its columns',
  }),
  remainder: either([aWord(['drop', 'passthrough']), innerEstimator('transformer')], {
    default: 'drop',
    help: 'what becomes of columns that no part takes',
  }),
  sparseThreshold: either([aNumber({ min: 0, max: 1 })], {
    default: 0.3,
    help: 'where a part is sparse, all of it is sparse if the share of numbers other than 0 is below',
  }),
  verboseFeatureNamesOut: either([aFlag], {
    default: true,
    help: "whether names that come out begin with the part's name",
  }),
})

const about = {
  name: 'columnTransformer',
  summary: 'Different transformers for different columns, their results beside each other.',
  source: 'scikit-learn 1.9, sklearn.compose',
} as const

interface Part {
  readonly name: string
  /** Names of the columns it takes. */
  readonly columns: readonly string[]
  /** Its place among the fitted transformers; -1 where the columns pass. */
  readonly at: number
  readonly width: number
}
interface ColumnState {
  readonly transformers: readonly Fit[]
  readonly transformerNames: readonly string[]
  /** Where the columns of each part begin and end in what comes out. */
  readonly outputIndices: Readonly<Record<string, readonly [start: number, end: number]>>
  readonly _parts: readonly Part[]
}

interface Settings {
  readonly transformers: readonly ColumnPart[]
  readonly remainder: 'drop' | 'passthrough' | Estimator
  readonly sparseThreshold: number
  readonly verboseFeatureNamesOut: boolean
}

/** All parts with the columns that they take of a table; those without a column, and what is dropped, left out. */
const partsFor = ({ transformers, remainder }: Settings, X: Table) => {
  const taken = new Set<string>()
  const parts = transformers.map(([name, estimator, choice]) => {
    const columns = chosen(choice, X, name)
    for (const column of columns) taken.add(column)
    return { name, estimator, columns }
  })
  parts.push({ name: 'remainder', estimator: remainder, columns: X.names.filter(name => !taken.has(name)) })
  return parts.filter(({ estimator, columns }) => estimator !== 'drop' && columns.length > 0)
}

const passed = { name: 'passthrough', methods: {}, options, input: 'dense', missing: 'allowed' } as never as Definition

const fitParts = async (problem: Problem<'table'> & AnyProblem, settings: Settings) => {
  const { X, random } = problem
  const fits: Fit[] = []
  const parts: Part[] = []
  const made: Rows[] = []
  for (const { name, estimator, columns } of partsFor(settings, X)) {
    const own = X.select(columns)
    const seed = random.seed()
    if (estimator === 'passthrough') {
      const where = `columnTransformer.fit: ${name}`
      made.push((await readFeatures(own, { where, definition: passed })).X as Rows)
      parts.push({ name, columns, at: -1, width: columns.length })
      continue
    }
    const part = estimator as Estimator
    const read = await readFeatures(own, { where: `${part.name}.fit`, definition: part.definition })
    const { fit, rows } = await part.fitTransformProblem(
      partProblem('columnTransformer.fit', part, problem, { X: read.X, seed, featureNames: read.names ?? columns }),
    )
    const matrix = asRows(rows!)
    made.push(matrix)
    parts.push({ name, columns, at: fits.length, width: matrix.columns })
    fits.push(fit)
  }
  if (made.length === 0) {
    throw new ArgumentError(
      `columnTransformer.fit: no part takes a column of ${X.names.slice(0, 10).join(', ')}. Name some, or set { remainder: "passthrough" }.`,
    )
  }
  let start = 0
  const outputIndices: Record<string, [number, number]> = {}
  for (const { name, width } of parts) {
    outputIndices[name] = [start, start + width]
    start += width
  }
  const state: ColumnState = {
    transformers: fits,
    transformerNames: parts.filter(({ at }) => at >= 0).map(({ name }) => name),
    outputIndices,
    _parts: parts,
  }
  return { state, X: stacked(made, X.rowCount, settings.sparseThreshold) }
}

const transformParts = async (fit: Fit<ColumnState, typeof options>, X: Table): Promise<Rows> => {
  const made: Rows[] = []
  for (const { name, columns, at } of fit.state._parts) {
    const own = X.select(columns)
    if (at < 0) {
      const where = `columnTransformer.transform: ${name}`
      made.push((await readFeatures(own, { where, definition: passed })).X as Rows)
      continue
    }
    const part = fit.state.transformers[at]!
    const { definition } = part
    const read = await readFeatures(own, { where: `${definition.name}.transform`, definition })
    made.push(asRows((await definition.methods.transform!(part, read.X)) as Rows | Table))
  }
  return stacked(made, X.rowCount, fit.options.sparseThreshold)
}

const namesOut = (fit: Fit<ColumnState, typeof options>, given?: readonly string[]): readonly string[] => {
  const { state, featureNames } = fit
  const rename = new Map((given ?? []).map((name, j) => [featureNames?.[j] ?? `x${j}`, name]))
  return state._parts.flatMap(({ name, columns, at, width }) => {
    const part = state.transformers[at]
    const known = columns.map(column => rename.get(column) ?? column)
    const own = part?.definition.functions.featureNamesOut
    const names = !part
      ? known
      : own
        ? (own(part, known) as readonly string[])
        : Array.from({ length: width }, (_, j) => `${part.definition.name.toLowerCase()}${j}`)
    return fit.options.verboseFeatureNamesOut ? names.map(one => `${name}__${one}`) : names
  })
}

const definitionOf = (settings: Settings): Definition => {
  const parts = [...settings.transformers.map(([, estimator]) => estimator), settings.remainder].filter(
    (part): part is Estimator => part instanceof Estimator,
  )
  for (const { name, definition } of parts) {
    if (!definition.methods.transform)
      throw new ArgumentError(`columnTransformer: ${name} transforms nothing. Each part must be a transformer.`)
  }
  return {
    ...about,
    kind: 'transformer',
    options,
    input: 'table',
    missing: 'allowed',
    target: targetOf(parts),
    sampleWeight: parts.some(({ definition }) => definition.sampleWeight) ? true : undefined,
    fit: async (problem: Problem<'table'> & AnyProblem) => (await fitParts(problem, settings)).state,
    fitTransform: (problem: Problem<'table'> & AnyProblem) => fitParts(problem, settings),
    methods: { transform: transformParts },
    functions: { featureNamesOut: namesOut },
  }
}

class ColumnTransformer extends Estimator {
  override with(changes: Readonly<Record<string, unknown>>): Estimator {
    const settings = this.options as unknown as Settings
    const steps = settings.transformers.map(([name, estimator]) => [name, estimator] as Step)
    for (const key of Object.keys(changes)) requireOptions(settings, key)
    const { steps: changed, rest } = changeSteps(steps, changes)
    const own: Record<string, unknown> = {}
    const inner: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(rest)) {
      if (key.startsWith('remainder.')) inner[key.slice('remainder.'.length)] = value
      else if (Object.hasOwn(options.declaration, key)) own[key] = value
      else
        throw new ArgumentError(
          `columnTransformer: no part is named ${JSON.stringify(key.split('.')[0])}. The parts are ${steps.map(([name]) => name).join(', ')}.`,
        )
    }
    const remainder = settings.remainder
    if (remainder instanceof Estimator && Object.keys(inner).length > 0) own.remainder = remainder.with(inner)
    return create({
      ...settings,
      transformers: settings.transformers.map(([name, , columns], i) => [name, changed[i]![1], columns]),
      ...own,
    })
  }
}

/** A word such as `drop` has no options that a dot could name. */
const requireOptions = ({ transformers, remainder }: Settings, key: string): void => {
  const dot = key.indexOf('.')
  if (dot < 0) return
  const name = key.slice(0, dot)
  const part = name === 'remainder' ? remainder : transformers.find(([one]) => one === name)?.[1]
  if (typeof part !== 'string') return
  throw new ArgumentError(
    `columnTransformer: part ${JSON.stringify(name)} is "${part}", which has no options; got ${key}.`,
  )
}

const create = (given: unknown): Estimator => {
  const settings = options.validate('columnTransformer', given) as unknown as Settings
  return new ColumnTransformer(definitionOf(settings), settings)
}
register('columnTransformer', create, { ...about, options })

/** `transform` of a columnTransformer and a featureUnion. */
export interface RowMethods {
  readonly transform: (fit: never, X: never) => Promise<Rows>
}
export interface NameFunctions {
  readonly featureNamesOut: (fit: never, names?: readonly string[]) => readonly string[]
}
type Columned = Typed<'transformer', typeof options, 'any', ColumnState, RowMethods, NameFunctions>

export type ColumnTransformerOptions = Omit<Given<typeof options>, 'transformers'>

/**
 * Different transformers for different columns of a table or matrix, their results beside each other in the order of the parts, columns that no
 * part takes last (`remainder`).
 *
 * The model has `transformers` (fitted), `transformerNames`, `outputIndices` (by part, where its columns begin and end) and `featureNamesOut()`.
 * Options of a part are named with dots, as in `{ 'numbers.scale.withMean': [true, false] }`.
 *
 * @param transformers lists of a name, a transformer (or `'drop'` or `'passthrough'`) and columns: names, positions from 0, or what
 *   `makeColumnSelector` gives
 * @throws ArgumentError for a column that is not there, and for a part that transforms nothing
 * @example
 * const model = await columnTransformer([
 *   ['numbers', standardScaler(), ['age']],
 *   ['words', oneHotEncoder(), ['sex']],
 * ]).fit([{ age: 20, sex: 'f' }, { age: 40, sex: 'm' }])
 * model.featureNamesOut() // ['numbers__age', 'words__sex_f', 'words__sex_m']
 *
 * Source: scikit-learn 1.9, sklearn.compose.
 */
export const columnTransformer = (
  transformers: readonly ColumnPart<unknown>[],
  settings: ColumnTransformerOptions = {},
): Columned => create({ ...settings, transformers }) as unknown as Columned

/** {@link columnTransformer} of pairs of a transformer and its columns, with the estimators' names as names of the parts. */
export const makeColumnTransformer = (
  parts: readonly (readonly [estimator: unknown, columns: ColumnChoice])[],
  settings: ColumnTransformerOptions = {},
): Columned => {
  const names = named(
    parts.map(([estimator]) => (estimator instanceof Estimator ? estimator : ({ name: estimator } as Estimator))),
  )
  return columnTransformer(
    parts.map(([estimator, columns], i) => [names[i]![0], estimator, columns]),
    settings,
  )
}
