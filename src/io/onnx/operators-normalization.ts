import type { DType } from '../../core/dtype.ts'
import { normalizeAxis, sameShape } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import * as ar from '../../ops/arithmetic.ts'
import { batchNorm, batchNormTraining } from '../../ops/batch-norm.ts'
import { broadcastTo, reshape, sum } from '../../ops/broadcast.ts'
import * as mt from '../../ops/math.ts'
import { layerNorm, logSoftmax, softmax } from '../../ops/normalization.ts'
import { groupNorm, instanceNorm, localResponseNorm, rmsNorm } from '../../ops/norms.ts'
import * as rd from '../../ops/reduce.ts'
import { rand } from '../../tensor/random.ts'
import type { Call, Operator, Operators } from './call.ts'
import { flattenedBefore13, num, plus, upTo } from './nodes.ts'

const keep = { keepDims: true } as const

interface Moments {
  readonly mean: Node
  readonly variance: Node
}
const momentsOf = (x: Node, axes: readonly number[]): Moments => {
  const mean = rd.mean(x, axes, keep)
  return { mean, variance: rd.mean(mt.square(ar.sub(x, mean)), axes, keep) }
}
const standardized = (x: Node, { mean, variance }: Moments, epsilon: number): Node =>
  ar.mul(ar.sub(x, mean), mt.rsqrt(plus(variance, epsilon)))

/** What a node computes in float32 (or as `stash_type` says), whatever the dtype of its input. */
const stashed = (call: Call, x: Node): Node => {
  const wide: DType = x.dtype === 'float64' ? 'float64' : 'float32'
  return ar.cast(x, call.has('stash_type') ? call.dtype('stash_type') : wide)
}

const batchNormalization: Operator = call => {
  const [x, scale, bias, mean, variance] = [0, 1, 2, 3, 4].map(i => call.input(i)) as [Node, Node, Node, Node, Node]
  const own = (t: Node): Node => ar.cast(t, x.dtype)
  const epsilon = call.float('epsilon', 1e-5)
  // Before opset 14 the number of outputs said whether the model trains; before 7, is_test did.
  const training =
    call.version >= 14
      ? call.flag('training_mode')
      : call.version >= 7
        ? call.wants(1)
        : !call.flag('is_test') && call.wants(1)
  if (!training) return batchNorm(x, own(mean), own(variance), own(scale), own(bias), { epsilon })
  const current = batchNormTraining(x, own(scale), own(bias), { epsilon })
  const momentum = call.float('momentum', 0.9)
  const moved = (old: Node, now: Node): Node =>
    ar.add(ar.mul(old, num(momentum, old)), ar.cast(ar.mul(reshape(now, old.shape), num(1 - momentum, now)), old.dtype))
  return [current.y, moved(mean, current.mean), moved(variance, current.variance)]
}

/** Scale and bias were one for each group at first, and are one for each channel since opset 21. */
const groupNormalization: Operator = call => {
  const x = call.input(0)
  const channels = x.shape[1] ?? 0
  const groups = call.int('num_groups')
  const each = (t: Node): Node =>
    call.version >= 21 || t.shape[0] !== groups
      ? t
      : reshape(broadcastTo(reshape(t, [groups, 1]), [groups, channels / groups]), [channels])
  const wide = stashed(call, x)
  const [scale, bias] = [1, 2].map(i => ar.cast(each(call.input(i)), wide.dtype)) as [Node, Node]
  return ar.cast(groupNorm(wide, groups, scale, bias, { epsilon: call.float('epsilon', 1e-5) }), x.dtype)
}

