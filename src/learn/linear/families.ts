// Exponential dispersion families of generalised linear models: how far a mean is from a target (half the deviance, up to what does not
// depend on the mean), by a linear predictor η through a link.

/** Half the deviance of a row, its slope and its expected curvature by η. */
export interface Family {
  readonly name: string
  /** `μ(η)`. */
  readonly mean: (eta: number) => number
  readonly loss: (y: number, eta: number) => number
  readonly slope: (y: number, eta: number) => number
  /** The second derivative by η, or its expectation: above 0. */
  readonly curvature: (y: number, eta: number) => number
  /** The η of a mean, where iterations start. */
  readonly link: (mean: number) => number
  readonly allows: (y: number) => boolean
  /** What targets must be, for the message. */
  readonly needs: string
}

const { exp, log } = Math

export const normalFamily: Family = {
  name: 'normal',
  mean: eta => eta,
  loss: (y, eta) => 0.5 * (y - eta) ** 2,
  slope: (y, eta) => eta - y,
  curvature: () => 1,
  link: mean => mean,
  allows: () => true,
  needs: 'any numbers',
}

export const poissonFamily: Family = {
  name: 'poisson',
  mean: exp,
  loss: (y, eta) => exp(eta) - y * eta,
  slope: (y, eta) => exp(eta) - y,
  curvature: (_, eta) => exp(eta),
  link: log,
  allows: y => y >= 0,
  needs: 'numbers of at least 0',
}

export const gammaFamily: Family = {
  name: 'gamma',
  mean: exp,
  loss: (y, eta) => eta + y * exp(-eta),
  slope: (y, eta) => 1 - y * exp(-eta),
  curvature: (y, eta) => y * exp(-eta),
  link: log,
  allows: y => y > 0,
  needs: 'numbers above 0',
}

export const binomialFamily: Family = {
  name: 'binomial',
  mean: eta => 1 / (1 + exp(-eta)),
  loss: (y, eta) => (eta > 0 ? eta + Math.log1p(exp(-eta)) : Math.log1p(exp(eta))) - y * eta,
  slope: (y, eta) => 1 / (1 + exp(-eta)) - y,
  curvature: (_, eta) => {
    const p = 1 / (1 + exp(-eta))
    return p * (1 - p)
  },
  link: mean => log(mean / (1 - mean)),
  allows: y => y >= 0 && y <= 1,
  needs: 'numbers from 0 to 1',
}

/**
 * Tweedie's family of variance `μ^power`, log link: 0 normal, 1 Poisson, 1 to 2 compound Poisson and gamma, 2 gamma, 3 inverse Gaussian.
 *
 * Source: Jørgensen 1987.
 */
export const tweedieFamily = (power: number, link: 'identity' | 'log'): Family => {
  if (link === 'identity') return identityTweedie(power)
  if (power === 1) return poissonFamily
  if (power === 2) return gammaFamily
  const p = power
  return {
    name: 'tweedie',
    mean: exp,
    loss: (y, eta) =>
      p === 0 ? 0.5 * (y - exp(eta)) ** 2 : exp((2 - p) * eta) / (2 - p) - (y * exp((1 - p) * eta)) / (1 - p),
    slope: (y, eta) => exp((2 - p) * eta) - y * exp((1 - p) * eta),
    // Expected, not observed: the latter can be negative.
    curvature: (_, eta) => exp((2 - p) * eta),
    link: log,
    ...allowed(power),
  }
}

const allowed = (power: number): Pick<Family, 'allows' | 'needs'> =>
  power <= 0
    ? { allows: () => true, needs: 'any numbers' }
    : power < 2
      ? { allows: y => y >= 0, needs: 'numbers of at least 0' }
      : { allows: y => y > 0, needs: 'numbers above 0' }

const identityTweedie = (p: number): Family => {
  if (p === 0) return normalFamily
  const slope = (y: number, mu: number): number => (mu <= 0 ? Number.NaN : (mu - y) * mu ** -p)
  return {
    name: 'tweedie',
    mean: eta => eta,
    loss: (y, mu) =>
      mu <= 0
        ? Infinity
        : p === 1
          ? mu - y * log(mu)
          : p === 2
            ? log(mu) + y / mu
            : mu ** (2 - p) / (2 - p) - (y * mu ** (1 - p)) / (1 - p),
    slope,
    curvature: (_, mu) => mu ** -p,
    link: mean => mean,
    ...allowed(p),
  }
}
