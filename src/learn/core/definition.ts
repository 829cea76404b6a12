import type { Infer, Options } from '../../core/options.ts'
import type { Table } from '../../data/table/table.ts'
import type { Dense } from '../../ops/matrix-kernels.ts'
import type { Random } from './random.ts'
import type { Rows } from './sparse.ts'
import type { State } from './state.ts'

/** What an estimator is for; it decides which verbs a fitted model has. */
export type Kind =
  | 'classifier'
  | 'regressor'
  | 'transformer'
  | 'clusterer'
  | 'outlierDetector'
  | 'densityEstimator'
  | 'embedding'

/** The form in which an algorithm is handed its rows. */
export interface Inputs {
  /** Numbers, row by row; a sparse matrix is refused with a word. */
  readonly dense: Dense
  /** Numbers, dense or sparse. */
  readonly sparse: Rows
  /** One text a row. */
  readonly texts: readonly string[]
  /** Typed columns, numbers and words mixed. */
  readonly table: Table
}
export type InputName = keyof Inputs

/** What is predicted: classes as numbers from 0; one number a row; one row of numbers a row; what an unsupervised method may be given. */
export interface Targets {
  readonly classes: Int32Array
  readonly number: Float64Array
  readonly numbers: Dense
  readonly none: undefined
  /** Numbers or classes (`classes` of the problem tells), or nothing: for transformers that may look at the target. */
  readonly any: Float64Array | undefined
}
export type TargetName = keyof Targets

/** What `fit` is given. */
export interface Problem<I extends InputName = 'dense', T extends TargetName = 'none'> {
  readonly X: Inputs[I]
  readonly y: Targets[T]
  /** How many classes there are: a classifier has at least 2. 0 without classes. */
  readonly classCount: number
  /** The classes in ascending order, as the user named them. */
  readonly classes: Labels
  /** A weight a row, at least 0, not all 0; only where the definition says `sampleWeight`. */
  readonly sampleWeight: Float64Array | undefined
  /** Seeded by `randomState`. */
  readonly random: Random
  readonly featureNames: readonly string[] | undefined
  /** Whether targets of several numbers a row were given as one number a row, without an axis of their own. */
  readonly single: boolean
}

export type Labels = readonly number[] | readonly string[] | readonly boolean[]

/** A fitted algorithm as its methods see it. */
export interface Fit<S = State, O extends Options = Options> {
  readonly definition: Definition
  readonly options: Infer<O>
  readonly state: S
  readonly nFeaturesIn: number
  readonly featureNames: readonly string[] | undefined
  readonly classes: Labels
}

// biome-ignore lint/suspicious/noExplicitAny: methods differ in their further arguments.
export type Method = (fit: any, X: any, ...rest: any[]) => unknown
// biome-ignore lint/suspicious/noExplicitAny: as above.
export type Free = (fit: any, ...rest: any[]) => unknown

/** One estimator, declared once: its options with their rules, its algorithm and its verbs. Everything else follows from it. */
export interface Definition {
  /** scikit-learn's class name in camelCase. */
  readonly name: string
  readonly kind: Kind
  /** One sentence with the formula. */
  readonly summary: string
  /** Paper, year. */
  readonly source: string
  readonly options: Options
  /** Default `dense`. */
  readonly input?: InputName | undefined
  readonly target: TargetName
  /** Whether NaN is allowed among the features; by default it is refused. */
  readonly missing?: 'allowed' | undefined
  /** Whether `fit` heeds `sampleWeight`; otherwise giving one is an error. */
  readonly sampleWeight?: true | undefined
  /** The fewest rows that `fit` takes; default 1 (classifiers: 1 a class). */
  readonly minRows?: number | undefined
  /** Whether a classifier can be fitted on one class. */
  readonly oneClass?: true | undefined
  // biome-ignore lint/suspicious/noExplicitAny: each definition knows its own.
  readonly fit: (problem: any, options: any) => any
  /** Transformers whose output on the rows they learn from is another than `transform` gives: both at once. */
  // biome-ignore lint/suspicious/noExplicitAny: each definition knows its own.
  readonly fitTransform?: ((problem: any, options: any) => any) | undefined
  /** What a fitted model does with rows: `(fit, X, ...rest) => result`. */
  readonly methods: Readonly<Record<string, Method>>
  /** Verbs that a model with these options has not. */
  // biome-ignore lint/suspicious/noExplicitAny: each definition knows its own.
  readonly absent?: ((options: any) => readonly string[]) | undefined
  /** What it does without rows: `(fit, ...rest) => result`. */
  readonly functions: Readonly<Record<string, Free>>
}
