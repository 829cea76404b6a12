import { describe, expect, test } from 'vitest'
import { type SamplingOptions, sample } from '../../src/text/index.ts'
import { largest } from '../../src/text/generation/sampling.ts'

const size = 5000
const logitsOf = (seed: number): Float32Array => {
  const values = Float32Array.from({ length: size }, (_, i) => Math.sin((i + 1) * (seed + 1)) * 6)
  // Ties, and one that is far ahead or not.
  values[17] = values[3]!
  values[4000] = seed % 2 === 0 ? 9 : 6
  return values
}

/** The definition: all tokens in order, cut by topK, then by topP, then drawn from. */
const oracle = (logits: Float32Array, { temperature = 1, topK, topP }: SamplingOptions, uniform: number): number => {
  const order = Array.from(logits, (_, i) => i)
    .sort((a, b) => logits[b]! - logits[a]! || a - b)
    .slice(0, topK)
  const weights = order.map(id => Math.exp((logits[id]! - logits[order[0]!]!) / temperature))
  let total = weights.reduce((a, b) => a + b, 0)
  let count = order.length
  if (topP !== undefined) {
    let sum = 0
    for (count = 0; count < order.length && sum < topP * total; count++) sum += weights[count]!
    total = sum
  }
  let rest = uniform * total
  for (let i = 0; i < count; i++) {
    rest -= weights[i]!
    if (rest < 0) return order[i]!
  }
  return order[count - 1]!
}

describe('drawing from many tokens', () => {
  test.each<SamplingOptions>([
    {},
    { temperature: 0.3 },
    { temperature: 4 },
    { topK: 1 },
    { topK: 40 },
    { topK: 4999 },
    { topK: 9999 },
    { topP: 0.1 },
    { topP: 0.9 },
    { topP: 1 },
    { topK: 100, topP: 0.5, temperature: 2 },
  ])('draws what putting all of them in order draws (%j)', options => {
    for (let seed = 0; seed < 4; seed++) {
      const logits = logitsOf(seed)
      for (let k = 0; k < 50; k++) {
        const uniform = (k + 0.37) / 50
        expect(sample(logits, options, uniform), `seed ${seed}, uniform ${uniform}`).toBe(
          oracle(logits, options, uniform),
        )
      }
    }
  })

  test('the last token is drawn where rounding leaves something over', () => {
    expect(sample(Float32Array.of(0, 0, 0), {}, 1)).toBe(2)
    expect(sample(Float32Array.of(0, 1, 0), { topP: 0.5 }, 1)).toBe(1)
  })
  test('a most likely token that stands first or last is found, and the first of equals', () => {
    expect(sample(Float32Array.of(3, 1, 2), { temperature: 0 }, 0)).toBe(0)
    expect(sample(Float32Array.of(1, 2, 3, 3), { temperature: 0 }, 0)).toBe(2)
  })

  test.each([1, 2, 64, 300, 2000, size])('the %i largest come in order, ties by their ids', count => {
    const logits = logitsOf(1)
    const order = Array.from(logits, (_, i) => i).sort((a, b) => logits[b]! - logits[a]! || a - b)
    expect(largest(logits, count)).toEqual(order.slice(0, count))
    expect(largest(new Float32Array(size), count)).toEqual(Array.from({ length: count }, (_, i) => i))
  })
})
