import { concat, fromArray, lpNormalize, type Shape, stack, type Tensor } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as cases from './keras-cases.ts'
import {
  type Activation,
  type Cell,
  type Floats,
  gruCell,
  kerasHardSigmoid,
  lstmCell,
  type Recurrence,
  recurrent,
  simpleCell,
} from './keras-cells.ts'

// Keras's layers said with Gradus's. Keras has channels last and no batch in this data: both are changed at the edge.

export interface Stored {
  readonly data: readonly number[]
  readonly shape: Shape
}
export interface Case {
  readonly input: Stored
  readonly weights?: readonly Stored[]
  readonly expected: Stored
}
export const floats = ({ data, shape }: Stored): Floats => fromArray(Float32Array.from(data), shape, 'float32')

/** The input and the weights of a case, and its number among those of its layer. */
interface Given {
  readonly x: Floats
  readonly weights: readonly Floats[]
  readonly index: number
}
/** A layer on a case. */
type Run = (given: Given) => Floats

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
const at = <T>(list: readonly T[], i: number): T => {
  const item = list[i]
  if (item === undefined) throw new Error(`the table has no case ${i}`)
  return item
}

// --- channels and batch ------------------------------------------------------------------------------------------------------
/** `[...spatial, C]` → `[1, C, ...spatial]`; with the channels first only the batch is new. */
const channelsFirst = (x: Floats, already = false): Floats =>
  (already ? x : x.transpose([x.ndim - 1, ...range(x.ndim - 1)])).expandDims(0)
/** `[1, C, ...spatial]` → `[...spatial, C]`, or the batch taken off. */
const back = (y: Floats, keep = false): Floats => {
  const one: Floats = y.squeeze(0)
  return keep ? one : one.transpose([...range(one.ndim - 1).map(i => i + 1), 0])
}
/** A layer of the library on data with channels last. */
const spatially = (x: Floats, layer: nn.Layer, first = false): Floats =>
  back(layer.forward(channelsFirst(x, first)), first)

/** The layer with these values in the place of its own. */
const loaded = <L extends nn.Layer>(layer: L, values: Readonly<Record<string, Tensor | undefined>>): L => {
  for (const [path, slot] of layer.state()) {
    const value = values[path]
    if (value) slot.write(value.node)
  }
  return layer.eval()
}

const activations: Readonly<Record<string, () => nn.Layer>> = {
  linear: () => new nn.Lambda(x => x),
  softmax: () => nn.softmax(),
  elu: () => nn.elu(),
  selu: () => nn.selu(),
  softplus: () => nn.softplus(),
  softsign: () => nn.softsign(),
  relu: () => nn.relu(),
  tanh: () => nn.tanh(),
  sigmoid: () => nn.sigmoid(),
  hard_sigmoid: () => nn.hardSigmoid({ alpha: 0.2 }),
} as unknown as Record<string, () => nn.Layer>
const activated = (x: Floats, name = 'linear'): Floats => activations[name]!().forward(x)

// --- convolutions --------------------------------------------------------------------------------------------------------------
/** `[...kernel, a, b]` → `[b, a, ...kernel]`: of a convolution `[out, in, ...]`, of a transposed one `[in, out, ...]`. */
const kernelOf = (w: Floats): Floats => {
  const n = w.ndim - 2
  return w.transpose([n + 1, n, ...range(n)])
}
const optionsOf = ({ strides = 1, padding = 'valid', dilation = 1 }: cases.ConvCase) => ({
  stride: strides,
  padding,
  dilation,
})

const convolution =
  (kind: string, factory: (...a: [number, number, readonly number[], nn.ConvolutionOptions]) => nn.Layer): Run =>
  ({ x, weights: [w, b], index }) => {
    const c = at(cases.convolutions[kind]!, index)
    const weight = kernelOf(w!)
    const [out, into, ...kernel] = weight.shape as readonly [number, number, ...number[]]
    const layer = factory(into, out, kernel, { ...optionsOf(c), bias: b !== undefined })
    return activated(spatially(x, loaded(layer, { weight, bias: b })), c.activation)
  }

