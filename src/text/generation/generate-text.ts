import type { LanguageModel } from '../causal-model.ts'
import { streamDecoder } from '../stream-decoder.ts'
import type { Tokenizer } from '../tokenizer.ts'
import { firstTokens, type GeneratedToken, generateTokens } from './generate.ts'
import type { GenerateOptions } from './options.ts'
import { StopStrings } from './stop-strings.ts'

export interface GenerateTextOptions extends GenerateOptions {
  /** Stops before any of these strings, wherever the tokens' borders lie. */
  readonly stop?: readonly string[]
}

/** Why a text ended: a stop token or string, as many tokens as were asked for, or a signal. */
export type StopReason = 'stop' | 'length' | 'aborted'

/** What one more token makes certain of a text; the last piece has no token but a reason. */
export interface TextPiece {
  /** None while a character is in parts, or while a stop string may have begun. */
  readonly text: string
  readonly token?: GeneratedToken
  readonly reason?: StopReason
}

/** How tokens become a text. */
export interface PiecesOptions extends Pick<GenerateTextOptions, 'stop' | 'stopTokens' | 'signal'> {
  readonly tokenizer: Tokenizer
  /** Ids that the text goes on from. */
  readonly prompt: ArrayLike<number>
}

/** The text of tokens as they are written; the pieces joined are the text, and the last one says why it ended. */
export async function* textPieces(
  tokens: AsyncIterable<GeneratedToken> | Iterable<GeneratedToken>,
  { tokenizer, prompt, stop = [], stopTokens, signal }: PiecesOptions,
): AsyncGenerator<TextPiece> {
  const stops = new StopStrings(stop)
  const decoder = streamDecoder(tokenizer, prompt)
  let reason: StopReason = 'length'
  for await (const token of tokens) {
    if (stopTokens?.includes(token.id)) {
      reason = 'stop'
      yield { text: '', token }
      break
    }
    yield { text: stops.push(decoder.push(token.id)), token }
    if (stops.found) {
      yield { text: '', reason: 'stop' }
      return
    }
    if (signal?.aborted) reason = 'aborted'
  }
  const rest = stops.push(decoder.flush())
  yield stops.found ? { text: rest, reason: 'stop' } : { text: rest + stops.flush(), reason }
}

/**
 * Writes on from a text as it comes; the pieces joined are the text. A stop token or string is no part of it.
 *
 * @param prompt text, or ids of it; an empty text begins with the token that begins texts
 * @example
 * for await (const { text } of generateText(model, tokenizer, 'to be', { maxNewTokens: 20, stop: ['or not'] })) process.stdout.write(text)
 */
export const generateText = (
  model: LanguageModel,
  tokenizer: Tokenizer,
  prompt: string | ArrayLike<number>,
  options: GenerateTextOptions,
): AsyncGenerator<TextPiece> => {
  const ids = typeof prompt === 'string' ? promptTokens(tokenizer, prompt) : prompt
  return textPieces(generateTokens(model, ids, options), { ...options, tokenizer, prompt: ids })
}

/** The ids of a prompt; where it is empty, those to begin with. */
export const promptTokens = (tokenizer: Tokenizer, prompt: string): Int32Array => {
  const ids = tokenizer.encode(prompt)
  return ids.length === 0 ? firstTokens(tokenizer) : ids
}
