import { largest } from './sampling.ts'

/** A token and the logarithm of its probability, in nats. */
export interface TokenLogprob {
  readonly id: number
  readonly logprob: number
}

/** ln of the sum of e^logit. */
export const logSumExp = (logits: Float32Array): number => {
  let top = Number.NEGATIVE_INFINITY
  for (let i = 0; i < logits.length; i++) if (logits[i]! > top) top = logits[i]!
  let sum = 0
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - top)
  return top + Math.log(sum)
}

/** ln p of a token by logits. */
export const logprobOf = (logits: Float32Array, id: number): number => logits[id]! - logSumExp(logits)

/** The most likely tokens, the likeliest first. */
export const mostLikelyTokens = (logits: Float32Array, count: number): TokenLogprob[] => {
  const all = logSumExp(logits)
  return largest(logits, Math.min(count, logits.length)).map(id => ({ id, logprob: logits[id]! - all }))
}
