import { DataError } from '../core/errors.ts'
import type { RecurrentModel, TextState } from '../text/causal-model.ts'
import type { TokenBatch } from '../text/windows.ts'
import { fromArray } from '../tensor/creation.ts'
import { crossEntropy } from '../tensor/functions.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { compile } from '../tensor/transforms.ts'

type Ids = Tensor<readonly number[], 'int32'>

/** A window of each row's stretch; `first` where stretches begin, and states with them. */
export interface StretchWindow extends TokenBatch {
  readonly first: boolean
}

/**
 * A text as so many stretches side by side, each row of a batch reading its own from beginning to end, window by window: what a state that
 * is carried from window to window needs. Each pass begins at another place of the first window, so that windows are cut elsewhere.
 *
 * @throws DataError for a text that is too short for a window in each row
 */
export class Stretches {
  private readonly tokens: Int32Array
  private readonly rows: number
  private readonly length: number
  private readonly span: number
  /** Windows of a pass over the text. */
  readonly count: number

  constructor(where: string, tokens: Int32Array, { rows, length }: { readonly rows: number; readonly length: number }) {
    this.tokens = tokens
    this.rows = rows
    this.length = length
    this.span = Math.floor((tokens.length - 1) / rows)
    this.count = Math.floor(this.span / length)
    if (this.count >= 1) return
    throw new DataError(
      `${where} has ${tokens.length} tokens, too few for ${rows} rows that read ${length} each. Give a longer text, or choose a smaller --batch or --context: their product must be below ${tokens.length}.`,
      { tokens: tokens.length, rows, length },
    )
  }

  /** The window of an update, counted from 0 over all passes. */
  at(update: number): StretchWindow {
    const { tokens, rows, length, span, count } = this
    const pass = Math.floor(update / count)
    // Multiples of the golden ratio fall evenly between 0 and 1.
    const shift = Math.floor(((pass * 0.618_033_988_749_895) % 1) * (span - count * length + 1))
    const from = shift + (update % count) * length
    return { ...sideBySide(tokens, { rows, span, from, size: length }), first: update % count === 0 }
  }
}

export interface AlongOptions {
  /** Stretches that are read side by side, each from a state of its own. Default 1: the whole text with one state. */
  readonly rows?: number
  /** Tokens read at once; it changes nothing but the time. Default 256. */
  readonly length?: number
  /** At most so many windows of each row. */
  readonly limit?: number
}
type Recurrent = RecurrentModel & { readonly training: boolean; train(training?: boolean): unknown }

/**
 * Mean −ln p per token along a text, the state carried from its beginning to its end, and how many tokens were predicted.
 */
export const lossAlong = (
  model: Recurrent,
): ((tokens: Int32Array, options?: AlongOptions) => Promise<{ loss: number; tokens: number }>) => {
  const read = compile((x: Ids, y: Ids, state: TextState) => {
    const { logits, state: after } = model.read(x, state)
    return { loss: crossEntropy(logits, y, { reduction: 'sum' }), after }
  })
  return async (tokens, { rows = 1, length = 256, limit = Number.POSITIVE_INFINITY } = {}) => {
    const span = Math.floor((tokens.length - 1) / rows)
    if (span < 1) {
      throw new DataError(
        `lossAlong: the text has ${tokens.length} tokens, too few for ${rows} ${rows === 1 ? 'row' : 'rows'}. A loss needs two tokens in each.`,
        { tokens: tokens.length, rows },
      )
    }
    const training = model.training
    model.eval()
    let state = model.startState(rows)
    let total = 0
    let from = 0
    try {
      for (let window = 0; from < span && window < limit; window++) {
        const size = Math.min(length, span - from)
        const { x, y } = sideBySide(tokens, { rows, span, from, size })
        const { loss, after } = await read(x, y, state)
        total += await loss.item()
        state = after
        from += size
      }
    } finally {
      model.train(training)
    }
    return { loss: total / (rows * from), tokens: rows * from }
  }
}

/** `size` tokens of each row from a place in its stretch on, and those one position on. */
const sideBySide = (
  tokens: Int32Array,
  { rows, span, from, size }: { rows: number; span: number; from: number; size: number },
): TokenBatch => {
  const x = new Int32Array(rows * size)
  const y = new Int32Array(rows * size)
  for (let row = 0; row < rows; row++) {
    const start = row * span + from
    x.set(tokens.subarray(start, start + size), row * size)
    y.set(tokens.subarray(start + 1, start + 1 + size), row * size)
  }
  const shape = [rows, size] as const
  return { x: fromArray(x, shape, 'int32'), y: fromArray(y, shape, 'int32') }
}
