import { digamma } from '../../stats/special/gamma.ts'
import { Trie } from './trie.ts'
import { seedPieces } from './unigram-seeds.ts'

export interface UnigramTraining {
  /** How often each word comes. */
  readonly counts: ReadonlyMap<string, number>
  /** Pieces in the end, single characters included. */
  readonly size: number
  readonly maxLength: number
  readonly seedSize: number
}

export interface LearnedPieces {
  readonly pieces: readonly string[]
  /** ln p. */
  readonly scores: readonly number[]
}

/** Which share of the pieces is kept when the least useful ones are taken out. */
const shrink = 0.75
/** EM steps between. */
const steps = 2
/** A piece that is expected less often is dropped. */
const least = 0.5
/** Pruning ends a little above the size, and the likeliest are taken. */
const slack = 1.1

/**
 * Learns pieces and their probabilities: begins with many, and in turn fits the probabilities by EM and takes out the quarter whose loss
 * costs the likelihood of the text least. Single characters stay.
 *
 * Source: Kudo 2018, "Subword Regularization", section 3.2; the sparse Bayesian M step and the details are those of google/sentencepiece.
 */
export const learnPieces = ({ counts, size, maxLength, seedSize }: UnigramTraining): LearnedPieces => {
  const { pieces, counts: found, characters } = seedPieces(counts, { maxLength, most: seedSize })
  const sum = found.reduce((a, b) => a + b, 0)
  const model = new Model(
    pieces,
    found.map(count => Math.log(count / sum)),
    characters,
  )
  const words = [...counts]
  const goal = Math.max(characters, Math.ceil(size * slack))
  for (;;) {
    for (let step = 0; step < steps; step++) model.maximize(expect(model, words))
    if (model.alive <= goal) break
    const before = model.alive
    prune(model, words, Math.max(goal, Math.floor(shrink * model.alive)))
    if (model.alive === before) break
  }
  return model.best(size)
}

class Model {
  readonly pieces: readonly string[]
  /** ln p; −∞ for pieces that are out. */
  readonly scores: Float64Array
  readonly characters: number
  readonly trie: Trie

  constructor(pieces: readonly string[], scores: readonly number[], characters: number) {
    this.pieces = pieces
    this.scores = Float64Array.from(scores)
    this.characters = characters
    this.trie = new Trie(4 * pieces.length)
    for (const [id, piece] of pieces.entries()) this.trie.add(piece, id)
  }

  get alive(): number {
    let n = 0
    for (const score of this.scores) if (score > -Infinity) n++
    return n
  }

  /** Probabilities by how often pieces are expected: exp ψ(c) in place of c, which takes from the rare. */
  maximize(expected: Float64Array): void {
    let sum = 0
    expected.forEach((count, id) => {
      if (this.scores[id]! === -Infinity) return
      if (id < this.characters) expected[id] = Math.max(count, least)
      else if (count < least) {
        this.scores[id] = -Infinity
        return
      }
      sum += expected[id]!
    })
    const total = digamma(sum)
    expected.forEach((count, id) => {
      if (this.scores[id]! > -Infinity) this.scores[id] = digamma(count) - total
    })
  }

  /** The likeliest pieces, the characters among them in any case, in order. */
  best(size: number): LearnedPieces {
    const order = (a: number, b: number): number =>
      this.scores[b]! - this.scores[a]! || (this.pieces[a]! < this.pieces[b]! ? -1 : 1)
    const longer: number[] = []
    for (let id = this.characters; id < this.pieces.length; id++) if (this.scores[id]! > -Infinity) longer.push(id)
    const kept = longer.sort(order).slice(0, Math.max(0, size - this.characters))
    const ids = [...Array.from({ length: this.characters }, (_, id) => id), ...kept].sort(order)
    return { pieces: ids.map(id => this.pieces[id]!), scores: ids.map(id => this.scores[id]!) }
  }
}

/** All ways through a word: edges from where a piece begins to where it ends, in order of where they begin. */
class Paths {
  starts: number[] = []
  ends: number[] = []
  ids: number[] = []

