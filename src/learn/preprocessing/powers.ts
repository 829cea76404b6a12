interface Power {
  readonly forward: (x: number, lambda: number) => number
  readonly inverse: (y: number, lambda: number) => number
  /** The logarithm of the derivative at x is `(λ − 1)` times this. */
  readonly slope: (x: number) => number
}

// expm1 keeps what a power of nearly 1 would lose.
const boxCox = (x: number, lambda: number): number =>
  lambda === 0 ? Math.log(x) : Math.expm1(lambda * Math.log(x)) / lambda
const boxCoxOfMore = (x: number, lambda: number): number =>
  lambda === 0 ? Math.log1p(x) : Math.expm1(lambda * Math.log1p(x)) / lambda
const lessOfInverse = (y: number, lambda: number): number =>
  lambda === 0 ? Math.expm1(y) : Math.expm1(Math.log1p(lambda * y) / lambda)

export const powers: Readonly<Record<'yeoJohnson' | 'boxCox', Power>> = {
  yeoJohnson: {
    forward: (x, lambda) => (x >= 0 ? boxCoxOfMore(x, lambda) : -boxCoxOfMore(-x, 2 - lambda)),
    inverse: (y, lambda) => (y >= 0 ? lessOfInverse(y, lambda) : -lessOfInverse(-y, 2 - lambda)),
    slope: x => Math.sign(x) * Math.log1p(Math.abs(x)),
  },
  boxCox: {
    forward: boxCox,
    inverse: (y, lambda) => (lambda === 0 ? Math.exp(y) : Math.exp(Math.log1p(lambda * y) / lambda)),
    slope: Math.log,
  },
}

/** The logarithm of the variance. */
const logVariance = (values: Float64Array): number => {
  const n = values.length
  let mean = 0
  for (let i = 0; i < n; i++) mean += values[i]! / n
  let square = 0
  for (let i = 0; i < n; i++) square += (values[i]! - mean) ** 2
  return Math.log(square / n)
}

/**
 * The logarithm of the variance of `(exp(p l) − 1) / p`. Where exp(p l) is far below 1 the −1 would swallow it; a constant has no part in the
 * variance, and is left out.
 */
const logVarianceOfPowers = (logs: Float64Array, p: number): number => {
  let most = 0
  let top = -Infinity
  for (let i = 0; i < logs.length; i++) {
    if (Math.abs(p * logs[i]!) > most) most = Math.abs(p * logs[i]!)
    if (p * logs[i]! > top) top = p * logs[i]!
  }
  if (p === 0) return logVariance(logs)
  if (most < 1) return logVariance(logs.map(l => Math.expm1(p * l) / p))
  return 2 * (top - Math.log(Math.abs(p))) + logVariance(logs.map(l => Math.exp(p * l - top)))
}

/** The λ of maximal likelihood: `(λ − 1) Σ slope(x) − N/2 log var(forward(x, λ))`. */
export const likeliestPower = (values: Float64Array, method: keyof typeof powers): number => {
  const { forward, slope } = powers[method]
  const n = values.length
  const slopes = values.map(slope)
  const sum = slopes.reduce((a, b) => a + b, 0)
  const below = method === 'yeoJohnson' && values.every(x => x <= 0)
  const oneSided = below || method === 'boxCox' || values.every(x => x >= 0)
  const logs = below ? slopes.map(x => -x) : slopes
  const cost = (lambda: number): number => {
    const spread = oneSided
      ? logVarianceOfPowers(logs, below ? 2 - lambda : lambda)
      : logVariance(values.map(x => forward(x, lambda)))
    const value = (n / 2) * spread - (lambda - 1) * sum
    // Where powers overflow, or all become equal, there is nothing to compare.
    return Number.isFinite(value) ? value : Infinity
  }
  return leastOf(cost, [-2, 2])
}

const golden = (3 - Math.sqrt(5)) / 2

/** Three places of which the middle one is lowest, found by walking downhill with growing steps. */
const bracket = (f: (x: number) => number, from: number, to: number): readonly [number, number, number] => {
  let [a, b] = f(from) >= f(to) ? [from, to] : [to, from]
  let c = b + 1.618 * (b - a)
  let fb = f(b)
  for (let step = 0; step < 60 && f(c) < fb; step++) {
    a = b
    b = c
    fb = f(c)
    c = b + 1.618 * (b - a)
  }
  return a < c ? [a, b, c] : [c, b, a]
}

/**
 * The place of the least value of a function of one number, to about the root of the machine's precision.
 *
 * Source: Brent 1973, chapter 5 (parabolas, and golden sections where they lead nowhere).
 */
const leastOf = (f: (x: number) => number, start: readonly [number, number]): number => {
  let [low, x, high] = bracket(f, ...start)
  let [w, v] = [x, x]
  let fx = f(x)
  let [fw, fv] = [fx, fx]
  let last = 0
  let step = 0
  for (let round = 0; round < 200; round++) {
    const middle = (low + high) / 2
    const near = 1e-10 * Math.abs(x) + 1e-12
    if (Math.abs(x - middle) <= 2 * near - (high - low) / 2) break
    let parabolic = false
    if (Math.abs(last) > near) {
      const r = (x - w) * (fx - fv)
      const q0 = (x - v) * (fx - fw)
      let p = (x - v) * q0 - (x - w) * r
      let q = 2 * (q0 - r)
      if (q > 0) p = -p
      q = Math.abs(q)
      const before = last
      last = step
      if (Math.abs(p) < Math.abs(0.5 * q * before) && p > q * (low - x) && p < q * (high - x)) {
        step = p / q
        parabolic = true
      }
    }
    if (!parabolic) {
      last = x < middle ? high - x : low - x
      step = golden * last
    }
    const u = x + (Math.abs(step) >= near ? step : step > 0 ? near : -near)
    const fu = f(u)
    if (fu <= fx) {
      if (u < x) high = x
      else low = x
      ;[v, fv] = [w, fw]
      ;[w, fw] = [x, fx]
      ;[x, fx] = [u, fu]
      continue
    }
    if (u < x) low = u
    else high = u
    if (fu <= fw || w === x) {
      ;[v, fv] = [w, fw]
      ;[w, fw] = [u, fu]
    } else if (fu <= fv || v === x || v === w) [v, fv] = [u, fu]
  }
  return x
}
