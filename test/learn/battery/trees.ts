import type { Battery } from './check-estimator.ts'

const draws = 'it draws rows: repeated rows are other draws'
const twice = 'counts a row of weight 2 twice, and one of weight 0 not at all'

export const trees: Readonly<Record<string, Battery>> = {
  // Deeper, many splits are equally good, and rounding decides between them.
  decisionTreeRegressor: { options: { maxDepth: 3 } },
  extraTreesClassifier: { options: { nEstimators: 5 } },
  extraTreesRegressor: { options: { nEstimators: 5 } },
  histGradientBoostingClassifier: { options: { maxIter: 5, minSamplesLeaf: 1, maxLeafNodes: 5, nJobs: 1 } },
  histGradientBoostingRegressor: { options: { maxIter: 5, minSamplesLeaf: 1, maxLeafNodes: 5, nJobs: 1 } },
  randomForestClassifier: { options: { nEstimators: 5 }, except: { [twice]: draws } },
  randomForestRegressor: { options: { nEstimators: 5 }, except: { [twice]: draws } },
}
