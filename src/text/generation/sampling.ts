export interface SamplingOptions {
  /** Divides the logits; 0 takes the most likely token. Default 1. */
  readonly temperature?: number
  /** Draws from the k most likely tokens only. Source: Fan, Lewis & Dauphin 2018, section 5.3. */
  readonly topK?: number
  /** Draws from the fewest tokens whose probabilities reach this sum. Source: Holtzman et al. 2020, section 3.1. */
  readonly topP?: number
}

const mostLikely = (logits: Float32Array): number => {
  let best = 0
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i
  return best
}

/** Ids of the `count` largest logits, the largest first; ties go to the lower id. */
export const largest = (logits: Float32Array, count: number): number[] => {
  const before = (a: number, b: number): number => logits[b]! - logits[a]! || a - b
  if (count * 8 >= logits.length)
    return Array.from(logits, (_, i) => i)
      .sort(before)
      .slice(0, count)
  // The candidates are sorted and cut whenever twice as many have come: few do, once the bar is high.
  let kept: number[] = []
  let bar = Number.NEGATIVE_INFINITY
  for (let i = 0; i < logits.length; i++) {
    if (logits[i]! <= bar) continue
    kept.push(i)
    if (kept.length < 2 * count) continue
    kept = kept.sort(before).slice(0, count)
    bar = logits[kept[count - 1]!]!
  }
  return kept.sort(before).slice(0, count)
}

/** How many tokens are put in order first; where they do not decide, eight times as many are. */
const firstRanked = 64

/** Draws a token from logits with a uniform number in [0, 1). Ties go to the lower id. */
export const sample = (
  logits: Float32Array,
  { temperature = 1, topK, topP = 1 }: SamplingOptions,
  uniform: number,
): number => {
  if (temperature === 0) return mostLikely(logits)
  const size = Math.min(topK ?? logits.length, logits.length)
  const top = logits[mostLikely(logits)]!
  const weight = (logit: number): number => Math.exp((logit - top) / temperature)
  let all = 0
  if (topK === undefined) for (let i = 0; i < logits.length; i++) all += weight(logits[i]!)
  for (let count = topK === undefined ? Math.min(firstRanked, size) : size; ; count = Math.min(count * 8, size)) {
    const order = largest(logits, count)
    const weights = order.map(id => weight(logits[id]!))
    const ranked = weights.reduce((a, b) => a + b, 0)
    // What is ranked whole is summed in its order, so that the last one closes the sum.
    const total = count === size ? ranked : all
    const nucleus = topP < 1 ? reach(weights, topP * total) : { sum: total, count }
    const drawn = nucleus && reach(weights.slice(0, nucleus.count), uniform * nucleus.sum, true)
    if (drawn) return order[drawn.count - 1]!
    if (count === size) return order[(nucleus?.count ?? count) - 1]!
  }
}

/** The first weights whose sum reaches a bound (or is beyond it), and how many they are; null where all of them do not. */
const reach = (weights: readonly number[], bound: number, beyond = false): { sum: number; count: number } | null => {
  let sum = 0
  for (const [i, weight] of weights.entries()) {
    sum += weight
    if (sum > bound || (!beyond && sum === bound)) return { sum, count: i + 1 }
  }
  return null
}
