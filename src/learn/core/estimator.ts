import { ArgumentError, DTypeError, FormatError, ShapeError } from '../../core/errors.ts'
import { nearest } from '../../core/nearest.ts'
import type { Meaning } from '../../core/options.ts'
import type { Definition, Fit, InputName, Inputs, Kind, Labels, TargetName, Targets } from './definition.ts'
import { type Features, type Read, readFeatures } from './inputs.ts'
import { type AnyModel, publishFit, setJsonWriter } from './model.ts'
import { Random } from './random.ts'
import { isCsr, type Rows } from './sparse.ts'
import { addCodec, decode, encode, publish } from './state.ts'
import { readClassTarget, readNumberTarget, readNumbersTarget, readWeights, type Target } from './targets.ts'

/** What `fit` may be given besides rows and targets. */
export interface FitExtras {
  /** A weight a row, at least 0: how much it counts. Only for estimators that heed weights; for others it is an error. */
  readonly sampleWeight?: Target
}

/**
 * An immutable description of an algorithm with its options: `fit` returns a fitted model and leaves the description as it is.
 * What is not fitted cannot predict, because the method is not there.
 */
export class Estimator {
  readonly definition: Definition
  readonly options: Readonly<Record<string, unknown>>

  /** @param options as given; they are checked, and defaults filled in */
  constructor(definition: Definition, options: unknown) {
    this.options = definition.options.validate(definition.name, options ?? {}) as Readonly<Record<string, unknown>>
    const absent = definition.absent?.(this.options) ?? []
    const methods = Object.fromEntries(Object.entries(definition.methods).filter(([name]) => !absent.includes(name)))
    this.definition = absent.length === 0 ? definition : { ...definition, methods }
  }

  get name(): string {
    return this.definition.name
  }
  get kind(): Kind {
    return this.definition.kind
  }

  /** The same algorithm with some options changed. Options of an estimator within are named with a dot: `{ 'estimator.alpha': 1 }`. */
  with(changes: Readonly<Record<string, unknown>>): Estimator {
    const own: Record<string, unknown> = { ...this.options }
    const inner = new Map<string, Record<string, unknown>>()
    for (const [key, value] of Object.entries(changes)) {
      const dot = key.indexOf('.')
      if (dot < 0) own[key] = value
      else inner.set(key.slice(0, dot), { ...inner.get(key.slice(0, dot)), [key.slice(dot + 1)]: value })
    }
    for (const [name, options] of inner) own[name] = this.changed(name, own[name], options)
    return recreate(this.name, own)
  }
  private changed(name: string, value: unknown, options: Record<string, unknown>): unknown {
    if (value instanceof Estimator) return value.with(options)
    throw new ArgumentError(
      `${this.name}: ${name} is no estimator with options of its own; got options for it: ${Object.keys(options).join(', ')}.`,
    )
  }

  /** Fits rows, with targets where the algorithm learns from them. */
  async fit(X: Features, y?: Target, extras: FitExtras = {}): Promise<AnyModel> {
    return publishFit(await this.fitRows(X, y, extras))
  }

  /** `fit`, and what the fitted model makes of the same rows. */
  async fitTransform(X: Features, y?: Target, extras: FitExtras = {}): Promise<unknown> {
    const { fit, rows } = await this.fitTransformProblem(await this.read(X, y, extras))
    return rows === undefined ? (publishFit(fit) as unknown as { embedding: unknown }).embedding : publish(rows)
  }

  /** `fit`, and the cluster of each row; for outlier detectors 1 (ordinary) or -1 (outlier). */
  async fitPredict(X: Features, y?: Target, extras: FitExtras = {}): Promise<unknown> {
    const model = (await this.fit(X, y, extras)) as unknown as Record<string, unknown>
    if ('labels' in model) return model.labels
    if (typeof model.predict === 'function') return model.predict(X)
    throw new ArgumentError(`${this.name}.fitPredict: ${this.name} predicts nothing.`)
  }

  /** `fit` without the user's view of the result: what selection and estimators of estimators call. */
  async fitRows(X: Features, y?: Target, extras: FitExtras = {}): Promise<Fit> {
    return this.fitProblem(await this.read(X, y, extras))
  }

  /** What a user gives, read and checked. */
  async read(X: Features, y?: Target, extras: FitExtras = {}): Promise<AnyProblem> {
    const where = `${this.name}.fit`
    return this.problem(await readFeatures(X, { where, definition: this.definition }), y, extras, where)
  }

