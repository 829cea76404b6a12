import type { Charsmap } from './charsmap.ts'
import { spaceSign } from './sentence-piece.ts'

export interface SentenceTextOptions {
  readonly charsmap?: Charsmap | undefined
  /** Whether a text gets a space at its beginning, or its end where spaces belong to what is before them. */
  readonly dummyPrefix: boolean
  /** Whether spaces at both ends are dropped and runs of them are one. */
  readonly removeExtraSpaces: boolean
  readonly spacesAtEnd: boolean
  /** Symbols that stay as they are. */
  readonly frozen?: RegExp | undefined
}

/** A text as SentencePiece cuts it: characters replaced by a table, extra spaces dropped, spaces as `▁`. */
export const sentenceText = (text: string, options: SentenceTextOptions): string => {
  const { charsmap, dummyPrefix, removeExtraSpaces, spacesAtEnd, frozen } = options
  const mapped = (part: string): string => charsmap?.apply(part) ?? part
  let out = frozen ? mapBetween(text, frozen, mapped) : mapped(text)
  if (removeExtraSpaces) out = out.replace(/ +/g, ' ').replace(/^ /, '')
  if (out === '') return ''
  if (dummyPrefix && !spacesAtEnd) out = ` ${out}`
  out = out.replaceAll(' ', spaceSign)
  if (removeExtraSpaces) out = withoutEnd(out)
  return dummyPrefix && spacesAtEnd ? out + spaceSign : out
}

const mapBetween = (text: string, frozen: RegExp, mapped: (part: string) => string): string => {
  let out = ''
  let at = 0
  for (const { index, 0: found } of text.matchAll(frozen)) {
    out += mapped(text.slice(at, index)) + found
    at = index + found.length
  }
  return out + mapped(text.slice(at))
}

const withoutEnd = (text: string): string => {
  let end = text.length
  while (end > 0 && text[end - 1] === spaceSign) end--
  return text.slice(0, end)
}
