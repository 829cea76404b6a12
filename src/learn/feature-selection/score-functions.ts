import { ArgumentError } from '../../core/errors.ts'
import type { Labels } from '../core/definition.ts'
import { type Features, readFeatures } from '../core/inputs.ts'
import { Random } from '../core/random.ts'
import { isCsr, type Rows } from '../core/sparse.ts'
import { publish } from '../core/state.ts'
import { readClassTarget, readNumberTarget, type Target } from '../core/targets.ts'
import { csrToDense } from '../numeric/csr.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { mutualInformation } from './mutual-information.ts'
import { analysisOfVariance, chiSquared, type ColumnScores, correlationsWith, regressionScores } from './scores.ts'

/** What a score function is given: class numbers (then `classCount` is not 0) or real numbers. */
export interface Scored {
  readonly X: Rows
  readonly y: Float64Array
  readonly classCount: number
  readonly random: Random
}
type Measure = (where: string, problem: Scored) => ColumnScores

const requireClasses = (where: string, name: string, { classCount, y }: Scored): void => {
  if (classCount > 1) return
  throw new ArgumentError(
    classCount === 1
      ? `${where}: ${name} compares classes, and y has one class.`
      : `${where}: ${name} compares classes, and y holds real numbers such as ${y[0]}. Take fRegression, or another measure for numbers.`,
  )
}
const requireRows = (where: string, name: string, { X }: Scored, least: number): void => {
  if (X.rows < least) throw new ArgumentError(`${where}: ${name} needs at least ${least} rows; X has ${X.rows}.`)
}
const denseOf = (where: string, name: string, X: Rows) => {
  if (isCsr(X) && X.columns > 2000) {
    throw new ArgumentError(
      `${where}: ${name} measures distances, and X is a sparse matrix of ${X.columns} columns. Take chi2, or fewer columns.`,
    )
  }
  return isCsr(X) ? csrToDense(X) : X
}

/** The measures by name. */
export const measures = {
  fClassif: (where, problem) => {
    requireClasses(where, 'fClassif', problem)
    requireRows(where, 'fClassif', problem, problem.classCount + 1)
    return analysisOfVariance(problem.X, problem.y, problem.classCount)
  },
  chi2: (where, problem) => {
    requireClasses(where, 'chi2', problem)
    return chiSquared(where, problem.X, problem.y, problem.classCount)
  },
  fRegression: (where, problem) => {
    requireRows(where, 'fRegression', problem, 3)
    return regressionScores(problem.X, problem.y)
  },
  rRegression: (where, problem) => {
    requireRows(where, 'rRegression', problem, 2)
    return { scores: correlationsWith(problem.X, problem.y), pvalues: null }
  },
  mutualInfoClassif: (where, problem) => {
    requireClasses(where, 'mutualInfoClassif', problem)
    return information(where, 'mutualInfoClassif', problem, true)
  },
  mutualInfoRegression: (where, problem) => information(where, 'mutualInfoRegression', problem, false),
} satisfies Record<string, Measure>
export type MeasureName = keyof typeof measures
export const measureNames = Object.keys(measures) as [MeasureName, ...MeasureName[]]
/** Measures of real numbers: whole ones, which read as classes, are numbers again. */
export const measuresNumbers: ReadonlySet<string> = new Set(['fRegression', 'rRegression', 'mutualInfoRegression'])

const information = (
  where: string,
  name: string,
  { X, y, random }: Scored,
  classes: boolean,
  { discrete = [], nNeighbors = 3 }: { readonly discrete?: readonly boolean[]; readonly nNeighbors?: number } = {},
): ColumnScores => {
  requireRows(where, name, { X } as Scored, nNeighbors + 1)
  const sparse = isCsr(X)
  const mask = Array.from({ length: X.columns }, (_, j) => discrete[j] ?? sparse)
  const scores = mutualInformation(denseOf(where, name, X), y, classes, { discrete: mask, nNeighbors, random })
  return { scores, pvalues: null }
}

/** Numbers that were read as classes, as numbers. */
export const asNumbers = (where: string, y: Float64Array, classes: Labels): Float64Array => {
  if (classes.length === 0) return y
  if (typeof classes[0] === 'string')
    throw new ArgumentError(
      `${where}: y holds words, and the measure needs numbers. Take fClassif, or another for classes.`,
    )
  return y.map(code => Number(classes[code]!))
}

// --- what users call ----------------------------------------------------------------------------------------------------

type Vector = Tensor<readonly [number], 'float64'>
export interface ScoredColumns {
  readonly scores: Vector
  readonly pvalues: Vector
}

const forRows = (name: string) => ({ name, input: 'sparse' }) as never

const readScored = async (
  name: string,
  given: Features,
  target: Target,
  { classes, randomState }: { readonly classes: boolean; readonly randomState?: number | undefined },
): Promise<Scored> => {
  const { X, rows } = await readFeatures(given, { where: name, definition: forRows(name) })
  const random = new Random(randomState)
  if (!classes) return { X: X as Rows, y: await readNumberTarget(target, rows, name), classCount: 0, random }
  const { codes, classes: found } = await readClassTarget(target, rows, name)
  return { X: X as Rows, y: Float64Array.from(codes), classCount: found.length, random }
}

const both = ({ scores, pvalues }: ColumnScores): ScoredColumns => ({
  scores: publish(scores) as Vector,
  pvalues: publish(pvalues) as Vector,
})

