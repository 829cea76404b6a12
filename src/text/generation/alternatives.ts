import { ArgumentError } from '../../core/errors.ts'
import { isRecurrent, type LanguageModel } from '../causal-model.ts'
import { cacheOf, requireRoom } from './decoder.ts'
import { mostLikelyTokens } from './logprobs.ts'
import { checkWhole } from './options.ts'

export interface AlternativesOptions {
  /** How many tokens ahead. Default 3. */
  readonly depth?: number
  /** The most branches at each node. Default 3. */
  readonly breadth?: number
  /** Branches less likely than this, beside what leads to them, are left out. Default 0. */
  readonly minProbability?: number
}

/** A token that may come next, and what may come after it. */
export interface Alternative {
  readonly id: number
  /** Probability of the token after those that lead to it. */
  readonly probability: number
  /** ln p of the way here, in nats. */
  readonly logprob: number
  readonly children: readonly Alternative[]
}

/** A node whose branches are still growing. */
interface Node extends Alternative {
  readonly children: Node[]
}

/**
 * The tree of what may come next: at each node the most likely tokens, the likeliest first.
 *
 * @example
 * const [likeliest] = await alternatives(model, tokenizer.encode('to be'), { depth: 2, breadth: 5 })
 * tokenizer.decode([likeliest!.id])
 * @throws DataError where prompt and depth are longer than the context
 */
export const alternatives = async (
  model: LanguageModel,
  prompt: ArrayLike<number>,
  { depth = 3, breadth = 3, minProbability = 0 }: AlternativesOptions = {},
): Promise<Alternative[]> => {
  checkWhole('depth', depth, 1)
  checkWhole('breadth', breadth, 1)
  if (!(minProbability >= 0 && minProbability <= 1))
    throw new ArgumentError(`alternatives: minProbability must be from 0 to 1; got ${minProbability}.`, {
      minProbability,
    })
  if (prompt.length === 0) throw new ArgumentError('alternatives: the prompt has no tokens. Give at least one.')
  if (!isRecurrent(model)) requireRoom(prompt.length + depth - 1, model.config.contextLength, 'error')
  const cache = cacheOf(model)
  const grow = (logits: Float32Array, before: number): Node[] =>
    mostLikelyTokens(logits, breadth)
      .filter(({ logprob }) => Math.exp(logprob) >= minProbability)
      .map(({ id, logprob }) => ({ id, probability: Math.exp(logprob), logprob: before + logprob, children: [] }))
  const [logits] = await cache.start([Array.from(prompt)])
  const roots = grow(logits!, 0)
  let level = roots.map(node => ({ node, row: 0 }))
  for (let deep = 1; deep < depth && level.length > 0; deep++) {
    // Each node of a level is a text of its own.
    cache.reorder(level.map(({ row }) => row))
    const found = await cache.next(level.map(({ node }) => node.id))
    for (const [row, { node }] of level.entries()) node.children.push(...grow(found[row]!, node.logprob))
    level = level.flatMap(({ node }, row) => node.children.map(child => ({ node: child, row })))
  }
  return roots
}
