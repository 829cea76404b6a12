import { ArgumentError } from '../../core/errors.ts'
import { fillUniform } from '../../core/philox.ts'
import { Generator } from '../../tensor/random.ts'
import type { CausalModel } from '../causal-model.ts'
import { Decoder } from './decoder.ts'
import { type SamplingOptions, sample } from './sampling.ts'
import type { Tokenizer } from '../tokenizer.ts'

export interface GenerateOptions extends SamplingOptions {
  /** How many tokens to write. */
  readonly maxNewTokens: number
  /** The same seed writes the same text. Default 0. */
  readonly seed?: number
  /** Stops after this token. */
  readonly stopToken?: number
  readonly signal?: AbortSignal
}

/** What to begin with where no prompt is given: a line break, or the first symbol of a tokenizer that has none. */
export const firstTokens = (tokenizer: Tokenizer): Int32Array => {
  try {
    return tokenizer.encode('\n')
  } catch {
    return Int32Array.of(0)
  }
}

const checkSampling = ({ temperature = 1, topK, topP, maxNewTokens }: GenerateOptions): void => {
  const fail = (rule: string): never => {
    throw new ArgumentError(`generate: ${rule}.`)
  }
  if (!(temperature >= 0 && Number.isFinite(temperature)))
    fail(`temperature must be a finite number of at least 0; got ${temperature}`)
  if (topK !== undefined && !(Number.isInteger(topK) && topK >= 1))
    fail(`topK must be a whole number of at least 1; got ${topK}`)
  if (topP !== undefined && !(topP > 0 && topP <= 1)) fail(`topP must be above 0 and at most 1; got ${topP}`)
  if (!(Number.isInteger(maxNewTokens) && maxNewTokens >= 0))
    fail(`maxNewTokens must be a whole number of at least 0; got ${maxNewTokens}`)
}

/**
 * Writes on from a prompt, one token at a time.
 *
 * @example
 * const prompt = tokenizer.encode('to be')
 * for await (const id of generate(model, prompt, { maxNewTokens: 20, seed: 7 })) process.stdout.write(tokenizer.decode([id]))
 */
export async function* generate(
  model: CausalModel,
  prompt: ArrayLike<number>,
  options: GenerateOptions,
): AsyncGenerator<number> {
  checkSampling(options)
  const random = new Generator(options.seed ?? 0)
  const unit = new Float64Array(1)
  const decoder = new Decoder(model)
  if (options.maxNewTokens === 0) return
  let logits = await decoder.start(prompt)
  for (let written = 1; ; written++) {
    random.draw<Float64Array>(1, fillUniform)(unit)
    const id = sample(logits, options, unit[0]!)
    yield id
    if (written >= options.maxNewTokens || id === options.stopToken || options.signal?.aborted) return
    logits = await decoder.next(id)
  }
}
