import type { DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import * as ro from '../ops/rotary.ts'
import { Tensor } from './tensor.ts'

/**
 * The angles of rotary position embedding: cos and sin of `position · base^(−2i/dim)` for i below dim/2, computed in float64.
 *
 * **Shape** positions: `[..., T]` → cos and sin: `[..., T, dim/2]`.
 *
 * @param dim how many features are turned, an even number
 * @param options.base wavelengths run from 2π to 2π · base positions; default 10000
 * @param options.dtype of the tables; default float32
 *
 * Source: Su et al. 2021, equation 15.
 */
export const rotaryTables = <D extends DType = 'float32'>(
  positions: Tensor,
  dim: number,
  options: ro.RotaryTablesOptions & { readonly dtype?: D } = {},
): { cos: Tensor<Shape, D>; sin: Tensor<Shape, D> } => {
  const { cos, sin } = ro.rotaryTables(positions.node, dim, options)
  return { cos: new Tensor(cos), sin: new Tensor(sin) }
}

/**
 * Rotary position embedding: turns pairs of features, `(a cos − b sin, b cos + a sin)`, so that products of queries and keys depend on
 * the distance of their positions.
 *
 * **Shape** x: `[..., T, hd]`, cos and sin: `[T, r/2]`, or with leading axes that broadcast to those of x → `[..., T, hd]`. The features
 * from r on stay as they are.
 *
 * @param options.interleaved pairs are neighbours (2i, 2i + 1), as in the paper; default (i, i + r/2), as in Llama and GPT-NeoX
 *
 * Source: Su et al. 2021, equation 34.
 */
export const rotaryEmbedding = <S extends Shape, D extends DType>(
  x: Tensor<S, D>,
  cos: Tensor<Shape, NoInfer<D>>,
  sin: Tensor<Shape, NoInfer<D>>,
  options: ro.RotaryOptions = {},
): Tensor<S, D> => new Tensor(ro.rotaryEmbedding(x.node, cos.node, sin.node, options))
