import { ArgumentError, DataError } from '../../core/errors.ts'
import { hasOwnMemory } from '../../engine/engine.ts'
import { isRecurrent, type LanguageModel } from '../causal-model.ts'
import { DeviceCache, HostCache } from './key-value-cache.ts'
import { RecurrentCache } from './recurrent-cache.ts'
import type { TextCache } from './text-cache.ts'

/** What several texts are read into. */
export const cacheOf = (model: LanguageModel): TextCache => {
  model.eval()
  return isRecurrent(model) ? new RecurrentCache(model) : new HostCache(model)
}

/** One text of a cache for many. */
const single = (cache: TextCache) => ({
  start: async (ids: readonly number[]): Promise<Float32Array> => (await cache.start([ids]))[0]!,
  next: async (id: number): Promise<Float32Array> => (await cache.next([id]))[0]!,
})

/** What to do with a text that is longer than the context: read its end, or refuse it. */
export type Overflow = 'slide' | 'error'

/** @throws DataError where a text of so many tokens has no place in the context, and that is to be refused */
export const requireRoom = (count: number, contextLength: number, overflow: Overflow): void => {
  if (overflow === 'slide' || count <= contextLength) return
  throw new DataError(
    `generate: the text has ${count} tokens, and the context is ${contextLength} long. Give a shorter prompt, ask for fewer tokens, or let the context slide.`,
    { tokens: count, contextLength },
  )
}

/** What is read again where the context is full: the end of the last three quarters of it, and the new token. */
export const slidWindow = (window: readonly number[], id: number, contextLength: number): number[] =>
  [...window.slice(-Math.max(1, Math.floor(contextLength * 0.75) - 1)), id].slice(-contextLength)

/**
 * A model with what it keeps of the tokens it has seen, so that a further token costs the same at every position. When the context is full,
 * the last three quarters of it are read again as a new beginning: most models have no position beyond it. With `overflow: 'error'` that is
 * refused instead. A recurrent model has no such bound.
 */
export class Decoder {
  private readonly contextLength: number
  private readonly overflow: Overflow
  private readonly cache: {
    start(ids: readonly number[]): Promise<Float32Array>
    next(id: number, position: number): Promise<Float32Array>
  }
  private window: number[] = []

  constructor(model: LanguageModel, { overflow = 'slide' }: { readonly overflow?: Overflow } = {}) {
    model.eval()
    this.contextLength = isRecurrent(model) ? Number.POSITIVE_INFINITY : model.config.contextLength
    this.overflow = overflow
    this.cache = !isRecurrent(model) && hasOwnMemory() ? new DeviceCache(model) : single(cacheOf(model))
  }

  /** Reads a prompt; returns the logits of the token after it. @throws ArgumentError without tokens; DataError with too many where that is refused */
  async start(ids: ArrayLike<number>): Promise<Float32Array> {
    if (ids.length === 0) throw new ArgumentError('generate: the prompt has no tokens. Give at least one.')
    requireRoom(ids.length, this.contextLength, this.overflow)
    this.window = Array.from(ids).slice(-this.contextLength)
    return this.cache.start(this.window)
  }

  /** Reads one more token; returns the logits of the token after it. */
  async next(id: number): Promise<Float32Array> {
    const position = this.window.length
    if (position >= this.contextLength) {
      requireRoom(position + 1, this.contextLength, this.overflow)
      return this.start(slidWindow(this.window, id, this.contextLength))
    }
    if (this.contextLength < Number.POSITIVE_INFINITY) this.window.push(id)
    return this.cache.next(id, position)
  }
}
