/** What a distribution has below and above a point; the smaller of both to full precision. */
export interface Tails {
  readonly lower: number
  readonly upper: number
}

/** A target and where to look for it. */
export interface Search {
  readonly lower: number
  readonly upper: number
  /** Where to begin, above 0. */
  readonly guess: number
}

/**
 * The x above 0 with given tails: Newton's steps for the logarithm of the smaller tail as a function of ln x, and bisection where one
 * leaves the bracket. A tail that is a power of x is found in one step, however small.
 */
export const invertTails = (
  tails: (x: number) => Tails,
  density: (x: number) => number,
  { lower, upper, guess }: Search,
): number => {
  const below = lower <= upper
  let [low, high] = [-750, 710]
  let u = Math.min(Math.max(Math.log(guess), low + 1), high - 1) || 0
  for (let step = 0; step < 200; step++) {
    const x = Math.exp(u)
    const at = tails(x)
    // Rising in u, 0 at the answer.
    const miss = below ? Math.log(at.lower / lower) : Math.log(upper / at.upper)
    if (miss === 0) return x
    if (miss > 0) high = u
    else low = u
    const slope = (x * density(x)) / (below ? at.lower : at.upper)
    let next = u - miss / slope
    // Within rounding of the function or of u itself: there is nothing more to be had.
    if (Math.abs(miss) < 4e-16 || Math.abs(next - u) <= 2e-16 * Math.max(1, Math.abs(u))) return Math.exp(next)
    // Far out a step can overshoot by magnitudes: a tail that is 0 says only on which side the answer lies.
    if (!(next > low && next < high)) next = (low + high) / 2
    if (high - low < 1e-15) return Math.exp(next)
    u = next
  }
  return Math.exp(u)
}

/**
 * The least whole k from `least` with at least `p` up to it, looked for from `guess` outwards. `tails(k)` is what lies up to k, and above.
 */
export const invertCounts = (
  tails: (k: number) => Tails,
  { lower, upper, guess, least, most }: Search & { readonly least: number; readonly most: number },
): number => {
  // A probability that is itself a rounded sum of probabilities is to be found again.
  const slack = 64 * Number.EPSILON
  const reached = (k: number): boolean => {
    const at = tails(k)
    return lower <= upper ? at.lower >= lower * (1 - slack) : at.upper <= upper * (1 + slack)
  }
  const clamp = (k: number): number => Math.min(Math.max(k, least), most)
  let high = clamp(Math.round(guess))
  let width = 1
  while (high < most && !reached(high)) {
    high = clamp(high + width)
    width *= 2
  }
  let low = high
  width = 1
  while (low > least && reached(low)) {
    low = clamp(low - width)
    width *= 2
  }
  if (low === least && reached(low)) return least
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2)
    if (reached(middle)) high = middle
    else low = middle
  }
  return high
}
