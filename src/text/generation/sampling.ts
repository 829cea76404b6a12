export interface SamplingOptions {
  /** Divides the logits; 0 takes the most likely token. Default 1. */
  readonly temperature?: number
  /** Draws from the k most likely tokens only. Source: Fan, Lewis & Dauphin 2018, section 5.3. */
  readonly topK?: number
  /** Draws from the fewest tokens whose probabilities reach this sum. Source: Holtzman et al. 2020, section 3.1. */
  readonly topP?: number
  /** Draws from tokens at least this share as likely as the most likely one. Source: Nguyen et al. 2024 (min-p), section 3. */
  readonly minP?: number
  /**
   * Draws from the tokens whose −ln p is nearest to the entropy, as few as reach this sum. Source: Meister et al. 2023 (locally typical
   * sampling), section 4.
   */
  readonly typicalP?: number
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

/** What may be drawn, and the probability of each, which sum to 1. */
export interface Candidates {
  readonly ids: readonly number[]
  readonly probabilities: readonly number[]
}

const normalized = (ids: readonly number[], weights: readonly number[]): Candidates => {
  const total = weights.reduce((a, b) => a + b, 0)
  return { ids, probabilities: weights.map(weight => weight / total) }
}

/** The candidates whose −ln p is nearest to its mean, as few as reach `mass`, the most typical first. */
const mostTypical = ({ ids, probabilities }: Candidates, mass: number): Candidates => {
  const surprise = probabilities.map(p => (p > 0 ? -Math.log(p) : Number.POSITIVE_INFINITY))
  const entropy = probabilities.reduce((sum, p, i) => (p > 0 ? sum + p * surprise[i]! : sum), 0)
  const order = [...ids.keys()].sort((a, b) => Math.abs(surprise[a]! - entropy) - Math.abs(surprise[b]! - entropy))
  const count = reach(
    order.map(i => probabilities[i]!),
    mass,
  )?.count
  const kept = order.slice(0, count)
  return normalized(
    kept.map(i => ids[i]!),
    kept.map(i => probabilities[i]!),
  )
}

/** Every token that may be drawn from logits: cut by topK, then topP, minP and typicalP, each on what the one before it left. */
export const candidates = (
  logits: Float32Array,
  { temperature = 1, topK, topP = 1, minP = 0, typicalP = 1 }: SamplingOptions,
): Candidates => {
  const best = mostLikely(logits)
  if (temperature === 0) return { ids: [best], probabilities: [1] }
  const top = logits[best]!
  let ids = largest(logits, Math.min(topK ?? logits.length, logits.length))
  let weights = ids.map(id => Math.exp((logits[id]! - top) / temperature))
  const count = topP < 1 ? reach(weights, topP * weights.reduce((a, b) => a + b, 0))?.count : undefined
  // They stand in order, so what is too unlikely stands at the end.
  const likely = weights.slice(0, count).filter(weight => weight >= minP).length
  ids = ids.slice(0, likely)
  weights = weights.slice(0, likely)
  const found = normalized(ids, weights)
  return typicalP < 1 ? mostTypical(found, typicalP) : found
}

/** The candidate that a uniform number in [0, 1) falls on. */
export const pick = ({ ids, probabilities }: Candidates, uniform: number): number =>
  ids[(reach(probabilities, uniform, true)?.count ?? ids.length) - 1]!

/** Draws a token from logits with a uniform number in [0, 1). Ties go to the lower id. */
export const sample = (logits: Float32Array, options: SamplingOptions, uniform: number): number => {
  const { temperature = 1, topK, topP = 1, minP = 0, typicalP = 1 } = options
  if (temperature === 0) return mostLikely(logits)
  if (minP > 0 || typicalP < 1) return pick(candidates(logits, options), uniform)
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
