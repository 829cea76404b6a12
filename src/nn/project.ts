import type { Shape } from '../core/shape.ts'
import { affine } from '../tensor/functions.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Parameter } from './parameter.ts'

type Floats = Tensor<Shape, 'float32'>

/** The product of x with a matrix along its input axis, and a bias: x Wᵀ + b of a weight `[out, in]`, x W + b of one `[in, out]`. */
export const project = (x: Floats, weight: Parameter, bias: Parameter | null = null): Floats => {
  const { adapter } = weight
  const product = productOf(x, weight, bias)
  return adapter ? (product.add(adapter.added(x)) as Floats) : product
}

const productOf = (x: Floats, weight: Parameter, bias: Parameter | null): Floats => {
  const { packed } = weight
  if (packed) {
    const product = packed.product(x)
    return bias ? (product.add(bias.value as Floats) as Floats) : product
  }
  const value = weight.value as Floats
  const matrix = weight.inputAxis === 0 ? value : value.transpose()
  return bias ? affine(x, matrix, bias.value as Floats) : (x.matmul(matrix) as Floats)
}
