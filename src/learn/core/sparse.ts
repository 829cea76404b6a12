import type { Dense } from '../../ops/matrix-kernels.ts'
import type { Csr } from '../numeric/csr.ts'

export { type Csr, isCsr } from '../numeric/csr.ts'

/** Rows of features, dense or sparse. */
export type Rows = Dense | Csr
