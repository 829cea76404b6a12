export interface BertTextOptions {
  /** Default true, as of the uncased models. */
  readonly lowercase?: boolean
  /** Whether accents are taken away: é becomes e. Default what `lowercase` is. */
  readonly stripAccents?: boolean
  /** Whether control characters are dropped and every white space becomes a space. Default true. */
  readonly cleanText?: boolean
  /** Whether each Chinese character is a word. Default true. */
  readonly splitChinese?: boolean
}

const dropped = /[^\P{C}\p{Cn}\t\n\r]|\ufffd/gu
const whiteSpace = /\p{White_Space}/gu
// The blocks as Hugging Face's `tokenizers` has them.
const chinese =
  /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu
const marks = /\p{Mn}/gu
const plain = /^[ -~]*$/

/** A text as BERT reads it: cleaned, Chinese characters apart, without accents, in lower case. */
export const bertNormalize = (
  text: string,
  { lowercase = true, stripAccents = lowercase, cleanText = true, splitChinese = true }: BertTextOptions,
): string => {
  if (plain.test(text)) return lowercase ? text.toLowerCase() : text
  let out = text
  if (cleanText) out = out.replace(dropped, '').replace(whiteSpace, ' ')
  if (splitChinese) out = out.replace(chinese, ' $& ')
  if (stripAccents) out = out.normalize('NFD').replace(marks, '')
  // Letter by letter: a sigma at the end of a word is a sigma.
  if (lowercase) out = out.replaceAll('Σ', 'σ').toLowerCase()
  return out
}

/** Words and marks of punctuation; ASCII's symbols count as punctuation. */
const words = /[\p{P}$+<=>^`|~]|[^\p{P}$+<=>^`|~\p{White_Space}]+/gu

/** Calls `word` with every word and every mark of punctuation of a text. */
export const bertWords = (text: string, word: (word: string) => void): void => {
  for (const [found] of text.matchAll(words)) word(found)
}
