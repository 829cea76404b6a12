import { CharTokenizer } from './char-tokenizer.ts'
import type { Tokenizer, TokenizerJSON } from './tokenizer.ts'

/** tokenizer_config.json, by which libraries know how to read the document and which tokens are which. */
export const tokenizerConfig = (tokenizer: Tokenizer): TokenizerJSON => {
  const { bosId, eosId, unkId, padId } = tokenizer
  const named = Object.entries({ bos_token: bosId, eos_token: eosId, unk_token: unkId, pad_token: padId })
    .map(([name, id]) => [name, id === undefined ? undefined : tokenizer.tokenOf?.(id)])
    .filter(([, token]) => token !== undefined)
  return { ...CharTokenizer.config, ...Object.fromEntries(named) }
}