const transposed: Run = ({ x, weights: [w, b], index }) => {
  const c = at(cases.convolutions.Conv2DTranspose!, index)
  const weight = kernelOf(w!)
  const [into, out, ...kernel] = weight.shape as readonly [number, number, ...number[]]
  const layer = nn.convTranspose2d(into, out, kernel, { ...optionsOf(c), bias: b !== undefined })
  return activated(spatially(x, loaded(layer as unknown as nn.Layer, { weight, bias: b })), c.activation)
}

/** Depthwise, then over the channels at each position. */
const separable: Run = ({ x, weights: [depth, point, b], index }) => {
  const c = at(cases.convolutions.SeparableConv2D!, index)
  const [h, w, into, multiplier] = depth!.shape as readonly [number, number, number, number]
  const middle = into * multiplier
  const each = nn.conv2d(into, middle, [h, w], { ...optionsOf(c), groups: into, bias: false }) as unknown as nn.Layer
  const across = nn.conv2d(middle, point!.shape[3]!, 1, { bias: b !== undefined }) as unknown as nn.Layer
  loaded(each, { weight: depth!.transpose([2, 3, 0, 1]).reshape([middle, 1, h, w]) })
  loaded(across, { weight: kernelOf(point!), bias: b })
  return activated(spatially(spatially(x, each), across), c.activation)
}

// --- pooling, edges and sizes --------------------------------------------------------------------------------------------------
type PoolFactory = (size: number, options: nn.AveragePoolOptions) => unknown
const pooling =
  (kind: string, factory: PoolFactory): Run =>
  ({ x, index }) => {
    const { size, strides = size, padding = 'valid', channelsFirst: first } = at(cases.pools[kind]!, index)
    // Keras's means leave the padding out.
    const options = { stride: strides, padding, ...(kind.startsWith('Average') && { countIncludePad: false }) }
    return spatially(x, factory(size, options) as nn.Layer, first)
  }
const globally =
  (kind: string, factory: () => unknown): Run =>
  ({ x, index }) =>
    (factory() as nn.Layer).forward(channelsFirst(x, at(cases.globalPools[kind]!, index))).reshape([-1])

/** Pairs for all axes from those of the spatial ones. */
const allAxes = ({ by, channelsFirst: first }: cases.EdgeCase) =>
  first ? [[0, 0] as const, ...by] : [...by, [0, 0] as const]
const cropping =
  (kind: string): Run =>
  ({ x, index }) =>
    x.slice(...allAxes(at(cases.edges[kind]!, index)).map(([a, b], i) => ({ start: a, end: x.shape[i]! - b })))
const zeroPadding =
  (kind: string): Run =>
  ({ x, index }) =>
    x.pad(allAxes(at(cases.edges[kind]!, index)))
const upSampling =
  (kind: string): Run =>
  ({ x, index }) => {
    const { by, channelsFirst: first } = at(cases.upSampling[kind]!, index)
    return spatially(x, nn.upsample({ scale: by }) as unknown as nn.Layer, first)
  }

const batchNormalization: Run = ({ x, weights, index }) => {
  const { epsilon, axis, center, scale } = at(cases.batchNormalization, index)
  const channel = axis < 0 ? x.ndim + axis : axis - 1
  const order = [channel, ...range(x.ndim).filter(i => i !== channel)]
  const moved = x.transpose(order)
  const channels = moved.shape[0]!
  const rest = [...weights]
  const values = {
    weight: scale ? rest.shift() : undefined,
    bias: center ? rest.shift() : undefined,
    running_mean: rest[0],
    running_var: rest[1],
  }
  const layer = nn.batchNorm1d(channels, { epsilon, affine: scale || center }) as unknown as nn.Layer
  const y: Floats = loaded(layer, values).forward(moved.reshape([1, channels, -1]))
  return y.reshape(moved.shape).transpose(order.map((_, i) => order.indexOf(i)))
}

