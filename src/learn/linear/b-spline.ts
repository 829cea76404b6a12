/**
 * The values at `x` of the B-splines of a degree over ascending knots: `knots.length − degree − 1` of them, at most `degree + 1` not 0, adding to 1
 * between the inner knots.
 *
 * Source: de Boor 1972 (the recursion of Cox and de Boor).
 *
 * @param out filled with the values
 */
export const bSplineBasis = (x: number, knots: Float64Array, degree: number, out: Float64Array): void => {
  out.fill(0)
  const count = knots.length - degree - 1
  // The interval that holds x; the last inner one is closed.
  let low = degree
  let high = count
  if (x >= knots[count]!) low = lastBelow(knots, count, degree)
  else {
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (knots[middle]! <= x) low = middle
      else high = middle
    }
  }
  const values = new Float64Array(degree + 1)
  values[0] = 1
  for (let d = 1; d <= degree; d++) {
    let saved = 0
    for (let r = 0; r < d; r++) {
      const right = knots[low + r + 1]!
      const left = knots[low + 1 - d + r]!
      const share = right === left ? 0 : values[r]! / (right - left)
      values[r] = saved + (right - x) * share
      saved = (x - left) * share
    }
    values[d] = saved
  }
  for (let r = 0; r <= degree; r++) out[low - degree + r] = values[r]!
}

const lastBelow = (knots: Float64Array, count: number, degree: number): number => {
  let low = count - 1
  while (low > degree && knots[low] === knots[count]) low--
  return low
}

/** Knots for `count` splines of a degree, evenly spaced with the inner ones from `low` to `high`. */
export const evenKnots = (
  low: number,
  high: number,
  { count, degree }: { readonly count: number; readonly degree: number },
): Float64Array => {
  const step = (high - low) / (count - degree)
  return Float64Array.from({ length: count + degree + 1 }, (_, i) => low + (i - degree) * step)
}
