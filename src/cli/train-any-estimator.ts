import { defineOptions } from '../core/options.ts'
import { defineCommand } from './command.ts'
import { UsageError } from './exit-codes.ts'

/** Stands in the list of verbs for a command for each estimator, which are loaded when one is named. */
export const trainAnyEstimatorCommand = defineCommand({
  name: 'train ESTIMATOR',
  summary: 'fit an estimator by its name, such as ridge or randomForestClassifier, to a table',
  examples: [
    'gradus train ridge --data table.csv --target price --test 0.2',
    'gradus train randomForestClassifier --data table.csv --target species --cv 5',
    'gradus train kMeans --help',
  ],
  options: defineOptions({}),
  run: async () => {
    throw new UsageError(
      'train ESTIMATOR: put the name of an estimator in its place, such as gradus train ridge --data table.csv --target price. docs/estimators.md lists them.',
    )
  },
})
