import type { Shot } from '../../kit/lab.ts'

/** Cells of the map on a side. */
export const side = 60
export const classifiers = ['neighbours', 'tree', 'forest', 'bayes', 'svm', 'logistic', 'lda', 'kMeans'] as const
export type ClassifierName = (typeof classifiers)[number]
export const classifierNames: Readonly<Record<ClassifierName, string>> = {
  neighbours: 'k nearest neighbours',
  tree: 'decision tree',
  forest: 'random forest',
  bayes: 'Gaussian naive Bayes',
  svm: 'support vector machine',
  logistic: 'logistic regression',
  lda: 'linear discriminant',
  kMeans: 'k-means (clusters)',
}

/** The curve of one class against the rest, and the place of a threshold on it. */
export interface Roc {
  readonly fpr: Float64Array
  readonly tpr: Float64Array
  readonly thresholds: Float64Array
}

export interface ClassicsShot extends Shot {
  /** All points, those that were trained on first. */
  readonly x: Float32Array
  readonly y: Int32Array
  readonly trained: number
  readonly classes: readonly string[]
  readonly axes: readonly [string, string]
  /** Ends of the map on both axes: from −reach to reach. */
  readonly reach: number
  /** Class (or cluster) of each cell, and how sure it is from 0 to 1; the first row at the bottom. Empty before the first step. */
  readonly map: Int32Array
  readonly sure: Float32Array
  /** Class (or cluster) predicted for each point. */
  readonly predicted: Int32Array
  /** Names of what is predicted: the classes, or clusters. */
  readonly outcomes: readonly string[]
  /** Test points by class: `[actual, predicted]`. */
  readonly confusion: readonly (readonly number[])[]
  readonly roc: Roc | null
  /** Points that carry the boundary (support vectors), or none. */
  readonly support: Int32Array
  /** Centres of k-means, two numbers each. */
  readonly centres: Float64Array
}

interface ReasonOf {
  readonly at: readonly [number, number]
  readonly predicted: number
  /** For each class; of k-means there are none. */
  readonly chances: readonly number[]
}
/** Why a place is given its class. */
export type Reason =
  | (ReasonOf & {
      readonly kind: 'neighbours'
      readonly neighbours: readonly Neighbour[]
      readonly votes: readonly number[]
    })
  | (ReasonOf & { readonly kind: 'tree'; readonly rules: readonly Rule[]; readonly points: readonly number[] })
  | (ReasonOf & { readonly kind: 'forest'; readonly votes: readonly number[] })
  | (ReasonOf & { readonly kind: 'bayes'; readonly parts: readonly Density[] })
  | (ReasonOf & { readonly kind: 'scores'; readonly scores: readonly number[]; readonly of: string })
  | (ReasonOf & { readonly kind: 'kMeans'; readonly distances: readonly number[] })

export interface Neighbour {
  readonly point: number
  readonly distance: number
  readonly weight: number
}
export interface Rule {
  /** 0: the first axis. */
  readonly axis: number
  readonly threshold: number
  readonly left: boolean
  readonly points: number
}
/** What naive Bayes multiplies. */
export interface Density {
  readonly prior: number
  readonly densities: readonly [number, number]
  readonly joint: number
}
