import type { Dense } from '../../ops/matrix-kernels.ts'

/** A fitted tree as flat arrays, node by node; children come after their parents. A leaf's children are −1, its feature −2. */
export interface Tree {
  readonly childrenLeft: Int32Array
  readonly childrenRight: Int32Array
  readonly feature: Int32Array
  /** Rows of values up to it go left. */
  readonly threshold: Float64Array
  /** 1 where rows without a value go left. */
  readonly missingGoToLeft: Int32Array
  readonly impurity: Float64Array
  readonly nNodeSamples: Int32Array
  readonly weightedNNodeSamples: Float64Array
  /** [nodes, K]: the share of each class, or the predicted number. */
  readonly value: Dense
}

export const leaf = -1

/** Rows in single precision, as trees compare them. */
export const singles = ({ data }: Dense): Float32Array => Float32Array.from(data)

/** The leaf of each row. */
export const leavesOf = (tree: Tree, X: Float32Array, columns: number): Int32Array => {
  const { childrenLeft, childrenRight, feature, threshold, missingGoToLeft } = tree
  const rows = X.length / columns
  const out = new Int32Array(rows)
  for (let i = 0; i < rows; i++) {
    const at = i * columns
    let node = 0
    let left = childrenLeft[0]!
    while (left !== leaf) {
      const x = X[at + feature[node]!]!
      node = x <= threshold[node]! || (Number.isNaN(x) && missingGoToLeft[node] === 1) ? left : childrenRight[node]!
      left = childrenLeft[node]!
    }
    out[i] = node
  }
  return out
}

/** Adds each row's value of the tree, times a scale, to `out` [rows, K]. */
export const addValues = (tree: Tree, X: Float32Array, columns: number, out: Float64Array, scale = 1): void => {
  const { childrenLeft, childrenRight, feature, threshold, missingGoToLeft, value } = tree
  const rows = X.length / columns
  const K = value.columns
  const values = value.data
  for (let i = 0; i < rows; i++) {
    const at = i * columns
    let node = 0
    let left = childrenLeft[0]!
    while (left !== leaf) {
      const x = X[at + feature[node]!]!
      node = x <= threshold[node]! || (Number.isNaN(x) && missingGoToLeft[node] === 1) ? left : childrenRight[node]!
      left = childrenLeft[node]!
    }
    for (let k = 0; k < K; k++) out[i * K + k]! += scale * values[node * K + k]!
  }
}

/** How much the splits on each feature lower the impurity, weighted by rows; over all features 1 (or 0 for a tree of one leaf). */
export const importances = (tree: Tree, columns: number, normalize = true): Float64Array => {
  const { childrenLeft, childrenRight, feature, impurity, weightedNNodeSamples: weight } = tree
  const out = new Float64Array(columns)
  for (let node = 0; node < childrenLeft.length; node++) {
    const left = childrenLeft[node]!
    if (left === leaf) continue
    const right = childrenRight[node]!
    out[feature[node]!]! +=
      weight[node]! * impurity[node]! - weight[left]! * impurity[left]! - weight[right]! * impurity[right]!
  }
  for (let j = 0; j < columns; j++) out[j]! /= weight[0]!
  return normalize ? normalized(out) : out
}

/** Over their sum, where that is above 0. */
export const normalized = (values: Float64Array): Float64Array => {
  const sum = values.reduce((a, b) => a + b, 0)
  return sum > 0 ? values.map(value => value / sum) : values
}

/** The depth of each node; the root's is 0. */
export const depthsOf = ({ childrenLeft, childrenRight }: Tree): Int32Array => {
  const depths = new Int32Array(childrenLeft.length)
  for (let node = 0; node < depths.length; node++) {
    if (childrenLeft[node] === leaf) continue
    depths[childrenLeft[node]!] = depths[node]! + 1
    depths[childrenRight[node]!] = depths[node]! + 1
  }
  return depths
}
export const depthOf = (tree: Tree): number => depthsOf(tree).reduce((a, b) => Math.max(a, b), 0)
export const leafCount = ({ childrenLeft }: Tree): number =>
  childrenLeft.reduce((count, child) => (child === leaf ? count + 1 : count), 0)

/** Some nodes of a tree in a new order: `order[i]` is the old number of node i, `keep` tells whether a node keeps its children. */
export const reordered = (tree: Tree, order: ArrayLike<number>, keep: (node: number) => boolean): Tree => {
  const n = order.length
  const K = tree.value.columns
  const place = new Int32Array(tree.childrenLeft.length)
  for (let i = 0; i < n; i++) place[order[i]!] = i
  const inner = (node: number): boolean => tree.childrenLeft[node] !== leaf && keep(node)
  const ints = (of: (node: number) => number): Int32Array => Int32Array.from({ length: n }, (_, i) => of(order[i]!))
  const floats = (of: Float64Array): Float64Array => Float64Array.from({ length: n }, (_, i) => of[order[i]!]!)
  const data = new Float64Array(n * K)
  for (let i = 0; i < n; i++) for (let k = 0; k < K; k++) data[i * K + k] = tree.value.data[order[i]! * K + k]!
  return {
    childrenLeft: ints(node => (inner(node) ? place[tree.childrenLeft[node]!]! : leaf)),
    childrenRight: ints(node => (inner(node) ? place[tree.childrenRight[node]!]! : leaf)),
    feature: ints(node => (inner(node) ? tree.feature[node]! : -2)),
    threshold: Float64Array.from({ length: n }, (_, i) => (inner(order[i]!) ? tree.threshold[order[i]!]! : -2)),
    missingGoToLeft: ints(node => (inner(node) ? tree.missingGoToLeft[node]! : 0)),
    impurity: floats(tree.impurity),
    nNodeSamples: ints(node => tree.nNodeSamples[node]!),
    weightedNNodeSamples: floats(tree.weightedNNodeSamples),
    value: { rows: n, columns: K, data },
  }
}

/** The nodes that are left when some inner nodes lose what is below them, parents before children, left before right. */
export const preorder = (
  { childrenLeft, childrenRight }: Pick<Tree, 'childrenLeft' | 'childrenRight'>,
  keep: (node: number) => boolean,
): Int32Array => {
  const order: number[] = []
  const stack = [0]
  while (stack.length > 0) {
    const node = stack.pop()!
    order.push(node)
    if (childrenLeft[node] === leaf || !keep(node)) continue
    stack.push(childrenRight[node]!, childrenLeft[node]!)
  }
  return Int32Array.from(order)
}
