/** What a character is to the splitters of text into words. */
export const other = 0
export const letter = 1
export const digit = 2
export const space = 3

const patterns = [
  [letter, /\p{L}+/gu],
  [digit, /\p{N}+/gu],
  [space, /\p{White_Space}+/gu],
] as const

/** The kinds of the UTF-16 code units that are characters by themselves; halves of surrogate pairs are `other`. */
let kinds: Uint8Array | undefined

const makeKinds = (): Uint8Array => {
  const table = new Uint8Array(0x10000)
  for (let start = 0; start < 0x10000; start += 0x100) {
    if (start >= 0xd800 && start < 0xe000) continue
    const block = String.fromCharCode(...Array.from({ length: 0x100 }, (_, i) => start + i))
    for (const [kind, pattern] of patterns)
      for (const { index, 0: run } of block.matchAll(pattern))
        table.fill(kind, start + index, start + index + run.length)
  }
  kinds = table
  return table
}

/** Whether a code unit and the next are one character. */
export const isPair = (text: string, at: number): boolean =>
  (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00

const pairs = new Map<number, number>()

const kindOfPair = (code: number): number => {
  const known = pairs.get(code)
  if (known !== undefined) return known
  const character = String.fromCodePoint(code)
  const kind = patterns.find(([, pattern]) => character.search(pattern) === 0)?.[0] ?? other
  pairs.set(code, kind)
  return kind
}

/** The kind of the character at a place, which may be a surrogate pair. */
export const kindAt = (text: string, at: number): number => {
  const unit = text.charCodeAt(at)
  return (unit & 0xfc00) === 0xd800 && isPair(text, at)
    ? kindOfPair(text.codePointAt(at)!)
    : (kinds ?? makeKinds())[unit]!
}
