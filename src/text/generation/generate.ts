import { fillUniform } from '../../core/philox.ts'
import { Generator } from '../../tensor/random.ts'
import type { LanguageModel } from '../causal-model.ts'
import type { Tokenizer } from '../tokenizer.ts'
import { Decoder } from './decoder.ts'
import { logprobOf, mostLikelyTokens, type TokenLogprob } from './logprobs.ts'
import { checkGenerate, type GenerateOptions } from './options.ts'
import { Penalties } from './penalties.ts'
import { sample } from './sampling.ts'

/** A token that was written. With the option `logprobs`, what the model thought of it and of others, before any option changed that. */
export interface GeneratedToken {
  readonly id: number
  /** ln p of the token, in nats. */
  readonly logprob?: number
  /** The most likely tokens, the likeliest first. */
  readonly alternatives?: readonly TokenLogprob[]
}

/** What to begin with where no prompt is given: the token that begins a text, a line break, or the first symbol of a tokenizer without either. */
export const firstTokens = (tokenizer: Tokenizer): Int32Array => {
  if (tokenizer.bosId !== undefined) return Int32Array.of(tokenizer.bosId)
  try {
    const ids = tokenizer.encode('\n')
    return ids.length > 0 ? ids : Int32Array.of(0)
  } catch {
    return Int32Array.of(0)
  }
}

/** The choice of each next token of one text. */
export class Chooser {
  private readonly options: GenerateOptions
  private readonly random: Generator
  private readonly penalties: Penalties
  private readonly unit = new Float64Array(1)

  constructor(prompt: ArrayLike<number>, options: GenerateOptions, random = new Generator(options.seed ?? 0)) {
    this.options = options
    this.random = random
    this.penalties = new Penalties(prompt, options)
  }

  /** A number in [0, 1). */
  uniform(): number {
    this.random.draw<Float64Array>(1, fillUniform)(this.unit)
    return this.unit[0]!
  }

  choose(logits: Float32Array): GeneratedToken {
    const { logprobs } = this.options
    const id = sample(this.penalties.apply(logits), this.options, this.uniform())
    this.penalties.add(id)
    if (logprobs === undefined) return { id }
    return { id, logprob: logprobOf(logits, id), alternatives: mostLikelyTokens(logits, logprobs) }
  }
}

/**
 * Writes on from a prompt, one token at a time, with what the model thought of each.
 *
 * @example
 * const prompt = tokenizer.encode('to be')
 * for await (const { id, logprob } of generateTokens(model, prompt, { maxNewTokens: 20, logprobs: 5 })) console.log(id, logprob)
 * @throws ArgumentError for an option out of its range or no prompt; DataError for a text longer than the context where that is refused
 */
export async function* generateTokens(
  model: LanguageModel,
  prompt: ArrayLike<number>,
  options: GenerateOptions,
): AsyncGenerator<GeneratedToken> {
  checkGenerate(options)
  const { maxNewTokens, stopTokens, overflow, signal } = options
  const chooser = new Chooser(prompt, options)
  const decoder = new Decoder(model, { ...(overflow && { overflow }) })
  if (maxNewTokens === 0) return
  let logits = await decoder.start(prompt)
  for (let written = 1; ; written++) {
    const token = chooser.choose(logits)
    yield token
    if (written >= maxNewTokens || stopTokens?.includes(token.id) || signal?.aborted) return
    logits = await decoder.next(token.id)
  }
}

/**
 * Writes on from a prompt, one token at a time.
 *
 * @example
 * const prompt = tokenizer.encode('to be')
 * for await (const id of generate(model, prompt, { maxNewTokens: 20, seed: 7 })) process.stdout.write(tokenizer.decode([id]))
 */
export async function* generate(
  model: LanguageModel,
  prompt: ArrayLike<number>,
  options: GenerateOptions,
): AsyncGenerator<number> {
  for await (const { id } of generateTokens(model, prompt, options)) yield id
}
