import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { number } from '../../core/options.ts'
import { broadcastShapes, type Shape, show } from '../../core/shape.ts'
import * as linalg from '../../tensor/linalg.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { RandomSource } from '../random-stream.ts'
import { tensorOf, type Values } from '../values.ts'
import { checkParameter, Distribution, dtypeOfParameters, noise } from './distribution.ts'

/** One of the three matrices says how the coordinates vary together. */
export interface MultivariateNormalParameters {
  /** Mean `[..., d]`. */
  readonly loc: Values
  /** Covariance `[..., d, d]`, symmetric and positive definite. */
  readonly covarianceMatrix?: Values | undefined
  /** Its inverse. */
  readonly precisionMatrix?: Values | undefined
  /** Its lower triangular factor L, `L Lᵀ` the covariance, with a diagonal above 0. */
  readonly scaleTril?: Values | undefined
}

const forms = ['covarianceMatrix', 'precisionMatrix', 'scaleTril'] as const

/** The normal distribution of vectors; see {@link multivariateNormal}. */
export class MultivariateNormal extends Distribution {
  readonly loc: Tensor
  /** Lower triangular factor of the covariance. */
  readonly scaleTril: Tensor

  constructor(given: MultivariateNormalParameters) {
    const named = forms.filter(name => given[name] !== undefined)
    if (named.length !== 1) {
      throw new ArgumentError(
        `multivariateNormal: takes one of ${forms.join(', ')}; got ${named.length === 0 ? 'none' : named.join(' and ')}.`,
      )
    }
    const form = named[0]!
    const dtype = dtypeOfParameters('multivariateNormal', { ...given })
    const loc = tensorOf(given.loc, dtype)
    const matrix = tensorOf(given[form]!, dtype)
    const d = loc.shape.at(-1)
    if (d === undefined || matrix.ndim < 2 || matrix.shape.at(-1) !== d || matrix.shape.at(-2) !== d) {
      throw new ShapeError(
        `multivariateNormal: loc is ${show(loc.shape)} and ${form} is ${show(matrix.shape)}. They must be [..., d] and [..., d, d].`,
        { loc: loc.shape, matrix: matrix.shape },
      )
    }
    checkParameter('multivariateNormal', 'loc', loc, number({ help: 'the mean' }))
    const batch = broadcastShapes('multivariateNormal', loc.shape.slice(0, -1), matrix.shape.slice(0, -2))
    super('multivariateNormal', { loc, [form]: matrix }, batch, [d])
    this.loc = loc
    this.scaleTril =
      form === 'scaleTril'
        ? matrix.tril()
        : linalg.cholesky(form === 'covarianceMatrix' ? matrix : (linalg.inv(matrix) as Tensor))
  }

  get support(): string {
    return 'vectors of numbers'
  }
  get mean(): Tensor {
    return this.loc.broadcastTo([...this.batchShape, ...this.eventShape])
  }
  get mode(): Tensor {
    return this.mean
  }
  get variance(): Tensor {
    return this.scaleTril
      .square()
      .sum(-1)
      .broadcastTo([...this.batchShape, ...this.eventShape])
  }
  /** `[..., d, d]`. */
  get covarianceMatrix(): Tensor {
    return this.scaleTril.matmul(this.scaleTril.transpose() as Tensor) as Tensor
  }
  private get logDeterminant(): Tensor {
    return this.scaleTril.diagonal().log().sum(-1)
  }
  entropy(): Tensor {
    const d = this.eventShape[0]!
    return this.logDeterminant.add((d / 2) * (1 + Math.log(2 * Math.PI))).broadcastTo(this.batchShape)
  }
  logProb(value: Values): Tensor {
    const x = tensorOf(value, this.dtype)
    const d = this.eventShape[0]!
    const shape = broadcastShapes('multivariateNormal.logProb', x.shape, [...this.batchShape, d])
    const off = x.sub(this.loc).broadcastTo(shape) as Tensor
    const batch = shape.slice(0, -1)
    const constant = this.logDeterminant.add((d / 2) * Math.log(2 * Math.PI))
    return this.squaredDistance(off, batch).mul(-0.5).sub(constant) as Tensor
  }
  /** Of Mahalanobis: `|L⁻¹ off|²`. */
  private squaredDistance(off: Tensor, batch: Shape): Tensor {
    const d = this.eventShape[0]!
    if (this.scaleTril.ndim === 2) {
      const columns = off.reshape([-1, d]).transpose() as Tensor
      return linalg.triangularSolve(this.scaleTril, columns).square().sum(0).reshape(batch) as Tensor
    }
    const l = this.scaleTril.broadcastTo([...batch, d, d]) as Tensor
    return linalg.triangularSolve(l, off.expandDims(-1)).square().sum([-2, -1]) as Tensor
  }
  override rsample(shape: Shape = [], source: RandomSource = {}): Tensor {
    const z = noise('normal', [...shape, ...this.batchShape, ...this.eventShape], this.dtype, source)
    return (this.scaleTril.matmul(z.expandDims(-1)) as Tensor).squeeze(-1).add(this.loc) as Tensor
  }
  /** Draws that no gradient passes. **Shape** `[...shape, ...batch, d]`. */
  sample(shape: Shape = [], source: RandomSource = {}): Tensor {
    return this.rsample(shape, source).stopGradient()
  }
}

/**
 * The normal distribution of vectors: `p(x) = e^(−(x−μ)ᵀ Σ⁻¹ (x−μ)/2) / √((2π)ᵈ |Σ|)`.
 *
 * **Shape** loc: `[..., d]`, matrix: `[..., d, d]`; x: `[..., d]` → `[...]`.
 *
 * @throws ArgumentError unless one of the three matrices is given. That it is positive definite shows when it is computed.
 */
export const multivariateNormal = (given: MultivariateNormalParameters): MultivariateNormal =>
  new MultivariateNormal(given)
