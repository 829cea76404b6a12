import type { Given, Infer, Options } from '../../core/options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { Definition, Fit, Free, InputName, Inputs, Kind, Method, Problem, TargetName } from './definition.ts'
import { Estimator, type FitExtras, fitFromJson, register } from './estimator.ts'
import type { Features } from './inputs.ts'
import { type AnyModel, publishFit } from './model.ts'
import type { Rows } from './sparse.ts'
import type { Public, Shown } from './state.ts'
import type { PublicLabels, Target } from './targets.ts'

type Awaitable<T> = T | Promise<T>

/** The declaration of an estimator, typed: `fit` gives a state, `methods` and `functions` see it. */
interface Declaration<O extends Options, I extends InputName, T extends TargetName, S extends object, M, F> {
  readonly name: string
  readonly summary: string
  readonly source: string
  readonly options: O
  readonly input?: I
  readonly target?: T
  readonly missing?: 'allowed'
  readonly sampleWeight?: true
  readonly minRows?: number
  readonly oneClass?: true
  /** Learns a state: plain numbers, words, typed arrays, matrices, and fits of other estimators. Keys with `_` in front stay inside. */
  readonly fit: (problem: Problem<I, T>, options: Infer<O>) => Awaitable<S>
  /** Where the rows learned from are transformed in another way than `transform` does, such as with targets left out: the state and those rows. */
  readonly fitTransform?: (
    problem: Problem<I, T>,
    options: Infer<O>,
  ) => Awaitable<{ readonly state: S; readonly X: Rows }>
  /** Verbs that a model with these options has not, such as probabilities that were not asked for. */
  readonly absent?: (options: Infer<O>) => readonly string[]
  /** Verbs on rows. */
  readonly methods?: M & Methods<O, S>
  /** Verbs without rows. */
  readonly functions?: F & Functions<O, S>
}

// biome-ignore lint/suspicious/noExplicitAny: methods differ in their further arguments.
type Methods<O extends Options, S> = Readonly<Record<string, (fit: Fit<S, O>, X: any, ...rest: any[]) => unknown>>
// biome-ignore lint/suspicious/noExplicitAny: as above.
type Functions<O extends Options, S> = Readonly<Record<string, (fit: Fit<S, O>, ...rest: any[]) => unknown>>

// In brackets, so that a union is looked at whole.
type Result<V> = [V] extends [Fit] ? AnyModel : Public<V>
/** A definition's methods as a model has them: rows in any form, results as tensors. */
type Bound<M> = {
  readonly [K in keyof M as K extends 'decide' ? never : K]: M[K] extends (
    fit: never,
    X: never,
    ...rest: infer R
  ) => infer V
    ? (X: Features, ...rest: R) => Promise<Result<Awaited<V>>>
    : never
}
type Unbound<F> = {
  readonly [K in keyof F]: F[K] extends (fit: never, ...rest: infer R) => infer V
    ? (...rest: R) => V extends Promise<infer P> ? Promise<Result<P>> : Result<V>
    : never
}

interface Weighted {
  readonly sampleWeight?: Target
}
/** Classes in the form in which they were given. */
type LabelsOf<Y> = Y extends readonly string[]
  ? readonly string[]
  : Y extends readonly boolean[]
    ? readonly boolean[]
    : Y extends ArrayLike<number> | Tensor
      ? Tensor<readonly [number], 'int32'>
      : PublicLabels
interface ClassifierVerbs<Y> {
  /** The classes in ascending order; columns of `predictProba` follow it. */
  readonly classes: readonly (number | string | boolean)[]
  /** The class of each row. */
  predict(X: Features): Promise<LabelsOf<Y>>
  /** The share of rows whose class is predicted right. */
  score(X: Features, y: Target, extras?: Weighted): Promise<number>
}
type LogProba<M> = 'predictProba' extends keyof M
  ? { predictLogProba(X: Features): Promise<Tensor<readonly [number, number], 'float64'>> }
  : object
interface RegressorVerbs {
  /** R² of the predictions; see `r2Score`. */
  score(X: Features, y: Target, extras?: Weighted): Promise<number>
}

type VerbsOf<K extends Kind, M, Y> = K extends 'classifier'
  ? ClassifierVerbs<Y> & LogProba<M>
  : K extends 'regressor'
    ? RegressorVerbs
    : object
/** A fitted model: what it learned, its verbs, and `toJSON`. */
export type Model<K extends Kind, S, M, F, Y = Target> = Omit<AnyModel, never> &
  Shown<S> &
  Bound<M> &
  Unbound<F> &
  VerbsOf<K, M, Y>

