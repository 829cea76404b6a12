import { type DType, floatDTypes, numericDTypes } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { constant, equal, fullLike, greater, less, requireFits, where } from './arithmetic.ts'
import { apply, requireDType } from './apply.ts'
import { defineUnary, type UnaryOp } from './define-elementwise.ts'
import { isNaN as isNotANumber } from './math.ts'

export const trunc: UnaryOp = defineUnary({
  name: 'trunc',
  formula: 'the whole part: x rounded towards 0',
  scalar: (s, x) => s.mul(s.sign(x), s.floor(s.abs(x))),
  vjp: (_g, x) => fullLike(x, 0),
  domain: [-3, 3],
  kinks: [-3, -2, -1, 0, 1, 2, 3],
})

type ClampAttrs = { readonly min: number | null; readonly max: number | null }
const clampOp: Op<ClampAttrs> = {
  name: 'clamp',
  formula: 'min(max(x, low), high); gradient 1 within the bounds and on them',
  infer: ([x], { min, max }) => {
    requireDType('clamp', x!.dtype, numericDTypes)
    for (const bound of [min, max]) if (bound !== null) requireFits('clamp', bound, x!.dtype)
    return { shape: x!.shape, dtype: x!.dtype }
  },
  compose: ([x], { min, max }) => {
    const low = min === null ? x! : where(less(x!, constant(min, x!.dtype)), constant(min, x!.dtype), x!)
    return max === null ? low : where(greater(low, constant(max, x!.dtype)), constant(max, x!.dtype), low)
  },
  lower: (b, [x], out, { min, max }) => {
    const bound = (v: number | null): string => (v === null ? '' : b.constant([v], out.dtype, []))
    return b.op('Clip', [x!.name, bound(min), ...(max === null ? [] : [bound(max)])])
  },
  checks: {
    samples: [
      { inputs: [{ shape: [3, 4] }], attrs: { min: -1, max: 1 } },
      { inputs: [{ shape: [7] }], attrs: { min: null, max: 1 } },
      { inputs: [{ shape: [7] }], attrs: { min: 1, max: null } },
      { inputs: [{ shape: [2, 3], dtype: 'int32' }], attrs: { min: -2, max: 3 } },
    ],
    kinks: [-1, 1],
  },
}
export interface ClampOptions {
  /** Smallest value. Default: none. */
  readonly min?: number
  /** Largest value. Default: none. Where it is below `min`, it wins. */
  readonly max?: number
}
/** Values outside the bounds replaced by the nearest bound; NaN stays. The gradient is 1 within the bounds and on them, else 0. */
export const clamp = (x: Node, { min, max }: ClampOptions): Node => {
  if (min === undefined && max === undefined)
    throw new ArgumentError('clamp: neither min nor max is given. Pass at least one of them.')
  if (Number.isNaN(min) || Number.isNaN(max))
    throw new ArgumentError(`clamp: min is ${min} and max ${max}. Pass numbers other than NaN.`, { min, max })
  return apply(clampOp, [x], { min: min ?? null, max: max ?? null })
}

export const isInf: UnaryOp = defineUnary({
  name: 'isInf',
  formula: '|x| = ∞',
  predicate: true,
  scalar: (s, x) => s.equal(s.abs(x), s.lit(Number.POSITIVE_INFINITY)),
  domain: [-3, 3],
})
const finite: UnaryOp = defineUnary({
  name: 'isFinite',
  formula: 'x is neither NaN nor infinite',
  predicate: true,
  scalar: (s, x) => s.less(s.abs(x), s.lit(Number.POSITIVE_INFINITY)),
  domain: [-3, 3],
})

export { finite as isFinite }

/** Largest finite number of a float dtype. */
const largest: Partial<Record<DType, number>> = {
  float64: Number.MAX_VALUE,
  float32: (2 - 2 ** -23) * 2 ** 127,
  float16: (2 - 2 ** -10) * 2 ** 15,
  bfloat16: (2 - 2 ** -7) * 2 ** 127,
}
export interface NanToNumOptions {
  /** In place of NaN. Default 0. */
  readonly nan?: number
  /** In place of ∞. Default: the largest finite number of the dtype. */
  readonly posInf?: number
  /** In place of −∞. Default: the smallest finite number of the dtype. */
  readonly negInf?: number
}
/** NaN and the infinities replaced by numbers; these elements get no gradient. */
export const nanToNum = (x: Node, options: NanToNumOptions = {}): Node => {
  requireDType('nanToNum', x.dtype, floatDTypes)
  const literal = (v: number): Node => constant(v, x.dtype)
  const infinite = (sign: 1 | -1): Node => equal(x, literal(sign * Number.POSITIVE_INFINITY))
  const top = largest[x.dtype]!
  const known = where(isNotANumber(x), literal(options.nan ?? 0), x)
  const below = where(infinite(1), literal(options.posInf ?? top), known)
  return where(infinite(-1), literal(options.negInf ?? -top), below)
}

export const roundingOps: readonly Op[] = [...[trunc, isInf, finite].map(f => f.op), clampOp as unknown as Op]
