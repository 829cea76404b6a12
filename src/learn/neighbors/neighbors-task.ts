import type { Dense } from '../../ops/matrix-kernels.ts'
import { type Index, type Neighbors, nearestHere } from './search.ts'

/** The nearest rows of a block of rows. */
export const run = ({ index, k }: { readonly index: Index; readonly k: number }, rows: Dense): Neighbors =>
  nearestHere(index, rows, k)
