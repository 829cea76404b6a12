/** A loss of one row by its score: for classes y is -1 or 1, for regression a number. */
export interface SgdLoss {
  readonly loss: (score: number, y: number) => number
  /** The derivative by the score. */
  readonly slope: (score: number, y: number) => number
}

export const classificationLosses = ['hinge', 'logLoss', 'modifiedHuber', 'squaredHinge', 'perceptron'] as const
export const regressionLosses = ['squaredError', 'huber', 'epsilonInsensitive', 'squaredEpsilonInsensitive'] as const
export type SgdLossName = (typeof classificationLosses)[number] | (typeof regressionLosses)[number]

const hinge = (threshold: number): SgdLoss => ({
  loss: (p, y) => Math.max(0, threshold - p * y),
  slope: (p, y) => (p * y <= threshold ? -y : 0),
})

/** Losses of stochastic gradient descent by name; `epsilon` is where Huber's turns to a line, and how wide the others' dead zone is. */
export const sgdLoss = (name: SgdLossName, epsilon = 0): SgdLoss => {
  switch (name) {
    case 'hinge':
      return hinge(1)
    case 'perceptron':
      return hinge(0)
    case 'squaredHinge':
      return {
        loss: (p, y) => Math.max(0, 1 - p * y) ** 2,
        slope: (p, y) => (1 - p * y > 0 ? -2 * y * (1 - p * y) : 0),
      }
    case 'modifiedHuber':
      return {
        loss: (p, y) => (p * y >= 1 ? 0 : p * y >= -1 ? (1 - p * y) ** 2 : -4 * p * y),
        slope: (p, y) => (p * y >= 1 ? 0 : p * y >= -1 ? -2 * y * (1 - p * y) : -4 * y),
      }
    case 'logLoss':
      return {
        loss: (p, y) => (p * y > 0 ? Math.log1p(Math.exp(-p * y)) : -p * y + Math.log1p(Math.exp(p * y))),
        slope: (p, y) => -y / (1 + Math.exp(p * y)),
      }
    case 'squaredError':
      return { loss: (p, y) => 0.5 * (p - y) ** 2, slope: (p, y) => p - y }
    case 'huber':
      return {
        loss: (p, y) =>
          Math.abs(p - y) <= epsilon ? 0.5 * (p - y) ** 2 : epsilon * Math.abs(p - y) - 0.5 * epsilon * epsilon,
        slope: (p, y) => Math.max(-epsilon, Math.min(epsilon, p - y)),
      }
    case 'epsilonInsensitive':
      return {
        loss: (p, y) => Math.max(0, Math.abs(y - p) - epsilon),
        slope: (p, y) => (y - p > epsilon ? -1 : p - y > epsilon ? 1 : 0),
      }
    case 'squaredEpsilonInsensitive':
      return {
        loss: (p, y) => Math.max(0, Math.abs(y - p) - epsilon) ** 2,
        slope: (p, y) => (y - p > epsilon ? -2 * (y - p - epsilon) : p - y > epsilon ? 2 * (p - y - epsilon) : 0),
      }
  }
}
