import { Table } from '../../../src/data/table/table.ts'
import type { Description } from '../../../src/learn/core/estimator.ts'
import { Random } from '../../../src/learn/core/random.ts'
import type { Dense } from '../../../src/ops/matrix-kernels.ts'

export interface Example {
  readonly X: unknown
  readonly y: readonly (number | string)[] | undefined
}

const N = 48
const F = 4

/** Three groups of rows around centres that lie apart, as numbers from a seed. */
const groups = (): { readonly X: Dense; readonly codes: number[]; readonly numbers: number[] } => {
  const random = new Random(11)
  const codes = Array.from({ length: N }, (_, i) => (i * 5) % 3)
  const data = new Float64Array(N * F)
  const numbers: number[] = []
  for (let i = 0; i < N; i++) {
    let sum = 0.5
    for (let j = 0; j < F; j++) {
      const centre = ((codes[i]! + 1) * (j + 2)) % 4
      data[i * F + j] = centre + 0.35 * random.normal()
      sum += (j - 1) * data[i * F + j]!
    }
    numbers.push(sum + 0.1 * random.normal())
  }
  return { X: { rows: N, columns: F, data }, codes, numbers }
}

const words = ['blue', 'green', 'red', 'amber', 'grey', 'white']

/** Rows and targets that suit what an estimator takes. */
export const exampleFor = ({ input = 'dense', target = 'none', kind }: Description): Example => {
  const { X, codes, numbers } = groups()
  const y =
    target === 'classes'
      ? codes
      : target === 'number' || target === 'numbers'
        ? numbers
        : target === 'any' && kind === 'transformer'
          ? codes
          : undefined
  if (input === 'texts')
    return { X: codes.map((k, i) => `${words[k]} ${words[(k + 1) % 3]} and ${words[3 + (i % 3)]}`), y }
  if (input === 'table') {
    const table = Table.from({
      size: Float64Array.from({ length: N }, (_, i) => X.data[i * F]!),
      colour: codes.map((k, i) => words[(k + (i % 2)) % 3]!),
      grade: codes.map((_, i) => (i % 4) + 1),
    })
    return { X: table, y }
  }
  return { X, y }
}

/** The same rows, none below 0, for methods of counts. */
export const positive = (): Dense => {
  const { X } = groups()
  return { ...X, data: X.data.map(x => Math.abs(x)) }
}
/** Positive targets for models of counts and amounts. */
export const positiveTargets = (): number[] => groups().numbers.map(x => Math.exp(x / 4))
