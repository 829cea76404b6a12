import type { IdList } from './id-list.ts'
import type { Segmenter } from './piece-bpe.ts'
import { Trie } from './trie.ts'
import { type UnknownSetup, UnknownText } from './unknown-text.ts'

export interface UnigramSetup extends UnknownSetup {
  /** Pieces by id; holes take no part. */
  readonly pieces: readonly (string | undefined)[]
  /** ln p of each piece. */
  readonly scores: ArrayLike<number>
  /** Sums in float32, as SentencePiece has them, decide ties its way. */
  readonly float32?: boolean
}

/** How much less likely than the least likely piece a character without a piece is. */
const penalty = 10

/**
 * The segmentation of a text into pieces with the highest sum of ln p; of equally likely ones that whose last piece is longest.
 *
 * Source: Kudo 2018, "Subword Regularization", section 3.2; Viterbi 1967.
 */
export class UnigramLattice implements Segmenter {
  private readonly trie: Trie
  private readonly scores: ArrayLike<number>
  private readonly unknownScore: number
  private readonly unknown: UnknownText
  private readonly float32: boolean

  constructor({ pieces, scores, float32 = false, ...unknown }: UnigramSetup) {
    this.trie = new Trie(pieces.length)
    let least = Number.POSITIVE_INFINITY
    pieces.forEach((piece, id) => {
      if (piece === undefined || piece === '') return
      this.trie.add(piece, id)
      least = Math.min(least, scores[id]!)
    })
    this.scores = scores
    this.float32 = float32
    this.unknownScore = (Number.isFinite(least) ? least : 0) - penalty
    this.unknown = new UnknownText(unknown)
  }

  segment(text: string, out: IdList): void {
    const { trie, scores, unknownScore, float32 } = this
    const n = text.length
    const best = float32 ? new Float32Array(n + 1) : new Float64Array(n + 1)
    const from = new Int32Array(n + 1).fill(-1)
    const ids = new Int32Array(n + 1)
    for (let at = 0; at < n; ) {
      const next = at + (isHigh(text.charCodeAt(at)) && at + 1 < n ? 2 : 1)
      const sum = best[at]!
      let single = false
      for (let node = 0, i = at; i < n; ) {
        node = trie.step(node, text.charCodeAt(i++))
        if (node < 0) break
        const id = trie.endAt(node)
        if (id < 0) continue
        if (i === next) single = true
        const score = float32 ? Math.fround(sum + scores[id]!) : sum + scores[id]!
        if (from[i]! >= 0 && score <= best[i]!) continue
        best[i] = score
        from[i] = at
        ids[i] = id
      }
      const score = float32 ? Math.fround(sum + unknownScore) : sum + unknownScore
      if (!single && (from[next]! < 0 || score > best[next]!)) {
        best[next] = score
        from[next] = at
        ids[next] = -1
      }
      at = next
    }
    this.collect(text, from, ids, out)
  }

  private collect(text: string, from: Int32Array, ids: Int32Array, out: IdList): void {
    const ends: number[] = []
    for (let at = text.length; at > 0; at = from[at]!) ends.push(at)
    let follows = false
    for (let i = ends.length - 1; i >= 0; i--) {
      const end = ends[i]!
      const id = ids[end]!
      if (id >= 0) out.push(id)
      else this.unknown.push(text.slice(from[end]!, end), follows, out)
      follows = id < 0
    }
  }
}

const isHigh = (unit: number): boolean => (unit & 0xfc00) === 0xd800
