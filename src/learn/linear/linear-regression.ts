import { aFlag, defineOptions, either } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineRegressor } from '../core/define.ts'
import { fitIntercept } from '../core/rules.ts'
import { leastSquares } from '../numeric/least-squares.ts'
import { centred, coefficients, predictLinear } from './design.ts'
import { nonNegativeLeastSquares } from './non-negative.ts'

/**
 * Ordinary least squares: the `w` and `b` with the least `Σ (y − X w − b)²`, by QR with pivoting of columns brought to one length, so
 * that badly scaled and ill-conditioned columns keep their digits. Of several solutions the shortest.
 *
 * The model has `coef` [F] (or [M, F] for several targets), `intercept`, and `rank`.
 *
 * @example
 * const model = await linearRegression().fit([[0], [1], [2]], [1, 3, 5])
 * await model.coef.toArray() // [2], and model.intercept is 1
 *
 * Source: Legendre 1805; Golub & Van Loan 2013, sections 5.3 and 5.5.
 */
export const linearRegression = defineRegressor({
  name: 'linearRegression',
  summary: 'Ordinary least squares: the coefficients with the least sum of squared residuals, by QR.',
  source: 'Legendre 1805; Golub & Van Loan 2013, sections 5.3 and 5.5',
  target: 'numbers',
  sampleWeight: true,
  options: defineOptions({
    fitIntercept,
    positive: either([aFlag], {
      default: false,
      help: 'whether coefficients must be at least 0 (Lawson & Hanson 1974)',
    }),
  }),
  fit: ({ X, y, sampleWeight, single }, { fitIntercept, positive }) => {
    const problem = centred(X, y, { fitIntercept, weights: sampleWeight })
    if (positive) {
      return { ...coefficients(nonNegativeLeastSquares(problem.X, problem.Y), problem, single), rank: X.columns }
    }
    const { x, rank } = scaledLeastSquares(problem.X, problem.Y)
    return { ...coefficients(x, problem, single), rank }
  },
  methods: { predict: ({ state }, X: Dense) => predictLinear(state, X) },
})

/**
 * Least squares after each column is brought to length 1: whether columns are independent then does not hang on their units. Where they
 * are not, the shortest solution in the units given, as scikit-learn has it.
 */
export const scaledLeastSquares = (X: Dense, Y: Dense): { readonly x: Dense; readonly rank: number } => {
  const { rows, columns } = X
  const length = new Float64Array(columns)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) length[j]! += X.data[i * columns + j]! ** 2
  for (let j = 0; j < columns; j++) length[j] = Math.sqrt(length[j]!) || 1
  const unit = dense(rows, columns)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) unit.data[i * columns + j] = X.data[i * columns + j]! / length[j]!
  const { x, rank } = leastSquares(unit, Y)
  if (rank < Math.min(rows, columns) || rows < columns) return leastSquares(X, Y)
  const out = dense(columns, Y.columns)
  for (let j = 0; j < columns; j++)
    for (let m = 0; m < Y.columns; m++) out.data[j * Y.columns + m] = x.data[j * Y.columns + m]! / length[j]!
  return { x: out, rank }
}
