import { aFlag, aNumber, either, integer, type Meaning, nothing, rule } from '../../core/options.ts'

// Options that many estimators share, declared once.

export const randomState = integer({
  min: 0,
  help: "seed of what is drawn; without it the library's generator is used (setSeed)",
})

export const nJobs = integer({
  min: -1,
  default: -1,
  help: 'threads for large work, -1 for as many as there are cores; the result does not depend on it',
})

export const fitIntercept = either([aFlag], { default: true, help: 'whether to learn a constant term' })

export const maxIter = <const N extends number>(count: N) =>
  integer({ min: 1, default: count, help: 'the most iterations' })

export const tol = <const N extends number>(value: N) =>
  either([aNumber({ min: 0 })], { default: value, help: 'iterations stop when an improvement is below it' })

const aRecord: Meaning<Readonly<Record<string, number>>> = {
  kind: 'value',
  expected: 'an object of a weight above 0 for each class',
  accepts: (value): value is Readonly<Record<string, number>> =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every(weight => typeof weight === 'number' && weight > 0),
  fromText: text => {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  },
  placeholder: 'JSON',
}
const balanced: Meaning<'balanced'> = {
  kind: 'choice',
  expected: '"balanced"',
  accepts: value => value === 'balanced',
  fromText: text => text,
  placeholder: 'balanced',
}

export const classWeight = either([nothing, balanced, aRecord], {
  default: null,
  help: 'a weight for each class, or "balanced": inversely proportional to how often each occurs',
})

/** A function of the user's own. */
export const aFunction = <F>(what: string): Meaning<F> => ({
  kind: 'value',
  expected: what,
  accepts: (value): value is F & unknown => typeof value === 'function',
  fromText: text => text,
  placeholder: 'FUNCTION',
})

export { rule }
