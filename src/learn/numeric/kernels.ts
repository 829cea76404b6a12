import { ShapeError } from '../../core/errors.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { fastExp } from './fast-exp.ts'
import { copyUpper, product, rowGramSync, rowGramUpper } from './product.ts'

export const kernelNames = ['linear', 'poly', 'rbf', 'sigmoid', 'cosine', 'laplacian'] as const
export type KernelName = (typeof kernelNames)[number]

export interface KernelSettings {
  readonly kernel: KernelName
  readonly gamma: number
  readonly degree: number
  readonly coef0: number
}

/** `Σ x²` of each row. */
export const squaredNorms = ({ rows, columns, data }: Dense): Float64Array => {
  const out = new Float64Array(rows)
  for (let i = 0, at = 0; i < rows; i++) {
    let sum = 0
    for (let j = 0; j < columns; j++, at++) sum += data[at]! * data[at]!
    out[i] = sum
  }
  return out
}

/**
 * The kernel of each row of X with each of Y, [N, M]: `linear` x·y, `poly` (γ x·y + c)^d, `rbf` exp(−γ |x − y|²), `sigmoid` tanh(γ x·y + c),
 * `cosine` x·y / (|x| |y|), `laplacian` exp(−γ Σ|x − y|).
 *
 * @throws ShapeError for other numbers of columns
 */
export const kernelMatrix = async (
  X: Dense,
  Y: Dense,
  { kernel, gamma, degree, coef0 }: KernelSettings,
): Promise<Dense> => {
  if (X.columns !== Y.columns)
    throw new ShapeError(`kernel: X has ${X.columns} columns and Y has ${Y.columns}. They must be as many.`)
  if (kernel === 'laplacian') return laplacian(X, Y, gamma)
  const same = X === Y
  const K = same ? (kernel === 'rbf' ? rowGramUpper(X) : rowGramSync(X)) : await product(X, Y, { transposeB: true })
  const { rows, columns, data } = K
  if (kernel === 'linear') return K
  if (kernel === 'poly') for (let k = 0; k < data.length; k++) data[k] = (gamma * data[k]! + coef0) ** degree
  else if (kernel === 'sigmoid') for (let k = 0; k < data.length; k++) data[k] = Math.tanh(gamma * data[k]! + coef0)
  else if (kernel === 'rbf') rbf(K, squaredNorms(X), same ? undefined : squaredNorms(Y), gamma)
  else {
    const [x, y] = [squaredNorms(X), squaredNorms(Y)]
    for (let i = 0, at = 0; i < rows; i++)
      for (let j = 0; j < columns; j++, at++) data[at] = data[at]! / (Math.sqrt(x[i]! * y[j]!) || 1)
  }
  return K
}

/** Products become `exp(−γ |x − y|²)`, in place; of rows with themselves half are computed. */
const rbf = ({ rows, columns, data }: Dense, x: Float64Array, y: Float64Array | undefined, gamma: number): void => {
  if (y) {
    for (let i = 0, at = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++, at++) data[at] = fastExp(-gamma * Math.max(0, x[i]! + y[j]! - 2 * data[at]!))
    }
    return
  }
  for (let i = 0; i < rows; i++) {
    data[i * columns + i] = 1
    for (let j = i + 1, at = i * columns + j; j < columns; j++, at++)
      data[at] = fastExp(-gamma * Math.max(0, x[i]! + x[j]! - 2 * data[at]!))
  }
  copyUpper({ rows, columns, data })
}

const laplacian = (X: Dense, Y: Dense, gamma: number): Dense => {
  const out = dense(X.rows, Y.rows)
  for (let i = 0; i < X.rows; i++) {
    for (let j = 0; j < Y.rows; j++) {
      let sum = 0
      for (let f = 0; f < X.columns; f++) sum += Math.abs(X.data[i * X.columns + f]! - Y.data[j * X.columns + f]!)
      out.data[i * Y.rows + j] = Math.exp(-gamma * sum)
    }
  }
  return out
}
