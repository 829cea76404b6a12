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
export { type CtcLossOptions, ctcLoss } from './ctc.ts'
export {
  type CtcBeamOptions,
  type CtcDecodeOptions,
  type CtcHypothesis,
  ctcBeamSearch,
  ctcGreedy,
} from './ctc-decode.ts'
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
export {
  balanceLoss,
  MixtureOfExperts,
  type MixtureOptions,
  mixtureOfExperts,
  type Routing,
} from './mixture-of-experts.ts'
export {
  type Attended,
  type KeysValues,
  MultiHeadAttention,
  type MultiHeadAttentionOptions,
  multiHeadAttention,
  type SeenOptions,
} from './multi-head-attention.ts'
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
export type { LstmState, RecurrentState } from './recurrent/cell-rule.ts'
export {
  type CellOptions,
  GruCell,
  gruCell,
  LstmCell,
  lstmCell,
  RecurrentCell,
  RnnCell,
  type RnnCellOptions,
  rnnCell,
} from './recurrent/cells.ts'
export { Gru, gru } from './recurrent/gru.ts'
export { type RecurrentFactory, type RecurrentKind, recurrentKinds, recurrentLayerOf } from './recurrent/kinds.ts'
export { Lstm, type LstmOptions, lstm } from './recurrent/lstm.ts'
export {
  type RecurrentCall,
  RecurrentLayer,
  type RecurrentOptions,
  type RecurrentResult,
} from './recurrent/recurrent-layer.ts'
export { Rnn, type RnnOptions, rnn } from './recurrent/rnn.ts'
export { RmsNorm, rmsNorm } from './rms-norm.ts'
export { Sequential, sequential } from './sequential.ts'
export { sinusoids } from './sinusoids.ts'
export {
  type Decoded,
  type DecoderPast,
  type DecoderSeenOptions,
  TransformerDecoder,
  TransformerDecoderLayer,
  transformerDecoder,
  transformerDecoderLayer,
} from './transformer-decoder.ts'
export {
  type Encoded,
  TransformerEncoder,
  TransformerEncoderLayer,
  transformerEncoder,
  transformerEncoderLayer,
} from './transformer-encoder.ts'
export { TransformerLayer, type TransformerLayerOptions } from './transformer-layer.ts'
export { upsample } from './upsample.ts'
