import { ArgumentError, DataError } from '../core/errors.ts'
import { fromArray } from '../tensor/creation.ts'
import { crossEntropy } from '../tensor/functions.ts'
import { compile } from '../tensor/transforms.ts'
import type { CausalModel, Floats, Ids } from './causal-model.ts'

export interface TextLossOptions {
  /**
   * By how many tokens the windows are apart. The context's length, the default, reads each token once; a shorter stride gives every token at
   * least `contextLength − stride` tokens before it, at the cost of reading some again.
   */
  readonly stride?: number
  /** Windows computed at once. Default 12. */
  readonly batchSize?: number
}

export interface TextLoss {
  /** Mean −ln p per predicted token, in nats. */
  readonly loss: number
  /** e^loss. */
  readonly perplexity: number
  /** How many tokens were predicted: all but the first. */
  readonly tokens: number
}

/** The label of a token that is not counted. */
const ignoreIndex = -100

interface Window {
  readonly start: number
  readonly length: number
  /** Tokens at its beginning that an earlier window has predicted. */
  readonly known: number
}

/** Windows of a text that predict each of its tokens but the first once. */
const windowsOf = (tokens: number, contextLength: number, stride: number): Window[] => {
  const windows: Window[] = []
  for (let [start, done] = [0, 0]; done < tokens - 1; start += stride) {
    const end = Math.min(start + contextLength, tokens - 1)
    windows.push({ start, length: end - start, known: done - start })
    done = end
  }
  return windows
}

/**
 * How well a model predicts a text: the mean −ln p of its tokens and the perplexity, e to its power. The text is read in windows of the model's
 * context.
 *
 * @example
 * const { perplexity } = await textLoss(model, tokenizer.encode('to be or not to be'), { stride: 8 })
 * @throws ArgumentError for a stride that is not from 1 to the context's length; DataError for a text without two tokens
 */
export const textLoss = async (
  model: CausalModel & { forward(ids: Ids): Floats },
  ids: Int32Array,
  { stride = model.config.contextLength, batchSize = 12 }: TextLossOptions = {},
): Promise<TextLoss> => {
  const { contextLength } = model.config
  if (!(Number.isInteger(stride) && stride >= 1 && stride <= contextLength))
    throw new ArgumentError(
      `textLoss: stride must be a whole number from 1 to the context's ${contextLength}; got ${stride}.`,
      {
        stride,
        contextLength,
      },
    )
  if (ids.length < 2)
    throw new DataError(`textLoss: the text has ${ids.length} tokens, and a loss needs two. Give a longer text.`, {
      tokens: ids.length,
    })
  model.eval()
  const sum = compile((x: Ids, y: Ids) => crossEntropy(model.forward(x), y, { reduction: 'sum', ignoreIndex }))
  const windows = windowsOf(ids.length, contextLength, stride)
  let total = 0
  // Windows of one length stand together: only the last ones may be shorter.
  for (let i = 0; i < windows.length; ) {
    const { length } = windows[i]!
    let end = i + 1
    while (end < windows.length && end - i < batchSize && windows[end]!.length === length) end++
    const batch = windows.slice(i, end)
    const x = new Int32Array(batch.length * length)
    const y = new Int32Array(batch.length * length)
    for (const [row, { start, known }] of batch.entries()) {
      x.set(ids.subarray(start, start + length), row * length)
      y.set(ids.subarray(start + 1, start + 1 + length), row * length)
      y.fill(ignoreIndex, row * length, row * length + known)
    }
    const shape = [batch.length, length]
    total += await (await sum(fromArray(x, shape, 'int32'), fromArray(y, shape, 'int32'))).item()
    i = end
  }
  const tokens = ids.length - 1
  return { loss: total / tokens, perplexity: Math.exp(total / tokens), tokens }
}
