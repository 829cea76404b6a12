import {
  aFlag,
  anInteger,
  aNumber,
  aWord,
  either,
  type Infer,
  integer,
  type Meaning,
  nothing,
  number,
} from '../../../core/options.ts'
import { defineOptions } from '../../../core/options.ts'
import { nJobs, randomState } from '../../core/rules.ts'
import { monotonicCst } from '../../trees/options.ts'

const isFeature = (value: unknown): value is number | string =>
  (typeof value === 'number' && Number.isInteger(value) && value >= 0) || typeof value === 'string'
const fromJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const features: Meaning<readonly (number | string)[]> = {
  kind: 'value',
  expected: 'a list of features by number or name',
  accepts: (value): value is readonly (number | string)[] => Array.isArray(value) && value.every(isFeature),
  fromText: fromJson,
  placeholder: 'JSON',
}
const featureSets: Meaning<readonly (readonly (number | string)[])[]> = {
  kind: 'value',
  expected: 'a list of lists of features',
  accepts: (value): value is readonly (readonly (number | string)[])[] =>
    Array.isArray(value) && value.length > 0 && value.every(set => Array.isArray(set) && set.every(isFeature)),
  fromText: fromJson,
  placeholder: 'JSON',
}

export const boostOptions = {
  learningRate: number({ above: 0, default: 0.1, help: 'what each tree is multiplied with' }),
  maxIter: integer({ min: 1, default: 100, help: 'most rounds' }),
  maxLeafNodes: either([nothing, anInteger({ min: 2 })], { default: 31, help: 'most leaves of a tree' }),
  maxDepth: either([nothing, anInteger({ min: 1 })], { default: null, help: 'the deepest leaf' }),
  minSamplesLeaf: integer({ min: 1, default: 20, help: 'rows that each leaf must have' }),
  l2Regularization: number({ min: 0, default: 0, help: "penalty on the squares of the leaves' values" }),
  maxFeatures: number({ above: 0, max: 1, default: 1, help: 'share of the features that each split looks at' }),
  maxBins: integer({ min: 2, max: 255, default: 255, help: 'most bins of a feature' }),
  categoricalFeatures: either([nothing, features], {
    default: null,
    help: 'features, by number or name, whose numbers are categories without an order',
  }),
  monotonicCst,
  interactionCst: either([nothing, aWord(['pairwise', 'noInteractions']), featureSets], {
    default: null,
    help: 'sets of features that may meet in one branch of a tree',
  }),
  earlyStopping: either([aWord(['auto']), aFlag], {
    default: 'auto',
    help: 'whether to stop when rows kept back are no longer predicted better; auto: from 10 000 rows on',
  }),
  validationFraction: either([nothing, aNumber({ above: 0, below: 1 })], {
    default: 0.1,
    help: 'share of the rows kept back for early stopping; null looks at those learned from',
  }),
  nIterNoChange: integer({ min: 1, default: 10, help: 'rounds without a better one before it stops' }),
  tol: number({ min: 0, default: 1e-7, help: 'how much better a round must be' }),
  randomState,
  nJobs,
} as const

const declared = defineOptions(boostOptions)
export type BoostOptions = Infer<typeof declared>
