import { ArgumentError } from '../../core/errors.ts'
import type { Labels } from '../core/definition.ts'
import { fitOf } from '../core/model.ts'
import type { TreeState } from './fit-tree.ts'
import { leaf, type Tree } from './tree.ts'

/** A fitted tree with the names that its drawings need. */
export interface ShownTree {
  readonly tree: Tree
  /** Empty for a regression tree. */
  readonly classes: Labels
  readonly criterion: string
  feature(node: number): string
}

export interface ShowOptions {
  /** Names of the features; default those of the table the tree was fitted on, or `x0`, `x1`, … */
  readonly featureNames?: readonly string[]
  /** Nodes deeper than it are left out; default all are shown. */
  readonly maxDepth?: number
  /** Digits after the decimal point; default 2. */
  readonly decimals?: number
}

/** What a fitted decision tree shows. */
export const shownTree = (where: string, model: object, { featureNames }: ShowOptions): ShownTree => {
  const { definition, state, classes, nFeaturesIn, featureNames: own, options } = fitOf(model)
  if (!/^(decision|extra)Tree(Classifier|Regressor)$/.test(definition.name))
    throw new ArgumentError(
      `${where}: ${definition.name} is no decision tree. Pass what decisionTreeClassifier().fit() gave, or its like.`,
    )
  const names = featureNames ?? own
  if (names && names.length !== nFeaturesIn)
    throw new ArgumentError(
      `${where}: featureNames has ${names.length} names, and the tree was fitted on ${nFeaturesIn} features. It needs one for each.`,
    )
  const { tree } = state as unknown as TreeState
  return {
    tree,
    classes,
    criterion: String((options as { criterion?: unknown }).criterion),
    feature: node => names?.[tree.feature[node]!] ?? `x${tree.feature[node]}`,
  }
}

/** The class of most weight at a node, by its place. */
export const classAt = ({ value }: Tree, node: number): number => {
  let best = 0
  for (let k = 1; k < value.columns; k++)
    if (value.data[node * value.columns + k]! > value.data[node * value.columns + best]!) best = k
  return best
}

export const isLeaf = ({ childrenLeft }: Tree, node: number): boolean => childrenLeft[node] === leaf
