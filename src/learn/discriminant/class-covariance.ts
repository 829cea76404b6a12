import { aNumber, aWord, either, nothing, aList } from '../../core/options.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { covarianceAbout, ledoitWolfShrinkage, shrunk } from '../covariance/moments.ts'
import { lessMeans } from '../decomposition/pca.ts'
import { columnMeans } from '../linear/design.ts'
import { givenPrior } from '../naive-bayes/class-counts.ts'

// What the two discriminant analyses share.

export const discriminantOptions = {
  shrinkage: either([nothing, aWord(['auto']), aNumber({ min: 0, max: 1 })], {
    default: null,
    help: 'how far covariances are drawn towards a sphere; auto: by Ledoit and Wolf, of standardised features',
  }),
  priors: either([nothing, aList(aNumber({ min: 0 }))], {
    default: null,
    help: 'the probability of each class, in ascending order of the classes; null: as frequent as in y',
  }),
} as const

export type Shrinkage = null | 'auto' | number

/** The covariance of rows, shrunk. */
export const covarianceOf = (X: Dense, shrinkage: Shrinkage): Dense => {
  const location = columnMeans(X)
  const covariance = covarianceAbout(X, location)
  if (shrinkage === null) return covariance
  if (shrinkage !== 'auto') return shrunk(covariance, shrinkage)
  const F = X.columns
  const scale = Float64Array.from({ length: F }, (_, j) => Math.sqrt(covariance.data[j * F + j]!) || 1)
  const standard = lessMeans(X, location)
  for (let i = 0, at = 0; i < X.rows; i++) for (let j = 0; j < F; j++, at++) standard.data[at]! /= scale[j]!
  const own = dense(
    F,
    F,
    covariance.data.map((x, k) => x / (scale[Math.floor(k / F)]! * scale[k % F]!)),
  )
  const out = shrunk(own, ledoitWolfShrinkage(standard, new Float64Array(F), own))
  for (let i = 0, at = 0; i < F; i++) for (let j = 0; j < F; j++, at++) out.data[at]! *= scale[i]! * scale[j]!
  return out
}

/** The rows of each class. */
export const rowsByClass = (y: Int32Array, classCount: number): Int32Array[] => {
  const lists: number[][] = Array.from({ length: classCount }, () => [])
  for (let i = 0; i < y.length; i++) lists[y[i]!]!.push(i)
  return lists.map(list => Int32Array.from(list))
}

/** The probability of each class: given, or its share of the rows. */
export const priorsOf = (
  groups: readonly Int32Array[],
  priors: readonly number[] | null,
  { rows, where }: { readonly rows: number; readonly where: string },
): Float64Array =>
  priors ? givenPrior(priors, groups.length, where, 'priors') : Float64Array.from(groups, group => group.length / rows)