type TargetArguments<T extends TargetName, Y> = T extends 'none' | 'any'
  ? [y?: Target, extras?: FitExtras]
  : [y: Y, extras?: FitExtras]

/** An estimator whose model's type is known. */
export type Typed<K extends Kind, O extends Options, T extends TargetName, S, M, F> = Omit<
  Estimator,
  'fit' | 'options' | 'fitTransform' | 'fitPredict' | 'with'
> & {
  readonly options: Infer<O>
  /** Types only. */
  readonly '~types': { readonly kind: K; readonly options: O; readonly target: T; readonly methods: M }
  fit<const Y extends Target>(X: Features, ...rest: TargetArguments<T, Y>): Promise<Model<K, S, M, F, Y>>
  with(changes: Readonly<Record<string, unknown>>): Typed<K, O, T, S, M, F>
} & ('transform' extends keyof M
    ? { fitTransform(X: Features, y?: Target, extras?: FitExtras): Promise<TransformOf<M>> }
    : S extends { readonly embedding: unknown }
      ? {
          fitTransform(
            X: Features,
            y?: Target,
            extras?: FitExtras,
          ): Promise<Tensor<readonly [number, number], 'float64'>>
        }
      : object) &
  (S extends { readonly labels: unknown }
    ? { fitPredict(X: Features, y?: Target, extras?: FitExtras): Promise<Tensor<readonly [number], 'int32'>> }
    : K extends 'clusterer' | 'outlierDetector' | 'densityEstimator'
      ? { fitPredict(X: Features, y?: Target, extras?: FitExtras): Promise<Tensor<readonly [number], 'int32'>> }
      : object)
type TransformOf<M> = M extends { readonly transform: (...args: never) => infer V } ? Result<Awaited<V>> : never

type Arguments<O extends Options> = object extends Given<O> ? [options?: Given<O>] : [options: Given<O>]

/** What makes an estimator from its options: `ridge({ alpha: 1 })`. */
export interface Factory<K extends Kind, O extends Options, T extends TargetName, S, M, F> {
  (...options: Arguments<O>): Typed<K, O, T, S, M, F>
  readonly definition: Definition
  /** A fitted model from what its `toJSON` gave. */
  fromJSON(json: unknown): Model<K, S, M, F>
}

const factoryOf =
  <K extends Kind, D extends TargetName>(kind: K, defaultTarget: D) =>
  <
    const O extends Options,
    S extends object,
    I extends InputName = 'dense',
    T extends TargetName = D,
    M = unknown,
    F = unknown,
  >(
    declaration: Declaration<O, I, T, S, M, F>,
  ): Factory<K, O, T, S, M, F> => {
    const definition: Definition = {
      ...declaration,
      kind,
      target: declaration.target ?? defaultTarget,
      methods: (declaration.methods ?? {}) as Readonly<Record<string, Method>>,
      functions: (declaration.functions ?? {}) as Readonly<Record<string, Free>>,
    }
    const create = (options: unknown): Estimator => new Estimator(definition, options)
    register(definition.name, create, definition)
    return Object.assign((...[options]: Arguments<O>) => create(options) as unknown as Typed<K, O, T, S, M, F>, {
      definition,
      fromJSON: (json: unknown) => publishFit(fitFromJson(json)) as Model<K, S, M, F>,
    }) as Factory<K, O, T, S, M, F>
  }

/**
 * Declares a classifier: `y` arrives as class numbers from 0. `methods` has `predictProba` ([N, K]) or `decisionFunction` ([N] for two
 * classes, else [N, K]), from which `predict` follows, or `decide` (class numbers), which comes first.
 */
export const defineClassifier = factoryOf('classifier', 'classes')
/** Declares a regressor: `methods.predict` gives one number a row, or with `target: 'numbers'` a matrix. */
export const defineRegressor = factoryOf('regressor', 'number')
/** Declares a transformer: `methods.transform`, and `methods.inverseTransform` where there is a way back. */
export const defineTransformer = factoryOf('transformer', 'none')
/** Declares a clusterer: the state has `labels` (-1: noise), and `methods.predict` places new rows where that is defined. */
export const defineClusterer = factoryOf('clusterer', 'none')
/** Declares an outlier detector: `methods.predict` gives 1 (ordinary) or -1 (outlier), `decisionFunction` is negative for outliers. */
export const defineOutlierDetector = factoryOf('outlierDetector', 'none')
/** Declares a density: `methods.scoreSamples` gives log-densities. */
export const defineDensityEstimator = factoryOf('densityEstimator', 'none')
/** Declares an embedding of the rows it is fitted on: the state has `embedding` [N, nComponents]. */
export const defineEmbedding = factoryOf('embedding', 'none')

export type { Inputs }
