export { type Alternative, type AlternativesOptions, alternatives } from './alternatives.ts'
export { type Beam, type BeamSearchOptions, beamSearch } from './beam-search.ts'
export { cacheOf, Decoder, type Overflow } from './decoder.ts'
export { firstTokens, type GeneratedToken, generate, generateTokens } from './generate.ts'
export { generateBatch } from './generate-batch.ts'
export {
  type GenerateTextOptions,
  generateText,
  type PiecesOptions,
  promptTokens,
  type StopReason,
  type TextPiece,
  textPieces,
} from './generate-text.ts'
export type { TokenLogprob } from './logprobs.ts'
export type { GenerateOptions } from './options.ts'
export type { PenaltyOptions } from './penalties.ts'
export { type Candidates, candidates, type SamplingOptions, sample } from './sampling.ts'
export { type SpeculateOptions, speculate } from './speculate.ts'
export type { TextCache } from './text-cache.ts'
