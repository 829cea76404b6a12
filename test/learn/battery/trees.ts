import {
  decisionTreeClassifier,
  decisionTreeRegressor,
  linearRegression,
  logisticRegression,
  ridge,
} from '../../../src/learn/index.ts'
import type { Battery } from './check-estimator.ts'

const draws = 'it draws rows: repeated rows are other draws'
const twice = 'counts a row of weight 2 twice, and one of weight 0 not at all'

export const trees: Readonly<Record<string, Battery>> = {
  adaBoostClassifier: { options: { nEstimators: 5 } },
  adaBoostRegressor: { options: { nEstimators: 5 }, except: { [twice]: draws } },
  baggingClassifier: { options: { nEstimators: 4 }, except: { [twice]: draws } },
  baggingRegressor: { options: { nEstimators: 4 }, except: { [twice]: draws } },
  // Deeper, many splits are equally good, and rounding decides between them.
  decisionTreeRegressor: { options: { maxDepth: 3 } },
  extraTreesClassifier: { options: { nEstimators: 5 } },
  extraTreesRegressor: { options: { nEstimators: 5 } },
  gradientBoostingClassifier: { options: { nEstimators: 4, maxDepth: 2 } },
  gradientBoostingRegressor: { options: { nEstimators: 4, maxDepth: 2 } },
  histGradientBoostingClassifier: { options: { maxIter: 5, minSamplesLeaf: 1, maxLeafNodes: 5, nJobs: 1 } },
  histGradientBoostingRegressor: { options: { maxIter: 5, minSamplesLeaf: 1, maxLeafNodes: 5, nJobs: 1 } },
  isolationForest: { options: { nEstimators: 5 } },
  randomForestClassifier: { options: { nEstimators: 5 }, except: { [twice]: draws } },
  randomForestRegressor: { options: { nEstimators: 5 }, except: { [twice]: draws } },
  randomTreesEmbedding: { options: { nEstimators: 5 } },
  stackingClassifier: {
    options: {
      estimators: [
        ['tree', decisionTreeClassifier({ maxDepth: 2 })],
        ['line', logisticRegression()],
      ],
      cv: 3,
    },
    except: { [twice]: 'rows of weight 0 take part in folds' },
  },
  stackingRegressor: {
    options: {
      estimators: [
        ['tree', decisionTreeRegressor({ maxDepth: 2 })],
        ['line', linearRegression()],
      ],
      cv: 3,
    },
    except: { [twice]: 'rows of weight 0 take part in folds' },
  },
  votingClassifier: {
    options: {
      estimators: [
        ['tree', decisionTreeClassifier({ maxDepth: 2 })],
        ['line', logisticRegression({ tol: 1e-9, maxIter: 1000 })],
      ],
      voting: 'soft',
    },
    near: 1e-4,
  },
  votingRegressor: {
    options: {
      estimators: [
        ['tree', decisionTreeRegressor({ maxDepth: 2 })],
        ['line', ridge()],
      ],
    },
  },
}
