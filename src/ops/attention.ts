import { floatDTypes } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { broadcastShapes, sameShape, type Shape, show } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import { requireDType, requireSameDType } from './apply.ts'
import { add, arange, constant, greaterEqual, less, logicalAnd, mul, sub, where } from './arithmetic.ts'
import { reshape, transpose } from './broadcast.ts'
import { matmul } from './linear-algebra.ts'
import { abs, tanh } from './math.ts'
import { expandDims } from './movement.ts'
import { softmax } from './normalization.ts'

export interface AttentionOptions {
  /** Each query sees keys up to its own position, counted from the end: the last query sees all keys. Default false. */
  readonly causal?: boolean
  /** Each query sees only keys nearer than so many positions: itself and window − 1 on either side, with `causal` before it. Default all. */
  readonly window?: number
  /** bool, broadcast to `[..., Tq, Tk]`: false hides a key. A row of all false gives the mean of the values. */
  readonly mask?: Node
  /** Added to the scores, broadcast to `[..., Tq, Tk]`, such as a relative position bias. */
  readonly bias?: Node
  /** Bounds the scores by `softcap · tanh(scores / softcap)`, before the bias. Default none. */
  readonly softcap?: number
  /** Default 1/√hd. */
  readonly scale?: number
  /** Applied to the attention weights `[..., Tq, Tk]`, such as dropout. */
  readonly onWeights?: (weights: Node) => Node
}

/** True where query i of `queries` may see key j of `keys`; the last query is aligned with the last key. */
const seenByPlace = (queries: number, keys: number, { causal, window }: AttentionOptions): Node | null => {
  const behind = sub(expandDims(arange(queries, 'int32', keys - queries), 1), arange(keys, 'int32'))
  const near = window !== undefined && window < keys ? less(abs(behind), constant(window, 'int32')) : null
  const past = causal && queries > 1 ? greaterEqual(behind, constant(0, 'int32')) : null
  return near && past ? logicalAnd(near, past) : (near ?? past)
}

/** Large enough to vanish in the softmax, finite so that a fully hidden row is not NaN. */
const hidden = (like: Node): Node => constant(like.dtype === 'float16' ? -6e4 : -1e30, like.dtype)

const requireShapes = (q: Shape, k: Shape, v: Shape): void => {
  const [heads, keyHeads] = [q.at(-3) ?? 1, k.at(-3) ?? 1]
  const fits = q.length > 1 && k.length > 1 && v.length > 1 && q.at(-1) === k.at(-1) && v.at(-2) === k.at(-2)
  if (!fits) {
    throw new ShapeError(
      `attention: q ${show(q)}, k ${show(k)} and v ${show(v)} do not go together. Expected q [..., Tq, hd], k [..., Tk, hd], v [..., Tk, hv].`,
      { q, k, v },
    )
  }
  const grouped = heads !== keyHeads && heads !== 1 && keyHeads !== 1
  if (grouped && (heads % keyHeads !== 0 || v.at(-3) !== keyHeads)) {
    throw new ShapeError(
      `attention: q ${show(q)} has ${heads} heads, k ${show(k)} has ${keyHeads} and v ${show(v)} has ${v.at(-3) ?? 1}. Keys and values need one number of heads, which divides the queries'.`,
      { q, k, v },
    )
  }
}
const requireOptions = ({ window, softcap }: AttentionOptions): void => {
  if (window !== undefined && (!Number.isInteger(window) || window < 1)) {
    throw new ArgumentError(`attention: window must be a whole number of at least 1; got ${window}.`, { window })
  }
  if (softcap !== undefined && !(softcap > 0)) {
    throw new ArgumentError(`attention: softcap must be a number above 0; got ${softcap}.`, { softcap })
  }
}

/** How many query heads share one of the keys: these are stacked along the queries, so that one product serves them all. */
const sharing = (q: Node, k: Node): number => {
  const [heads, keyHeads] = [q.shape.at(-3) ?? 1, k.shape.at(-3) ?? 1]
  return heads === 1 || keyHeads === 1 ? 1 : heads / keyHeads
}
/** `[..., nh, Tq, n]` → `[..., nh/share, share · Tq, n]`. */
const stackHeads = (x: Node, share: number): Node => {
  const [heads, rows, n] = x.shape.slice(-3) as [number, number, number]
  return share === 1 ? x : reshape(x, [...x.shape.slice(0, -3), heads / share, share * rows, n])
}
/** The way back. */
const spreadHeads = (x: Node, share: number): Node => {
  const [heads, rows, n] = x.shape.slice(-3) as [number, number, number]
  return share === 1 ? x : reshape(x, [...x.shape.slice(0, -3), heads * share, rows / share, n])
}

/** Scores to which nothing was added that would make them more than `[..., Tq, Tk]`. */
const addTo = (scores: Node, bias: Node): Node => {
  if (sameShape(broadcastShapes('attention: scores and bias', scores.shape, bias.shape), scores.shape)) {
    return add(scores, bias)
  }
  throw new ShapeError(
    `attention: the bias is ${show(bias.shape)} and the scores are ${show(scores.shape)}. The bias must broadcast to the scores.`,
    { bias: bias.shape, scores: scores.shape },
  )
}

/**
 * Scaled dot-product attention: `softmax(q kᵀ · scale) v`. q: `[..., Tq, hd]`, k: `[..., Tk, hd]`, v: `[..., Tk, hv]` → `[..., Tq, hv]`.
 * Where k and v have fewer heads than q, on the third axis from the end, each of theirs serves as many neighbouring ones of q.
 *
 * Source: Vaswani et al. 2017, equation 1; grouped heads: Ainslie et al. 2023; window: Beltagy et al. 2020; softcap: Gemma 2, 2024.
 */
export const attention = (q: Node, k: Node, v: Node, options: AttentionOptions = {}): Node => {
  const { mask, bias, softcap, onWeights } = options
  requireShapes(q.shape, k.shape, v.shape)
  requireOptions(options)
  requireDType('attention', q.dtype, floatDTypes)
  for (const other of [k, v, ...(bias ? [bias] : [])]) requireSameDType('attention', q, other)
  if (mask) requireDType('attention: the mask', mask.dtype, ['bool'])
  const share = sharing(q, k)
  const scale = options.scale ?? 1 / Math.sqrt(q.shape.at(-1)!)
  // Scaling q touches Tq·hd numbers; scaling the scores would touch Tq·Tk.
  let scores = spreadHeads(matmul(stackHeads(mul(q, constant(scale, q.dtype)), share), transpose(k)), share)
  if (softcap) {
    const cap = constant(softcap, q.dtype)
    scores = mul(tanh(mul(scores, constant(1 / softcap, q.dtype))), cap)
  }
  if (bias) scores = addTo(scores, bias)
  // Added, not chosen: a hidden key's weight is 0 either way, and so is the gradient of its score, but adding costs none backwards.
  const hide = (seen: Node): void => {
    scores = add(scores, where(seen, constant(0, q.dtype), hidden(q)))
  }
  const seen = options.causal || options.window ? seenByPlace(q.shape.at(-2)!, k.shape.at(-2)!, options) : null
  if (seen) hide(seen)
  if (mask) hide(mask)
  const weights = softmax(scores)
  return spreadHeads(matmul(stackHeads(onWeights ? onWeights(weights) : weights, share), v), share)
}
