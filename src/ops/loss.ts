import { floatDTypes } from '../core/dtype.ts'
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts'
import { sameShape, show } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import { add, cast, constant, div, fullLike, less, maximum, mul, neg, notEqual, sub, where } from './arithmetic.ts'
import { requireDType, requireSameDType } from './apply.ts'
import { reshape, sum } from './broadcast.ts'
import { takeAlongAxis } from './indexing.ts'
import { expandDims, squeeze } from './movement.ts'
import { logSoftmax } from './normalization.ts'
import { mean } from './reduce.ts'

export type Reduction = 'mean' | 'sum' | 'none'

const reduceLoss = (losses: Node, reduction: Reduction): Node =>
  reduction === 'none' ? losses : reduction === 'sum' ? sum(losses) : mean(losses)

/** Squared error (prediction − target)², averaged over all elements by default. */
export const mse = (prediction: Node, target: Node, options: { readonly reduction?: Reduction } = {}): Node => {
  if (!sameShape(prediction.shape, target.shape)) {
    throw new ShapeError(
      `mse: prediction is ${show(prediction.shape)} and target ${show(target.shape)}. They must have one shape: broadcasting here is nearly always a mistake.`,
      { prediction: prediction.shape, target: target.shape },
    )
  }
  requireDType('mse', prediction.dtype, floatDTypes)
  requireSameDType('mse', prediction, target)
  const error = sub(prediction, target)
  return reduceLoss(mul(error, error), options.reduction ?? 'mean')
}

export interface CrossEntropyOptions {
  readonly reduction?: Reduction
  /** Positions with this label count for nothing, in the mean too. */
  readonly ignoreIndex?: number
  /** Share of the target spread evenly over all classes, in [0, 1). Source: Szegedy et al. 2016, section 7. */
  readonly labelSmoothing?: number
}
/**
 * −ln softmax(logits)[label], in nats. logits: `[..., K]`, labels: int32 `[...]` → scalar (or `[...]` with reduction `none`).
 */
export const crossEntropy = (logits: Node, labels: Node, options: CrossEntropyOptions = {}): Node => {
  const classes = logits.shape[logits.shape.length - 1]
  if (classes === undefined || !sameShape(logits.shape.slice(0, -1), labels.shape)) {
    throw new ShapeError(
      `crossEntropy: logits are ${show(logits.shape)} and labels ${show(labels.shape)}. Labels need the shape of the logits without the last axis: ${show(logits.shape.slice(0, -1))}.`,
      { logits: logits.shape, labels: labels.shape },
    )
  }
  requireDType('crossEntropy', logits.dtype, floatDTypes)
  if (labels.dtype !== 'int32' && labels.dtype !== 'int64') {
    throw new DTypeError(
      `crossEntropy: labels are ${labels.dtype}. They must be int32 or int64, the index of each class. Convert with labels.to('int32').`,
      { dtype: labels.dtype },
    )
  }
  const smoothing = options.labelSmoothing ?? 0
  if (!(smoothing >= 0 && smoothing < 1)) {
    throw new ArgumentError(`crossEntropy: labelSmoothing must be at least 0 and below 1; got ${smoothing}.`, {
      smoothing,
    })
  }
  const flat = reshape(labels, [-1])
  const logProbabilities = logSoftmax(reshape(logits, [-1, classes]))
  const { ignoreIndex } = options
  const counted = ignoreIndex === undefined ? null : notEqual(flat, constant(ignoreIndex, flat.dtype))
  const safe = counted ? where(counted, flat, fullLike(flat, 0)) : flat
  // A label below 0 is no class counted from the end: it is made one that does not exist, so that the engine refuses it.
  const wanted = where(less(safe, constant(0, safe.dtype)), constant(classes, safe.dtype), safe)
  const picked = squeeze(takeAlongAxis(logProbabilities, expandDims(wanted, 1), 1), 1)
  let losses = neg(picked)
  if (smoothing > 0) {
    const spread = neg(mean(logProbabilities, 1))
    losses = add(mul(losses, constant(1 - smoothing, losses.dtype)), mul(spread, constant(smoothing, losses.dtype)))
  }
  if (counted) losses = where(counted, losses, constant(0, losses.dtype))
  const reduction = options.reduction ?? 'mean'
  if (reduction === 'none') return reshape(losses, labels.shape)
  if (reduction === 'mean' && counted) {
    const count = sum(cast(counted, losses.dtype))
    return div(sum(losses), maximum(count, constant(1, losses.dtype)))
  }
  return reduceLoss(losses, reduction)
}
