import { ArgumentError } from '../../core/errors.ts'
import type { Overflow } from './decoder.ts'
import type { PenaltyOptions } from './penalties.ts'
import type { SamplingOptions } from './sampling.ts'

export interface GenerateOptions extends SamplingOptions, PenaltyOptions {
  /** How many tokens to write. */
  readonly maxNewTokens: number
  /** The same seed writes the same text. Default 0. */
  readonly seed?: number
  /** Stops after any of these tokens. */
  readonly stopTokens?: readonly number[]
  /** With each token ln p of it and of this many most likely ones. Default: none of it. */
  readonly logprobs?: number
  /** What to do where the text is longer than the context: read its end, or refuse. Default `'slide'`. */
  readonly overflow?: Overflow
  readonly signal?: AbortSignal
}

const fail = (rule: string): never => {
  throw new ArgumentError(`generate: ${rule}.`)
}

export const checkWhole = (name: string, value: number | undefined, min: number): void => {
  if (value !== undefined && !(Number.isSafeInteger(value) && value >= min))
    fail(`${name} must be a whole number of at least ${min}; got ${value}`)
}
const checkShare = (name: string, value: number | undefined): void => {
  if (value !== undefined && !(value > 0 && value <= 1)) fail(`${name} must be above 0 and at most 1; got ${value}`)
}
const checkFinite = (name: string, value: number | undefined): void => {
  if (value !== undefined && !Number.isFinite(value)) fail(`${name} must be a finite number; got ${value}`)
}

/** @throws ArgumentError naming the option and its value */
export const checkGenerate = (options: GenerateOptions): void => {
  const { temperature = 1, minP, repetitionPenalty } = options
  if (!(temperature >= 0 && Number.isFinite(temperature)))
    fail(`temperature must be a finite number of at least 0; got ${temperature}`)
  checkWhole('topK', options.topK, 1)
  checkShare('topP', options.topP)
  if (minP !== undefined && !(minP >= 0 && minP <= 1)) fail(`minP must be from 0 to 1; got ${minP}`)
  checkShare('typicalP', options.typicalP)
  if (repetitionPenalty !== undefined && !(repetitionPenalty > 0 && Number.isFinite(repetitionPenalty)))
    fail(`repetitionPenalty must be a finite number above 0; got ${repetitionPenalty}`)
  checkFinite('frequencyPenalty', options.frequencyPenalty)
  checkFinite('presencePenalty', options.presencePenalty)
  checkWhole('maxNewTokens', options.maxNewTokens, 0)
  checkWhole('logprobs', options.logprobs, 0)
}
