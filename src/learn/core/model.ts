import { ArgumentError } from '../../core/errors.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import { accuracyOfCodes, r2 } from './scores.ts'
import type { Fit } from './definition.ts'
import { type Features, readFeatures } from './inputs.ts'
import type { Rows } from './sparse.ts'
import { publish } from './state.ts'
import { codesOf, labelsOf, type PublicLabels, readNumbersTarget, readWeights, type Target } from './targets.ts'

/** What every fitted model has. */
export interface AnyModel {
  /** The estimator's name. */
  readonly estimator: string
  readonly options: Readonly<Record<string, unknown>>
  /** Columns of the rows it was fitted on. */
  readonly nFeaturesIn: number
  /** The names of the columns, where a table was given. */
  readonly featureNamesIn: readonly string[] | undefined
  /** The fitted model as plain JSON; `fromJSON` reads it back exactly. */
  toJSON(): Record<string, unknown>
}

const inner = Symbol('fit')

/** What is inside a fitted model. */
export const fitOf = (model: object): Fit => {
  const fit = (model as { readonly [inner]?: Fit })[inner]
  if (!fit) throw new ArgumentError('a fitted model is needed here; got something else. Pass what fit() returned.')
  return fit
}
export const isModel = (value: unknown): value is AnyModel =>
  typeof value === 'object' && value !== null && inner in value

let writeJson: (fit: Fit) => Record<string, unknown>
/** Where JSON is written from: set once by the module that knows every kind of value. */
export const setJsonWriter = (write: typeof writeJson): void => {
  writeJson = write
}

/** A fitted algorithm as the user sees it: its attributes as tensors, its verbs taking whatever rows a user has. */
export const publishFit = (fit: Fit): AnyModel => {
  const { definition, state } = fit
  const model: Record<string | symbol, unknown> = {
    [inner]: fit,
    estimator: definition.name,
    options: fit.options,
    nFeaturesIn: fit.nFeaturesIn,
    featureNamesIn: fit.featureNames,
    toJSON: () => writeJson(fit),
  }
  if (fit.classes.length > 0) model.classes = fit.classes
  for (const [key, value] of Object.entries(state)) if (!key.startsWith('_')) model[key] = published(value)
  for (const [name, method] of Object.entries(definition.methods)) {
    if (name === 'decide') continue
    model[name] = async (X: Features, ...rest: unknown[]) =>
      published(await method(fit, await rowsFor(fit, X, name), ...rest))
  }
  for (const [name, free] of Object.entries(definition.functions))
    model[name] = (...rest: unknown[]) => published(free(fit, ...rest))
  return Object.assign(model, verbsOf(fit)) as unknown as AnyModel
}

const published = (value: unknown): unknown => {
  if (value instanceof Promise) return value.then(published)
  if (typeof value === 'object' && value !== null && 'definition' in value && 'state' in value)
    return publishFit(value as Fit)
  if (Array.isArray(value) && value.some(item => typeof item === 'object')) return value.map(published)
  return publish(value)
}

/** Rows for a method, checked; what goes back through a transformer has another width. */
const rowsFor = async (fit: Fit, X: Features, name: string): Promise<unknown> => {
  const { definition, nFeaturesIn } = fit
  const where = `${definition.name}.${name}`
  if (name !== 'inverseTransform')
    return (await readFeatures(X, { where, definition, width: nFeaturesIn, names: fit.featureNames })).X
  return (
    await readFeatures(X, {
      where,
      definition: { ...definition, input: definition.input === 'sparse' ? 'sparse' : 'dense', missing: 'allowed' },
    })
  ).X
}

const verbsOf = (fit: Fit): Record<string, unknown> => {
  if (fit.definition.kind === 'classifier') return classifierVerbs(fit)
  if (fit.definition.kind === 'regressor')
    return { score: (X: Features, y: Target, extras: Weighted = {}) => scoreRegressor(fit, X, y, extras) }
  return {}
}

interface Weighted {
  readonly sampleWeight?: Target
}

const classifierVerbs = (fit: Fit): Record<string, unknown> => {
  const rows = (X: Features, verb: string) => rowsFor(fit, X, verb) as Promise<Rows>
  const verbs: Record<string, unknown> = {
    predict: async (X: Features): Promise<PublicLabels> =>
      labelsOf(await decide(fit, await rows(X, 'predict')), fit.classes),
    score: async (X: Features, y: Target, { sampleWeight }: Weighted = {}): Promise<number> => {
      const where = `${fit.definition.name}.score`
      const codes = await decide(fit, await rows(X, 'score'))
      const truth = await codesOf(y, fit.classes, codes.length, where)
      return accuracyOfCodes(truth, codes, sampleWeight && (await readWeights(sampleWeight, codes.length, where)))
    },
  }
  const proba = fit.definition.methods.predictProba
  if (proba && !fit.definition.methods.predictLogProba) {
    verbs.predictLogProba = async (X: Features) => {
      const { rows: n, columns, data } = (await proba(fit, await rows(X, 'predictLogProba'))) as Dense
      return publish({ rows: n, columns, data: data.map(Math.log) })
    }
  }
  return verbs
}

/** The class number of each row: what the definition decides, or the most probable class, or the one of the highest score. */
export const decide = async (fit: Fit, X: unknown): Promise<Int32Array> => {
  const { decide: own, predictProba, decisionFunction } = fit.definition.methods
  if (own) return (await own(fit, X)) as Int32Array
  const scores = (await (predictProba ?? decisionFunction)!(fit, X)) as Float64Array | Dense
  if (scores instanceof Float64Array) return Int32Array.from(scores, score => (score > 0 ? 1 : 0))
  return argmaxRows(scores)
}

/** The column of each row's largest value; of equal ones the first. */
export const argmaxRows = ({ rows, columns, data }: Dense): Int32Array => {
  const out = new Int32Array(rows)
  for (let i = 0; i < rows; i++) {
    const at = i * columns
    let best = 0
    for (let j = 1; j < columns; j++) if (data[at + j]! > data[at + best]!) best = j
    out[i] = best
  }
  return out
}

const scoreRegressor = async (fit: Fit, X: Features, y: Target, { sampleWeight }: Weighted): Promise<number> => {
  const where = `${fit.definition.name}.score`
  const rows = (await rowsFor(fit, X, 'score')) as Rows
  const predicted = (await fit.definition.methods.predict!(fit, rows)) as Float64Array | Dense
  const n = predicted instanceof Float64Array ? predicted.length : predicted.rows
  const { Y } = await readNumbersTarget(y, n, where)
  const weights = sampleWeight && (await readWeights(sampleWeight, n, where))
  return r2(Y, predicted instanceof Float64Array ? { rows: n, columns: 1, data: predicted } : predicted, weights)
}