  private async problem(
    { X, rows, names }: Read,
    y: Target | undefined,
    extras: FitExtras,
    where: string,
  ): Promise<AnyProblem> {
    const { definition } = this
    const least = definition.minRows ?? 1
    if (rows < least) {
      throw new ShapeError(
        `${where}: X has ${rows} ${rows === 1 ? 'row' : 'rows'}, and ${this.name} needs at least ${least}.`,
        { rows },
      )
    }
    const { sampleWeight: weights, ...rest } = extras
    const unknown = Object.keys(rest)[0]
    if (unknown !== undefined)
      throw new ArgumentError(`${where}: unknown option ${JSON.stringify(unknown)}. fit takes sampleWeight.`)
    if (weights !== undefined && !definition.sampleWeight) {
      throw new ArgumentError(`${where}: ${this.name} does not heed sampleWeight. Leave it out, or repeat rows.`)
    }
    const sampleWeight = weights === undefined ? undefined : await readWeights(weights, rows, where)
    return { X, featureNames: names, sampleWeight, ...(await this.target(y, rows, where)) }
  }

  private async target(
    y: Target | undefined,
    rows: number,
    where: string,
  ): Promise<Pick<AnyProblem, 'y' | 'classes' | 'single' | 'truth'>> {
    const { target, oneClass } = this.definition
    if (y === undefined && (target === 'none' || target === 'any')) return { y: undefined, classes: [] }
    if (target === 'none') {
      const known = await readClassTarget(y!, rows, where).catch(() => undefined)
      return { y: undefined, classes: [], ...(known ? { truth: known.codes } : {}) }
    }
    if (y === undefined) throw new ArgumentError(`${where}: y is missing. Pass one value for each row of X.`)
    if (target === 'number') return { y: await readNumberTarget(y, rows, where), classes: [] }
    if (target === 'numbers') {
      const { Y, single } = await readNumbersTarget(y, rows, where)
      return { y: Y, classes: [], single }
    }
    if (target === 'any') return anyTarget(y, rows, where)
    const { codes, classes } = await readClassTarget(y, rows, where)
    if (classes.length < 2 && !oneClass) {
      throw new ArgumentError(
        `${where}: y has one class, ${JSON.stringify(classes[0])}. A classifier needs at least two.`,
      )
    }
    return { y: codes, classes }
  }

  /** Runs the algorithm on what has been read and checked. */
  async fitProblem(problem: AnyProblem): Promise<Fit> {
    const given = this.given(problem)
    return this.fitted(given, await this.definition.fit(given, this.options))
  }

  /** `fitProblem`, and the same rows transformed; an embedding has no rows of its own to give. */
  async fitTransformProblem(problem: AnyProblem): Promise<{ readonly fit: Fit; readonly rows: Rows | undefined }> {
    const { definition, options } = this
    if (definition.fitTransform) {
      const given = this.given(problem)
      const { state, X } = await definition.fitTransform(given, options)
      return { fit: this.fitted(given, state), rows: X }
    }
    const fit = await this.fitProblem(problem)
    if (definition.methods.transform)
      return { fit, rows: (await definition.methods.transform(fit, this.given(problem).X)) as Rows }
    if ('embedding' in fit.state) return { fit, rows: undefined }
    throw new ArgumentError(`${this.name}.fitTransform: ${this.name} transforms nothing.`)
  }

  private given(problem: AnyProblem) {
    const X = fitting(problem.X as Rows, this.definition, `${this.name}.fit`)
    const seed = (this.options.randomState as number | undefined) ?? problem.seed
    return {
      ...problem,
      X,
      classCount: problem.classes.length,
      single: problem.single ?? false,
      random: new Random(seed),
    }
  }

  private fitted({ X, featureNames, classes }: ReturnType<Estimator['given']>, state: Fit['state']): Fit {
    return {
      definition: this.definition,
      options: this.options as never,
      state,
      nFeaturesIn: widthOf(X),
      featureNames,
      classes,
    }
  }

  toJSON(): unknown {
    return { estimator: this.name, options: encode(this.options, 'options') }
  }
}

/** Columns of rows in whatever form; a list of texts is one. */
const widthOf = (X: Inputs[InputName]): number => ('columns' in X ? X.columns : 'names' in X ? X.names.length : 1)

/** A problem before an estimator takes it: the random numbers are not chosen yet. */
export interface AnyProblem {
  readonly X: Inputs[InputName]
  readonly y: Targets[TargetName]
  readonly classes: Labels
  /** Whether a target of several numbers a row was given as one number a row. */
  readonly single?: boolean
  /** What is known of the rows where the algorithm does not learn from it: for measures of clusters. */
  readonly truth?: Int32Array | undefined
  readonly sampleWeight?: Float64Array | undefined
  readonly featureNames?: readonly string[] | undefined
  readonly seed?: number
}

