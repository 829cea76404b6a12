import { canShare, cores } from '#learn-threads'
import { ArgumentError } from '../../../core/errors.ts'
import type { Dense } from '../../../ops/matrix-kernels.ts'
import type { Random } from '../../core/random.ts'
import { takeDense, takeTarget } from '../../core/take-rows.ts'
import { shuffleSplit, stratifiedShuffleSplit } from '../../split/shuffle-split.ts'
import { runTasks } from '../../threads/pool.ts'
import { categoriesOf, rowsForBins } from './bins.ts'
import type { Boosted, SharedBoost } from './boost.ts'
import { width } from './find-split.ts'
import { strideOf } from './kernels.ts'
import { arena } from './memory.ts'
import { lossOf, type LossChoice } from './losses.ts'
import type { BoostOptions } from './options.ts'

export interface BoostProblem {
  readonly X: Dense
  readonly y: Float64Array
  readonly weights: Float64Array | undefined
  readonly random: Random
  readonly featureNames: readonly string[] | undefined
}

/** From so many rows times features on, a second thread is worth its start and the meetings. */
const large = 2e6

/** Feature numbers from numbers or names. */
export const featureNumbers = (
  where: string,
  option: string,
  given: readonly (number | string)[],
  { X, featureNames }: Pick<BoostProblem, 'X' | 'featureNames'>,
): number[] =>
  given.map(one => {
    const j = typeof one === 'number' ? one : (featureNames?.indexOf(one) ?? -1)
    if (j >= 0 && j < X.columns) return j
    throw new ArgumentError(
      `${where}: ${option} names the feature ${JSON.stringify(one)}, which X does not have. ${featureNames ? `Its columns are ${featureNames.slice(0, 10).join(', ')}.` : `Its columns are 0 to ${X.columns - 1}; names need a table.`}`,
    )
  })

const interactionsOf = (where: string, options: BoostOptions, problem: BoostProblem): number[][] | undefined => {
  const { interactionCst } = options
  const F = problem.X.columns
  if (interactionCst === null) return undefined
  const all = Array.from({ length: F }, (_, j) => j)
  if (interactionCst === 'noInteractions') return all.map(j => [j])
  if (interactionCst === 'pairwise') return all.flatMap(i => all.slice(i + 1).map(j => [i, j]))
  const sets = interactionCst.map(set => featureNumbers(where, 'interactionCst', set, problem))
  const rest = all.filter(j => !sets.some(set => set.includes(j)))
  return rest.length > 0 ? [...sets, rest] : sets
}

const directionsOf = (
  where: string,
  { monotonicCst }: BoostOptions,
  { X }: BoostProblem,
  { K, categorical }: { readonly K: number; readonly categorical: readonly number[] },
): readonly number[] | undefined => {
  if (!monotonicCst?.some(one => one !== 0)) return undefined
  if (monotonicCst.length !== X.columns)
    throw new ArgumentError(
      `${where}: monotonicCst has ${monotonicCst.length} entries and X has ${X.columns} columns. It needs one for each.`,
    )
  if (K > 1) throw new ArgumentError(`${where}: monotonicCst needs two classes; y has ${K}. Leave it out.`)
  const both = categorical.find(j => monotonicCst[j] !== 0)
  if (both !== undefined)
    throw new ArgumentError(
      `${where}: feature ${both} is categorical and has no order for monotonicCst. Set its entry to 0.`,
    )
  return monotonicCst
}

/** Rows to learn from and rows that tell when to stop. */
const parted = (problem: BoostProblem, options: BoostOptions, classes: boolean) => {
  const { X, y, weights, random } = problem
  const stops = options.earlyStopping === 'auto' ? X.rows > 10_000 : options.earlyStopping
  if (!stops || options.validationFraction === null) return { stops, train: problem, validation: undefined }
  const cut = { nSplits: 1, testSize: options.validationFraction, randomState: random.seed() }
  const splitter = classes ? stratifiedShuffleSplit(cut) : shuffleSplit(cut)
  const [split] = [...splitter.split(X.rows, classes ? { y } : {})]
  const part = (rows: Int32Array) => ({
    X: takeDense(X, rows),
    y: takeTarget(y, rows),
    weights: takeTarget(weights, rows),
  })
  return { stops, train: part(split!.train), validation: part(split!.test) }
}