const layerNormalization: Operator = call => {
  const [x, scale, bias] = [call.input(0), call.input(1), call.optional(2)]
  const axis = normalizeAxis(call.label, call.int('axis', -1), x.shape.length)
  const axes = upTo(x.shape.length).slice(axis)
  const epsilon = call.float('epsilon', 1e-5)
  const tail = x.shape.slice(axis)
  const wide = stashed(call, x)
  if (!call.wants(1) && !call.wants(2) && sameShape(scale.shape, tail) && wide.dtype === x.dtype) {
    return layerNorm(x, scale, bias && sameShape(bias.shape, tail) ? bias : broadcastTo(bias ?? num(0, x), tail), {
      epsilon,
    })
  }
  const moments = momentsOf(wide, axes)
  const scaled = ar.mul(ar.cast(standardized(wide, moments, epsilon), x.dtype), scale)
  return [bias ? ar.add(scaled, bias) : scaled, moments.mean, mt.rsqrt(plus(moments.variance, epsilon))]
}

const rmsNormalization: Operator = call => {
  const [x, scale] = [call.input(0), call.input(1)]
  const axis = normalizeAxis(call.label, call.int('axis', -1), x.shape.length)
  const tail = x.shape.slice(axis)
  const wide = stashed(call, x)
  const epsilon = call.float('epsilon', 1e-5)
  if (wide.dtype === x.dtype && scale.dtype === x.dtype && sameShape(scale.shape, tail))
    return rmsNorm(x, scale, { epsilon })
  const y = rmsNorm(wide, broadcastTo(num(1, wide), tail), { epsilon })
  return ar.mul(ar.cast(y, scale.dtype), scale)
}

const meanVariance: Operator = call => {
  const x = call.input(0)
  const axes = call.ints('axes', [0, 2, 3]).map(a => normalizeAxis(call.label, a, x.shape.length))
  const { mean, variance } = momentsOf(x, axes)
  return ar.div(ar.sub(x, mean), plus(mt.sqrt(variance), 1e-9))
}

/** Divided by a norm; where that is 0, zero. */
const lpNorm: Operator = call => {
  const x = call.input(0)
  const axis = normalizeAxis(call.label, call.int('axis', -1), x.shape.length)
  const first = call.int('p', 2) === 1
  const total = first ? sum(mt.abs(x), axis, keep) : sum(mt.square(x), axis, keep)
  const none = ar.equal(total, num(0, x))
  const safe = ar.where(none, num(1, x), total)
  return ar.div(x, first ? safe : mt.sqrt(safe))
}

/** Dropout by the file's word: it drops where `training_mode` says so. */
const dropout: Operator = call => {
  const x = call.input(0)
  const all = (): Node => broadcastTo(ar.constant(1, 'bool'), x.shape)
  const ratio = call.version >= 12 ? call.number(1, 0.5) : call.float('ratio', 0.5)
  // Before opset 12 a file that is run is a file that predicts.
  const training = call.version >= 12 && call.number(2, 0) !== 0
  if (!training || ratio === 0) return [x, call.version < 10 ? ar.cast(all(), x.dtype) : all()]
  if (!(ratio > 0 && ratio < 1)) call.fail(`drops ${ratio} of its input`, 'A ratio from 0 to below 1 was expected.')
  const kept = ar.greaterEqual(rand(x.shape).node, ar.constant(ratio, 'float32'))
  return [ar.mul(ar.where(kept, x, num(0, x)), num(1 / (1 - ratio), x)), kept]
}

export const normalizationOperators: Operators = {
  Softmax: flattenedBefore13(softmax, 1),
  LogSoftmax: flattenedBefore13(logSoftmax, 1),
  BatchNormalization: batchNormalization,
  InstanceNormalization: call =>
    instanceNorm(call.input(0), call.input(1), call.input(2), { epsilon: call.float('epsilon', 1e-5) }),
  GroupNormalization: groupNormalization,
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  LRN: call =>
    localResponseNorm(call.input(0), {
      size: call.int('size'),
      alpha: call.float('alpha', 1e-4),
      beta: call.float('beta', 0.75),
      k: call.float('bias', 1),
    }),
  MeanVarianceNormalization: meanVariance,
  LpNormalization: lpNorm,
  Dropout: dropout,
}
