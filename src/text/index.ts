export { CharTokenizer } from './char-tokenizer.ts'
export { type StreamDecoder, streamDecoder } from './stream-decoder.ts'
export type { Tokenizer, TokenizerJSON } from './tokenizer.ts'
export { tokenizerFromJSON } from './tokenizer-json.ts'
export {
  type CausalModel,
  Decoder,
  firstTokens,
  type GenerateOptions,
  generate,
  type SamplingOptions,
  sample,
} from './generate.ts'
export { allWindows, randomWindows, type TokenBatch } from './windows.ts'
