import { floatDTypes } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { type Shape, show } from '../core/shape.ts'
import type { Node, TensorType } from '../graph/node.ts'
import type { Op } from '../graph/op.ts'
import { add } from './arithmetic.ts'
import { apply, requireDType, requireSameDType } from './apply.ts'
import { countOf, intoBatch, intoChannels, outOfBatch, outOfChannels } from './batch-channels.ts'
import { broadcastTo, reshape, sum } from './broadcast.ts'
import { accumulate, visitProducts } from './convolution-kernels.ts'
import { lowerConvolution, lowerConvolutionInput, lowerConvolutionWeight } from './convolution-lowering.ts'
import { type Steps, windowCounts } from './window.ts'

// A convolution is linear in its input and in its kernel. Its gradients by them are the two other maps below, and each of the three
// has the other two for gradients: so they can be differentiated as often as one likes.

type ConvolutionAttrs = Steps & { readonly groups: number }
type InputAttrs = ConvolutionAttrs & { readonly size: Shape }
type WeightAttrs = ConvolutionAttrs & { readonly kernelSize: Shape }

const requireFloats = (where: string, [first, ...rest]: readonly TensorType[]): void => {
  requireDType(where, first!.dtype, floatDTypes)
  for (const other of rest) requireSameDType(where, first!, other)
}

/** The attributes that say how windows move, without those that give sizes. */
const stepsIn = ({ stride, dilation, pads, groups }: ConvolutionAttrs): ConvolutionAttrs => ({
  stride,
  dilation,
  pads,
  groups,
})

export const requireKernel = (where: string, x: Shape, w: Shape, inputs: number): void => {
  if (x.length < 3 || x.length > 5 || w.length !== x.length || w.includes(0)) {
    throw new ShapeError(
      `${where}: x is ${show(x)} and w ${show(w)}. They need as many axes each: two, then 1 to 3 spatial ones, none of them empty in w.`,
      { x, w },
    )
  }
  if (x[1] !== inputs) {
    throw new ShapeError(
      `${where}: x ${show(x)} has ${x[1]} channels, and w ${show(w)} takes ${inputs}. Both must be equal, counting all groups.`,
      { x, w },
    )
  }
}
const requireGroups = (where: string, groups: number, channels: number, which: string): void => {
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new ArgumentError(
      `${where}: groups must be a whole number of at least 1 that divides the ${channels} ${which} channels of w; got ${groups}.`,
      { groups },
    )
  }
}
export const requireBias = (where: string, bias: TensorType, channels: number): void => {
  if (bias.shape.length !== 1 || bias.shape[0] !== channels) {
    throw new ShapeError(
      `${where}: bias is ${show(bias.shape)}. It must hold one number for each output channel: [${channels}].`,
      { bias: bias.shape },
    )
  }
}

