import { either, type Meaning, nothing } from '../../core/options.ts'
import { ArgumentError } from '../../core/errors.ts'
import { type Step, steps } from '../compose/steps.ts'

const someWeights: Meaning<readonly number[]> = {
  kind: 'list',
  expected: 'a list of a weight of at least 0 for each, not all 0',
  accepts: (value): value is readonly number[] =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(one => typeof one === 'number' && one >= 0 && one < Infinity) &&
    value.some(one => one > 0),
  fromText: text => text.split(',').map(Number),
  placeholder: 'N,...',
}

export const estimatorSteps = either([steps as unknown as Meaning<readonly Step<unknown>[]>], {
  required: true,
  help: 'pairs of a name and an estimator',
})
export const votingWeights = either([nothing, someWeights], {
  default: null,
  help: 'how much each counts; null for all alike',
})

/** A weight for each, which sum to 1. */
export const sharesOfWeights = (where: string, weights: readonly number[] | null, count: number): Float64Array => {
  if (weights !== null && weights.length !== count)
    throw new ArgumentError(
      `${where}: weights has ${weights.length} entries, and there are ${count} estimators. It needs one for each.`,
    )
  const own = weights ?? new Array<number>(count).fill(1)
  const total = own.reduce((a, b) => a + b, 0)
  return Float64Array.from(own, one => one / total)
}
