import { floatDTypes } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { type Shape, show, sizeOf } from '../core/shape.ts'
import type { Node, TensorType } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { add, constant, div, mul, neg, sub } from './arithmetic.ts'
import { apply, requireDType, requireSameDType } from './apply.ts'
import { reshape, sum } from './broadcast.ts'
import { rsqrt } from './math.ts'
import { mean } from './reduce.ts'

export type EpsilonAttrs = { readonly epsilon: number }
export interface NormOptions {
  /** Added to the variance. Default 1e-5, PyTorch's. */
  readonly epsilon?: number
}
export const defaultEpsilon = 1e-5

/** Throws unless x is `[N, C, ...]` of floats and every parameter `[C]` of the same dtype. */
export const requireChannels = (
  where: string,
  x: TensorType,
  parameters: Readonly<Record<string, TensorType>>,
): void => {
  requireDType(where, x.dtype, floatDTypes)
  if (x.shape.length < 2) {
    throw new ShapeError(`${where}: x is ${show(x.shape)}. It needs a batch and channels: [N, C, ...].`, {
      shape: x.shape,
    })
  }
  for (const [name, p] of Object.entries(parameters)) {
    requireSameDType(where, x, p)
    if (p.shape.length !== 1 || p.shape[0] !== x.shape[1]) {
      throw new ShapeError(
        `${where}: ${name} is ${show(p.shape)} and x ${show(x.shape)}. It must hold one number for each channel: [${x.shape[1]}].`,
        { x: x.shape, [name]: p.shape },
      )
    }
  }
}

/** A vector of channels against x. */
export const perChannel = (p: Node, x: Node): Node => reshape(p, [-1, ...x.shape.slice(2).map(() => 1)])
const otherAxes = (x: Shape): number[] => x.flatMap((_, i) => (i === 1 ? [] : [i]))

const batchNormOp: Op<EpsilonAttrs> = {
  name: 'batchNorm',
  formula: 'γ (x − mean)/√(variance + ε) + β, all by channel',
  source: 'Ioffe & Szegedy 2015, algorithm 1',
  infer: ([x, mean, variance, weight, bias]) => {
    requireChannels('batchNorm', x!, { mean: mean!, variance: variance!, weight: weight!, bias: bias! })
    return { shape: x!.shape, dtype: x!.dtype }
  },
  compose: ([x, mean, variance, weight, bias], { epsilon }) => {
    const scale = mul(weight!, rsqrt(add(variance!, constant(epsilon, x!.dtype))))
    return add(mul(sub(x!, perChannel(mean!, x!)), perChannel(scale, x!)), perChannel(bias!, x!))
  },
  vjp: (g, [x, mean, variance, weight], _out, { epsilon }) => {
    const axes = otherAxes(x!.shape)
    const rstd = rsqrt(add(variance!, constant(epsilon, x!.dtype)))
    const scale = mul(weight!, rstd)
    const dBias = sum(g, axes)
    const dWeight = mul(sum(mul(g, sub(x!, perChannel(mean!, x!))), axes), rstd)
    const dVariance = mul(mul(dWeight, weight!), mul(mul(rstd, rstd), constant(-0.5, x!.dtype)))
    return [mul(g, perChannel(scale, x!)), neg(mul(dBias, scale)), dVariance, dWeight, dBias]
  },
  // ONNX holds epsilon as a float32: in float64 that would cost half the digits.
  lower: (b, [x, mean, variance, weight, bias], out, { epsilon }) =>
    out.dtype === 'float64'
      ? null
      : b.op('BatchNormalization', [x!.name, weight!.name, bias!.name, mean!.name, variance!.name], {
          epsilon: { float: epsilon },
        }),
  checks: {
    samples: [
      {
        inputs: [
          { shape: [2, 3, 4] },
          { shape: [3] },
          { shape: [3], domain: [0.5, 2] },
          { shape: [3] },
          { shape: [3] },
        ],
        attrs: { epsilon: 1e-5 },
      },
      {
        inputs: [{ shape: [4, 2] }, { shape: [2] }, { shape: [2], domain: [0.5, 2] }, { shape: [2] }, { shape: [2] }],
        attrs: { epsilon: 0.1 },
      },
    ],
    tolerance: 1e-5,
  },
}
/** Normalises each channel of x `[N, C, ...]` with given statistics `[C]`, then scales and shifts. */
export const batchNorm = (
  x: Node,
  mean: Node,
  variance: Node,
  weight: Node,
  bias: Node,
  { epsilon = defaultEpsilon }: NormOptions = {},
): Node => apply(batchNormOp, [x, mean, variance, weight, bias], { epsilon })

