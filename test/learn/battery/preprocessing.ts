import type { Table } from '../../../src/data/table/table.ts'
import { minMaxScaler, oneHotEncoder, ridge, ridgeClassifier, standardScaler } from '../../../src/learn/index.ts'
import type { Battery } from './check-estimator.ts'
import { exampleFor, positive } from './examples.ts'

const { X: table } = exampleFor({ input: 'table' } as never) as { X: Table }
const columns = [
  ['numbers', standardScaler(), ['size', 'grade']],
  ['words', oneHotEncoder({ sparseOutput: false }), ['colour']],
]
const model = ridgeClassifier()
const weightless = 'counts a row of weight 2 twice, and one of weight 0 not at all'

export const preprocessing: Readonly<Record<string, Battery>> = {
  columnTransformer: { options: { transformers: columns }, example: { X: table } },
  featureUnion: {
    options: {
      transformerList: [
        ['standard', standardScaler()],
        ['range', minMaxScaler()],
      ],
    },
    except: { [weightless]: 'one part does not heed weights: its extremes know of rows of weight 0' },
  },
  kBinsDiscretizer: { options: { encode: 'onehotDense' } },
  oneHotEncoder: { options: { sparseOutput: false, handleUnknown: 'ignore' } },
  rfe: { options: { estimator: model } },
  rfecv: {
    options: { estimator: model, cv: 3 },
    except: { [weightless]: 'rows of weight 0 take part in folds' },
  },
  selectFromModel: { options: { estimator: model } },
  selectKBest: { options: { k: 2, scoreFunc: 'chi2' }, example: { X: positive() } },
  selectPercentile: { options: { percentile: 50 } },
  sequentialFeatureSelector: {
    options: { estimator: model, cv: 3 },
    except: { 'works with one feature': 'it needs two columns to choose from, and says so' },
  },
  simpleImputer: { options: { strategy: 'mostFrequent' } },
  splineTransformer: { options: { extrapolation: 'linear' } },
  transformedTargetRegressor: { options: { regressor: ridge(), transformer: standardScaler() } },
}
