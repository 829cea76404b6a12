import { ArgumentError } from '../../core/errors.ts'
import { aNumber, aWord, defineOptions, either, nothing, oneOf } from '../../core/options.ts'
import { innerEstimator, innerProblem, plain } from '../compose/inner.ts'
import { defineTransformer } from '../core/define.ts'
import type { AnyProblem, Estimator } from '../core/estimator.ts'
import { randomState } from '../core/rules.ts'
import type { Rows } from '../core/sparse.ts'
import { splitsOf } from '../selection/candidates.ts'
import { fitAndScore } from '../selection/fit-and-score.ts'
import { type Scorer, scorerOf } from '../selection/scorers.ts'
import type { Split } from '../split/split.ts'
import { positions, selectedNames, selects, takeColumns } from './columns.ts'
import { aShareOrCount, countOf, judged } from './rfe.ts'

/**
 * Columns chosen one at a time by how well a model does with them over folds: forward from none, or backward from all.
 *
 * The model has `support` (whether each column is kept) and `nFeaturesToSelect`. Any classifier or regressor will do; each choice costs a
 * cross-validation for every column left.
 *
 * @throws ArgumentError where no column would be left to choose, or a fit fails
 * @example
 * const model = await sequentialFeatureSelector({ estimator: linearRegression(), nFeaturesToSelect: 2 }).fit(X, y)
 *
 * Source: Whitney 1971; Ferri, Pudil, Hatef & Kittler 1994.
 */
export const sequentialFeatureSelector = defineTransformer({
  name: 'sequentialFeatureSelector',
  summary: 'Columns chosen one at a time by how well a model does with them over folds.',
  source: 'Whitney 1971; Ferri, Pudil, Hatef & Kittler 1994',
  input: 'sparse',
  target: 'any',
  minRows: 2,
  options: defineOptions({
    estimator: either([innerEstimator('classifier', 'regressor')], { required: true, help: 'what does well or not' }),
    nFeaturesToSelect: either([aWord(['auto']), aShareOrCount], {
      default: 'auto',
      help: 'how many columns are kept; below 1 a share; auto: half, or with tol as many as gain more than it',
    }),
    tol: either([nothing, aNumber()], {
      default: null,
      help: 'with "auto" it ends where a step gains less; below 0 for backward steps that may lose a little',
    }),
    direction: oneOf(['forward', 'backward'], { default: 'forward', help: 'whether columns are added or left out' }),
    ...judged,
    randomState,
  }),
  fit: async ({ X, y, classes, random }, options) => {
    const where = 'sequentialFeatureSelector.fit'
    const { direction, tol, nFeaturesToSelect, cv, scoring } = options
    if (X.columns < 2)
      throw new ArgumentError(`${where}: X has one column, of which none can be chosen. Pass at least two.`)
    const wanted =
      nFeaturesToSelect !== 'auto'
        ? countOf(nFeaturesToSelect, X.columns)
        : tol === null
          ? X.columns >> 1
          : X.columns - 1
    if (wanted >= X.columns)
      throw new ArgumentError(
        `${where}: nFeaturesToSelect is ${wanted}, and X has ${X.columns} columns. Ask for fewer than all.`,
      )
    if (tol !== null && tol <= 0 && direction === 'forward')
      throw new ArgumentError(`${where}: tol must be above 0 where columns are added; got ${tol}.`)
    const own = plain(options.estimator)
    const problem = innerProblem(where, own, { X, y, classes, seed: random.seed() })
    const splits = splitsOf(where, cv, problem, { classifier: own.kind === 'classifier' })
    const scorer = scorerOf(scoring)
    // Forward: columns chosen; backward: columns left out.
    const taken = new Array<boolean>(X.columns).fill(false)
    const ends = nFeaturesToSelect === 'auto' && tol !== null
    const rounds = direction === 'forward' || ends ? wanted : X.columns - wanted
    let before = -Infinity
    for (let round = 0; round < rounds; round++) {
      let best = -1
      let most = Number.NaN
      for (let j = 0; j < X.columns; j++) {
        if (taken[j]) continue
        const mask = taken.map((yes, k) => (yes || k === j) === (direction === 'forward'))
        const score = await meanScore(where, own, problem, { columns: positions(mask), splits, scorer })
        if (best >= 0 && !(score > most)) continue
        best = j
        most = score
      }
      if (ends && most - before < tol) break
      before = most
      taken[best] = true
    }
    const support = taken.map(yes => yes === (direction === 'forward'))
    return { support, nFeaturesToSelect: positions(support).length }
  },
  methods: selects,
  functions: selectedNames,
})

const meanScore = async (
  where: string,
  estimator: Estimator,
  problem: AnyProblem,
  {
    columns,
    splits,
    scorer,
  }: { readonly columns: Int32Array; readonly splits: readonly Split[]; readonly scorer: Scorer },
): Promise<number> => {
  const own = { ...problem, X: takeColumns(problem.X as Rows, columns) }
  let sum = 0
  for (const { train, test } of splits) {
    const job = { train, test, seed: problem.seed ?? 0, scoring: [scorer], returnTrainScore: false }
    const result = await fitAndScore(estimator, own, job)
    if (result.error !== undefined) throw new ArgumentError(`${where}: a fit failed: ${result.error}`)
    sum += result.test[0]!
  }
  return sum / splits.length
}