/** Boosts, by two or more threads where the rows are many and memory can be shared. The result does not depend on how many. */
export const fitBoost = async (
  where: string,
  problem: BoostProblem,
  options: BoostOptions,
  choice: LossChoice,
): Promise<Boosted & { readonly categorical: readonly number[] }> => {
  const loss = lossOf(choice)
  const { stops, train, validation } = parted(problem, options, choice.name === 'logLoss')
  const { X, y, weights } = train
  const { rows, columns } = X
  const categorical = featureNumbers(where, 'categoricalFeatures', options.categoricalFeatures ?? [], problem)
  const directions = directionsOf(where, options, problem, { K: loss.K, categorical })
  const interactions = interactionsOf(where, options, problem)
  const wanted = options.nJobs < 0 ? cores() : options.nJobs
  const size = canShare() && rows * columns >= large ? Math.max(1, Math.min(wanted, columns)) : 1
  const { maxBins } = options
  const constant = loss.constantHessian && !weights
  const places = maxBins + 1
  const scratch = size * columns * places * strideOf(constant)
  // Bins, three lists of rows, pairs, gradients, hessians and scores, and what is small.
  const held = validation ? validation.X.rows : 0
  const room =
    rows * (columns + 12 + 8 + 16 * loss.K) + 8 * (scratch + loss.K * held + columns * (maxBins + 2 * width + 16))
  const make = arena(room + 65536, size > 1)
  const forBins = rowsForBins(rows, weights, problem.random)
  const shared: SharedBoost = {
    size,
    control: make.ints(3),
    X,
    y,
    weights,
    validation,
    loss: choice,
    growth: {
      learningRate: options.learningRate,
      maxLeafNodes: options.maxLeafNodes,
      maxDepth: options.maxDepth,
      minSamplesLeaf: options.minSamplesLeaf,
      l2: options.l2Regularization,
      maxFeatures: options.maxFeatures,
      directions,
      interactions,
    },
    work: {
      rows,
      columns,
      bins: make.bytes(rows * columns),
      partition: make.ints(rows),
      leftSpare: make.ints(rows),
      rightSpare: make.ints(rows),
      pairs: make.singles(2 * rows),
      scratch: make.doubles(scratch),
      memory: make.memory,
      counts: make.ints(size),
      found: make.doubles(2 * columns * width),
      binCounts: make.ints(columns),
      missing: make.ints(columns),
      categorical: make.ints(columns),
      places,
      constant,
    },
    scores: make.doubles(loss.K * rows),
    validationScores: make.doubles(validation ? loss.K * validation.X.rows : 0),
    gradients: make.singles(loss.K * rows),
    hessians: make.singles(constant ? 0 : loss.K * rows),
    thresholds: make.doubles(columns * maxBins),
    thresholdCounts: make.ints(columns),
    maxBins,
    rowsForBins: forBins.rows,
    binWeights: forBins.weights,
    maxIter: options.maxIter,
    earlyStopping: stops,
    nIterNoChange: options.nIterNoChange,
    tol: options.tol,
    seed: problem.random.seed(),
  }
  if (constant) shared.work.pairs.fill(1)
  for (const column of categorical) {
    shared.work.categorical[column] = 1
    const found = categoriesOf(where, X.data, { rows, columns, column, only: undefined, weights: undefined }, maxBins)
    shared.thresholds.set(found, column * maxBins)
    shared.thresholdCounts[column] = found.length
  }
  const ranks = Array.from({ length: size }, (_, rank) => rank)
  const results = await runTasks<Boosted | undefined>('boostHistograms', ranks, { shared, nJobs: size })
  return { ...results[0]!, categorical }
}
