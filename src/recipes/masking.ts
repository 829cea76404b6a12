import { fillUniform } from '../core/philox.ts'
import type { Generator } from '../tensor/random.ts'

export interface MaskingOptions {
  /** The share of tokens to be found again. Default 0.15. */
  readonly share?: number
  /** Of these the share that is hidden by the token for it; half of the rest is exchanged, half stays. Default 0.8. */
  readonly hidden?: number
  /** The token that hides another. */
  readonly maskId: number
  /** Ids from which another token is drawn; a special one is never drawn. */
  readonly vocabSize: number
  /** Whether an id is left as it is: special tokens, padding. */
  readonly isSpecial: (id: number) => boolean
  /** Whether an id goes on the word before it; given, words are hidden whole. */
  readonly continues?: (id: number) => boolean
}

/** A text with some tokens hidden: where they are, in order, and what stood there. */
export interface Masked {
  readonly ids: Int32Array
  readonly places: readonly number[]
  readonly labels: readonly number[]
}

/** How many of so many tokens are to be found: at least one. */
export const maskedCount = (length: number, share = 0.15): number => Math.max(1, Math.round(length * share))

/**
 * Chooses 15 % of a text's tokens to be found again. Of these 80 % become `[MASK]`, 10 % another token, and 10 % stay, so that the model cannot
 * know which of the tokens it sees are right.
 *
 * Source: Devlin et al. 2019, section 3.1 and appendix A.1; whole words: their note of May 2019 on the published models.
 */
export const maskTokens = (ids: Int32Array, options: MaskingOptions, source: Generator): Masked => {
  const { share = 0.15, hidden = 0.8, maskId, vocabSize, isSpecial, continues } = options
  const words: number[][] = []
  for (const [i, id] of ids.entries()) {
    if (isSpecial(id)) continue
    const before = words.at(-1)
    if (continues?.(id) && before?.at(-1) === i - 1) before.push(i)
    else words.push([i])
  }
  const tokens = words.reduce((sum, word) => sum + word.length, 0)
  if (tokens === 0) return { ids, places: [], labels: [] }
  // One number each for the order of words, for what becomes of a token, and for what stands in its place.
  const unit = new Float64Array(words.length + 2 * ids.length)
  source.draw<Float64Array>(unit.length, fillUniform)(unit)
  const order = words.map((_, k) => k).sort((a, b) => unit[a]! - unit[b]!)
  const places: number[] = []
  const wanted = maskedCount(tokens, share)
  for (const k of order) {
    // A word too long for what is left is passed over.
    if (places.length + words[k]!.length <= wanted) places.push(...words[k]!)
    if (places.length === wanted) break
  }
  places.sort((a, b) => a - b)
  const out = ids.slice()
  for (const i of places) {
    const [fate, other] = [unit[words.length + 2 * i]!, unit[words.length + 2 * i + 1]!]
    if (fate < hidden) out[i] = maskId
    else if (fate < (1 + hidden) / 2) out[i] = ordinary(Math.floor(other * vocabSize), vocabSize, isSpecial)
  }
  return { ids: out, places, labels: places.map(i => ids[i]!) }
}

/** The id, or the next one that is not special. */
const ordinary = (id: number, vocabSize: number, isSpecial: (id: number) => boolean): number => {
  for (let step = 0; step < vocabSize; step++) {
    const next = (id + step) % vocabSize
    if (!isSpecial(next)) return next
  }
  return id
}
