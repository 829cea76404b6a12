import { Table } from '../../../src/data/table/table.ts'
import { oneHotEncoder, standardScaler } from '../../../src/learn/index.ts'
import type { Battery } from './check-estimator.ts'
import { exampleFor } from './examples.ts'

const { X: table } = exampleFor({ input: 'table' } as never) as { X: Table }
const columns = [
  ['numbers', standardScaler(), ['size', 'grade']],
  ['words', oneHotEncoder({ sparseOutput: false }), ['colour']],
]

export const preprocessing: Readonly<Record<string, Battery>> = {
  columnTransformer: { options: { transformers: columns }, example: { X: table } },
  oneHotEncoder: { options: { sparseOutput: false, handleUnknown: 'ignore' } },
  simpleImputer: { options: { strategy: 'mostFrequent' } },
}