  /** @param without a piece that is not taken */
  read(word: string, { trie, scores }: Model, without = -1): void {
    this.starts.length = this.ends.length = this.ids.length = 0
    for (let at = 0; at < word.length; at++) {
      for (let node = 0, i = at; i < word.length; ) {
        node = trie.step(node, word.charCodeAt(i++))
        if (node < 0) break
        const id = trie.endAt(node)
        if (id < 0 || scores[id]! === -Infinity || id === without) continue
        this.starts.push(at)
        this.ends.push(i)
        this.ids.push(id)
      }
    }
  }
}

const logAdd = (a: number, b: number): number => {
  const high = Math.max(a, b)
  return high === -Infinity ? high : high + Math.log1p(Math.exp(-Math.abs(a - b)))
}

/** How often each piece is expected over all ways through the words (forward-backward). */
const expect = (model: Model, words: readonly (readonly [string, number])[]): Float64Array => {
  const expected = new Float64Array(model.pieces.length)
  const paths = new Paths()
  const { scores } = model
  for (const [word, count] of words) {
    paths.read(word, model)
    const { starts, ends, ids } = paths
    const n = word.length
    const forward = new Float64Array(n + 1).fill(-Infinity)
    const backward = new Float64Array(n + 1).fill(-Infinity)
    forward[0] = backward[n] = 0
    for (let e = 0; e < ids.length; e++)
      forward[ends[e]!] = logAdd(forward[ends[e]!]!, forward[starts[e]!]! + scores[ids[e]!]!)
    for (let e = ids.length - 1; e >= 0; e--)
      backward[starts[e]!] = logAdd(backward[starts[e]!]!, backward[ends[e]!]! + scores[ids[e]!]!)
    const whole = forward[n]!
    if (whole === -Infinity) continue
    for (let e = 0; e < ids.length; e++) {
      const share = Math.exp(forward[starts[e]!]! + scores[ids[e]!]! + backward[ends[e]!]! - whole)
      if (share > 0) expected[ids[e]!]! += count * share
    }
  }
  return expected
}

/** The likeliest way through a word, as ids from its end to its beginning; empty where there is none. */
const likeliest = (word: string, model: Model, paths: Paths, without = -1): number[] => {
  paths.read(word, model, without)
  const { starts, ends, ids } = paths
  const n = word.length
  const best = new Float64Array(n + 1).fill(-Infinity)
  const from = new Int32Array(n + 1).fill(-1)
  best[0] = 0
  for (let e = 0; e < ids.length; e++) {
    const score = best[starts[e]!]! + model.scores[ids[e]!]!
    if (score <= best[ends[e]!]!) continue
    best[ends[e]!] = score
    from[ends[e]!] = e
  }
  const found: number[] = []
  for (let at = n; at > 0; at = starts[from[at]!]!) {
    if (from[at]! < 0) return []
    found.push(ids[from[at]!]!)
  }
  return found
}

/** Takes pieces out until `goal` are left: those that are least missed where others take their place. */
const prune = (model: Model, words: readonly (readonly [string, number])[], goal: number): void => {
  const { scores, pieces, characters } = model
  const paths = new Paths()
  const frequency = new Float64Array(pieces.length)
  let sum = 0
  for (const [word, count] of words) {
    for (const id of likeliest(word, model, paths)) {
      frequency[id]! += count
      sum += count
    }
  }
  const losses: { readonly id: number; readonly loss: number }[] = []
  for (let id = characters; id < pieces.length; id++) {
    if (scores[id]! === -Infinity) continue
    const others = likeliest(pieces[id]!, model, paths, id)
    const own = frequency[id]!
    // ln p of the piece against that of what it would be cut into.
    const alternative =
      others.reduce((total, other) => total + Math.log(frequency[other]! + own), 0) -
      others.length * Math.log(sum + own * (others.length - 1))
    losses.push({ id, loss: own === 0 ? 0 : own * (Math.log(own) - Math.log(sum) - alternative) })
  }
  losses.sort((a, b) => b.loss - a.loss || a.id - b.id)
  for (const { id } of losses.slice(Math.max(0, goal - characters))) scores[id] = -Infinity
}
