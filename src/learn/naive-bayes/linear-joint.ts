import { type Dense, transposed } from '../../ops/matrix-kernels.ts'
import { isCsr, type Rows } from '../core/sparse.ts'
import { csrTimes } from '../numeric/csr.ts'
import { productSync } from '../numeric/product.ts'
import { logProbabilitiesOf, probabilitiesOf } from './class-counts.ts'

export interface LinearState {
  readonly featureLogProb: Dense
  readonly classLogPrior: Float64Array
}

/** `x · wₖ + bₖ`: ln p(x, k) but for what all classes have in common. */
export const linearJoint = (X: Rows, W: Dense, b: Float64Array): Dense => {
  const columns = transposed(W)
  const out = isCsr(X) ? csrTimes(X, columns) : productSync(X, columns)
  for (let i = 0; i < out.rows; i++) for (let k = 0; k < out.columns; k++) out.data[i * out.columns + k]! += b[k]!
  return out
}

/** Verbs of a classifier whose ln p(x, k) comes from a state. */
export const jointVerbs = <S>(joint: (state: S, X: Rows) => Dense) => ({
  predictProba: ({ state }: { readonly state: S }, X: Rows): Dense => probabilitiesOf(joint(state, X)),
  predictLogProba: ({ state }: { readonly state: S }, X: Rows): Dense => logProbabilitiesOf(joint(state, X)),
  predictJointLogProba: ({ state }: { readonly state: S }, X: Rows): Dense => joint(state, X),
})

export const multinomialVerbs = jointVerbs((state: LinearState, X) =>
  linearJoint(X, state.featureLogProb, state.classLogPrior),
)
