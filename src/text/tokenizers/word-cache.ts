/** Longer words are not worth remembering. */
const longest = 64
/** Words remembered before all are forgotten. */
const most = 1 << 17

/** Ids of words seen before: the one id, or all of them. Text is mostly words that came before. */
export class WordCache {
  private readonly ids = new Map<string, number | Int32Array>()

  get(word: string): number | Int32Array | undefined {
    return this.ids.get(word)
  }

  set(word: string, ids: Int32Array): void {
    if (word.length > longest) return
    if (this.ids.size >= most) this.ids.clear()
    this.ids.set(word, ids.length === 1 ? ids[0]! : ids)
  }
}
