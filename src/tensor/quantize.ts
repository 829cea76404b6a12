import type { DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import * as qz from '../ops/quantize.ts'
import { Tensor } from './tensor.ts'

/** `{ zeroPoint }` is the integer that 0 becomes, of the result's dtype, in the scale's shape. Default 0. */
interface ZeroPoint {
  readonly zeroPoint?: Tensor
}
export interface QuantizeOptions<Q extends qz.QuantizedDType> extends qz.QuantizeLayout, ZeroPoint {
  /** Default `uint8`. */
  readonly dtype?: Q
}
export interface DequantizeOptions extends qz.QuantizeLayout, ZeroPoint {}

/**
 * round(x / scale) + zeroPoint, halves to even, kept within the range of the integers (ONNX's `QuantizeLinear`). No gradient passes.
 *
 * **Shape** x: `[...]`, scale and zeroPoint: `[]`, `[n]` along `axis`, or x's with `axis` divided by `blockSize` → that of x.
 */
export const quantize = <S extends Shape, D extends DType, Q extends qz.QuantizedDType = 'uint8'>(
  x: Tensor<S, D>,
  scale: Tensor<Shape, NoInfer<D>>,
  { zeroPoint, dtype, ...layout }: QuantizeOptions<Q> = {},
): Tensor<S, Q> =>
  new Tensor(qz.quantize(x.node, scale.node, zeroPoint?.node ?? null, { ...layout, ...(dtype && { dtype }) }))

/** (q − zeroPoint) · scale, in the scale's dtype (ONNX's `DequantizeLinear`). Differentiable by the scale. */
export const dequantize = <S extends Shape, D extends DType>(
  q: Tensor<S>,
  scale: Tensor<Shape, D>,
  { zeroPoint, ...layout }: DequantizeOptions = {},
): Tensor<S, D> => new Tensor(qz.dequantize(q.node, scale.node, zeroPoint?.node ?? null, layout))

/**
 * x as it comes back from `quantize` and `dequantize`, for training with quantisation in mind. The gradient passes straight through
 * rounding, and is 0 where x is outside the range of the integers; none flows to the scale.
 *
 * Source: Bengio, Léonard & Courville 2013, section 1; Jacob et al. 2018, equation 12.
 */
export const fakeQuantize = <S extends Shape, D extends DType, Q extends qz.QuantizedDType = 'uint8'>(
  x: Tensor<S, D>,
  scale: Tensor<Shape, NoInfer<D>>,
  { zeroPoint, dtype, ...layout }: QuantizeOptions<Q> = {},
): Tensor<S, D> =>
  new Tensor(qz.fakeQuantize(x.node, scale.node, zeroPoint?.node ?? null, { ...layout, ...(dtype && { dtype }) }))