/** Kernels of a further axis are further output channels. */
const intoRows = (w: Node, batched: boolean, count: number): Node => {
  const wide = batched ? w : broadcastTo(w, [count, ...w.shape])
  return reshape(wide, [count * wide.shape[1]!, ...wide.shape.slice(2)])
}
export const convolutionOp: Op<ConvolutionAttrs> = {
  name: 'convolution',
  formula: 'y[n, o, i] = Σ x[n, c, i · stride + k · dilation − before] w[o, c, k] + b[o] over c of the group and k',
  source: 'cross-correlation, as PyTorch conv1d, conv2d, conv3d and ONNX Conv',
  infer: (inputs, attrs) => {
    const [x, w, bias] = inputs as readonly [TensorType, TensorType, TensorType?]
    requireFloats('convolution', inputs)
    requireKernel('convolution', x.shape, w.shape, w.shape[1]! * attrs.groups)
    requireGroups('convolution', attrs.groups, w.shape[0]!, 'output')
    if (bias) requireBias('convolution', bias, w.shape[0]!)
    const counts = windowCounts('convolution', x.shape.slice(2), w.shape.slice(2), attrs)
    return { shape: [x.shape[0]!, w.shape[0]!, ...counts], dtype: x.dtype }
  },
  vjp: (g, [x, w, bias], _out, attrs) => {
    const back = apply(convolutionInputOp, [g, w!], { ...stepsIn(attrs), size: x!.shape.slice(2) })
    const weight = apply(convolutionWeightOp, [x!, g], { ...stepsIn(attrs), kernelSize: w!.shape.slice(2) })
    const others = g.shape.flatMap((_, i) => (i === 1 ? [] : [i]))
    return bias ? [back, weight, sum(g, others)] : [back, weight]
  },
  kernel: (inputs, out, attrs) => {
    const [x, w, bias] = inputs
    const plane = out.shape.slice(2).reduce((p, n) => p * n, 1)
    accumulate(out, totals => {
      if (bias) for (let i = 0; i < totals.length; i++) totals[i] = bias.data[Math.floor(i / plane) % out.shape[1]!]!
      visitProducts({ x: x!.shape, w: w!.shape, y: out.shape }, attrs, (i, k, o) => {
        totals[o]! += x!.data[i]! * w!.data[k]!
      })
    })
  },
  batch: (inputs, batched, attrs) => {
    const [x, w, bias] = inputs as readonly [Node, Node, Node?]
    const count = countOf(inputs, batched)
    if (!batched[1] && !batched[2]) {
      return outOfBatch(apply(convolutionOp, [intoBatch(x), w, ...(bias ? [bias] : [])], attrs), count)
    }
    const rows = [intoChannels(x, batched[0]!, count), intoRows(w, batched[1]!, count)]
    const y = apply(convolutionOp, rows, { ...attrs, groups: attrs.groups * count })
    const split = outOfChannels(y, count)
    if (!bias) return split
    const shape = [batched[2] ? count : 1, 1, -1, ...attrs.stride.map(() => 1)]
    return add(split, reshape(bias, shape))
  },
  lower: (b, inputs, out, attrs) =>
    lowerConvolution(b, inputs as unknown as Parameters<typeof lowerConvolution>[1], out.shape, attrs),
  checks: {
    samples: [
      {
        inputs: [{ shape: [2, 3, 7] }, { shape: [4, 3, 3] }],
        attrs: { stride: [2], dilation: [1], pads: [[1, 0]], groups: 1 },
      },
      {
        inputs: [{ shape: [2, 4, 5, 4] }, { shape: [2, 2, 3, 2] }, { shape: [2] }],
        attrs: {
          stride: [1, 1],
          dilation: [1, 2],
          pads: [
            [1, 1],
            [0, 1],
          ],
          groups: 2,
        },
      },
      {
        inputs: [{ shape: [1, 3, 4, 4] }, { shape: [6, 1, 2, 2] }],
        attrs: {
          stride: [1, 2],
          dilation: [1, 1],
          pads: [
            [0, 0],
            [0, 0],
          ],
          groups: 3,
        },
      },
      {
        inputs: [{ shape: [1, 2, 3, 3, 4] }, { shape: [2, 2, 2, 1, 2] }],
        attrs: {
          stride: [1, 2, 1],
          dilation: [1, 1, 2],
          pads: [
            [0, 0],
            [0, 0],
            [1, 0],
          ],
          groups: 1,
        },
      },
      {
        inputs: [{ shape: [0, 2, 4] }, { shape: [3, 2, 2] }],
        attrs: { stride: [1], dilation: [1], pads: [[0, 0]], groups: 1 },
      },
    ],
    tolerance: 1e-5,
  },
}

