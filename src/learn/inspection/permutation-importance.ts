import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, either, integer, nothing } from '../../core/options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { type Features, readFeatures } from '../core/inputs.ts'
import { fitOf } from '../core/model.ts'
import { Random } from '../core/random.ts'
import { randomState } from '../core/rules.ts'
import { publish } from '../core/state.ts'
import { codesOf, readNumbersTarget, readWeights, type Target } from '../core/targets.ts'
import { scorerOf } from '../selection/scorers.ts'
import { isCsr, type Rows } from '../core/sparse.ts'

const where = 'permutationImportance'
const aName = {
  kind: 'text',
  expected: 'the name of a measure',
  accepts: (value: unknown): value is string => typeof value === 'string',
  fromText: (text: string) => text,
  placeholder: 'NAME',
} as const
const options = defineOptions({
  nRepeats: integer({ min: 1, default: 5, help: 'how often each feature is shuffled' }),
  scoring: either([nothing, aName], { default: null, help: "a measure by name; null for the model's own" }),
  randomState,
})

export interface PermutationOptions {
  /** How often each feature is shuffled; default 5. */
  readonly nRepeats?: number
  /** A measure by name, such as `rocAuc`; default accuracy, or R². */
  readonly scoring?: string | null
  readonly randomState?: number
  readonly sampleWeight?: Target
}
export interface PermutationImportance {
  /** [F, nRepeats] */
  readonly importances: Tensor<readonly [number, number], 'float64'>
  /** [F] */
  readonly importancesMean: Tensor<readonly [number], 'float64'>
  /** [F] */
  readonly importancesStd: Tensor<readonly [number], 'float64'>
}

/**
 * How much worse a fitted model becomes when a feature's values are shuffled among the rows: what it owes to the feature. On rows it was
 * not fitted on, it tells what helps to predict; features that tell the same share what they are worth.
 *
 * @param model a fitted classifier or regressor
 * @throws ArgumentError for a model that takes no numbers, or an unknown measure
 * @example
 * const fitted = await randomForestRegressor({ nEstimators: 10 }).fit(X.slice(0, 40), y.slice(0, 40))
 * const { importancesMean } = await permutationImportance(fitted, X.slice(40), y.slice(40), { randomState: 0 })
 *
 * Source: Breiman 2001; Fisher, Rudin & Dominici 2019.
 */
export const permutationImportance = async (
  model: object,
  X: Features,
  y: Target,
  { sampleWeight, ...given }: PermutationOptions = {},
): Promise<PermutationImportance> => {
  const { nRepeats, scoring, randomState: seed } = options.validate(where, given)
  const fit = fitOf(model)
  const { definition, nFeaturesIn: width, featureNames: names } = fit
  if (definition.kind !== 'classifier' && definition.kind !== 'regressor')
    throw new ArgumentError(
      `${where}: ${definition.name} predicts nothing that could be judged. Pass a fitted classifier or regressor.`,
    )
  const read = (await readFeatures(X, { where, definition, width, names })).X as Rows
  if (!('data' in read) || isCsr(read))
    throw new ArgumentError(
      `${where}: rows must be a dense matrix of numbers, and ${definition.name} was given others.`,
    )
  const rows = read.rows
  const target =
    definition.kind === 'classifier'
      ? await codesOf(y, fit.classes, rows, where)
      : definition.target === 'numbers'
        ? (await readNumbersTarget(y, rows, where)).Y
        : (await readNumbersTarget(y, rows, where)).Y.data
  const weights = sampleWeight === undefined ? undefined : await readWeights(sampleWeight, rows, where)
  const score = scorerOf(scoring)
  const whole = await score(fit, read, target, weights)
  const random = new Random(seed)
  const found = dense(width, nRepeats)
  for (let j = 0; j < width; j++) {
    for (let r = 0; r < nRepeats; r++)
      found.data[j * nRepeats + r] = whole - (await score(fit, shuffled(read, j, random), target, weights))
  }
  const means = new Float64Array(width)
  const deviations = new Float64Array(width)
  for (let j = 0; j < width; j++) {
    const own = found.data.subarray(j * nRepeats, (j + 1) * nRepeats)
    means[j] = own.reduce((a, b) => a + b, 0) / nRepeats
    deviations[j] = Math.sqrt(own.reduce((sum, x) => sum + (x - means[j]!) ** 2, 0) / nRepeats)
  }
  return {
    importances: publish(found),
    importancesMean: publish(means),
    importancesStd: publish(deviations),
  } as PermutationImportance
}

const shuffled = ({ rows, columns, data }: Dense, column: number, random: Random): Dense => {
  const out = data.slice()
  const order = random.permutation(rows)
  for (let i = 0; i < rows; i++) out[i * columns + column] = data[order[i]! * columns + column]!
  return { rows, columns, data: out }
}
