/**
 * The A and B with the highest likelihood of `p(+1 | f) = 1 / (1 + exp(A f + B))`, targets drawn a little towards the middle.
 *
 * Source: Platt 2000; Lin, Lin & Weng 2007, algorithm 1 (Newton's method with halved steps).
 */
export const plattScale = (
  scores: ArrayLike<number>,
  positive: ArrayLike<boolean>,
): readonly [A: number, B: number] => {
  const n = scores.length
  let above = 0
  for (let i = 0; i < n; i++) if (positive[i]) above++
  const below = n - above
  const high = (above + 1) / (above + 2)
  const low = 1 / (below + 2)
  const target = Float64Array.from({ length: n }, (_, i) => (positive[i] ? high : low))
  const loss = (A: number, B: number): number => {
    let sum = 0
    for (let i = 0; i < n; i++) {
      const z = scores[i]! * A + B
      sum += z >= 0 ? target[i]! * z + Math.log1p(Math.exp(-z)) : (target[i]! - 1) * z + Math.log1p(Math.exp(z))
    }
    return sum
  }
  let A = 0
  let B = Math.log((below + 1) / (above + 1))
  let value = loss(A, B)
  for (let round = 0; round < 100; round++) {
    let [h11, h22, h21, g1, g2] = [1e-12, 1e-12, 0, 0, 0]
    for (let i = 0; i < n; i++) {
      const z = scores[i]! * A + B
      const e = Math.exp(-Math.abs(z))
      const p = z >= 0 ? e / (1 + e) : 1 / (1 + e)
      const d2 = p * (1 - p)
      h11 += scores[i]! * scores[i]! * d2
      h22 += d2
      h21 += scores[i]! * d2
      const d1 = target[i]! - p
      g1 += scores[i]! * d1
      g2 += d1
    }
    if (Math.abs(g1) < 1e-5 && Math.abs(g2) < 1e-5) break
    const determinant = h11 * h22 - h21 * h21
    const dA = -(h22 * g1 - h21 * g2) / determinant
    const dB = -(-h21 * g1 + h11 * g2) / determinant
    const slope = g1 * dA + g2 * dB
    let step = 1
    while (step >= 1e-10) {
      const next = loss(A + step * dA, B + step * dB)
      if (next < value + 1e-4 * step * slope) {
        A += step * dA
        B += step * dB
        value = next
        break
      }
      step /= 2
    }
    if (step < 1e-10) break
  }
  return [A, B]
}

export const plattProbability = (score: number, [A, B]: readonly [number, number]): number => {
  const z = score * A + B
  const e = Math.exp(-Math.abs(z))
  return z >= 0 ? e / (1 + e) : 1 / (1 + e)
}

/**
 * Probabilities of K classes from those of pairs: `r[i][j]` is that of i against j.
 *
 * Source: Wu, Lin & Weng 2004, section 4, algorithm 2.
 */
export const coupled = (r: readonly Float64Array[]): Float64Array => {
  const K = r.length
  const Q = Array.from({ length: K }, (_, t) =>
    Float64Array.from({ length: K }, (_, j) => {
      if (t !== j) return -r[j]![t]! * r[t]![j]!
      let sum = 0
      for (let k = 0; k < K; k++) if (k !== t) sum += r[k]![t]! ** 2
      return sum
    }),
  )
  const p = new Float64Array(K).fill(1 / K)
  const Qp = new Float64Array(K)
  for (let round = 0; round < Math.max(100, K); round++) {
    let pQp = 0
    for (let t = 0; t < K; t++) {
      Qp[t] = 0
      for (let j = 0; j < K; j++) Qp[t]! += Q[t]![j]! * p[j]!
      pQp += p[t]! * Qp[t]!
    }
    if (Qp.every(q => Math.abs(q - pQp) < 0.005 / K)) break
    for (let t = 0; t < K; t++) {
      const diff = (-Qp[t]! + pQp) / Q[t]![t]!
      p[t]! += diff
      pQp = (pQp + diff * (diff * Q[t]![t]! + 2 * Qp[t]!)) / (1 + diff) / (1 + diff)
      for (let j = 0; j < K; j++) {
        Qp[j] = (Qp[j]! + diff * Q[t]![j]!) / (1 + diff)
        p[j]! /= 1 + diff
      }
    }
  }
  return p
}
