import { floatDTypes } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { show } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import { requireDType, requireSameDType } from './apply.ts'
import { add, arange, constant, greaterEqual, mul, where } from './arithmetic.ts'
import { transpose } from './broadcast.ts'
import { matmul } from './linear-algebra.ts'
import { expandDims } from './movement.ts'
import { softmax } from './normalization.ts'

export interface AttentionOptions {
  /** Each query sees keys up to its own position, counted from the end: the last query sees all keys. Default false. */
  readonly causal?: boolean
  /** bool, broadcast to `[..., Tq, Tk]`: false hides a key. A row of all false gives the mean of the values. */
  readonly mask?: Node
  /** Default 1/√hd. */
  readonly scale?: number
  /** Applied to the attention weights `[..., Tq, Tk]`, such as dropout. */
  readonly onWeights?: (weights: Node) => Node
}

/** True where query i of `queries` may see key j of `keys`; the last query is aligned with the last key. */
const causalMask = (queries: number, keys: number): Node =>
  greaterEqual(expandDims(arange(queries, 'int32', keys - queries), 1), arange(keys, 'int32'))

// Large enough to vanish in the softmax, finite so that a fully hidden row is not NaN.
const hidden = -1e30

/**
 * Scaled dot-product attention: `softmax(q kᵀ · scale) v`. q: `[..., Tq, hd]`, k: `[..., Tk, hd]`, v: `[..., Tk, hv]` → `[..., Tq, hv]`.
 *
 * Source: Vaswani et al. 2017, equation 1.
 */
export const attention = (q: Node, k: Node, v: Node, options: AttentionOptions = {}): Node => {
  const [tq, hd] = q.shape.slice(-2)
  const [tk, kd] = k.shape.slice(-2)
  if (hd === undefined || hd !== kd || v.shape[v.shape.length - 2] !== tk) {
    throw new ShapeError(
      `attention: q ${show(q.shape)}, k ${show(k.shape)} and v ${show(v.shape)} do not go together. Expected q [..., Tq, hd], k [..., Tk, hd], v [..., Tk, hv].`,
      { q: q.shape, k: k.shape, v: v.shape },
    )
  }
  requireDType('attention', q.dtype, floatDTypes)
  for (const other of [k, v]) requireSameDType('attention', q, other)
  if (options.mask) requireDType('attention: the mask', options.mask.dtype, ['bool'])
  const scale = options.scale ?? 1 / Math.sqrt(hd)
  // Scaling q touches Tq·hd numbers; scaling the scores would touch Tq·Tk.
  let scores = matmul(mul(q, constant(scale, q.dtype)), transpose(k))
  // Added, not chosen: a hidden key's weight is 0 either way, and so is the gradient of its score, but adding costs none backwards.
  const hide = (seen: Node): void => {
    scores = add(scores, where(seen, constant(0, q.dtype), constant(hidden, q.dtype)))
  }
  if (options.causal && tq! > 1) hide(causalMask(tq!, tk!))
  if (options.mask) hide(options.mask)
  const weights = softmax(scores)
  return matmul(options.onWeights ? options.onWeights(weights) : weights, v)
}
