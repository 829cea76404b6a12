export { crossEntropy, mse } from '../tensor/functions.ts'
export { flatten, gelu, Lambda, relu, sigmoid, silu, softmax, softplus, tanh } from './activations.ts'
export { Dropout, dropout } from './dropout.ts'
export { Embedding, embedding } from './embedding.ts'
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
export { LayerNorm, layerNorm } from './layer-norm.ts'
export { Linear, linear } from './linear.ts'
export { Layer, type LoadOptions, Module, type StateEntry } from './module.ts'
export { Parameter, StateBuffer } from './parameter.ts'
export { Sequential, sequential } from './sequential.ts'
