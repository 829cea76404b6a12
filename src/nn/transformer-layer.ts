import { ArgumentError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import type { Generator } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Dropout } from './dropout.ts'
import type { LayerNorm } from './layer-norm.ts'
import { Linear } from './linear.ts'
import { Module } from './module.ts'

type Floats = Tensor<Shape, 'float32'>

/** What encoder and decoder layers have in common; the defaults are PyTorch's and the paper's. */
export interface TransformerLayerOptions {
  /** Units of the hidden layer between the two maps. Default 2048. */
  readonly feedForwardDim?: number
  /** While training, on attention weights, hidden units and each branch. Default 0.1. */
  readonly dropout?: number
  /** Of the hidden layer. Default relu. */
  readonly activation?: 'relu' | 'gelu'
  /** Whether each branch is normalised at its beginning, instead of its sum with what came in. Default false. Source: Xiong et al. 2020. */
  readonly normFirst?: boolean
  /** Added to the variance in the norms. Default 1e-5. */
  readonly epsilon?: number
  readonly generator?: Generator
}

/** What encoder and decoder layers share: two affine maps with an activation between, and how branches join. */
export abstract class TransformerLayer extends Module {
  protected readonly dropout: Dropout
  private readonly activation: 'relu' | 'gelu'
  private readonly normFirst: boolean

  constructor({ dropout = 0.1, activation = 'relu', normFirst = false, generator }: TransformerLayerOptions) {
    super()
    if (activation !== 'relu' && activation !== 'gelu') {
      throw new ArgumentError(
        `transformer layer: activation must be relu or gelu; got ${JSON.stringify(activation)}.`,
        {
          activation,
        },
      )
    }
    this.dropout = new Dropout(dropout, generator ? { generator } : {})
    this.activation = activation
    this.normFirst = normFirst
  }

  /** `norm(x + branch(x))`, or `x + branch(norm(x))`. */
  protected join(x: Floats, norm: LayerNorm, branch: (x: Floats) => Floats): Floats {
    const dropped = (given: Floats): Floats => this.dropout.forward(branch(given)) as Floats
    if (this.normFirst) return x.add(dropped(norm.forward(x) as Floats)) as Floats
    return norm.forward(x.add(dropped(x)) as Floats) as Floats
  }

  protected feedForward(x: Floats, linear1: Linear, linear2: Linear): Floats {
    const inner = linear1.forward(x) as Floats
    const hidden = this.activation === 'gelu' ? inner.gelu() : inner.relu()
    return linear2.forward(this.dropout.forward(hidden) as Floats) as Floats
  }
}

/** The two maps of a layer: to the hidden units and back. */
export const feedForwardMaps = (
  embedDim: number,
  { feedForwardDim = 2048, generator }: TransformerLayerOptions,
): [Linear, Linear] => {
  const given = generator ? { generator } : {}
  return [new Linear(embedDim, feedForwardDim, given), new Linear(feedForwardDim, embedDim, given)]
}
