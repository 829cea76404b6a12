import type { Shape } from '../core/shape.ts'
import { leaf } from '../graph/node.ts'
import { packedProduct } from '../ops/packed-product.ts'
import type { PackedWeights } from '../ops/packed-weights.ts'
import type { DType } from '../core/dtype.ts'
import { stack } from '../tensor/functions.ts'
import { Tensor } from '../tensor/tensor.ts'

type Floats = Tensor<readonly number[], 'float32'>
type Bytes = Tensor<readonly number[], 'uint8'>

/** A matrix in few bits as a model computes with it. */
export class PackedMatrix {
  readonly weights: PackedWeights
  private readonly codes: Bytes
  private readonly scales: Floats

  constructor(weights: PackedWeights) {
    this.weights = weights
    const { rows, blocks, blockSize, bits, codes, scales } = weights
    const values = <D extends DType>(shape: Shape, dtype: D, array: Uint8Array | Float32Array) =>
      new Tensor<readonly number[], D>(leaf({ shape, dtype }, { kind: 'buffer', buffer: { dtype, array } as never }))
    this.codes = values([rows, blocks, (blockSize * bits) / 8], 'uint8', codes)
    this.scales = values([rows, blocks], 'float32', scales)
  }

  /** x Wᵀ, `[..., columns]` → `[..., rows]`. */
  product(x: Floats): Floats {
    return new Tensor(packedProduct(x.node, this.weights))
  }

  /** The rows at the given places, widened: `[...]` → `[..., columns]`. */
  rows(at: Tensor<Shape, DType>): Floats {
    return this.widened(this.codes.gather(at) as Bytes, this.scales.gather(at) as Floats)
  }

  /** All of it, widened: `[rows, columns]`. */
  all(): Floats {
    return this.widened(this.codes, this.scales)
  }

  private widened(codes: Bytes, scales: Floats): Floats {
    const { bits, blocks, blockSize, columns } = this.weights
    const lead = codes.shape.slice(0, -2)
    const bytes = codes.to('float32') as Floats
    let numbers = bytes
    if (bits === 4) {
      const high = bytes.div(16).floor() as Floats
      numbers = stack([bytes.sub(high.mul(16)), high], codes.ndim) as Floats
    }
    const spread = numbers.reshape([...lead, blocks, blockSize]).sub(2 ** (bits - 1)) as Floats
    const wide = spread.mul(scales.reshape([...lead, blocks, 1]) as Floats).reshape([...lead, blocks * blockSize])
    if (columns === blocks * blockSize) return wide as Floats
    return wide.slice(...lead.map(() => null), { start: 0, end: columns }) as Floats
  }
}
