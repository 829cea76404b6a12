import { floatDTypes } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { normalizeAxis, sameShape, show } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { add, constant, div, equal, fullLike, maximum, mul, pow, sub, where } from './arithmetic.ts'
import { apply, requireDType, requireSameDType } from './apply.ts'
import { defaultEpsilon, type EpsilonAttrs, type NormOptions, perChannel, requireChannels } from './batch-norm.ts'
import { broadcastTo, reshape, sum, sumTo } from './broadcast.ts'
import { abs, rsqrt } from './math.ts'
import { layerNorm } from './normalization.ts'
import { mean } from './reduce.ts'
import { resample } from './resample.ts'

/** Each of `groups` shares of the channels made mean 0 and variance 1, with all their positions. */
const standardizeGroups = (x: Node, groups: number, epsilon: number): Node => {
  const [n, c, ...spatial] = x.shape as readonly [number, number, ...number[]]
  const size = spatial.reduce((p, m) => p * m, c / groups)
  const filled = (value: number): Node => broadcastTo(constant(value, x.dtype), [size])
  return reshape(layerNorm(reshape(x, [n, groups, size]), filled(1), filled(0), { epsilon }), x.shape)
}
const scaleChannels = (x: Node, weight: Node, bias: Node): Node =>
  add(mul(x, perChannel(weight, x)), perChannel(bias, x))

/**
 * Group normalisation: each of `groups` shares of the channels of x `[N, C, ...]` made mean 0 and variance 1, then scaled and shifted by
 * channel. Wu & He 2018, equation 1.
 */
export const groupNorm = (
  x: Node,
  groups: number,
  weight: Node,
  bias: Node,
  { epsilon = defaultEpsilon }: NormOptions = {},
): Node => {
  requireChannels('groupNorm', x, { weight, bias })
  const channels = x.shape[1]!
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new ArgumentError(
      `groupNorm: groups must be a whole number of at least 1 that divides the ${channels} channels of x ${show(x.shape)}; got ${groups}.`,
      { groups, shape: x.shape },
    )
  }
  return scaleChannels(standardizeGroups(x, groups, epsilon), weight, bias)
}

const instanceNormOp: Op<EpsilonAttrs> = {
  name: 'instanceNorm',
  formula: 'γ (x − mean)/√(variance + ε) + β, by example and channel',
  source: 'Ulyanov, Vedaldi & Lempitsky 2016, equation 4',
  infer: ([x, weight, bias]) => {
    requireChannels('instanceNorm', x!, { weight: weight!, bias: bias! })
    if (x!.shape.length < 3) {
      throw new ShapeError(`instanceNorm: x is ${show(x!.shape)}. It needs spatial axes: [N, C, ...spatial].`, {
        shape: x!.shape,
      })
    }
    return { shape: x!.shape, dtype: x!.dtype }
  },
  compose: ([x, weight, bias], { epsilon }) =>
    scaleChannels(standardizeGroups(x!, x!.shape[1]!, epsilon), weight!, bias!),
  lower: (b, [x, weight, bias], out, { epsilon }) =>
    out.dtype === 'float64'
      ? null
      : b.op('InstanceNormalization', [x!.name, weight!.name, bias!.name], { epsilon: { float: epsilon } }),
  checks: {
    samples: [
      { inputs: [{ shape: [2, 3, 5] }, { shape: [3] }, { shape: [3] }], attrs: { epsilon: 1e-5 } },
      { inputs: [{ shape: [1, 2, 3, 2] }, { shape: [2] }, { shape: [2] }], attrs: { epsilon: 0.1 } },
    ],
    tolerance: 1e-5,
  },
}
/** Instance normalisation: each channel of each example of x `[N, C, ...spatial]` by itself. */
export const instanceNorm = (x: Node, weight: Node, bias: Node, { epsilon = defaultEpsilon }: NormOptions = {}): Node =>
  apply(instanceNormOp, [x, weight, bias], { epsilon })

const lastAxes = (x: Node, ndim: number): number[] => Array.from({ length: ndim }, (_, i) => x.shape.length - ndim + i)
/** 1/√(mean of squares + ε) over the last axes. */
const inverseRms = (x: Node, axes: readonly number[], epsilon: number): Node =>
  rsqrt(add(mean(mul(x, x), axes, { keepDims: true }), constant(epsilon, x.dtype)))

