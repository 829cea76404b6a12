import { DataError } from '../core/errors.ts'
import { fillUniform } from '../core/philox.ts'
import { fromArray } from '../tensor/creation.ts'
import type { Generator } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** Ids and, one position on, the ids to predict: int32 `[B, T]` each. */
export interface TokenBatch {
  readonly x: Tensor<readonly [number, number], 'int32'>
  readonly y: Tensor<readonly [number, number], 'int32'>
}

/** The windows of `tokens` that begin at the given places. */
const batchAt = (tokens: Int32Array, starts: readonly number[], length: number): TokenBatch => {
  const x = new Int32Array(starts.length * length)
  const y = new Int32Array(starts.length * length)
  for (const [row, start] of starts.entries()) {
    x.set(tokens.subarray(start, start + length), row * length)
    y.set(tokens.subarray(start + 1, start + 1 + length), row * length)
  }
  const shape = [starts.length, length] as const
  return { x: fromArray(x, shape, 'int32'), y: fromArray(y, shape, 'int32') }
}

const requireWindow = (where: string, tokens: Int32Array, length: number): void => {
  if (tokens.length > length) return
  throw new DataError(
    `${where}: the text has ${tokens.length} tokens, too few for one window of ${length} and its next token. Give a longer text, or choose a context of at most ${Math.max(tokens.length - 1, 0)}.`,
    {
      tokens: tokens.length,
      length,
    },
  )
}

/** A batch of windows at random places, drawn from `source`. @throws DataError for a text shorter than a window */
export const randomWindows = (tokens: Int32Array, length: number, batchSize: number, source: Generator): TokenBatch => {
  requireWindow('randomWindows', tokens, length)
  const unit = new Float64Array(batchSize)
  source.draw<Float64Array>(batchSize, fillUniform)(unit)
  return batchAt(
    tokens,
    Array.from(unit, u => Math.floor(u * (tokens.length - length))),
    length,
  )
}

/**
 * The whole text in windows side by side, so that each token but the first is predicted once; the last windows, which are
 * shorter or fewer, come as batches of their own. `limit` takes at most that many full windows, evenly spread.
 */
export function* allWindows(
  tokens: Int32Array,
  length: number,
  batchSize: number,
  limit = Number.POSITIVE_INFINITY,
): Iterable<TokenBatch> {
  requireWindow('allWindows', tokens, Math.min(length, 1))
  const whole = Math.floor((tokens.length - 1) / length)
  const count = Math.min(whole, limit)
  const starts = Array.from({ length: count }, (_, i) => Math.floor((i * whole) / count) * length)
  for (let i = 0; i < count; i += batchSize) yield batchAt(tokens, starts.slice(i, i + batchSize), length)
  const rest = tokens.length - 1 - whole * length
  if (count === whole && rest > 0) yield batchAt(tokens, [whole * length], rest)
}