const statistics = (x: Node): { mean: Node; variance: Node; centred: Node } => {
  const axes = otherAxes(x.shape)
  const centre = mean(x, axes)
  const centred = sub(x, perChannel(centre, x))
  return { mean: centre, variance: mean(mul(centred, centred), axes), centred }
}
const batchNormTrainingOp: Op<EpsilonAttrs> = {
  name: 'batchNormTraining',
  formula: 'γ (x − mean)/√(variance + ε) + β, with the mean and variance of the batch by channel',
  source: 'Ioffe & Szegedy 2015, algorithm 1',
  infer: ([x, weight, bias]) => {
    requireChannels('batchNormTraining', x!, { weight: weight!, bias: bias! })
    if (sizeOf(x!.shape) === 0) {
      throw new ShapeError(`batchNormTraining: x is ${show(x!.shape)}. Statistics need at least one element.`, {
        shape: x!.shape,
      })
    }
    return { shape: x!.shape, dtype: x!.dtype }
  },
  compose: ([x, weight, bias], { epsilon }) => {
    const s = statistics(x!)
    return batchNorm(x!, s.mean, s.variance, weight!, bias!, { epsilon })
  },
  vjp: (g, [x, weight], _out, { epsilon }) => {
    const axes = otherAxes(x!.shape)
    const { variance, centred } = statistics(x!)
    const rstd = rsqrt(add(variance, constant(epsilon, x!.dtype)))
    const [dWeight, dBias] = [mul(sum(mul(g, centred), axes), rstd), sum(g, axes)]
    const n = constant(sizeOf(x!.shape) / x!.shape[1]!, x!.dtype)
    // γ/σ (g − mean g − x̂ mean g x̂), the first part by the operator that does it in one pass.
    const part = batchNorm(g, div(dBias, n), variance, weight!, mul(weight!, constant(0, x!.dtype)), { epsilon })
    const share = div(mul(mul(weight!, mul(rstd, rstd)), dWeight), n)
    return [sub(part, mul(centred, perChannel(share, x!))), dWeight, dBias]
  },
  checks: {
    samples: [
      { inputs: [{ shape: [3, 2, 4] }, { shape: [2] }, { shape: [2] }], attrs: { epsilon: 1e-5 } },
      { inputs: [{ shape: [5, 2] }, { shape: [2] }, { shape: [2] }], attrs: { epsilon: 0.1 } },
    ],
    tolerance: 1e-5,
  },
}
/**
 * Normalises each channel of x `[N, C, ...]` with the batch's own statistics, which come with it, `[C]` each. The variance is the
 * population's, divided by n.
 */
export const batchNormTraining = (
  x: Node,
  weight: Node,
  bias: Node,
  { epsilon = defaultEpsilon }: NormOptions = {},
): { y: Node; mean: Node; variance: Node } => {
  const y = apply(batchNormTrainingOp, [x, weight, bias], { epsilon })
  const { mean, variance } = statistics(x)
  return { y, mean, variance }
}

export const batchNormOps: readonly Op[] = [batchNormOp, batchNormTrainingOp] as unknown as readonly Op[]
