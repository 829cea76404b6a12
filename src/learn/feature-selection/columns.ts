import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { isCsr, type Rows } from '../core/sparse.ts'
import { reordered } from '../text/term-counts.ts'
import { requireWidth } from '../preprocessing/affine.ts'
import { namesIn } from '../preprocessing/names-out.ts'

/** Some columns of a matrix, in its form. */
export const takeColumns = <X extends Rows>(X: X, columns: ArrayLike<number>): X => {
  const given: Rows = X
  if (isCsr(given)) {
    const place = new Int32Array(given.columns).fill(-1)
    for (let k = 0; k < columns.length; k++) place[columns[k]!] = k
    return reordered(given, place, columns.length) as Rows as X
  }
  const out = dense(given.rows, columns.length)
  for (let i = 0; i < given.rows; i++)
    for (let k = 0; k < columns.length; k++)
      out.data[i * columns.length + k] = given.data[i * given.columns + columns[k]!]!
  return out as Rows as X
}

/** The positions at which a mask is true. */
export const positions = (support: readonly boolean[]): Int32Array =>
  Int32Array.from(support.keys()).filter(j => support[j]!)

export interface Selected {
  readonly state: { readonly support: readonly boolean[] }
  readonly definition: { readonly name: string }
  readonly nFeaturesIn: number
  readonly featureNames: readonly string[] | undefined
}

const restored = (fit: Selected, X: Dense): Dense => {
  const kept = positions(fit.state.support)
  requireWidth(`${fit.definition.name}.inverseTransform`, X, kept.length)
  const out = dense(X.rows, fit.nFeaturesIn)
  for (let i = 0; i < X.rows; i++)
    for (let k = 0; k < kept.length; k++) out.data[i * out.columns + kept[k]!] = X.data[i * kept.length + k]!
  return out
}

/** What every selector of columns does: `transform` keeps the chosen ones, `inverseTransform` puts zeros for the others. */
export const selects = {
  transform: (fit: Selected, X: Rows): Rows => takeColumns(X, positions(fit.state.support)),
  inverseTransform: (fit: Selected, X: Rows): Rows => {
    if (!isCsr(X)) return restored(fit, X)
    const kept = positions(fit.state.support)
    requireWidth(`${fit.definition.name}.inverseTransform`, X, kept.length)
    return reordered(X, kept, fit.nFeaturesIn)
  },
}
export const selectedNames = {
  featureNamesOut: (fit: Selected, names?: readonly string[]): readonly string[] =>
    namesIn(fit, names).filter((_, j) => fit.state.support[j]),
}
