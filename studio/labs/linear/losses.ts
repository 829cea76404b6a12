import type { Shape, Tensor } from 'gradus'
import * as nn from 'gradus/nn'
import type { Settings } from './about.ts'

// The losses, each written once: training computes them in float32, what is shown in float64, and the surface for many weights at once.

export type Float = Tensor<Shape, 'float64'>
type LossName = Settings['loss']

/** Points with their classes, in the two forms that losses ask for. */
export interface Labels {
  /** −1 for class 0 and 1 for class 1, in the scores' dtype: what losses of one score compare it with. */
  readonly signs: Float
  /** The class, int32. */
  readonly index: Tensor<Shape, 'int32'>
}

/** The loss of each point from its scores. **Shape** scores `[..., N]`, or `[..., N, K]` for softmax → `[..., N]`. */
export const pointLosses = (name: LossName, scores: Float, { signs, index }: Labels): Float => {
  switch (name) {
    case 'mse':
      return nn.mse(scores, signs.broadcastTo(scores.shape) as Float, { reduction: 'none' }) as Float
    case 'log':
      // log(1 + e^{−t s}), safe for large scores.
      return (scores.mul(signs as never) as Float).neg().softplus()
    case 'hinge':
      return ((scores.mul(signs as never) as Float).neg().add(1) as Float).relu()
    case 'softmax':
      return nn.crossEntropy(scores, index.broadcastTo(scores.shape.slice(0, -1)), {
        reduction: 'none',
      }) as unknown as Float
  }
}

/** What the weights `[..., 2]` cost: `[...]`. Biases cost nothing. */
export const penaltyOf = (penalty: Settings['penalty'], weights: Float): Float => {
  if (penalty === 'l1') return weights.abs().sum(-1) as Float
  if (penalty === 'l2') return (weights.square().sum(-1) as Float).mul(0.5) as Float
  return (weights.sum(-1) as Float).mul(0) as Float
}

/** Scores of points `[N, 2]` by weights `[K, 2]` and biases `[K]`: `[N, K]`, or `[N]` for losses of one score. */
export const scoresOf = (name: LossName, x: Float, weight: Float, bias: Float): Float => {
  const scores = (x.matmul(weight.transpose() as never) as Float).add(bias as never) as Float
  return name === 'softmax' ? scores : (scores.reshape([-1]) as Float)
}

/** The mean loss, and the penalty. */
export const totalLoss = (
  { loss, penalty, strength }: Pick<Settings, 'loss' | 'penalty'> & { readonly strength: Float | number | Tensor },
  scores: Float,
  weight: Float,
  labels: Labels,
): Float => {
  const mean = pointLosses(loss, scores, labels).mean() as Float
  return penalty === 'none'
    ? mean
    : (mean.add((penaltyOf(penalty, weight).sum() as Float).mul(strength as never) as never) as Float)
}
