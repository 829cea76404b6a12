/**
 * SentencePiece's table of what is written how: beginnings of texts in UTF-8 in a double-array trie, and what replaces them.
 *
 * Source: Yata's darts-clone, whose units these are: label, value, offset and whether a value follows, in 32 bits.
 */
export class Charsmap {
  /** The table as the file has it. */
  readonly blob: Uint8Array
  private readonly units: Uint32Array
  private readonly texts: Uint8Array

  /** @returns undefined where the bytes are no such table */
  static from(blob: Uint8Array): Charsmap | undefined {
    if (blob.length < 8) return undefined
    const size = new DataView(blob.buffer, blob.byteOffset).getUint32(0, true)
    return size % 4 === 0 && size >= 4 && size + 4 <= blob.length ? new Charsmap(blob, size) : undefined
  }

  private constructor(blob: Uint8Array, size: number) {
    this.blob = blob
    this.units = new Uint32Array(new Uint8Array(blob.subarray(4, 4 + size)).buffer) // a copy: numbers begin at a multiple of four
    this.texts = blob.subarray(4 + size)
  }

  /** Calls `found` with every beginning that the table has of bytes from a place, shorter ones first: its end, and where its text begins. */
  private walk(bytes: Uint8Array, at: number, found: (end: number, text: number) => boolean): void {
    const { units } = this
    let node = offsetOf(units[0]!)
    for (let i = at; i < bytes.length; i++) {
      const byte = bytes[i]!
      node ^= byte
      const unit = units[node]
      if (byte === 0 || unit === undefined || (unit & 0x800000ff) !== byte) return
      node ^= offsetOf(unit)
      if (((unit >>> 8) & 1) === 1 && !found(i + 1, (units[node] ?? 0) & 0x7fffffff)) return
    }
  }

  private textEnd(start: number): number {
    const end = this.texts.indexOf(0, start)
    return end < 0 ? this.texts.length : end
  }

  /** A text with the longest beginning replaced at each place, as SentencePiece does. */
  apply(text: string): string {
    const bytes = encoder.encode(text)
    const out = new ByteList(bytes.length)
    for (let at = 0; at < bytes.length; ) {
      let end = -1
      let start = 0
      this.walk(bytes, at, (e, s) => {
        end = e
        start = s
        return true
      })
      if (end < 0) {
        const next = at + lengthOf(bytes[at]!)
        out.add(bytes, at, next)
        at = next
      } else {
        out.add(this.texts, start, this.textEnd(start))
        at = end
      }
    }
    return decoder.decode(out.bytes())
  }

  /**
   * A text as Hugging Face's `tokenizers` replaces: graphemes of fewer than six bytes, else their characters, each as a whole by what the
   * shortest beginning gives.
   */
  applyToGraphemes(text: string): string {
    let out = ''
    for (const { segment } of graphemes.segment(text)) {
      const bytes = encoder.encode(segment)
      const whole = bytes.length < 6 ? this.replacement(bytes) : undefined
      out += whole ?? Array.from(segment, c => this.replacement(encoder.encode(c)) ?? c).join('')
    }
    return out
  }

  private replacement(bytes: Uint8Array): string | undefined {
    let text: string | undefined
    this.walk(bytes, 0, (_, start) => {
      text = decoder.decode(this.texts.subarray(start, this.textEnd(start)))
      return false
    })
    return text
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

const offsetOf = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6)

const lengthOf = (lead: number): number => (lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4)

class ByteList {
  private list: Uint8Array
  private length = 0

  constructor(expected: number) {
    this.list = new Uint8Array(2 * expected + 16)
  }

  add(from: Uint8Array, start: number, end: number): void {
    const more = Math.max(0, Math.min(end, from.length) - start)
    if (this.length + more > this.list.length) {
      const list = new Uint8Array(2 * (this.length + more))
      list.set(this.list)
      this.list = list
    }
    for (let i = 0; i < more; i++) this.list[this.length++] = from[start + i]!
  }

  bytes(): Uint8Array {
    return this.list.subarray(0, this.length)
  }
}
