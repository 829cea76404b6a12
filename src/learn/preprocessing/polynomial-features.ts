import { ArgumentError } from '../../core/errors.ts'
import { aFlag, anInteger, defineOptions, either } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { defineTransformer } from '../core/define.ts'
import { namesIn } from './names-out.ts'
import { aRange } from './ranges.ts'

/**
 * Products of columns up to a degree: of `[a, b]` and degree 2 `[1, a, b, a², ab, b²]`. With `interactionOnly` no column meets itself. Their
 * number grows fast: F columns and degree d give `(F + d)! / (F! d!)`.
 *
 * The model has `powers` [nOutputFeatures, F] and `nOutputFeatures`; `featureNamesOut()` reads `x0^2 x1`.
 *
 * @throws ArgumentError where no column would come out
 * @example
 * const model = await polynomialFeatures({ degree: 2 }).fit([[2, 3]])
 * await (await model.transform([[2, 3]])).toArray() // [[1, 2, 3, 4, 6, 9]]
 *
 * Source: scikit-learn 1.9, sklearn.preprocessing.
 */
export const polynomialFeatures = defineTransformer({
  name: 'polynomialFeatures',
  summary: 'Products of columns up to a degree: of [a, b] and degree 2 [1, a, b, a², ab, b²].',
  source: 'scikit-learn 1.9, sklearn.preprocessing',
  options: defineOptions({
    degree: either([anInteger({ min: 0 }), aRange({ min: 0, whole: true, equal: true })], {
      default: 2,
      help: 'the largest degree, or the least and the largest',
    }),
    interactionOnly: either([aFlag], { default: false, help: 'whether each column comes at most once in a product' }),
    includeBias: either([aFlag], { default: true, help: 'whether there is a column of ones' }),
  }),
  fit: ({ X }, { degree, interactionOnly, includeBias }) => {
    const [low, high] = typeof degree === 'number' ? [1, degree] : [Math.max(1, degree[0]!), degree[1]!]
    const terms: number[][] = includeBias ? [[]] : []
    for (let d = low; d <= high; d++) addTerms(terms, [], { from: 0, left: d, columns: X.columns, interactionOnly })
    if (terms.length === 0) {
      throw new ArgumentError(
        `polynomialFeatures.fit: degree ${JSON.stringify(degree)} gives no column of ${X.columns} without the column of ones. Raise degree, or set includeBias.`,
      )
    }
    const powers = dense(terms.length, X.columns)
    for (const [t, term] of terms.entries()) for (const j of term) powers.data[t * X.columns + j]!++
    return { powers, nOutputFeatures: terms.length }
  },
  methods: {
    transform: ({ state }, X: Dense) => {
      const { powers } = state
      const plan = planOf(powers)
      const out = dense(X.rows, powers.rows)
      const width = powers.rows
      for (let i = 0; i < X.rows; i++) {
        const to = i * width
        const from = i * X.columns
        for (let t = 0; t < width; t++) {
          const before = plan.before[t]!
          const column = plan.column[t]!
          out.data[to + t] =
            column < 0 ? 1 : before >= 0 ? out.data[to + before]! * X.data[from + column]! : whole(X, from, powers, t)
        }
      }
      return out
    },
  },
  functions: {
    featureNamesOut: (fit, names?: readonly string[]) => {
      const given = namesIn(fit, names)
      const { powers } = fit.state
      return Array.from({ length: powers.rows }, (_, t) => {
        const parts = given.flatMap((name, j) => {
          const power = powers.data[t * powers.columns + j]!
          return power === 0 ? [] : power === 1 ? [name] : [`${name}^${power}`]
        })
        return parts.length === 0 ? '1' : parts.join(' ')
      })
    },
  },
})

interface Choice {
  readonly from: number
  readonly left: number
  readonly columns: number
  readonly interactionOnly: boolean
}
/** Ascending combinations of columns in lexical order. */
const addTerms = (
  terms: number[][],
  term: readonly number[],
  { from, left, columns, interactionOnly }: Choice,
): void => {
  if (left === 0) {
    terms.push([...term])
    return
  }
  for (let j = from; j < columns; j++) {
    const next = interactionOnly ? j + 1 : j
    addTerms(terms, [...term, j], { from: next, left: left - 1, columns, interactionOnly })
  }
}

/** Each term is one that came before it times a column; -1 where there is none. */
const planOf = ({ rows, columns, data }: Dense): { readonly before: Int32Array; readonly column: Int32Array } => {
  const known = new Map<string, number>()
  const before = new Int32Array(rows).fill(-1)
  const column = new Int32Array(rows).fill(-1)
  for (let t = 0; t < rows; t++) {
    const term: number[] = []
    for (let j = 0; j < columns; j++) for (let p = 0; p < data[t * columns + j]!; p++) term.push(j)
    known.set(term.join(), t)
    if (term.length === 0) continue
    column[t] = term.at(-1)!
    before[t] = known.get(term.slice(0, -1).join()) ?? -1
  }
  return { before, column }
}
/** A product from its powers, where no shorter one is there to build on. */
const whole = (X: Dense, from: number, powers: Dense, t: number): number => {
  let out = 1
  for (let j = 0; j < X.columns; j++) {
    const power = powers.data[t * X.columns + j]!
    for (let p = 0; p < power; p++) out *= X.data[from + j]!
  }
  return out
}