const rmsNormOp: Op<EpsilonAttrs> = {
  name: 'rmsNorm',
  formula: 'γ x/√(mean of x² + ε) over the last axes',
  source: 'Zhang & Sennrich 2019, equation 4',
  infer: ([x, weight]) => {
    requireDType('rmsNorm', x!.dtype, floatDTypes)
    requireSameDType('rmsNorm', x!, weight!)
    const ndim = weight!.shape.length
    if (ndim === 0 || !sameShape(weight!.shape, x!.shape.slice(-ndim))) {
      throw new ShapeError(
        `rmsNorm: weight is ${show(weight!.shape)} and x ${show(x!.shape)}. The weight must have the last axes of x.`,
        { x: x!.shape, weight: weight!.shape },
      )
    }
    return { shape: x!.shape, dtype: x!.dtype }
  },
  compose: ([x, weight], { epsilon }) =>
    mul(mul(x!, inverseRms(x!, lastAxes(x!, weight!.shape.length), epsilon)), weight!),
  vjp: (g, [x, weight], _out, { epsilon }) => {
    const axes = lastAxes(x!, weight!.shape.length)
    const inverse = inverseRms(x!, axes, epsilon)
    const normalized = mul(x!, inverse)
    const [along, scaled] = [mul(g, normalized), mul(g, weight!)]
    const share = mean(mul(along, weight!), axes, { keepDims: true })
    return [mul(sub(scaled, mul(normalized, share)), inverse), sumTo(along, weight!.shape)]
  },
  // ONNX Runtime's kernel of the same, from before ONNX had RMSNormalization.
  lower: (b, [x, weight], out, { epsilon }) =>
    out.dtype === 'float64'
      ? null
      : b.op('SimplifiedLayerNormalization', [x!.name, weight!.name], {
          axis: -weight!.shape.length,
          epsilon: { float: epsilon },
        }),
  checks: {
    samples: [
      { inputs: [{ shape: [3, 6] }, { shape: [6] }], attrs: { epsilon: 1e-6 } },
      { inputs: [{ shape: [2, 3, 4] }, { shape: [3, 4] }], attrs: { epsilon: 1e-3 } },
    ],
    tolerance: 1e-5,
  },
}
export interface RmsNormOptions {
  /** Added to the mean of the squares. Default 1e-6, as Llama's. */
  readonly epsilon?: number
}
/** Scales the last axes of x (those of `weight`) to a mean square of 1, then by `weight`. */
export const rmsNorm = (x: Node, weight: Node, { epsilon = 1e-6 }: RmsNormOptions = {}): Node =>
  apply(rmsNormOp, [x, weight], { epsilon })

type ResponseAttrs = { readonly size: number; readonly alpha: number; readonly beta: number; readonly k: number }
const localResponseNormOp: Op<ResponseAttrs> = {
  name: 'localResponseNorm',
  formula: 'x / (k + α/size Σ x²)^β over the nearest `size` channels',
  source: 'Krizhevsky, Sutskever & Hinton 2012, section 3.3; ONNX LRN',
  infer: ([x], { size }) => {
    requireChannels('localResponseNorm', x!, {})
    if (!Number.isInteger(size) || size < 1) {
      throw new ArgumentError(`localResponseNorm: size must be a whole number of at least 1; got ${size}.`, { size })
    }
    return { shape: x!.shape, dtype: x!.dtype }
  },
  compose: ([x], { size, alpha, beta, k }) => {
    const channels = Array.from({ length: x!.shape[1]! }, (_, c) => c)
    const before = Math.floor((size - 1) / 2)
    const positions = channels.map(c => channels.slice(Math.max(c - before, 0), c - before + size))
    const nearby = resample(mul(x!, x!), 1, { positions, weights: positions.map(p => p.map(() => alpha / size)) })
    return div(x!, pow(add(nearby, constant(k, x!.dtype)), constant(beta, x!.dtype)))
  },
  lower: (b, [x], out, { size, alpha, beta, k }) =>
    out.dtype !== 'float32' || x!.shape.length !== 4 || size % 2 === 0
      ? null
      : b.op('LRN', [x!.name], { size, alpha: { float: alpha }, beta: { float: beta }, bias: { float: k } }),
  checks: {
    samples: [
      { inputs: [{ shape: [2, 5, 2, 3] }], attrs: { size: 3, alpha: 0.5, beta: 0.75, k: 1 } },
      { inputs: [{ shape: [1, 4, 2, 2] }], attrs: { size: 2, alpha: 1, beta: 0.5, k: 2 } },
      { inputs: [{ shape: [2, 4, 3] }], attrs: { size: 4, alpha: 1, beta: 1, k: 0.5 } },
    ],
    tolerance: 1e-5,
  },
}
export interface LocalResponseNormOptions {
  /** How many channels, about the one in the middle, one of an even number more after it (ONNX's rule). */
  readonly size: number
  /** Default 1e-4. */
  readonly alpha?: number
  /** Default 0.75. */
  readonly beta?: number
  /** Default 1. */
  readonly k?: number
}
/** Divides x `[N, C, ...]` by a power of the squares of the neighbouring channels. */
export const localResponseNorm = (
  x: Node,
  { size, alpha = 1e-4, beta = 0.75, k = 1 }: LocalResponseNormOptions,
): Node => apply(localResponseNormOp, [x], { size, alpha, beta, k })

/** The p-norm over an axis, kept; where all are 0 its gradient is taken as 0. */
const normAlong = (x: Node, p: number, axis: number): Node => {
  if (p === 1) return sum(abs(x), axis, { keepDims: true })
  const total = sum(p === 2 ? mul(x, x) : pow(abs(x), constant(p, x.dtype)), axis, { keepDims: true })
  const none = equal(total, constant(0, x.dtype))
  return where(none, fullLike(total, 0), pow(where(none, fullLike(total, 1), total), constant(1 / p, x.dtype)))
}
export interface LpNormalizeOptions {
  /** Of the norm, at least 1. Default 2. */
  readonly p?: number
  /** Default the last. */
  readonly axis?: number
  /** The least that is divided by. Default 1e-12. */
  readonly epsilon?: number
}
/** x divided by its p-norm along an axis. */
export const lpNormalize = (x: Node, { p = 2, axis = -1, epsilon = 1e-12 }: LpNormalizeOptions = {}): Node => {
  requireDType('lpNormalize', x.dtype, floatDTypes)
  if (!(p >= 1 && Number.isFinite(p))) {
    throw new ArgumentError(`lpNormalize: p must be a number of at least 1; got ${p}.`, { p })
  }
  const norm = normAlong(x, p, normalizeAxis('lpNormalize', axis, x.shape.length))
  return div(x, maximum(norm, constant(epsilon, x.dtype)))
}

export const normOps: readonly Op[] = [instanceNormOp, rmsNormOp, localResponseNormOp] as unknown as readonly Op[]
