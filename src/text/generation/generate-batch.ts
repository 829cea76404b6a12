import { ArgumentError } from '../../core/errors.ts'
import { Generator } from '../../tensor/random.ts'
import { isRecurrent, type LanguageModel } from '../causal-model.ts'
import { cacheOf, requireRoom, slidWindow } from './decoder.ts'
import { Chooser, type GeneratedToken } from './generate.ts'
import { checkGenerate, type GenerateOptions } from './options.ts'

/** Streams of random numbers that one seed has. */
const streams = 256

/** A text's own random numbers: the first text's are those of the seed, as in `generate`. */
const randomOf = (seed: number, row: number): Generator => {
  const own = new Generator(seed + Math.floor(row / streams))
  return row % streams === 0 ? own : own.fork(row % streams)
}

/**
 * Writes on from several prompts at once, of any lengths: each text as `generate` would write it, the first with this seed and the others with
 * random numbers of their own. A text that ends early waits for the others.
 *
 * @returns for each prompt the tokens that were written
 * @example
 * const [one, other] = await generateBatch(model, ['to be', 'that'].map(text => tokenizer.encode(text)), { maxNewTokens: 5 })
 * tokenizer.decode(one!.map(({ id }) => id))
 */
export const generateBatch = async (
  model: LanguageModel,
  prompts: readonly ArrayLike<number>[],
  options: GenerateOptions,
): Promise<GeneratedToken[][]> => {
  checkGenerate(options)
  const { maxNewTokens, stopTokens, overflow = 'slide', signal, seed = 0 } = options
  const written: GeneratedToken[][] = prompts.map(() => [])
  if (maxNewTokens === 0 || prompts.length === 0) return written
  const contextLength = isRecurrent(model) ? Number.POSITIVE_INFINITY : model.config.contextLength
  const choosers = prompts.map((prompt, row) => new Chooser(prompt, options, randomOf(seed, row)))
  const windows = prompts.map(prompt => {
    if (prompt.length === 0) throw new ArgumentError('generate: a prompt has no tokens. Give each at least one.')
    requireRoom(prompt.length, contextLength, overflow)
    return Array.from(prompt).slice(-contextLength)
  })
  const cache = cacheOf(model)
  const ended = prompts.map(() => false)
  let logits = await cache.start(windows)
  for (let count = 1; ; count++) {
    for (const [row, chooser] of choosers.entries()) {
      if (ended[row]) continue
      const token = chooser.choose(logits[row]!)
      written[row]!.push(token)
      ended[row] = stopTokens?.includes(token.id) ?? false
    }
    if (count >= maxNewTokens || signal?.aborted || ended.every(Boolean)) return written
    const full = windows.some((window, row) => !ended[row] && window.length >= contextLength)
    for (const [row, window] of windows.entries()) {
      if (ended[row]) continue
      const { id } = written[row]!.at(-1)!
      if (window.length >= contextLength) {
        requireRoom(window.length + 1, contextLength, overflow)
        windows[row] = slidWindow(window, id, contextLength)
      } else window.push(id)
    }
    if (full) {
      // One text must begin anew, so all are read again.
      logits = await cache.start(windows)
      continue
    }
    // A text that has ended reads its last token again and again, and forgets it: rows stay as they are, and so does the graph.
    const lengths = cache.lengths.map((length, row) => (ended[row] ? length - 1 : length))
    cache.rewind(lengths)
    logits = await cache.next(windows.map(window => window.at(-1)!))
  }
}
