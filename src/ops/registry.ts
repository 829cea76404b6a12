import type { Op } from '../graph/op.ts'
import { activationOps } from './activation.ts'
import { arithmeticOps } from './arithmetic.ts'
import { bitsOps } from './bits.ts'
import { batchNormOps } from './batch-norm.ts'
import { broadcastOps } from './broadcast.ts'
import { convolutionOps } from './convolution.ts'
import { cumulativeOps } from './cumulative.ts'
import { decompositionOps } from './decompositions.ts'
import { determinantOps } from './determinant.ts'
import { divisionOps } from './division.ts'
import { imageOps } from './image.ts'
import { fourierOps } from './fourier.ts'
import { elementaryOps } from './elementary.ts'
import { gammaOps } from './gamma.ts'
import { indexingOps } from './indexing.ts'
import { linearAlgebraOps } from './linear-algebra.ts'
import { mathOps } from './math.ts'
import { matrixFunctionOps } from './matrix-functions.ts'
import { movementOps } from './movement.ts'
import { normalizationOps } from './normalization.ts'
import { normOps } from './norms.ts'
import { packedOps } from './packed-product.ts'
import { poolingOps } from './pooling.ts'
import { rectifierOps } from './rectifiers.ts'
import { reduceOps } from './reduce.ts'
import { resampleOps } from './resample.ts'
import { roundingOps } from './rounding.ts'
import { scatterOps } from './scatter.ts'
import { solveOps } from './solve.ts'
import { sortingOps } from './sorting.ts'
import { specialOps } from './special.ts'
import { spectralOps } from './spectral.ts'

/** Every record, by family: what the conformance tests, the gradient checks and the documentation walk over. */
export const opFamilies: readonly { readonly title: string; readonly ops: readonly Op[] }[] = [
  { title: 'Arithmetic, comparison and logic', ops: arithmeticOps },
  { title: 'Elementary functions', ops: mathOps },
  { title: 'Activations', ops: activationOps },
  { title: 'Shape, repetition and sums', ops: broadcastOps },
  { title: 'Reductions', ops: reduceOps },
  { title: 'Movement', ops: movementOps },
  { title: 'Indexing', ops: indexingOps },
  { title: 'Order', ops: sortingOps },
  { title: 'Products', ops: linearAlgebraOps },
  { title: 'Products with weights in few bits', ops: packedOps },
  { title: 'Softmax and layer normalisation', ops: normalizationOps },
  { title: 'Normalisation over batches', ops: batchNormOps },
  { title: 'Normalisation over features', ops: normOps },
  { title: 'Rounding', ops: roundingOps },
  { title: 'Division with remainder', ops: divisionOps },
  { title: 'Bits', ops: bitsOps },
  { title: 'Running results', ops: cumulativeOps },
  { title: 'Scattering', ops: scatterOps },
  { title: 'More elementary functions', ops: elementaryOps },
  { title: 'Special functions', ops: specialOps },
  { title: 'Gamma functions', ops: gammaOps },
  { title: 'Rectifiers', ops: rectifierOps },
  { title: 'Convolution', ops: convolutionOps },
  { title: 'Patches', ops: imageOps },
  { title: 'Pooling', ops: poolingOps },
  { title: 'Resampling', ops: resampleOps },
  { title: 'Linear equations', ops: solveOps },
  { title: 'Determinants', ops: determinantOps },
  { title: 'Triangular decompositions', ops: decompositionOps },
  { title: 'Eigenvalues and singular values', ops: spectralOps },
  { title: 'Functions of matrices', ops: matrixFunctionOps },
  { title: 'Fourier transforms', ops: fourierOps },
]

export const allOps: readonly Op[] = opFamilies.flatMap(family => family.ops)