/** The same rows in a form that the definition takes. */
export const fitting = (X: Rows, definition: Definition, where: string): Rows => {
  const needsDense = (definition.input ?? 'dense') === 'dense'
  if (needsDense && isCsr(X)) {
    throw new DTypeError(
      `${where}: the rows are a sparse matrix [${X.rows}, ${X.columns}], and ${definition.name} needs a dense one. Put denseTransformer() before it, or choose an estimator that takes sparse rows.`,
    )
  }
  return X
}

const anyTarget = async (y: Target, rows: number, where: string): Promise<Pick<AnyProblem, 'y' | 'classes'>> => {
  const classes = await readClassTarget(y, rows, where).catch(() => undefined)
  if (classes) return { y: Float64Array.from(classes.codes), classes: classes.classes }
  return { y: await readNumberTarget(y, rows, where), classes: [] }
}

// --- the registry -------------------------------------------------------------------------------------------------------

type Create = (options: unknown) => Estimator
/** What documentation and the command line need to know; a composition's kind is that of its parts. */
export type Description = Pick<Definition, 'name' | 'summary' | 'source' | 'options'> & Partial<Definition>
const registry = new Map<string, { readonly create: Create; readonly definition: Description }>()

/** Makes an estimator known by name, for models read from JSON, the command line and the documentation. */
export const register = (name: string, create: Create, definition: Description): void => {
  registry.set(name, { create, definition })
}
/** All declared estimators, in alphabetical order of their names. */
export const definitions = (): readonly Description[] =>
  [...registry.values()].map(({ definition }) => definition).sort((a, b) => (a.name < b.name ? -1 : 1))
/** The names of all estimators. */
export const estimatorNames = (): readonly string[] => [...registry.keys()].sort()

/** An estimator by its name, as a JSON file or a command line has it. */
export const recreate = (name: string, options: unknown): Estimator => {
  const found = registry.get(name)
  if (!found) {
    const near = nearest(name, registry.keys())
    throw new ArgumentError(
      `estimator: ${JSON.stringify(name)} is unknown. ${near ? `Did you mean ${near}?` : 'See docs/estimators.md.'}`,
      { name },
    )
  }
  return found.create(options)
}

// --- JSON ---------------------------------------------------------------------------------------------------------------

/** A fitted algorithm as plain JSON. */
export const fitToJson = (fit: Fit): Record<string, unknown> => ({
  estimator: fit.definition.name,
  options: encode(fit.options, 'options'),
  nFeaturesIn: fit.nFeaturesIn,
  ...(fit.featureNames ? { featureNames: fit.featureNames } : {}),
  ...(fit.classes.length > 0 ? { classes: fit.classes } : {}),
  state: encode(fit.state, 'state'),
})

/** What {@link fitToJson} wrote. */
export const fitFromJson = (json: unknown): Fit => {
  if (typeof json !== 'object' || json === null || !('estimator' in json) || !('state' in json)) {
    throw new FormatError(
      'fromJSON: this is no fitted model: it needs "estimator", "options" and "state". Pass what model.toJSON() gave.',
    )
  }
  const { estimator, options, state, nFeaturesIn, featureNames, classes = [] } = json as Record<string, unknown>
  const { definition, options: read } = recreate(String(estimator), decode(options))
  if (typeof state !== 'object' || state === null || !Number.isInteger(nFeaturesIn)) {
    throw new FormatError(`fromJSON: the model of ${definition.name} is incomplete. Pass what model.toJSON() gave.`)
  }
  return {
    definition,
    options: read as never,
    state: decode(state) as Fit['state'],
    nFeaturesIn: nFeaturesIn as number,
    featureNames: featureNames as readonly string[] | undefined,
    classes: classes as Labels,
  }
}

setJsonWriter(fitToJson)

export const isFit = (value: unknown): value is Fit =>
  typeof value === 'object' && value !== null && 'definition' in value && 'state' in value && 'nFeaturesIn' in value

addCodec({
  tag: '$estimator',
  recognises: value => value instanceof Estimator,
  write: (value: Estimator) => value.toJSON(),
  read: ({ estimator, options }: { estimator: string; options: unknown }) => recreate(estimator, decode(options)),
})
addCodec({ tag: '$model', recognises: isFit, write: fitToJson, read: fitFromJson })

// --- options that are estimators ----------------------------------------------------------------------------------------

const article = (kind: string): string => (/^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`)

/** The meaning of an option that is an estimator of one of some kinds. */
export const anEstimator = (...kinds: readonly Kind[]): Meaning<Estimator> => ({
  kind: 'value',
  expected: kinds.length === 0 ? 'an estimator' : kinds.map(article).join(' or '),
  accepts: (value): value is Estimator =>
    value instanceof Estimator && (kinds.length === 0 || kinds.includes(value.kind)),
  fromText: name => (registry.has(name) ? recreate(name, {}) : name),
  placeholder: 'ESTIMATOR',
})
