/**
 * The standard normal quantile of p to 4.5e-4, where an iteration may begin.
 *
 * Source: Abramowitz & Stegun 1964, 26.2.23.
 */
export const normalQuantile = (p: number): number => {
  if (p > 0.5) return -normalQuantile(1 - p)
  const t = Math.sqrt(-2 * Math.log(p))
  const top = 2.515517 + t * (0.802853 + t * 0.010328)
  return top / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t
}
