import { aFlag, anInteger, aNumber, aWord, either, integer, type Meaning, nothing, number } from '../../core/options.ts'
import { ArgumentError } from '../../core/errors.ts'
import type { Growth } from './grow.ts'

const share = aNumber({ above: 0, below: 1 })

export const maxDepth = either([nothing, anInteger({ min: 1 })], {
  default: null,
  help: 'the deepest leaf; null for as deep as it goes',
})
export const maxFeatures = <const D extends 'sqrt' | null>(standard: D) =>
  either([nothing, aWord(['sqrt', 'log2']), anInteger({ min: 1 }), share], {
    default: standard as 'sqrt' | 'log2' | number | null,
    help: 'features looked at for each split: a count, a share below 1, sqrt, log2, or null for all',
  })
const directions: Meaning<readonly number[]> = {
  kind: 'list',
  expected: 'a list of -1, 0 or 1 for each feature',
  accepts: (value): value is readonly number[] =>
    Array.isArray(value) && value.length > 0 && value.every(one => one === -1 || one === 0 || one === 1),
  fromText: text => text.split(',').map(Number),
  placeholder: 'N,...',
}
export const monotonicCst = either([nothing, directions], {
  default: null,
  help: 'for each feature 1 where the prediction may not fall as it rises, -1 where it may not rise, 0 for freedom',
})

/** When a tree stops growing. */
export const stopping = {
  maxDepth,
  minSamplesSplit: either([anInteger({ min: 2 }), share], {
    default: 2,
    help: 'rows that a node needs to be split, or their share of all',
  }),
  minSamplesLeaf: either([anInteger({ min: 1 }), share], {
    default: 1,
    help: 'rows that each leaf must have, or their share of all',
  }),
  minWeightFractionLeaf: number({ min: 0, max: 0.5, default: 0, help: 'share of all weight that each leaf must have' }),
  maxLeafNodes: either([nothing, anInteger({ min: 2 })], {
    default: null,
    help: 'most leaves; the node that gains most is split first then',
  }),
  minImpurityDecrease: number({
    min: 0,
    default: 0,
    help: 'how much a split must lower the impurity, weighted by its share of the rows',
  }),
} as const
export const ccpAlpha = number({
  min: 0,
  default: 0,
  help: 'price of a leaf in minimal cost-complexity pruning; 0 prunes nothing',
})
export const bootstrap = (standard: boolean) =>
  either([aFlag], { default: standard as boolean, help: 'whether each tree learns from rows drawn with repetition' })
export const nEstimators = <const N extends number>(standard: N) =>
  integer({ min: 1, default: standard as number, help: 'how many are grown' })

interface Stopping {
  readonly maxDepth: number | null
  readonly minSamplesSplit: number
  readonly minSamplesLeaf: number
  readonly minWeightFractionLeaf: number
  readonly maxLeafNodes: number | null
  readonly minImpurityDecrease: number
  readonly maxFeatures: 'sqrt' | 'log2' | number | null
  readonly monotonicCst?: readonly number[] | null
}

const featureCount = (maxFeatures: Stopping['maxFeatures'], columns: number): number => {
  if (maxFeatures === null) return columns
  if (maxFeatures === 'sqrt') return Math.max(1, Math.floor(Math.sqrt(columns)))
  if (maxFeatures === 'log2') return Math.max(1, Math.floor(Math.log2(columns)))
  return maxFeatures < 1 ? Math.max(1, Math.floor(maxFeatures * columns)) : Math.min(maxFeatures, columns)
}

/** Shares become counts. */
export const growthOf = (
  where: string,
  options: Stopping,
  data: { readonly rows: number; readonly columns: number; readonly weight: number; readonly randomSplits: boolean },
): Growth => {
  const { minSamplesSplit, minSamplesLeaf, monotonicCst } = options
  const leaf = minSamplesLeaf < 1 ? Math.ceil(minSamplesLeaf * data.rows) : minSamplesLeaf
  const split = minSamplesSplit < 1 ? Math.max(2, Math.ceil(minSamplesSplit * data.rows)) : minSamplesSplit
  if (monotonicCst && monotonicCst.length !== data.columns)
    throw new ArgumentError(
      `${where}: monotonicCst has ${monotonicCst.length} entries and X has ${data.columns} columns. It needs one for each.`,
    )
  return {
    maxDepth: options.maxDepth ?? Infinity,
    minSamplesSplit: Math.max(split, 2 * leaf),
    minSamplesLeaf: leaf,
    minWeightLeaf: options.minWeightFractionLeaf * data.weight,
    maxFeatures: featureCount(options.maxFeatures, data.columns),
    maxLeafNodes: options.maxLeafNodes,
    minImpurityDecrease: options.minImpurityDecrease,
    randomSplits: data.randomSplits,
    directions: monotonicCst?.some(one => one !== 0) ? monotonicCst : undefined,
  }
}
