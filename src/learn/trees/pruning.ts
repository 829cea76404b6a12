import { ArgumentError } from '../../core/errors.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { FitExtras } from '../core/estimator.ts'
import type { Features } from '../core/inputs.ts'
import { publish } from '../core/state.ts'
import type { Target } from '../core/targets.ts'
import { type AnyEstimator, plainEstimator } from '../selection/cross-validate.ts'
import { leaf, preorder, reordered, type Tree } from './tree.ts'

/** One step of pruning: the price at which it pays, and the impurity of all leaves after it. */
interface Step {
  readonly alpha: number
  readonly impurity: number
}

/**
 * Takes away the branches that are worth least, one after the other: that of node t is worth
 * `(R(t) − R(T_t)) / (|T_t| − 1)`, with R the impurity weighted by the share of rows and |T_t| its leaves.
 */
const prune = (
  tree: Tree,
  until: (alpha: number) => boolean,
): { readonly inner: Uint8Array; readonly steps: Step[] } => {
  const { childrenLeft, childrenRight, impurity, weightedNNodeSamples: weight } = tree
  const n = childrenLeft.length
  const parents = new Int32Array(n).fill(-1)
  const inner = new Uint8Array(n)
  const own = new Float64Array(n)
  const branch = new Float64Array(n)
  const leaves = new Int32Array(n)
  for (let node = 0; node < n; node++) {
    own[node] = (impurity[node]! * weight[node]!) / weight[0]!
    if (childrenLeft[node] === leaf) continue
    inner[node] = 1
    parents[childrenLeft[node]!] = node
    parents[childrenRight[node]!] = node
  }
  for (let node = n - 1; node >= 0; node--) {
    if (inner[node] === 0) {
      branch[node] = own[node]!
      leaves[node] = 1
      continue
    }
    branch[node] = branch[childrenLeft[node]!]! + branch[childrenRight[node]!]!
    leaves[node] = leaves[childrenLeft[node]!]! + leaves[childrenRight[node]!]!
  }
  const steps: Step[] = [{ alpha: 0, impurity: branch[0]! }]
  const weakest = (): { node: number; alpha: number } => {
    let best = -1
    let alpha = Infinity
    for (let node = 0; node < n; node++) {
      if (inner[node] === 0) continue
      const worth = (own[node]! - branch[node]!) / (leaves[node]! - 1)
      if (worth < alpha) {
        alpha = worth
        best = node
      }
    }
    return { node: best, alpha }
  }
  const below = (node: number): void => {
    const stack = [node]
    while (stack.length > 0) {
      const one = stack.pop()!
      if (inner[one] === 0) continue
      inner[one] = 0
      stack.push(childrenLeft[one]!, childrenRight[one]!)
    }
  }
  while (inner[0] === 1) {
    const { node, alpha } = weakest()
    if (node < 0 || until(alpha)) break
    below(node)
    const lost = leaves[node]! - 1
    const worse = own[node]! - branch[node]!
    for (let one = node; one >= 0; one = parents[one]!) {
      leaves[one]! -= lost
      branch[one]! += worse
    }
    steps.push({ alpha, impurity: branch[0]! })
  }
  return { inner, steps }
}

/** The smallest tree of least impurity with `alpha` paid for each leaf. */
export const pruned = (tree: Tree, alpha: number): Tree => {
  const { inner } = prune(tree, worth => worth > alpha)
  return reordered(
    tree,
    preorder(tree, node => inner[node] === 1),
    node => inner[node] === 1,
  )
}

export interface PruningPath {
  /** [steps] prices of a leaf at which one more branch goes. */
  readonly ccpAlphas: Tensor<readonly [number], 'float64'>
  /** [steps] the impurity of all leaves then. */
  readonly impurities: Tensor<readonly [number], 'float64'>
}

/**
 * The prices `α` of minimal cost-complexity pruning at which a decision tree, fitted on these rows, loses a branch, and the impurity of
 * its leaves then. Each is worth a try as `ccpAlpha`.
 *
 * @throws ArgumentError if the estimator is no decision tree
 * @example const { ccpAlphas } = await costComplexityPruningPath(decisionTreeClassifier(), X, y)
 *
 * Source: Breiman et al. 1984, chapter 3.
 */
export const costComplexityPruningPath = async (
  estimator: AnyEstimator,
  X: Features,
  y: Target,
  extras: FitExtras = {},
): Promise<PruningPath> => {
  const own = plainEstimator(estimator)
  if (!/^(decision|extra)Tree(Classifier|Regressor)$/.test(own.name))
    throw new ArgumentError(
      `costComplexityPruningPath: ${own.name} is no decision tree. Pass decisionTreeClassifier() or its like.`,
    )
  const { state } = await own.with({ ccpAlpha: 0 }).fitRows(X, y, extras)
  const { steps } = prune((state as unknown as { tree: Tree }).tree, () => false)
  return {
    ccpAlphas: publish(Float64Array.from(steps, step => Math.max(0, step.alpha))) as PruningPath['ccpAlphas'],
    impurities: publish(Float64Array.from(steps, step => step.impurity)) as PruningPath['impurities'],
  }
}
