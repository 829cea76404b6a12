/** Looks for any of several strings in text that comes in pieces, and gives out what is certain to stand before them. */
export class StopStrings {
  private readonly strings: readonly string[]
  private held = ''
  /** Whether one was found; nothing more is given out then. */
  found = false

  constructor(strings: readonly string[]) {
    this.strings = strings.filter(text => text !== '')
  }

  push(piece: string): string {
    if (this.found) return ''
    const text = this.held + piece
    const places = this.strings.map(stop => text.indexOf(stop)).filter(at => at >= 0)
    if (places.length > 0) {
      this.found = true
      this.held = ''
      return text.slice(0, Math.min(...places))
    }
    const end = text.length - this.begun(text)
    this.held = text.slice(end)
    return text.slice(0, end)
  }

  /** What was held back, when no more text comes. */
  flush(): string {
    const rest = this.held
    this.held = ''
    return rest
  }

  /** Length of the longest end of the text that one of the strings begins with. */
  private begun(text: string): number {
    const longest = Math.max(0, ...this.strings.map(stop => stop.length - 1))
    for (let length = Math.min(longest, text.length); length > 0; length--)
      if (this.strings.some(stop => stop.startsWith(text.slice(text.length - length)))) return length
    return 0
  }
}
