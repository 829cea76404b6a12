import { aWord, defineOptions, either, nothing, number } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineClassifier } from '../core/define.ts'
import type { Problem } from '../core/definition.ts'
import { classWeight, fitIntercept, maxIter, tol } from '../core/rules.ts'
import type { Rows } from '../core/sparse.ts'
import { rowWeights } from '../core/weights.ts'
import { lbfgs } from '../numeric/lbfgs.ts'
import { type LogisticProblem, logisticObjective, probabilities } from './logistic-loss.ts'
import { penalisedLogistic } from './logistic-sparse.ts'
import { linearScores } from './rows.ts'

const options = defineOptions({
  penalty: either([aWord(['l2', 'l1', 'elasticnet']), nothing], {
    default: 'l2',
    help: 'what keeps coefficients small; null for nothing',
  }),
  C: number({ above: 0, default: 1, help: 'the inverse of the strength of the penalty' }),
  l1Ratio: number({ min: 0, max: 1, default: 0.5, help: 'the share of absolute values in the penalty "elasticnet"' }),
  fitIntercept,
  classWeight,
  maxIter: maxIter(100),
  tol: tol(1e-4),
})

interface Settings {
  readonly penalty: 'l2' | 'l1' | 'elasticnet' | null
  readonly C: number
  readonly l1Ratio: number
  readonly fitIntercept: boolean
  readonly classWeight: null | 'balanced' | Readonly<Record<string, number>>
  readonly maxIter: number
  readonly tol: number
}

const fitLogistic = (
  where: string,
  { X, y, classCount, classes, sampleWeight }: Problem<'sparse', 'classes'>,
  settings: Settings,
) => {
  const { penalty, C, l1Ratio, fitIntercept, classWeight, maxIter, tol } = settings
  const weights = rowWeights({ y, classes, sampleWeight }, classWeight, where, true) ?? new Float64Array(X.rows).fill(1)
  const total = weights.reduce((a, b) => a + b, 0)
  const strength = 1 / (C * total)
  const absolute = penalty === 'l1' ? 1 : penalty === 'elasticnet' ? l1Ratio : 0
  const K = classCount === 2 ? 1 : classCount
  const F = X.columns
  const problem: LogisticProblem = {
    X,
    y,
    outputs: K,
    share: weights.map(weight => weight / total),
    fitIntercept,
    l2: penalty === null ? 0 : strength * (1 - absolute),
  }
  const { theta, nIter } =
    absolute > 0
      ? penalisedLogistic(problem, { l1: strength * absolute, maxIter, tolerance: tol })
      : smooth(problem, { maxIter, tol })
  const coef = dense(K, F)
  for (let j = 0; j < F; j++) for (let k = 0; k < K; k++) coef.data[k * F + j] = theta[j * K + k]!
  const intercept = fitIntercept ? theta.slice(F * K) : new Float64Array(K)
  // A number added to every class's score changes nothing: of all such intercepts those with the sum 0.
  if (K > 1) {
    const mean = intercept.reduce((a, b) => a + b, 0) / K
    for (let k = 0; k < K; k++) intercept[k]! -= mean
  }
  return { coef, intercept, nIter }
}

const smooth = (problem: LogisticProblem, { maxIter, tol }: Pick<Settings, 'maxIter' | 'tol'>) => {
  const size = (problem.X.columns + (problem.fitIntercept ? 1 : 0)) * problem.outputs
  const { x, iterations } = lbfgs(logisticObjective(problem), new Float64Array(size), {
    maxIter,
    tolerance: tol,
    functionTolerance: 0,
  })
  return { theta: x, nIter: iterations }
}

type State = ReturnType<typeof fitLogistic>

const methods = {
  decisionFunction: ({ state }: { readonly state: State }, X: Rows): Float64Array | Dense => {
    const scores = linearScores(X, state.coef, state.intercept)
    return scores.columns === 1 ? scores.data : scores
  },
  predictProba: ({ state }: { readonly state: State }, X: Rows): Dense =>
    probabilities(linearScores(X, state.coef, state.intercept)),
}

/**
 * Logistic regression: `p(k | x) = softmax(W x + b)ₖ` (two classes: the logistic function of one score), with the least mean
 * cross-entropy plus `‖W‖² / (2 C N)`; with `penalty: 'l1'` `‖W‖₁ / (C N)`. By L-BFGS, with absolute values by coordinate descent.
 *
 * The model has `coef` ([1, F] for two classes, else [K, F]), `intercept`, `nIter`, `predictProba` and `decisionFunction`. Rows may be
 * sparse. Scale the features first: it converges sooner, and the penalty treats all alike.
 *
 * @example
 * const model = await logisticRegression({ C: 10 }).fit([[0], [1], [2], [3]], ['ham', 'ham', 'spam', 'spam'])
 * await model.predict([[5]]) // ['spam']
 *
 * Source: Berkson 1944; Cox 1958; Liu & Nocedal 1989 (L-BFGS).
 */
export const logisticRegression = defineClassifier({
  name: 'logisticRegression',
  summary: 'Class probabilities softmax(Wx + b) with the least cross-entropy and a penalty on W.',
  source: 'Berkson 1944; Cox 1958; Liu & Nocedal 1989',
  input: 'sparse',
  sampleWeight: true,
  options,
  fit: (problem, settings) => fitLogistic('logisticRegression.fit', problem, settings),
  methods,
})
