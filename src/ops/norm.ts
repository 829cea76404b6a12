import { floatDTypes } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { normalizeAxes } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import { cast, constant, equal, notEqual, pow, where } from './arithmetic.ts'
import { requireDType } from './apply.ts'
import { type ReduceOptions, sum } from './broadcast.ts'
import { abs, sqrt, square } from './math.ts'
import { max, min } from './reduce.ts'

export interface NormOptions extends ReduceOptions {
  /**
   * p of (Σ |x|^p)^(1/p). 2 and `fro` are the Euclidean length (of a matrix: Frobenius's norm), Infinity the largest |x|, −Infinity the
   * smallest, 0 the number of elements other than 0. Default 2.
   */
  readonly ord?: number | 'fro'
  /** Axes to measure over. Default: all. */
  readonly axes?: number | readonly number[]
}

/** f where the total is not 0, and 0 there: roots have an infinite slope at 0, of which nothing may flow back. */
const awayFromZero = (total: Node, f: (total: Node) => Node): Node => {
  const zero = constant(0, total.dtype)
  const none = equal(total, zero)
  return where(none, zero, f(where(none, constant(1, total.dtype), total)))
}

/**
 * Length of the vectors along axes, as `torch.linalg.vector_norm`: several axes count as one. The gradient at the origin is 0, a
 * subgradient; ties of ±Infinity share theirs.
 */
export const norm = (x: Node, { ord = 2, axes, keepDims = false }: NormOptions = {}): Node => {
  requireDType('norm', x.dtype, floatDTypes)
  if (typeof ord === 'number' ? Number.isNaN(ord) : ord !== 'fro')
    throw new ArgumentError(`norm: ord must be a number or 'fro'; got ${ord}.`, { ord })
  const over = normalizeAxes('norm', axes, x.shape.length)
  const total = (t: Node): Node => sum(t, over, { keepDims })
  switch (ord) {
    case 2:
    case 'fro':
      return awayFromZero(total(square(x)), sqrt)
    case 1:
      return total(abs(x))
    case 0:
      return total(cast(notEqual(x, constant(0, x.dtype)), x.dtype))
    case Number.POSITIVE_INFINITY:
      return max(abs(x), over, { keepDims })
    case Number.NEGATIVE_INFINITY:
      return min(abs(x), over, { keepDims })
    default:
      return awayFromZero(total(pow(abs(x), constant(ord, x.dtype))), t => pow(t, constant(1 / ord, x.dtype)))
  }
}
