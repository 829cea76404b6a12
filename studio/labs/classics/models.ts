import {
  decisionTreeClassifier,
  gaussianNB,
  kMeans,
  kNeighborsClassifier,
  linearDiscriminantAnalysis,
  logisticRegression,
  randomForestClassifier,
  svc,
} from 'gradus/learn'
import type { Settings } from './about.ts'

export type Rows = readonly (readonly [number, number])[]
interface Numbers {
  data(): Promise<ArrayLike<number>>
}
/** Rows with entries in some columns only. */
interface SparseRows {
  readonly indices: Int32Array
}
interface Tree {
  readonly childrenLeft: Int32Array
  readonly feature: Int32Array
  readonly threshold: Float64Array
  readonly nNodeSamples: Int32Array
  readonly value: { readonly columns: number; readonly data: Float64Array }
}

/** What this lab asks of a fitted model of the library; each kind has some of it. */
export interface Fitted {
  readonly classes?: readonly number[]
  predict(X: Rows): Promise<Numbers>
  predictProba?(X: Rows): Promise<Numbers>
  decisionFunction?(X: Rows): Promise<Numbers>
  predictJointLogProba?(X: Rows): Promise<Numbers>
  kneighbors?(X: Rows): Promise<{ readonly distances: Numbers; readonly indices: Numbers }>
  decisionPath?(X: Rows): Promise<SparseRows>
  apply?(X: Rows): Promise<Numbers>
  transform?(X: Rows): Promise<Numbers>
  readonly tree?: Tree
  readonly estimators?: readonly Tree[]
  readonly theta?: Numbers
  readonly var?: Numbers
  readonly classPrior?: Numbers
  readonly support?: Numbers
  readonly clusterCenters?: Numbers
  readonly inertia?: number
  readonly nIter?: number
}
interface Fitting {
  fit(X: Rows, y?: readonly number[]): Promise<Fitted>
}

type Written = readonly [name: string, options: Readonly<Record<string, unknown>>]

/** The library's function and its options; `iterations` are those of k-means. */
export const writtenOf = (s: Settings, iterations: number): Written => {
  const { seed: randomState } = s
  switch (s.classifier) {
    case 'neighbours':
      return ['kNeighborsClassifier', { nNeighbors: s.k, metric: s.metric, weights: s.weights, nJobs: 1 }]
    case 'tree':
      return ['decisionTreeClassifier', { maxDepth: s.depth, minSamplesLeaf: s.minLeaf, randomState }]
    case 'forest':
      return [
        'randomForestClassifier',
        { nEstimators: s.trees, maxDepth: s.depth, minSamplesLeaf: s.minLeaf, randomState, nJobs: 1 },
      ]
    case 'bayes':
      return ['gaussianNB', {}]
    case 'svm':
      return ['svc', { kernel: s.kernel, C: s.C, gamma: s.gamma, coef0: 1, probability: true, randomState }]
    case 'logistic':
      return ['logisticRegression', { C: s.C }]
    case 'lda':
      return ['linearDiscriminantAnalysis', {}]
    case 'kMeans':
      // No tolerance: it goes on until no point changes its cluster.
      return [
        'kMeans',
        { nClusters: s.clusters, init: s.start, nInit: 1, maxIter: iterations, tol: 0, randomState, nJobs: 1 },
      ]
  }
}

const factories = {
  kNeighborsClassifier,
  decisionTreeClassifier,
  randomForestClassifier,
  gaussianNB,
  svc,
  logisticRegression,
  linearDiscriminantAnalysis,
  kMeans,
} as unknown as Readonly<Record<string, (options: object) => Fitting>>

export const estimatorOf = (settings: Settings, iterations: number): Fitting => {
  const [name, options] = writtenOf(settings, iterations)
  return factories[name]!(options)
}

export const numbers = async (of: Numbers): Promise<number[]> => Array.from(await of.data(), Number)

/** Probabilities `[rows, K]` by all classes, 0 for a class that was not among the points trained on. */
export const chancesOf = async (model: Fitted, X: Rows, K: number): Promise<Float64Array | null> => {
  if (!model.predictProba || X.length === 0) return null
  const given = await (await model.predictProba(X)).data()
  const known = model.classes!
  const out = new Float64Array(X.length * K)
  for (let i = 0; i < X.length; i++)
    for (const [j, k] of known.entries()) out[i * K + k] = Number(given[i * known.length + j])
  return out
}
