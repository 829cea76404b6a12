// The public surface, on one page.
export type { DType, TypedArray } from './core/dtype.ts'
export {
  ArgumentError,
  DataError,
  DivergedError,
  DTypeError,
  EngineError,
  FormatError,
  GradientError,
  GradusError,
  ModelError,
  ShapeError,
} from './core/errors.ts'
export type { Shape } from './core/shape.ts'
export { engineName, engineNames, setEngine } from './engine/engine.ts'
export { configureEngines, type EngineOptions } from './engine/runtimes/web-options.ts'
export { convolution, convolutionTranspose } from './tensor/convolution.ts'
export { checkpoint, cond, customGradient, type ScanOptions, scan } from './tensor/control.ts'
export { arange, eye, fromArray, full, linspace, ones, tensor, zeros } from './tensor/creation.ts'
export { compress, maskedSelect, nonzero, type Unique, type UniqueOptions, unique } from './tensor/data-dependent.ts'
export { attention, concat, crossEntropy, layerNorm, mse, stack, where } from './tensor/functions.ts'
export {
  affineGrid,
  depthToSpace,
  fold,
  gridSample,
  interpolate,
  pixelShuffle,
  pixelUnshuffle,
  spaceToDepth,
  unfold,
} from './tensor/image.ts'
export {
  bincount,
  bucketize,
  gatherND,
  indexPut,
  scatterND,
  searchSorted,
  segmentMax,
  segmentMean,
  segmentMin,
  segmentProd,
  segmentSum,
  takeAt,
} from './tensor/indexing.ts'
export * as fft from './tensor/fft.ts'
export * as linalg from './tensor/linalg.ts'
export {
  batchNorm,
  batchNormTraining,
  groupNorm,
  instanceNorm,
  localResponseNorm,
  lpNormalize,
  rmsNorm,
} from './tensor/norms.ts'
export {
  adaptiveAveragePool,
  adaptiveMaxPool,
  averagePool,
  globalAveragePool,
  globalMaxPool,
  lpPool,
  maxPool,
  maxPoolWithIndices,
  maxUnpool,
} from './tensor/pooling.ts'
export { crossProduct, einsum, inner, kron, outer, tensordot, vdot } from './tensor/products.ts'
export { dequantize, fakeQuantize, quantize } from './tensor/quantize.ts'
export {
  Generator,
  type GeneratorState,
  generator,
  permutation,
  rand,
  randint,
  randn,
  setSeed,
} from './tensor/random.ts'
export { rotaryEmbedding, rotaryTables } from './tensor/rotary.ts'
export { type Nested, Tensor } from './tensor/tensor.ts'
export {
  type BatchAxes,
  hessian,
  hessianVectorProduct,
  type JacobianOf,
  jacobian,
  jvp,
  perSampleGradients,
  vmap,
} from './tensor/derivatives.ts'
export { compile, evaluate, grad, valueAndGrad, vjp } from './tensor/transforms.ts'
