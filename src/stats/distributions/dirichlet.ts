import { ShapeError } from '../../core/errors.ts'
import { number } from '../../core/options.ts'
import { broadcastShapes, type Shape } from '../../core/shape.ts'
import { where } from '../../tensor/functions.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { RandomStream } from '../random-stream.ts'
import { choose, tensorOf, type Values, valuesIn } from '../values.ts'
import { Drawn, readParameters } from './distribution.ts'

/** Probabilities that add up to 1; see {@link dirichlet}. */
export class Dirichlet extends Drawn {
  readonly concentration: Tensor

  constructor(given: { readonly concentration: Values }) {
    const rules = { concentration: number({ above: 0, help: 'weights of the classes' }) }
    const read = readParameters('dirichlet', rules, given)
    const { shape } = read.concentration
    if (shape.length === 0) {
      throw new ShapeError('dirichlet: concentration is one number. It needs a last axis that holds the classes.')
    }
    super('dirichlet', read, shape.slice(0, -1), shape.slice(-1))
    this.concentration = read.concentration
  }
  get support(): string {
    return `${this.eventShape[0]} numbers of at least 0 that add up to 1`
  }
  private get total(): Tensor {
    return this.concentration.sum(-1, { keepDims: true }) as Tensor
  }
  get mean(): Tensor {
    return this.concentration.div(this.total) as Tensor
  }
  get variance(): Tensor {
    const mean = this.mean
    return mean.mul(mean.neg().add(1)).div(this.total.add(1)) as Tensor
  }
  /** NaN unless all concentrations are above 1. */
  get mode(): Tensor {
    const peak = this.concentration.sub(1).div(this.total.sub(this.eventShape[0]!)) as Tensor
    const lowest = this.concentration.min(-1, { keepDims: true }) as Tensor
    return where(lowest.greater(1) as Tensor<Shape, 'bool'>, peak, Number.NaN) as Tensor
  }
  /** ln of the beta function of vectors: `Σ ln Γ(cᵢ) − ln Γ(Σ cᵢ)`. */
  private get logBeta(): Tensor {
    return this.concentration.lgamma().sum(-1).sub(this.concentration.sum(-1).lgamma()) as Tensor
  }
  logProb(value: Values): Tensor {
    const given = tensorOf(value, this.dtype)
    const shape = broadcastShapes('dirichlet.logProb', given.shape, this.concentration.shape)
    const x = given.broadcastTo(shape) as Tensor<Shape, 'float64'>
    const total = x.sum(-1, { keepDims: true }) as Tensor
    const least = x.min(-1, { keepDims: true }) as Tensor
    const isBelow = least.less(0) as Tensor<Shape, 'bool'>
    const isOutside = (total.sub(1).abs().greater(1e-6) as Tensor<Shape, 'bool'>).logicalOr(isBelow)
    const even = x.mul(0).add(1 / this.eventShape[0]!)
    const safe = choose(isOutside, even as Tensor, x) as Tensor
    const weighted = this.concentration.sub(1).xlogy(safe).sum(-1) as Tensor
    const inside = weighted.sub(this.logBeta) as Tensor
    const none = tensorOf(Number.NEGATIVE_INFINITY, this.dtype)
    return choose(isOutside.squeeze(-1), none, inside) as Tensor
  }
  entropy(): Tensor {
    const c = this.concentration
    const sum = c.sum(-1) as Tensor
    const slopes = c.sub(1).mul(c.digamma()).sum(-1)
    return this.logBeta.add(sum.sub(this.eventShape[0]!).mul(sum.digamma())).sub(slopes) as Tensor
  }
  protected drawer(): (out: Float64Array, start: number, stream: RandomStream) => void {
    const c = valuesIn('dirichlet.sample', 'concentration', this.concentration)
    const k = this.eventShape[0]!
    return (out, start, stream) => {
      for (let at = 0; at < c.length; at += k) {
        // In logarithms: of small concentrations all but one draw may be below the least number.
        const logs = Array.from({ length: k }, (_, i) => stream.logGamma(c[at + i]!))
        const top = Math.max(...logs)
        const weights = logs.map(v => Math.exp(v - top))
        const total = weights.reduce((a, b) => a + b, 0)
        for (let i = 0; i < k; i++) out[start + at + i] = weights[i]! / total
      }
    }
  }
}

/**
 * Dirichlet's distribution of probabilities of K classes: `p(x) = ∏ xᵢ^(cᵢ−1) / B(c)`, c the concentration.
 *
 * **Shape** concentration: `[..., K]`; x: `[..., K]`, adding up to 1 to within 1e-6 → `[...]`.
 *
 * @param given.concentration above 0, one for each class
 */
export const dirichlet = (given: { readonly concentration: Values }): Dirichlet => new Dirichlet(given)
