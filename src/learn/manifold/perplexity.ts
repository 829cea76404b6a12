/**
 * How probable each neighbour is of a row: `pⱼ ∝ exp(−β dⱼ)`, with the β of each row whose distribution has the wanted perplexity.
 *
 * @param distances squared distances, `k` for each row
 * @returns probabilities, row by row, each row adding to 1
 *
 * Source: van der Maaten & Hinton 2008, equation 1; found by bisection of the entropy.
 */
export const conditionalProbabilities = (distances: Float64Array, k: number, perplexity: number): Float64Array => {
  const rows = distances.length / k
  const out = new Float64Array(distances.length)
  const wanted = Math.log(perplexity)
  for (let i = 0; i < rows; i++) {
    const at = i * k
    let beta = 1
    let low = -Infinity
    let high = Infinity
    let nearest = Infinity
    for (let j = 0; j < k; j++) nearest = Math.min(nearest, distances[at + j]!)
    for (let step = 0; step < 100; step++) {
      let sum = 0
      let weighted = 0
      for (let j = 0; j < k; j++) {
        // Less the nearest, which changes no share and keeps the sum from 0.
        const d = distances[at + j]! - nearest
        const p = Math.exp(-beta * d)
        out[at + j] = p
        sum += p
        weighted += p * d
      }
      const entropy = Math.log(sum) + (beta * weighted) / sum
      for (let j = 0; j < k; j++) out[at + j]! /= sum
      const difference = entropy - wanted
      if (Math.abs(difference) <= 1e-5) break
      if (difference > 0) {
        low = beta
        beta = high === Infinity ? beta * 2 : (beta + high) / 2
      } else {
        high = beta
        beta = low === -Infinity ? beta / 2 : (beta + low) / 2
      }
    }
  }
  return out
}
