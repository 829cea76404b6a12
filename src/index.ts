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
export { arange, eye, fromArray, full, linspace, ones, tensor, zeros } from './tensor/creation.ts'
export { attention, concat, crossEntropy, layerNorm, mse, stack, where } from './tensor/functions.ts'
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
export { type Nested, Tensor } from './tensor/tensor.ts'
export { compile, evaluate, grad, valueAndGrad, vjp } from './tensor/transforms.ts'
