import { dummyRegressor } from '../../../src/learn/index.ts'
import type { Battery } from './check-estimator.ts'

export const compose: Readonly<Record<string, Battery>> = {
  pipeline: {
    options: { steps: [['last', dummyRegressor()]] },
  },
  dummyClassifier: {
    options: { constant: 0 },
    except: {
      'gives each row the same result in any company': 'it may draw, row by row',
      'counts a row of weight 2 twice, and one of weight 0 not at all': 'it draws',
    },
  },
}
