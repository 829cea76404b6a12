import { ArgumentError } from '../../core/errors.ts'
import { fillNormal } from '../../core/philox.ts'
import { type Dense, dense, transposed } from '../../ops/matrix-kernels.ts'
import type { Generator } from '../../tensor/random.ts'
import { product } from './product.ts'
import { qr } from './qr.ts'
import { type Svd, svd, svdFlip } from './svd.ts'

export interface RandomizedSvdOptions {
  /** Where the random directions come from. */
  readonly generator: Generator
  /** Directions beyond those asked for; 10. */
  readonly nOversamples?: number
  /** How often A and Aᵀ are applied; 4, or 7 where less than a tenth of the directions is asked for. */
  readonly nIter?: number
}

/**
 * The largest `nComponents` singular values with their vectors, of a random subspace that A has been applied to several times. Signs as
 * {@link svdFlip} makes them.
 *
 * @throws ArgumentError unless `nComponents` is from 1 to min(m, n)
 *
 * Source: Halko, Martinsson & Tropp 2011, algorithms 4.4 and 5.1.
 */
export const randomizedSvd = async (a: Dense, nComponents: number, options: RandomizedSvdOptions): Promise<Svd> => {
  const most = Math.min(a.rows, a.columns)
  if (!Number.isInteger(nComponents) || nComponents < 1 || nComponents > most) {
    throw new ArgumentError(
      `randomizedSvd: nComponents must be an integer from 1 to ${most}, the smaller side of the matrix; got ${nComponents}.`,
      { nComponents },
    )
  }
  const { generator, nOversamples = 10, nIter = nComponents < 0.1 * most ? 7 : 4 } = options
  const width = Math.min(nComponents + nOversamples, most)
  const start = dense(a.columns, width)
  generator.draw<Float64Array>(start.data.length, fillNormal)(start.data)
  let q = qr(await product(a, start)).q
  for (let round = 0; round < nIter; round++) {
    const back = qr(await product(a, q, { transposeA: true })).q
    q = qr(await product(a, back)).q
  }
  const { u, s, vt } = svd(await product(q, a, { transposeA: true }))
  const cut = (x: Dense): Dense => dense(nComponents, x.columns, x.data.slice(0, nComponents * x.columns))
  const left = await product(q, transposed(cut(transposed(u))))
  return svdFlip({ u: left, s: s.slice(0, nComponents), vt: cut(vt) })
}