export const convolutionInputOp: Op<InputAttrs> = {
  name: 'convolutionInput',
  formula:
    'x[n, c, i] = Σ g[n, o, j] w[o, c, k] over o of the group, j and k with j · stride + k · dilation − before = i',
  source: 'transposed convolution, as PyTorch conv_transpose1d, conv_transpose2d, conv_transpose3d',
  infer: (inputs, attrs) => {
    const [g, w] = inputs as readonly [TensorType, TensorType]
    requireFloats('convolutionTranspose', inputs)
    requireKernel('convolutionTranspose', g.shape, w.shape, w.shape[0]!)
    requireGroups('convolutionTranspose', attrs.groups, w.shape[0]!, 'input')
    return { shape: [g.shape[0]!, w.shape[1]! * attrs.groups, ...attrs.size], dtype: g.dtype }
  },
  vjp: (h, [g, w], _out, attrs) => [
    apply(convolutionOp, [h, w!], stepsIn(attrs)),
    apply(convolutionWeightOp, [h, g!], { ...stepsIn(attrs), kernelSize: w!.shape.slice(2) }),
  ],
  kernel: ([g, w], out, attrs) =>
    accumulate(out, totals =>
      visitProducts({ x: out.shape, w: w!.shape, y: g!.shape }, attrs, (i, k, o) => {
        totals[i]! += g!.data[o]! * w!.data[k]!
      }),
    ),
  batch: (inputs, batched, attrs) => {
    const [g, w] = inputs as readonly [Node, Node]
    const count = countOf(inputs, batched)
    if (!batched[1]) return outOfBatch(apply(convolutionInputOp, [intoBatch(g), w], attrs), count)
    const rows = [intoChannels(g, batched[0]!, count), intoRows(w, true, count)]
    return outOfChannels(apply(convolutionInputOp, rows, { ...attrs, groups: attrs.groups * count }), count)
  },
  lower: (b, [g, w], out, attrs) => lowerConvolutionInput(b, g!, w!, out.shape, attrs),
  checks: {
    samples: [
      {
        inputs: [{ shape: [2, 4, 3] }, { shape: [4, 3, 3] }],
        attrs: { stride: [2], dilation: [1], pads: [[1, 0]], groups: 1, size: [7] },
      },
      {
        inputs: [{ shape: [2, 2, 5, 3] }, { shape: [2, 2, 3, 2] }],
        attrs: {
          stride: [1, 1],
          dilation: [1, 2],
          pads: [
            [1, 1],
            [0, 1],
          ],
          groups: 2,
          size: [5, 4],
        },
      },
      {
        inputs: [{ shape: [1, 2, 6] }, { shape: [2, 1, 2] }],
        attrs: { stride: [1], dilation: [1], pads: [[2, 2]], groups: 1, size: [3] },
      },
      {
        inputs: [{ shape: [1, 2, 2, 2, 1] }, { shape: [2, 1, 2, 2, 3] }],
        attrs: {
          stride: [3, 2, 1],
          dilation: [1, 1, 1],
          pads: [
            [0, 0],
            [1, 1],
            [0, 0],
          ],
          groups: 2,
          size: [6, 3, 3],
        },
      },
    ],
    tolerance: 1e-5,
  },
}

export const convolutionWeightOp: Op<WeightAttrs> = {
  name: 'convolutionWeight',
  formula: 'w[o, c, k] = Σ x[n, c, j · stride + k · dilation − before] g[n, o, j] over n and j',
  infer: (inputs, attrs) => {
    const [x, g] = inputs as readonly [TensorType, TensorType]
    requireFloats('convolution', inputs)
    return { shape: [g.shape[1]!, x.shape[1]! / attrs.groups, ...attrs.kernelSize], dtype: x.dtype }
  },
  vjp: (v, [x, g], _out, attrs) => [
    apply(convolutionInputOp, [g!, v], { ...stepsIn(attrs), size: x!.shape.slice(2) }),
    apply(convolutionOp, [x!, v], stepsIn(attrs)),
  ],
  kernel: ([x, g], out, attrs) =>
    accumulate(out, totals =>
      visitProducts({ x: x!.shape, w: out.shape, y: g!.shape }, attrs, (i, k, o) => {
        totals[k]! += x!.data[i]! * g!.data[o]!
      }),
    ),
  batch: (inputs, batched, attrs) => {
    const count = countOf(inputs, batched)
    const [x, g] = inputs.map((n, i) => intoChannels(n, batched[i]!, count)) as [Node, Node]
    return outOfBatch(apply(convolutionWeightOp, [x, g], { ...attrs, groups: attrs.groups * count }), count)
  },
  lower: (b, [x, g], out, attrs) => lowerConvolutionWeight(b, x!, g!, out.shape, attrs),
  checks: {
    samples: [
      {
        inputs: [{ shape: [2, 3, 7] }, { shape: [2, 4, 3] }],
        attrs: { stride: [2], dilation: [1], pads: [[1, 0]], groups: 1, kernelSize: [3] },
      },
      {
        inputs: [{ shape: [2, 4, 5, 4] }, { shape: [2, 2, 5, 3] }],
        attrs: {
          stride: [1, 1],
          dilation: [1, 2],
          pads: [
            [1, 1],
            [0, 1],
          ],
          groups: 2,
          kernelSize: [3, 2],
        },
      },
      {
        inputs: [{ shape: [2, 3, 4] }, { shape: [2, 3, 4] }],
        attrs: { stride: [1], dilation: [1], pads: [[0, 0]], groups: 3, kernelSize: [1] },
      },
      {
        inputs: [{ shape: [0, 2, 4] }, { shape: [0, 3, 3] }],
        attrs: { stride: [1], dilation: [1], pads: [[0, 0]], groups: 1, kernelSize: [2] },
      },
    ],
    tolerance: 1e-5,
  },
}
