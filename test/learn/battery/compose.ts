import { dummyRegressor, ridge } from '../../../src/learn/index.ts'
import type { Battery } from './check-estimator.ts'

const search = { estimator: ridge(), nJobs: 1, cv: 3 }
const split = 'rows fall into other folds: repeated rows are another problem'
const folds = 'rows of weight 0 take part in folds'
const onFolds = { 'counts a row of weight 2 twice, and one of weight 0 not at all': folds } as const

export const compose: Readonly<Record<string, Battery>> = {
  pipeline: { options: { steps: [['last', dummyRegressor()]] } },
  dummyClassifier: {
    options: { constant: 0 },
    except: {
      'gives each row the same result in any company': 'it may draw, row by row',
      'counts a row of weight 2 twice, and one of weight 0 not at all': 'it draws',
    },
  },
  gridSearchCV: { options: { ...search, paramGrid: { alpha: [0.01, 1, 100] } }, except: onFolds },
  randomizedSearchCV: {
    options: { ...search, paramDistributions: { alpha: { low: 0.01, high: 1, log: true } }, nIter: 3 },
    except: onFolds,
  },
  halvingGridSearchCV: {
    options: { ...search, paramGrid: { alpha: [0.01, 1, 100] } },
    except: { 'counts a row of weight 2 twice, and one of weight 0 not at all': split },
  },
  halvingRandomSearchCV: {
    options: { ...search, paramDistributions: { alpha: { low: 0.01, high: 1 } }, nCandidates: 4 },
    except: { 'counts a row of weight 2 twice, and one of weight 0 not at all': split },
  },
  bayesSearchCV: {
    options: { ...search, searchSpaces: { alpha: { low: 0.01, high: 1, log: true } }, nIter: 4, nInitialPoints: 2 },
    except: onFolds,
  },
}
