import type { Tokenizer } from './tokenizer.ts'

/** Text out of ids that come one at a time. */
export interface StreamDecoder {
  /** The text that one more id makes certain: none while a character is in parts. */
  push(id: number): string
  /** What was held back, when no more ids come: parts of a character as U+FFFD. */
  flush(): string
}

/**
 * Decodes ids as they are generated. A byte-level token may end amid a character, which then decodes to U+FFFD: such an end is held
 * back until the character is whole. The pieces joined are `tokenizer.decode` of all ids.
 *
 * The id before is decoded along, because a first token may decode without the space it has further on.
 *
 * @param after ids of the text that the ids go on from, a prompt's
 */
export const streamDecoder = (tokenizer: Tokenizer, after: ArrayLike<number> = []): StreamDecoder => {
  let before = Array.from(after).slice(-1)
  let ids: number[] = []
  let text = tokenizer.decode(before)
  let given = text.length

  const take = (end: number): string => {
    const piece = text.slice(given, end)
    given = Math.max(given, end)
    if (given >= text.length) {
      // Ids that decode to nothing by themselves do not say whether a text has begun.
      const alone = tokenizer.decode(ids)
      before = alone === '' ? [...before, ...ids] : ids
      ids = []
      text = alone === '' ? tokenizer.decode(before) : alone
      given = text.length
    }
    return piece
  }

  return {
    push(id) {
      ids.push(id)
      text = tokenizer.decode([...before, ...ids])
      let end = text.length
      while (end > given && text[end - 1] === '\ufffd') end--
      return take(end)
    },
    flush: () => take(text.length),
  }
}
