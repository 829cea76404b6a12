// Special functions of plain numbers in float64; those of tensors are tensor methods (`x.lgamma()`, `x.erfc()`).
export { digamma, lbeta, lgamma, logChoose } from './gamma.ts'
export { betaInverse, betaLower, betaTails } from './incomplete-beta.ts'
export { gammaInverse, gammaLower, gammaTails, gammaUpper } from './incomplete-gamma.ts'
export { erfc, normalInverse, normalTails } from './normal.ts'
export type { Tails } from './tails.ts'
