import { type DType, floatDTypes, numericDTypes } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { broadcastShapes, sameShape, type Shape, show } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import { requireDType, requireSameDType } from './apply.ts'
import { add, arange, cast, constant, mul, sub } from './arithmetic.ts'
import { reshape } from './broadcast.ts'
import { cos as cosOf, exp, sin as sinOf } from './math.ts'
import { concat, expandDims, sliceAxis, squeeze } from './movement.ts'

export interface RotaryTablesOptions {
  /** Wavelengths run from 2π to 2π · base positions. Default 10000. */
  readonly base?: number
  /** Of the tables. Default float32. */
  readonly dtype?: DType
}
/** cos and sin of `position · base^(−2i/dim)`, i below dim/2: positions `[..., T]` → `[..., T, dim/2]` each. Computed in float64. */
export const rotaryTables = (
  positions: Node,
  dim: number,
  { base = 10_000, dtype = 'float32' }: RotaryTablesOptions = {},
): { cos: Node; sin: Node } => {
  requireDType('rotaryTables', positions.dtype, numericDTypes)
  requireDType('rotaryTables', dtype, floatDTypes)
  if (!Number.isInteger(dim) || dim < 2 || dim % 2 !== 0) {
    throw new ArgumentError(`rotaryTables: dim must be an even number of at least 2; got ${dim}.`, { dim })
  }
  if (!(base > 0)) throw new ArgumentError(`rotaryTables: base must be a number above 0; got ${base}.`, { base })
  const exponents = mul(arange(dim / 2, 'float64'), constant((-2 * Math.log(base)) / dim, 'float64'))
  const angles = mul(expandDims(cast(positions, 'float64'), positions.shape.length), exp(exponents))
  return { cos: cast(cosOf(angles), dtype), sin: cast(sinOf(angles), dtype) }
}

/** The table against x: `[T, r/2]` or with leading axes that broadcast to those of x. */
const requireTable = (x: Shape, cos: Shape, sin: Shape): number => {
  const half = cos.at(-1) ?? 0
  const rows = [...x.slice(0, -1), half]
  const fits = sameShape(cos, sin) && x.length > 1 && cos.length > 1 && half > 0 && 2 * half <= x.at(-1)!
  if (!fits || !sameShape(broadcastShapes('rotaryEmbedding: x and cos', rows, cos), rows)) {
    throw new ShapeError(
      `rotaryEmbedding: x is ${show(x)}, cos ${show(cos)} and sin ${show(sin)}. For x [..., T, hd] both tables must be [..., T, r/2] with r at most hd.`,
      { x, cos, sin },
    )
  }
  return half
}

export interface RotaryOptions {
  /** Pairs are neighbours (2i, 2i + 1), as in the paper; else (i, i + r/2), as in Llama and GPT-NeoX. Default false. */
  readonly interleaved?: boolean
}
/**
 * Turns pairs of features by angles that grow with the position: x `[..., T, hd]`, cos and sin `[..., T, r/2]` → `[..., T, hd]`. The
 * features from r on stay as they are.
 *
 * Source: Su et al. 2021, equation 34.
 */
export const rotaryEmbedding = (x: Node, cos: Node, sin: Node, { interleaved = false }: RotaryOptions = {}): Node => {
  requireDType('rotaryEmbedding', x.dtype, floatDTypes)
  for (const table of [cos, sin]) requireSameDType('rotaryEmbedding', x, table)
  const half = requireTable(x.shape, cos.shape, sin.shape)
  const last = x.shape.length - 1
  const turned = sliceAxis(x, last, 0, 2 * half)
  // Pairs side by side on an axis of 2: the last of neighbours, the one before it otherwise.
  const axis = interleaved ? last + 1 : last
  const pairs = reshape(turned, [...x.shape.slice(0, -1), ...(interleaved ? [half, 2] : [2, half])])
  const [a, b] = [0, 1].map(i => squeeze(sliceAxis(pairs, axis, i, i + 1), axis)) as [Node, Node]
  const parts = [sub(mul(a, cos), mul(b, sin)), add(mul(b, cos), mul(a, sin))]
  const joined = concat(
    parts.map(p => expandDims(p, axis)),
    axis,
  )
  const flat = reshape(joined, turned.shape)
  return 2 * half === x.shape[last] ? flat : concat([flat, sliceAxis(x, last, 2 * half, x.shape[last]!)], last)
}
