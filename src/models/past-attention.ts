import { ShapeError } from '../core/errors.ts'
import { attention, concat } from '../tensor/functions.ts'
import { arange } from '../tensor/creation.ts'
import type { Parameter } from '../nn/parameter.ts'
import type { Floats, Ids, Present, Visible } from '../text/causal-model.ts'

/** `[B, T, C]` → `[B, heads, T, C / heads]`. */
export const splitHeads = (x: Floats, heads: number): Floats => {
  const [B, T, C] = x.shape as readonly [number, number, number]
  const apart = x.reshape([B, T, heads, C / heads])
  // One token's heads stand in order already.
  return (T === 1 ? apart.reshape([B, heads, 1, C / heads]) : apart.transpose([0, 2, 1, 3])) as Floats
}

/** `[B, heads, T, size]` → `[B, T, heads · size]`. */
export const joinHeads = (x: Floats): Floats => {
  const [B, heads, T, size] = x.shape as readonly [number, number, number, number]
  return (T === 1 ? x : x.transpose([0, 2, 1, 3])).reshape([B, T, heads * size]) as Floats
}

/** What a key that must not be seen gets added to its score: it vanishes in the softmax. */
const hidden = -1e30

/**
 * Attention of T further tokens to the past and to one another, without copying the past: only the scores are joined.
 * q: `[B, nh, T, hd]`, k and v: `[B, nk, T, hd]`, the past `[B, nk, Tmax, hd]`, visible `[B, Tmax]` → `[B, nh, T, hd]`; nk divides nh.
 */
export const attendWithPast = (q: Floats, { keys, values }: Present, past: Present, visible: Visible): Floats => {
  const [B, nh, T, hd] = q.shape as readonly [number, number, number, number]
  const nk = keys.shape[1]!
  const Tmax = past.keys.shape[2]!
  // Queries that share keys stand below one another.
  const scaled = q.mul(1 / Math.sqrt(hd)).reshape([B, nk, (nh / nk) * T, hd]) as Floats
  const unseen = visible.to('float32').sub(1).mul(-hidden).reshape([B, 1, 1, Tmax]) as Floats
  const before = scaled.matmul(past.keys.transpose() as Floats).add(unseen) as Floats
  if (T === 1) {
    const here = scaled.matmul(keys.reshape([B, nk, hd, 1])) as Floats
    const weights = concat([before, here] as readonly Floats[], 3).softmax() as Floats
    const [onPast, onSelf] = weights.split([Tmax, 1], 3) as [Floats, Floats]
    return onPast.matmul(past.values).add(onSelf.mul(values)).reshape(q.shape) as Floats
  }
  const order = arange(0, T, { dtype: 'int32' })
  const later = order.reshape([T, 1]).less(order).to('float32').mul(hidden) as Floats
  const here = scaled.matmul(keys.transpose() as Floats).reshape([B, nk, nh / nk, T, T]) as Floats
  const causal = here.add(later).reshape([B, nk, (nh / nk) * T, T]) as Floats
  const weights = concat([before, causal] as readonly Floats[], 3).softmax() as Floats
  const [onPast, onNew] = weights.split([Tmax, T], 3) as [Floats, Floats]
  return onPast.matmul(past.values).add(onNew.matmul(values)).reshape(q.shape) as Floats
}

/** Attention of a whole text to itself: each token sees itself and the ones before it. */
export const attendCausally = (
  q: Floats,
  { keys, values }: Present,
  options: { readonly window?: number | undefined; readonly onWeights?: (weights: Floats) => Floats } = {},
): Floats => {
  const { window, onWeights } = options
  return attention(q, keys, values, {
    causal: true,
    ...(window !== undefined && { window }),
    ...(onWeights && { onWeights }),
  }) as Floats
}

/** @throws ShapeError unless ids are `[B, T]` with T from 1 to the context's length */
export const requireIds = (where: string, ids: Ids, contextLength: number): void => {
  const T = ids.shape[1] ?? 0
  if (ids.ndim === 2 && T >= 1 && T <= contextLength) return
  throw new ShapeError(
    `${where}: ids are [${ids.shape.join(', ')}]. Expected [B, T] with T from 1 to ${contextLength}, the context length.`,
  )
}

/** How a model reads a text whose weights are kept as this one is. */
export const chunkOf = ({ storage }: Parameter): { readonly chunk?: number } =>
  storage === 'int8' || storage === 'int4' ? { chunk: 16 } : {}
