import type { Search } from './search.ts'

/** What nodes are known by while a tree grows. */
export interface Measures {
  readonly weight: Float64Array
  readonly impurity: Float64Array
  /** [nodes, size]: sums of targets, weights of classes, or the median. */
  readonly stats: Float64Array
}

/** How good a node and a split are. */
export interface Criterion {
  /** Statistics a node. */
  readonly size: number
  /** Weight, impurity and statistics of rows[from..to). */
  measure(rows: Int32Array, from: number, to: number, measures: Measures, node: number): void
  /** Prepares for the search in a node. */
  enter?(rows: Int32Array, from: number, to: number): void
  /** Looks for a better split on one feature. */
  scan(search: Search): void
  /** The node's value of which `direction` speaks. */
  level(measures: Measures, node: number): number
  /** The node's values as the tree keeps them, from its statistics. */
  values(measures: Measures, node: number, out: Float64Array, at: number): void
}

/** Impurities at or below it are 0. */
export const epsilon = 2 ** -52
