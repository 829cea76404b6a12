import type { Op } from '../graph/op.ts'
import { activationOps } from './activation.ts'
import { arithmeticOps } from './arithmetic.ts'
import { broadcastOps } from './broadcast.ts'
import { indexingOps } from './indexing.ts'
import { linearAlgebraOps } from './linear-algebra.ts'
import { mathOps } from './math.ts'
import { movementOps } from './movement.ts'
import { normalizationOps } from './normalization.ts'
import { reduceOps } from './reduce.ts'
import { sortingOps } from './sorting.ts'

/** Every record, by family: what the conformance tests, the gradient checks and the documentation walk over. */
export const allOps: readonly Op[] = [
  ...arithmeticOps,
  ...mathOps,
  ...activationOps,
  ...broadcastOps,
  ...reduceOps,
  ...movementOps,
  ...indexingOps,
  ...sortingOps,
  ...linearAlgebraOps,
  ...normalizationOps,
]
