export { crossEntropy, mse } from '../tensor/functions.ts'
export {
  celu,
  elu,
  gelu,
  glu,
  hardShrink,
  hardSigmoid,
  hardSwish,
  hardTanh,
  Lambda,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softShrink,
  softsign,
  tanh,
  thresholdedRelu,
} from './activations.ts'
export {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormOptions,
  batchNorm1d,
  batchNorm2d,
  batchNorm3d,
} from './batch-norm.ts'
export { type Call, type Captured, captureOutputs, type Observer, observe } from './capture.ts'
export {
  Conv1d,
  Conv2d,
  Conv3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvolutionOptions,
  type ConvolutionTransposeOptions,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from './convolution.ts'
export { Dropout, dropout } from './dropout.ts'
export { Embedding, embedding } from './embedding.ts'
export { type FlattenOptions, flatten, unflatten } from './flatten.ts'
export { GroupNorm, type GroupNormOptions, groupNorm } from './group-norm.ts'
export {
  constantInit,
  heNormal,
  heUniform,
  type Initializer,
  normalInit,
  orthogonal,
  uniformInit,
  xavierNormal,
  xavierUniform,
} from './initializers.ts'
export {
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  type InstanceNormOptions,
  instanceNorm1d,
  instanceNorm2d,
  instanceNorm3d,
} from './instance-norm.ts'
export { LayerNorm, layerNorm } from './layer-norm.ts'
export { Linear, linear } from './linear.ts'
export { Layer, type LoadOptions, Module, type ParameterNames, type StateEntry } from './module.ts'
export { Parameter, StateBuffer, shapesOnly, type WeightStorage } from './parameter.ts'
export {
  type AveragePoolOptions,
  adaptiveAveragePool1d,
  adaptiveAveragePool2d,
  adaptiveAveragePool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  averagePool1d,
  averagePool2d,
  averagePool3d,
  globalAveragePool,
  globalMaxPool,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type PoolOptions,
} from './pooling.ts'
export { PRelu, type PReluOptions, prelu } from './prelu.ts'
export { RmsNorm, rmsNorm } from './rms-norm.ts'
export { Sequential, sequential } from './sequential.ts'
export { upsample } from './upsample.ts'
