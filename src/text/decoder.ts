import { ArgumentError } from '../core/errors.ts'
import { hasOwnMemory } from '../engine/engine.ts'
import type { CausalModel } from './causal-model.ts'
import { DeviceCache, HostCache, type KeyValueCache } from './key-value-cache.ts'

/**
 * A model with the keys and values of the tokens it has seen, so that a further token costs the same at every position. When
 * the context is full, the last three quarters of it are read again as a new beginning: a GPT-2 has no position beyond it.
 */
export class Decoder {
  private readonly contextLength: number
  private readonly cache: KeyValueCache
  private window: number[] = []

  constructor(model: CausalModel) {
    model.eval()
    this.contextLength = model.config.contextLength
    this.cache = hasOwnMemory() ? new DeviceCache(model) : new HostCache(model)
  }

  /** Reads a prompt; returns the logits of the token after it. */
  async start(ids: ArrayLike<number>): Promise<Float32Array> {
    if (ids.length === 0) throw new ArgumentError('generate: the prompt has no tokens. Give at least one.')
    this.window = Array.from(ids).slice(-this.contextLength)
    return this.cache.start(this.window)
  }

  /** Reads one more token; returns the logits of the token after it. */
  async next(id: number): Promise<Float32Array> {
    const position = this.window.length
    if (position >= this.contextLength)
      return this.start([...this.window.slice(-Math.max(1, Math.floor(this.contextLength * 0.75) - 1)), id])
    this.window.push(id)
    return this.cache.next(id, position)
  }
}
