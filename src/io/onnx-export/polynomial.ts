// What a size in a graph is, as a function of the sizes of the inputs' dynamic axes: a polynomial of degree two at most.

/** The value of each dynamic axis. */
export type Sizes = Readonly<Record<string, number>>
/** Names of the axes that are multiplied: none for 1. */
export type Monomial = readonly string[]
/** `Σ coefficient · monomial / divisor`, all whole numbers. */
export interface Polynomial {
  readonly terms: readonly { readonly coefficient: number; readonly monomial: Monomial }[]
  readonly divisor: number
}

/** 1, every axis, and every product of two. */
const monomialsOf = (axes: readonly string[]): Monomial[] => [
  [],
  ...axes.map(a => [a]),
  ...axes.flatMap((a, i) => axes.slice(i).map(b => [a, b])),
]
const product = (monomial: Monomial, sizes: Sizes): number => monomial.reduce((p, axis) => p * sizes[axis]!, 1)

/** Solves `matrix · x = right` by elimination with pivots; the matrix is square and regular. */
const solve = (matrix: readonly (readonly number[])[], right: readonly number[]): number[] => {
  const rows = matrix.map((row, i) => [...row, right[i]!])
  const n = rows.length
  for (let k = 0; k < n; k++) {
    let best = k
    for (let i = k + 1; i < n; i++) if (Math.abs(rows[i]![k]!) > Math.abs(rows[best]![k]!)) best = i
    ;[rows[k], rows[best]] = [rows[best]!, rows[k]!]
    for (let i = 0; i < n; i++) {
      if (i === k) continue
      const factor = rows[i]![k]! / rows[k]![k]!
      for (let j = k; j <= n; j++) rows[i]![j]! -= factor * rows[k]![j]!
    }
  }
  return rows.map((row, i) => row[n]! / row[i]!)
}

const largestDivisor = 64
/**
 * The polynomial that takes `values` at `samples`; null if there is none. The first samples determine it, one for each monomial; the
 * others prove it.
 */
export const polynomialOf = (
  axes: readonly string[],
  samples: readonly Sizes[],
  values: readonly number[],
): Polynomial | null => {
  const monomials = monomialsOf(axes)
  const count = monomials.length
  const matrix = samples.slice(0, count).map(sizes => monomials.map(m => product(m, sizes)))
  const solution = solve(matrix, values.slice(0, count))
  for (let divisor = 1; divisor <= largestDivisor; divisor++) {
    const whole = solution.map(c => Math.round(c * divisor))
    if (!whole.every((c, i) => Math.abs(c - solution[i]! * divisor) < 1e-6)) continue
    const terms = monomials.flatMap((monomial, i) => (whole[i] === 0 ? [] : [{ coefficient: whole[i]!, monomial }]))
    const polynomial = { terms, divisor }
    if (samples.every((sizes, i) => evaluate(polynomial, sizes) === values[i])) return polynomial
  }
  return null
}

/** The value at given sizes, rounded down. */
export const evaluate = ({ terms, divisor }: Polynomial, sizes: Sizes): number =>
  Math.floor(terms.reduce((total, t) => total + t.coefficient * product(t.monomial, sizes), 0) / divisor)

/** As text, such as `batch*time` or `2*time - 1`: the name of a size that is no input's own. */
export const show = ({ terms, divisor }: Polynomial): string => {
  const sum = terms.map(({ coefficient, monomial }, i) => {
    const size = Math.abs(coefficient)
    const factors = [...(size === 1 && monomial.length > 0 ? [] : [String(size)]), ...monomial]
    const sign = coefficient < 0 ? (i === 0 ? '-' : ' - ') : i === 0 ? '' : ' + '
    return sign + factors.join('*')
  })
  const text = sum.join('') || '0'
  return divisor === 1 ? text : `(${text})/${divisor}`
}

/** Sizes for each sample: enough to determine any polynomial of degree two, then two that prove it. */
export const samplesOf = (choices: ReadonlyMap<string, readonly number[]>): Sizes[] => {
  const axes = [...choices.keys()]
  const at = (index: (axis: string) => number): Sizes =>
    Object.fromEntries(axes.map(axis => [axis, choices.get(axis)![index(axis)]!]))
  return [
    at(() => 0),
    ...axes.flatMap(a => [1, 2].map(k => at(axis => (axis === a ? k : 0)))),
    ...axes.flatMap((a, i) => axes.slice(i + 1).map(b => at(axis => (axis === a || axis === b ? 1 : 0)))),
    at(() => 2),
    at(() => 3),
  ]
}
