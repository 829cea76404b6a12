import type { Battery } from './check-estimator.ts'
import { positive } from './examples.ts'

const draws = {
  'counts a row of weight 2 twice, and one of weight 0 not at all': 'it draws: repeated rows are other draws',
}
const { rows, columns, data } = positive()
const counts = { rows, columns, data: data.map(x => Math.round(2 * x)) }

const components = {
  'gives finite results of the right shapes': 'predictProba has a column a component, and there are no classes',
}

export const neighbors: Readonly<Record<string, Battery>> = {
  bayesianGaussianMixture: { options: { nComponents: 3 }, except: components },
  bisectingKMeans: { options: { nClusters: 3 }, except: draws },
  categoricalNB: { example: { X: counts } },
  complementNB: { example: { X: counts } },
  gaussianMixture: { options: { nComponents: 3 }, except: components },
  kMeans: { options: { nClusters: 3, nInit: 3, nJobs: 1 }, except: draws },
  kNeighborsClassifier: { options: { nNeighbors: 3 } },
  kNeighborsRegressor: { options: { nNeighbors: 3 } },
  spectralClustering: { options: { nClusters: 1 } },
  miniBatchKMeans: { options: { nClusters: 3 }, except: draws },
  multinomialNB: { example: { X: counts } },
}
