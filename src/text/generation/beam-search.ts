import { ArgumentError } from '../../core/errors.ts'
import { isRecurrent, type LanguageModel } from '../causal-model.ts'
import { cacheOf, requireRoom } from './decoder.ts'
import { logSumExp } from './logprobs.ts'
import { checkWhole } from './options.ts'
import { largest } from './sampling.ts'

export interface BeamSearchOptions {
  readonly maxNewTokens: number
  /** Texts that are kept at each step. Default 4. */
  readonly beams?: number
  /** α of the score ln p / length^α: above 0 favours long texts, below 0 short ones. Default 1. */
  readonly lengthPenalty?: number
  /** How many texts are given back, the best first; at most `beams`. Default 1. */
  readonly nBest?: number
  /** A text ends with any of these tokens. */
  readonly stopTokens?: readonly number[]
  /**
   * Ends when there are as many whole texts as beams; without it, when no text on the way has a better score than the worst of these.
   * Default false.
   */
  readonly earlyStopping?: boolean
  readonly signal?: AbortSignal
}

/** A text that was found. */
export interface Beam {
  /** What was written, with the stop token where it ended with one. */
  readonly ids: readonly number[]
  /** ln p of what was written, in nats. */
  readonly logprob: number
  /** ln p / length^α, by which texts are ordered. */
  readonly score: number
}

interface Candidate {
  readonly from: number
  readonly ids: readonly number[]
  readonly logprob: number
  readonly ends: boolean
}

const checkBeams = ({ beams = 4, nBest = 1, lengthPenalty = 1, maxNewTokens }: BeamSearchOptions): void => {
  checkWhole('beams', beams, 1)
  checkWhole('nBest', nBest, 1)
  checkWhole('maxNewTokens', maxNewTokens, 1)
  if (nBest > beams)
    throw new ArgumentError(`generate: nBest ${nBest} is more than the ${beams} beams. Ask for more beams.`, {
      nBest,
      beams,
    })
  if (!Number.isFinite(lengthPenalty))
    throw new ArgumentError(`generate: lengthPenalty must be a finite number; got ${lengthPenalty}.`, { lengthPenalty })
}

/**
 * The likeliest texts that go on from a prompt, as far as a search finds them that keeps the `beams` best beginnings at each step. Texts and
 * scores are those of transformers' `generate(num_beams=…, do_sample=False)`.
 *
 * @example
 * const [best] = await beamSearch(model, tokenizer.encode('to be'), { beams: 4, maxNewTokens: 8 })
 * tokenizer.decode(best!.ids)
 * @throws DataError where prompt and new tokens are longer than the context
 * Source: beam search with the length penalty of Wu et al. 2016, section 7, in transformers' form.
 */
export const beamSearch = async (
  model: LanguageModel,
  prompt: ArrayLike<number>,
  options: BeamSearchOptions,
): Promise<Beam[]> => {
  checkBeams(options)
  const { maxNewTokens, beams: K = 4, lengthPenalty = 1, nBest = 1, stopTokens = [], earlyStopping = false } = options
  if (prompt.length === 0) throw new ArgumentError('generate: the prompt has no tokens. Give at least one.')
  const contextLength = isRecurrent(model) ? Number.POSITIVE_INFINITY : model.config.contextLength
  requireRoom(prompt.length + maxNewTokens - 1, contextLength, 'error')
  const cache = cacheOf(model)
  const [first] = await cache.start([Array.from(prompt)])
  let logits = [first!]
  let running: readonly Candidate[] = [{ from: 0, ids: [], logprob: 0, ends: false }]
  const finished: Beam[] = []
  for (let length = 1; ; length++) {
    const score = (logprob: number): number => logprob / length ** lengthPenalty
    const found = bestOf(running, logits, (1 + Math.max(1, stopTokens.length)) * K, id => stopTokens.includes(id))
    const last = length === maxNewTokens
    // An end counts only where it would have been kept as any other token.
    for (const { ids, logprob, ends } of found.slice(0, K))
      if (ends || last) finished.push({ ids, logprob, score: score(logprob) })
    finished.sort((a, b) => b.score - a.score).splice(K)
    running = found.filter(({ ends }) => !ends).slice(0, K)
    const full = finished.length === K
    const hopeless =
      full && (earlyStopping || score(running[0]?.logprob ?? Number.NEGATIVE_INFINITY) <= finished[K - 1]!.score)
    if (last || running.length === 0 || hopeless) return finished.slice(0, nBest)
    if (options.signal?.aborted) {
      const open = running.map(({ ids, logprob }) => ({ ids, logprob, score: score(logprob) }))
      return [...finished, ...open].slice(0, nBest)
    }
    cache.reorder(running.map(({ from }) => from))
    logits = await cache.next(running.map(({ ids }) => ids.at(-1)!))
  }
}

/** The best continuations of all texts, the best first. */
const bestOf = (
  texts: readonly Candidate[],
  logits: readonly Float32Array[],
  count: number,
  ends: (id: number) => boolean,
): Candidate[] =>
  texts
    .flatMap(({ logprob }, from) => {
      const own = logits[from]!
      const all = logSumExp(own)
      return largest(own, Math.min(count, own.length)).map(id => ({ from, id, logprob: logprob + own[id]! - all }))
    })
    .sort((a, b) => b.logprob - a.logprob)
    .slice(0, count)
    .map(({ from, id, logprob }) => ({ from, ids: [...texts[from]!.ids, id], logprob, ends: ends(id) }))
