import { isRecord } from '../../io/json.ts'
import { fromBase64 } from './base64.ts'
import { bertNormalize } from './bert-text.ts'
import { Charsmap } from './charsmap.ts'
import { javascriptPattern } from './word-splitter.ts'

/** A step that text goes through before it is cut. */
export type Normalize = (text: string) => string

type Part = Readonly<Record<string, unknown>>

const unicode =
  (form: string): ((part: Part) => Normalize) =>
  () =>
  text =>
    text.normalize(form)

const marks = /\p{M}/gu
/** What SentencePiece's `nmt` rules drop, and what they make spaces. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is dropped
const nmtDropped = /[\u0001-\u0008\u000b\u000e-\u001f\u007f\u008f\u009f]/g
const nmtSpaces = /[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/g

const replace = ({ pattern, content }: Part): Normalize | undefined => {
  if (!isRecord(pattern) || typeof content !== 'string') return undefined
  if (typeof pattern.String === 'string') {
    const found = pattern.String
    return found === '' ? undefined : text => text.replaceAll(found, () => content)
  }
  const regex = typeof pattern.Regex === 'string' ? javascriptPattern(pattern.Regex) : undefined
  return regex && (text => text.replace(regex, () => content))
}

const strip = ({ strip_left: left = true, strip_right: right = true }: Part): Normalize => {
  return text => {
    const start = left ? text.replace(/^\p{White_Space}+/u, '') : text
    return right
      ? start.replace(/(?<!\p{White_Space})\p{White_Space}+$/u, '').replace(/^\p{White_Space}+$/u, '')
      : start
  }
}

const precompiled = ({ precompiled_charsmap: text }: Part): Normalize | undefined => {
  const blob = typeof text === 'string' ? fromBase64(text) : undefined
  const map = blob && Charsmap.from(blob)
  return map && (t => map.applyToGraphemes(t))
}

const kinds: Readonly<Record<string, (part: Part) => Normalize | undefined>> = {
  NFC: unicode('NFC'),
  NFD: unicode('NFD'),
  NFKC: unicode('NFKC'),
  NFKD: unicode('NFKD'),
  // Letter by letter: a sigma at the end of a word is a sigma.
  Lowercase: () => text => text.replaceAll('Σ', 'σ').toLowerCase(),
  StripAccents: () => text => text.replace(marks, ''),
  Nmt: () => text => text.replace(nmtDropped, '').replace(nmtSpaces, ' '),
  Strip: strip,
  Replace: replace,
  Prepend: ({ prepend }) => (typeof prepend === 'string' ? text => (text === '' ? '' : prepend + text) : undefined),
  Precompiled: precompiled,
  BertNormalizer: part => {
    const { lowercase, strip_accents, clean_text, handle_chinese_chars } = part
    const options = {
      lowercase: lowercase !== false,
      stripAccents: typeof strip_accents === 'boolean' ? strip_accents : lowercase !== false,
      cleanText: clean_text !== false,
      splitChinese: handle_chinese_chars !== false,
    }
    return text => bertNormalize(text, options)
  },
  Sequence: ({ normalizers }) => {
    if (!Array.isArray(normalizers)) return undefined
    const steps = normalizers.map(part => normalizerOf(part))
    return steps.every(step => step !== undefined) ? text => steps.reduce((t, step) => step(t), text) : undefined
  },
}

/** The normalizer of a tokenizer.json; undefined where it has a part that is not known here. */
export const normalizerOf = (part: unknown): Normalize | undefined => {
  if (part === null || part === undefined) return text => text
  if (!isRecord(part) || typeof part.type !== 'string' || !Object.hasOwn(kinds, part.type)) return undefined
  return kinds[part.type]!(part)
}
