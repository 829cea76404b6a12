import { ArgumentError } from '../core/errors.ts'
import { fillUniform } from '../core/philox.ts'
import { fromArray } from '../tensor/creation.ts'
import { Generator } from '../tensor/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { compile } from '../tensor/transforms.ts'
import type { Tokenizer } from './tokenizer.ts'

type Floats = Tensor<readonly number[], 'float32'>
type Ids = Tensor<readonly number[], 'int32'>
interface Present {
  readonly keys: Floats
  readonly values: Floats
}

/** A causal language model with a key/value cache. */
export interface CausalModel {
  readonly config: {
    readonly contextLength: number
    readonly vocabSize: number
    readonly numLayers: number
    readonly numHeads: number
    readonly embedDim: number
  }
  prefill(ids: Ids): { logits: Floats; present: Present[] }
  decode(
    ids: Ids,
    position: Ids,
    past: readonly Present[],
    visible: Tensor<readonly number[], 'bool'>,
  ): { logits: Floats; present: Present[] }
  eval(): unknown
}

/**
 * A model with the keys and values of the tokens it has seen, so that a further token costs the same at every position. When
 * the context is full, the last three quarters of it are read again as a new beginning: a GPT-2 has no position beyond it.
 */
export class Decoder {
  private readonly model: CausalModel
  private readonly prefill: (ids: Ids) => Promise<{ logits: Floats; present: Present[] }>
  private readonly decode: (
    ids: Ids,
    position: Ids,
    past: readonly Present[],
    visible: Tensor<readonly number[], 'bool'>,
  ) => Promise<{ logits: Floats; present: Present[] }>
  /** Per layer, `[nh, Tmax, hd]` in place. */
  private readonly cache: readonly { keys: Float32Array; values: Float32Array }[]
  private readonly past: readonly Present[]
  private readonly seen: Uint8Array
  private window: number[] = []

  constructor(model: CausalModel) {
    model.eval()
    this.model = model
    this.prefill = compile((ids: Ids) => model.prefill(ids))
    this.decode = compile(
      (ids: Ids, position: Ids, past: readonly Present[], visible: Tensor<readonly number[], 'bool'>) =>
        model.decode(ids, position, past, visible),
    )
    const { numLayers, numHeads, contextLength, embedDim } = model.config
    const shape = [1, numHeads, contextLength, embedDim / numHeads]
    const make = (): Float32Array<ArrayBuffer> => new Float32Array(contextLength * embedDim)
    const cache = Array.from({ length: numLayers }, () => ({ keys: make(), values: make() }))
    this.cache = cache
    this.past = cache.map(({ keys, values }) => ({
      keys: fromArray(keys, shape, 'float32'),
      values: fromArray(values, shape, 'float32'),
    }))
    this.seen = new Uint8Array(contextLength)
  }

  /** Reads a prompt; returns the logits of the token after it. */
  async start(ids: ArrayLike<number>): Promise<Float32Array> {
    const { contextLength } = this.model.config
    if (ids.length === 0) throw new ArgumentError('generate: the prompt has no tokens. Give at least one.')
    this.window = Array.from(ids).slice(-contextLength)
    const { logits, present } = await this.prefill(idsOf(this.window))
    this.seen.fill(0)
    await this.remember(present, 0, this.window.length)
    return logits.data()
  }

  /** Reads one more token; returns the logits of the token after it. */
  async next(id: number): Promise<Float32Array> {
    const position = this.window.length
    const { contextLength } = this.model.config
    if (position >= contextLength)
      return this.start([...this.window.slice(-Math.max(1, Math.floor(contextLength * 0.75) - 1)), id])
    this.window.push(id)
    const visible = fromArray(this.seen, [contextLength], 'bool')
    const { logits, present } = await this.decode(
      idsOf([id]),
      fromArray(Int32Array.of(position), [1], 'int32'),
      this.past,
      visible,
    )
    await this.remember(present, position, 1)
    return logits.data()
  }

  /** Copies new keys and values into the cache and lets later tokens see them. */
  private async remember(present: readonly Present[], position: number, count: number): Promise<void> {
    const { numHeads, contextLength, embedDim } = this.model.config
    const size = embedDim / numHeads
    const place = (to: Float32Array, from: Float32Array): void => {
      for (let head = 0; head < numHeads; head++) {
        to.set(from.subarray(head * count * size, (head + 1) * count * size), (head * contextLength + position) * size)
      }
    }
    for (const [layer, { keys, values }] of present.entries()) {
      place(this.cache[layer]!.keys, await keys.data())
      place(this.cache[layer]!.values, await values.data())
    }
    this.seen.fill(1, position, position + count)
  }
}

const idsOf = (ids: readonly number[]): Ids => fromArray(Int32Array.from(ids), [1, ids.length], 'int32')

export interface SamplingOptions {
  /** Divides the logits; 0 takes the most likely token. Default 1. */
  readonly temperature?: number
  /** Draws from the k most likely tokens only. Source: Fan, Lewis & Dauphin 2018, section 5.3. */
  readonly topK?: number
  /** Draws from the fewest tokens whose probabilities reach this sum. Source: Holtzman et al. 2020, section 3.1. */
  readonly topP?: number
}

/** Draws a token from logits with a uniform number in [0, 1). Ties go to the lower id. */
export const sample = (
  logits: Float32Array,
  { temperature = 1, topK, topP }: SamplingOptions,
  uniform: number,
): number => {
  if (temperature === 0) return logits.reduce((best, x, i) => (x > logits[best]! ? i : best), 0)
  const order = Array.from(logits, (_, i) => i).sort((a, b) => logits[b]! - logits[a]! || a - b)
  const kept = topK === undefined ? order : order.slice(0, topK)
  const top = logits[kept[0]!]!
  const weights = kept.map(i => Math.exp((logits[i]! - top) / temperature))
  let total = weights.reduce((a, b) => a + b, 0)
  let count = kept.length
  if (topP !== undefined) {
    let sum = 0
    for (count = 0; count < kept.length && sum < topP * total; count++) sum += weights[count]!
    total = sum
  }
  let rest = uniform * total
  for (let i = 0; i < count; i++) {
    rest -= weights[i]!
    if (rest < 0) return kept[i]!
  }
  return kept[count - 1]!
}

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
