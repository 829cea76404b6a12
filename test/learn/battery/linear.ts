import type { Battery } from './check-estimator.ts'
import { exampleFor, positiveTargets } from './examples.ts'

const draws = 'each step is a draw: repeated rows are other steps'
const one = exampleFor({ input: 'dense', target: 'number', kind: 'regressor' } as never)
const { X, y } = one as { X: { rows: number; columns: number; data: Float64Array }; y: readonly number[] }
const firstColumn = {
  rows: X.rows,
  columns: 1,
  data: Float64Array.from({ length: X.rows }, (_, i) => X.data[i * X.columns]!),
}

export const linear: Readonly<Record<string, Battery>> = {
  elasticNet: { options: { alpha: 0.01, tol: 1e-10, maxIter: 100_000 }, near: 1e-5 },
  gam: { options: { nSplines: 6 }, near: 1e-5 },
  gammaRegressor: { options: { tol: 1e-10 }, example: { y: positiveTargets() } },
  huberRegressor: { options: { tol: 1e-9, maxIter: 1000 }, near: 1e-4 },
  isotonicRegression: {
    example: { X: firstColumn, y },
    except: {
      'refuses rows of another width': 'it takes one column only, and says so',
      'refuses NaN and infinity': 'the check looks at the second column',
      'works with a constant feature': 'a constant x is one point, which the checks of sizes cover',
    },
  },
  lasso: { options: { alpha: 0.01, tol: 1e-10, maxIter: 100_000 }, near: 1e-5 },
  logisticRegression: { options: { tol: 1e-9, maxIter: 1000 }, near: 1e-4 },
  perceptron: { except: { 'counts a row of weight 2 twice, and one of weight 0 not at all': draws } },
  poissonRegressor: { options: { tol: 1e-10 }, example: { y: positiveTargets() } },
  quantileRegressor: { options: { alpha: 0.01 }, near: 1e-6 },
  sgdClassifier: { except: { 'counts a row of weight 2 twice, and one of weight 0 not at all': draws } },
  sgdRegressor: { except: { 'counts a row of weight 2 twice, and one of weight 0 not at all': draws } },
  softmaxRegression: {
    options: { epochs: 10 },
    except: { 'counts a row of weight 2 twice, and one of weight 0 not at all': draws },
  },
  tweedieRegressor: { options: { power: 1.5, tol: 1e-10 }, example: { y: positiveTargets() } },
}
