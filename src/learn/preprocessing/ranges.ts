import type { Meaning } from '../../core/options.ts'

/** Two numbers, the first below the second, for options such as `featureRange`. */
export const aRange = ({
  min = -Infinity,
  max = Infinity,
  whole = false,
  equal = false,
}: {
  readonly min?: number
  readonly max?: number
  readonly whole?: boolean
  readonly equal?: boolean
} = {}): Meaning<readonly number[]> => ({
  kind: 'list',
  expected: `a list of two ${whole ? 'integers' : 'numbers'}${min > -Infinity && max < Infinity ? ` from ${min} to ${max}` : min > -Infinity ? ` of at least ${min}` : ''}, the first ${equal ? 'not above' : 'below'} the second`,
  accepts: (value): value is readonly number[] =>
    Array.isArray(value) &&
    value.length === 2 &&
    value.every(x => (whole ? Number.isSafeInteger(x) : Number.isFinite(x)) && x >= min && x <= max) &&
    (value[0] < value[1] || (equal && value[0] === value[1])),
  fromText: text => text.split(',').map(Number),
  placeholder: 'N,N',
})