// --- core ----------------------------------------------------------------------------------------------------------------------
const dense = (x: Floats, w: Floats, b?: Floats): Floats => {
  const layer = nn.linear(w.shape[0]!, w.shape[1]!, { bias: b !== undefined }) as unknown as nn.Layer
  const y: Floats = loaded(layer, { weight: w.transpose(), bias: b }).forward(x.ndim === 1 ? x.expandDims(0) : x)
  return x.ndim === 1 ? y.squeeze(0) : y
}
/** The branches of a merge: one dense layer each on the same input. */
const branches = (x: Floats, weights: readonly Floats[]): Floats[] =>
  range(weights.length / 2).map(i => dense(x, weights[2 * i]!, weights[2 * i + 1]!))
const repeated = (x: Floats, n: number): Floats => x.expandDims(0).repeat([n, ...x.shape.map(() => 1)])
const merge =
  (join: (a: Floats, b: Floats) => Floats): Run =>
  ({ x, weights }) =>
    branches(x, weights).reduce(join)
const concatenate: Run = ({ x, weights, index }) => {
  const { repeat, axis } = at(cases.concatenations, index)
  const parts = branches(x, weights).map(y => (repeat ? repeated(y, repeat) : y))
  return concat(parts, axis) as Floats
}
const dot: Run = ({ x, weights, index }) => {
  const { axis, normalize } = at(cases.dots, index)
  const unit = (y: Floats): Floats => (normalize ? lpNormalize(y, { axis }) : y)
  const [a, b] = branches(x, weights).map(y => unit(repeated(y, 3))) as [Floats, Floats]
  return axis === 0 ? a.transpose().matmul(b) : a.matmul(b.transpose())
}
/** Noise layers do nothing while predicting: dropout stands for those that Gradus has no layer for. */
const predictedNoise: Run = ({ x, weights: [w, b] }) =>
  (nn.dropout(0.5).eval() as unknown as nn.Layer).forward(dense(x, w!, b))
const embedding: Run = ({ x, weights: [table] }) => {
  const layer = nn.embedding(table!.shape[0]!, table!.shape[1]!)
  layer.weight.write(table!.node)
  return layer.forward(x.to('int32'))
}

// --- recurrent -----------------------------------------------------------------------------------------------------------------
const cells: Readonly<Record<string, Cell>> = { SimpleRNN: simpleCell, GRU: gruCell, LSTM: lstmCell }
const sigmoid: Activation = x => x.sigmoid()
const recurrence =
  (kind: string): Run =>
  ({ x, weights, index }) => {
    const { sigmoid: both, ...rest } = at(cases.recurrences, index) as Recurrence & { readonly sigmoid?: true }
    return recurrent(cells[kind]!, x, weights, both ? { ...rest, activation: sigmoid, recurrent: sigmoid } : rest)
  }
const bidirectional: Run = ({ x, weights, index }) => {
  const { layer, merge: how, returnSequences = false } = at(cases.bidirectional, index)
  const half = weights.length / 2
  const run = (goBackwards: boolean): Floats => {
    const own = goBackwards ? weights.slice(half) : weights.slice(0, half)
    return recurrent(cells[layer]!, x, own, { returnSequences, goBackwards, recurrent: kerasHardSigmoid })
  }
  const [a, b] = [run(false), returnSequences ? run(true).flip(0) : run(true)]
  if (how === 'concat') return concat([a, b], -1) as Floats
  if (how === 'mul') return a.mul(b)
  return how === 'sum' ? a.add(b) : a.add(b).mul(0.5)
}
/** The layer at each step: a dense one as it is, a convolution with the steps as its batch. */
const timeDistributed: Run = ({ x, weights: [w, b] }) => {
  if (w!.ndim === 2) return dense(x, w!, b)
  const weight = kernelOf(w!)
  const layer = nn.conv2d(weight.shape[1]!, weight.shape[0]!, weight.shape.slice(2)) as unknown as nn.Layer
  const y: Floats = loaded(layer, { weight, bias: b }).forward(x.transpose([0, 3, 1, 2]))
  return y.transpose([0, 2, 3, 1])
}

