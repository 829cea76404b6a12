import type { DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import type { Broadcast, Check, Concat, Settled } from '../core/shape-types.ts'
import { type AttentionOptions, attention as attentionOf } from '../ops/attention.ts'
import * as ar from '../ops/arithmetic.ts'
import { type CrossEntropyOptions, crossEntropy as crossEntropyOf, mse as mseOf, type Reduction } from '../ops/loss.ts'
import { affine as affineOf } from '../ops/linear-algebra.ts'
import * as mv from '../ops/movement.ts'
import { type LayerNormOptions, layerNorm as layerNormOf } from '../ops/normalization.ts'
import { Tensor } from './tensor.ts'

type ShapesOf<T extends readonly Tensor[]> = {
  readonly [I in keyof T]: T[I] extends Tensor<infer S, DType> ? S : Shape
}

/** Joins tensors along an existing axis (default 0); the other axes must be equal. */
export const concat = <const T extends readonly Tensor[], const A extends number = 0>(
  tensors: T & Check<Concat<ShapesOf<T>, A>>,
  axis?: A,
): Tensor<Settled<Concat<ShapesOf<T>, A>>, T[0]['dtype']> =>
  new Tensor(
    mv.concat(
      (tensors as readonly Tensor[]).map(t => t.node),
      axis ?? 0,
    ),
  )

/** Joins tensors of one shape along a new axis (default 0). */
export const stack = <D extends DType>(tensors: readonly Tensor<Shape, D>[], axis = 0): Tensor<Shape, D> =>
  new Tensor(
    mv.stack(
      tensors.map(t => t.node),
      axis,
    ),
  )

/** `x w + b` on the last axis, in one kernel: x `[..., K]`, w `[K, N]`, b `[N]` → `[..., N]`. */
export const affine = <D extends DType>(
  x: Tensor<Shape, D>,
  w: Tensor<Shape, NoInfer<D>>,
  b: Tensor<Shape, NoInfer<D>>,
): Tensor<Shape, D> => new Tensor(affineOf(x.node, w.node, b.node))

/** `condition ? a : b`, element by element. The branch not chosen is computed too: keep NaN out of it where gradients flow. */
export const where = <C extends Shape, A extends Shape, D extends DType, B extends Shape = readonly []>(
  condition: Tensor<C, 'bool'>,
  a: Tensor<A, D>,
  b: (Tensor<B, NoInfer<D>> & Check<Broadcast<A, B>>) | number,
): Tensor<Settled<Broadcast<C, Settled<Broadcast<A, B>>>>, D> =>
  new Tensor(ar.where(condition.node, a.node, typeof b === 'number' ? ar.constant(b, a.dtype, 'where') : b.node))

/** Attention's options with tensors for nodes. */
export interface TensorAttentionOptions<D extends DType> extends Omit<AttentionOptions, 'mask' | 'bias' | 'onWeights'> {
  /** bool, broadcast to `[..., Tq, Tk]`: false hides a key. */
  readonly mask?: Tensor<Shape, 'bool'>
  /** Added to the scores, broadcast to `[..., Tq, Tk]`, such as a relative position bias. */
  readonly bias?: Tensor<Shape, D>
  /** Applied to the attention weights `[..., Tq, Tk]`, such as dropout. */
  readonly onWeights?: (weights: Tensor<Shape, D>) => Tensor<Shape, D>
}
/**
 * Scaled dot-product attention, `softmax(q kᵀ · scale) v`.
 *
 * **Shape** q: `[..., Tq, hd]`, k: `[..., Tk, hd]`, v: `[..., Tk, hv]` → `[..., Tq, hv]`. Where k and v have fewer heads than q, on the
 * third axis from the end, each of theirs serves as many neighbouring ones of q (grouped queries).
 *
 * @param options.causal each query sees keys up to its own position, counted from the end
 * @param options.window each query sees only keys nearer than so many positions, on both sides, or with `causal` before it
 * @param options.mask bool: false hides a key. A row of all false gives the mean of the values
 * @param options.softcap bounds the scores by `softcap · tanh(scores / softcap)`, before the bias is added and keys are hidden
 * @param options.bias added to the scores
 * @param options.scale default 1/√hd
 *
 * Source: Vaswani et al. 2017, equation 1; grouped queries: Ainslie et al. 2023; window: Beltagy et al. 2020; softcap: Gemma 2, 2024.
 */
export const attention = <D extends DType>(
  q: Tensor<Shape, D>,
  k: Tensor<Shape, NoInfer<D>>,
  v: Tensor<Shape, NoInfer<D>>,
  options: TensorAttentionOptions<D> = {},
): Tensor<Shape, D> => {
  const { mask, bias, onWeights, ...rest } = options
  return new Tensor(
    attentionOf(q.node, k.node, v.node, {
      ...rest,
      ...(mask && { mask: mask.node }),
      ...(bias && { bias: bias.node }),
      ...(onWeights && { onWeights: weights => onWeights(new Tensor(weights)).node }),
    }),
  )
}

/**
 * Layer normalisation over the last axes (those of `weight`).
 *
 * Source: Ba, Kiros & Hinton 2016, equation 4.
 */
export const layerNorm = <S extends Shape, D extends DType>(
  x: Tensor<S, D>,
  weight: Tensor<Shape, NoInfer<D>>,
  bias: Tensor<Shape, NoInfer<D>>,
  options: LayerNormOptions = {},
): Tensor<S, D> => new Tensor(layerNormOf(x.node, weight.node, bias.node, options))

type Loss<R extends Reduction, S extends Shape> = R extends 'none' ? S : readonly []

/**
 * −ln softmax(logits)[label] in nats, averaged by default.
 *
 * **Shape** logits: `[..., K]`, labels: int32 `[...]` → `[]`, or `[...]` with reduction `none`.
 *
 * @param options.ignoreIndex positions with this label count for nothing; if all do, the mean is 0
 * @param options.labelSmoothing share of the target spread over all classes (Szegedy et al. 2016)
 */
export const crossEntropy = <L extends Shape, R extends Reduction = 'mean'>(
  logits: Tensor,
  labels: Tensor<L, DType>,
  options: CrossEntropyOptions & { readonly reduction?: R } = {},
): Tensor<Loss<R, L>, 'float32'> => new Tensor(crossEntropyOf(logits.node, labels.node, options))

/** (prediction − target)², averaged by default. The shapes must be equal: nothing broadcasts. */
export const mse = <S extends Shape, D extends DType, R extends Reduction = 'mean'>(
  prediction: Tensor<S, D>,
  target: Tensor<Shape, NoInfer<D>>,
  options: { readonly reduction?: R } = {},
): Tensor<Loss<R, S>, D> => new Tensor(mseOf(prediction.node, target.node, options))