/**
 * Whether the means of each column differ between classes: `F = variance between / variance within`, and the probability of so large an F by
 * chance (analysis of variance).
 *
 * **Shape** X: `[N, F]`, y: `[N]` → scores `[F]`, pvalues `[F]`. A column that does not vary has NaN.
 *
 * @throws ArgumentError for one class, or no classes
 * @example
 * const { scores } = await fClassif([[0, 1], [1, 3], [4, 1], [5, 3]], ['a', 'a', 'b', 'b'])
 * await scores.toArray() // [32, 0]
 *
 * Source: Fisher 1925; scikit-learn 1.9, sklearn.feature_selection.
 */
export const fClassif = async (X: Features, y: Target): Promise<ScoredColumns> =>
  both(measures.fClassif('fClassif', await readScored('fClassif', X, y, { classes: true })))

/**
 * Whether counts in each column depend on the class: `Σ (observed − expected)² / expected` of the sums within classes, and its probability by
 * chance. For features that count, none below 0.
 *
 * **Shape** X: `[N, F]`, dense or sparse, y: `[N]` → scores `[F]`, pvalues `[F]`.
 *
 * @throws ArgumentError for a number below 0, or one class
 * @example
 * const { scores } = await chi2([[1, 2], [1, 0]], ['ham', 'spam'])
 * await scores.toArray() // [0, 2]
 *
 * Source: Pearson 1900; scikit-learn 1.9, sklearn.feature_selection.
 */
export const chi2 = async (X: Features, y: Target): Promise<ScoredColumns> =>
  both(measures.chi2('chi2', await readScored('chi2', X, y, { classes: true })))

/**
 * Whether each column is correlated with the target: `F = r² / (1 − r²) · (N − 2)`, and its probability by chance.
 *
 * **Shape** X: `[N, F]`, y: `[N]` → scores `[F]`, pvalues `[F]`. A column that does not vary has 0 and 1.
 *
 * @throws ArgumentError for fewer than 3 rows
 * @example
 * const { scores } = await fRegression([[1], [2], [3]], [1, 3, 2])
 * await scores.toArray() // about [0.333]
 *
 * Source: scikit-learn 1.9, sklearn.feature_selection.
 */
export const fRegression = async (X: Features, y: Target): Promise<ScoredColumns> =>
  both(measures.fRegression('fRegression', await readScored('fRegression', X, y, { classes: false })))

/**
 * Pearson's correlation of each column with the target.
 *
 * **Shape** X: `[N, F]`, y: `[N]` → `[F]`. A column that does not vary has 0.
 *
 * @example await (await rRegression([[1], [2], [3]], [1, 3, 2])).toArray() // about [0.5]
 */
export const rRegression = async (X: Features, y: Target): Promise<Vector> =>
  publish(
    measures.rRegression('rRegression', await readScored('rRegression', X, y, { classes: false })).scores,
  ) as Vector

export interface MutualInfoOptions {
  /** Which columns hold classes rather than real numbers: all, none, or one truth value a column; by default those of sparse rows. */
  readonly discreteFeatures?: boolean | readonly boolean[]
  /** Neighbours that distances are measured to; 3. More: less variance, more bias. */
  readonly nNeighbors?: number
  /** Seed of the trifle that is added to equal numbers. */
  readonly randomState?: number
}

const informationFor = async (
  name: 'mutualInfoClassif' | 'mutualInfoRegression',
  given: Features,
  target: Target,
  { discreteFeatures, nNeighbors = 3, randomState }: MutualInfoOptions,
): Promise<Vector> => {
  const classes = name === 'mutualInfoClassif'
  const problem = await readScored(name, given, target, { classes, randomState })
  if (!Number.isInteger(nNeighbors) || nNeighbors < 1)
    throw new ArgumentError(`${name}: nNeighbors must be an integer of at least 1; got ${nNeighbors}.`)
  const { columns } = problem.X
  if (Array.isArray(discreteFeatures) && discreteFeatures.length !== columns) {
    throw new ArgumentError(
      `${name}: discreteFeatures has ${discreteFeatures.length} entries, and X has ${columns} columns. Pass one for each.`,
    )
  }
  const discrete =
    discreteFeatures === undefined
      ? []
      : typeof discreteFeatures === 'boolean'
        ? new Array<boolean>(columns).fill(discreteFeatures)
        : discreteFeatures
  return publish(information(name, name, problem, classes, { discrete, nNeighbors }).scores) as Vector
}

/**
 * How much each column tells about the class, in nats: 0 where they are independent; any dependence counts, not only a linear one.
 *
 * **Shape** X: `[N, F]`, y: `[N]` → `[F]`.
 *
 * @example await (await mutualInfoClassif([[0], [1], [0], [1]], [0, 1, 0, 1], { discreteFeatures: true })).toArray() // about [0.693], which is log 2
 *
 * Source: Ross 2014.
 */
export const mutualInfoClassif = (X: Features, y: Target, options: MutualInfoOptions = {}): Promise<Vector> =>
  informationFor('mutualInfoClassif', X, y, options)

/**
 * How much each column tells about a number, in nats.
 *
 * **Shape** X: `[N, F]`, y: `[N]` → `[F]`.
 *
 * @example await (await mutualInfoRegression(X, y)).toArray()
 *
 * Source: Kraskov, Stögbauer & Grassberger 2004.
 */
export const mutualInfoRegression = (X: Features, y: Target, options: MutualInfoOptions = {}): Promise<Vector> =>
  informationFor('mutualInfoRegression', X, y, options)