/** How Gradus says each layer, by its name in the data. */
export const layers: Readonly<Record<string, Run>> = {
  Conv1D: convolution('Conv1D', nn.conv1d as never),
  Conv2D: convolution('Conv2D', nn.conv2d as never),
  Conv3D: convolution('Conv3D', nn.conv3d as never),
  Conv2DTranspose: transposed,
  SeparableConv2D: separable,
  MaxPooling1D: pooling('MaxPooling1D', nn.maxPool1d),
  MaxPooling2D: pooling('MaxPooling2D', nn.maxPool2d),
  MaxPooling3D: pooling('MaxPooling3D', nn.maxPool3d),
  AveragePooling1D: pooling('AveragePooling1D', nn.averagePool1d),
  AveragePooling2D: pooling('AveragePooling2D', nn.averagePool2d),
  AveragePooling3D: pooling('AveragePooling3D', nn.averagePool3d),
  GlobalMaxPooling1D: globally('GlobalMaxPooling1D', nn.globalMaxPool),
  GlobalMaxPooling2D: globally('GlobalMaxPooling2D', nn.globalMaxPool),
  GlobalMaxPooling3D: globally('GlobalMaxPooling3D', nn.globalMaxPool),
  GlobalAveragePooling1D: globally('GlobalAveragePooling1D', nn.globalAveragePool),
  GlobalAveragePooling2D: globally('GlobalAveragePooling2D', nn.globalAveragePool),
  GlobalAveragePooling3D: globally('GlobalAveragePooling3D', nn.globalAveragePool),
  Cropping1D: cropping('Cropping1D'),
  Cropping2D: cropping('Cropping2D'),
  Cropping3D: cropping('Cropping3D'),
  ZeroPadding1D: zeroPadding('ZeroPadding1D'),
  ZeroPadding2D: zeroPadding('ZeroPadding2D'),
  ZeroPadding3D: zeroPadding('ZeroPadding3D'),
  UpSampling1D: upSampling('UpSampling1D'),
  UpSampling2D: upSampling('UpSampling2D'),
  UpSampling3D: upSampling('UpSampling3D'),
  BatchNormalization: batchNormalization,
  Dense: ({ x, weights: [w, b], index }) => activated(dense(x, w!, b), at(cases.dense, index)),
  Activation: ({ x, weights: [w, b], index }) => activated(dense(x, w!, b), at(cases.activationOrder, index)),
  Dropout: predictedNoise,
  GaussianNoise: predictedNoise,
  GaussianDropout: predictedNoise,
  Flatten: ({ x }) => (nn.flatten() as unknown as nn.Layer).forward(x.expandDims(0)).squeeze(0),
  Permute: ({ x, index }) => x.transpose(at(cases.permutations, index).map(i => i - 1)),
  RepeatVector: ({ x }) => repeated(x, 7),
  Reshape: ({ x, index }) => x.reshape(at([[2, 3], [6], [4, 3]], index)),
  Embedding: embedding,
  Add: merge((a, b) => a.add(b)),
  Subtract: merge((a, b) => a.sub(b)),
  Multiply: merge((a, b) => a.mul(b)),
  Maximum: merge((a, b) => a.maximum(b)),
  Minimum: merge((a, b) => a.minimum(b)),
  Average: ({ x, weights }) => (stack(branches(x, weights)) as Floats).mean(0),
  Concatenate: concatenate,
  Dot: dot,
  SimpleRNN: recurrence('SimpleRNN'),
  GRU: recurrence('GRU'),
  LSTM: recurrence('LSTM'),
  Bidirectional: bidirectional,
  TimeDistributed: timeDistributed,
  LeakyReLU: ({ x }) => (nn.leakyRelu(0.4) as unknown as nn.Layer).forward(x),
  PReLU: ({ x, weights: [weight] }) => spatially(x, loaded(nn.prelu(6) as unknown as nn.Layer, { weight })),
  ELU: ({ x }) => (nn.elu(1.1) as unknown as nn.Layer).forward(x),
  ThresholdedReLU: ({ x }) => (nn.thresholdedRelu(0.9) as unknown as nn.Layer).forward(x),
}

/** The activations by themselves, of which the last cases of two have options: a bound and a slope. */
export const functions = (name: string, index: number, x: Floats): Floats => {
  if (name === 'relu' && index === 3) return x.relu().minimum(0.5)
  if (name === 'relu' && index === 4) return x.leakyRelu(0.3)
  return name === 'elu' && index === 3 ? x.elu(0.5) : activated(x, name)
}
