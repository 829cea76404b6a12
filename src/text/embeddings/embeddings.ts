import { ArgumentError, DataError } from '../../core/errors.ts'
import { nearest } from '../../core/nearest.ts'

/** A word and how near it is: a cosine, or, of an analogy by products, their quotient. */
export interface Neighbor {
  readonly word: string
  readonly similarity: number
}

export interface NearOptions {
  /** How many. Default 10. */
  readonly count?: number
  /** Words that are not given. */
  readonly exclude?: Iterable<string>
}

export interface Analogy {
  readonly positive: readonly string[]
  readonly negative?: readonly string[]
  /** Sum of cosines (3CosAdd) or quotient of their products (3CosMul). Default `add`. */
  readonly method?: 'add' | 'mul'
  /** How many. Default 10. */
  readonly count?: number
}

/** What keeps a quotient of cosines finite. */
const epsilon = 1e-6

/**
 * Words and their vectors, with searches by cosine.
 *
 * @example
 * const table = new Embeddings(['north', 'south', 'east'], Float32Array.of(0, 1, 0, -1, 1, 0))
 * table.size // 2
 * table.similarity('north', 'south') // -1
 */
export class Embeddings {
  readonly words: readonly string[]
  /** Row-major, words × size. */
  readonly matrix: Float32Array
  /** Numbers of a vector. */
  readonly size: number
  /** How often each word came in the text, where that is known. */
  readonly counts: readonly number[] | undefined
  readonly #places: ReadonlyMap<string, number>
  #unit: Float32Array | undefined

  /** @throws ArgumentError where words and numbers do not go together, a word comes twice, or a number is not finite */
  constructor(
    words: readonly string[],
    matrix: Float32Array,
    { counts }: { readonly counts?: readonly number[] | undefined } = {},
  ) {
    const size = matrix.length / words.length
    if (!Number.isInteger(size) || size < 1) {
      throw new ArgumentError(
        `Embeddings: ${matrix.length} numbers are not one vector for each of ${words.length} words. Pass words × size of them, row by row.`,
        { words: words.length, numbers: matrix.length },
      )
    }
    if (counts && counts.length !== words.length)
      throw new ArgumentError(
        `Embeddings: ${counts.length} counts for ${words.length} words. Pass one for each word, or none.`,
      )
    const bad = matrix.findIndex(x => !Number.isFinite(x))
    if (bad >= 0)
      throw new ArgumentError(
        `Embeddings: number ${bad % size} of ${JSON.stringify(words[Math.floor(bad / size)])} is ${matrix[bad]}. All must be finite.`,
      )
    const places = new Map(words.map((word, i) => [word, i]))
    if (places.size < words.length) {
      const twice = words.find((word, i) => places.get(word) !== i)
      throw new ArgumentError(`Embeddings: the word ${JSON.stringify(twice)} comes twice. Give each word once.`)
    }
    this.words = words
    this.matrix = matrix
    this.size = size
    this.counts = counts
    this.#places = places
  }

  has(word: string): boolean {
    return this.#places.has(word)
  }

  /** A word's number. @throws DataError for a word that is not among them, with the nearest that is */
  indexOf(word: string): number {
    const place = this.#places.get(word)
    if (place !== undefined) return place
    const near = nearest(word, this.words.slice(0, 20_000))
    throw new DataError(
      `embeddings: the word ${JSON.stringify(word)} is not among the ${this.words.length.toLocaleString('en')} words.${near === undefined ? ' Words that were rare in the text have no vector.' : ` Did you mean ${JSON.stringify(near)}?`}`,
      { word },
    )
  }

  /** A word's vector, a view of the matrix. @throws DataError for an unknown word */
  vector(word: string): Float32Array {
    const place = this.indexOf(word)
    return this.matrix.subarray(place * this.size, (place + 1) * this.size)
  }

  /** All vectors divided by their lengths; one of length 0 stays. */
  get unit(): Float32Array {
    this.#unit ??= unitRows(this.matrix, this.size)
    return this.#unit
  }

  /** The cosine of two words. @throws DataError for an unknown word */
  similarity(a: string, b: string): number {
    const [i, j] = [this.indexOf(a) * this.size, this.indexOf(b) * this.size]
    let sum = 0
    for (let k = 0; k < this.size; k++) sum += this.unit[i + k]! * this.unit[j + k]!
    return sum
  }

  /**
   * The words with the greatest cosine to a word, itself left out, or to a vector.
   *
   * @throws DataError for an unknown word; ArgumentError for a vector of another size
   */
  near(query: string | ArrayLike<number>, { count = 10, exclude = [] }: NearOptions = {}): Neighbor[] {
    const own = typeof query === 'string' ? [query] : []
    const vector = typeof query === 'string' ? this.vector(query) : this.#checked(query)
    const length = Math.hypot(...Array.from(vector)) || 1
    const cosines = this.cosines(Float64Array.from(vector, x => x / length))
    return this.best(cosines, count, [...own, ...exclude])
  }

  /**
   * The words that are to the positive words as the negative ones are not: `king − man + woman`. With `add` (3CosAdd) those with the
   * greatest cosine to the sum of the words' unit vectors; with `mul` (3CosMul) those with the greatest product of `(1 + cosine)/2`
   * with positive words over that with negative ones (+ 10⁻⁶), for which one great similarity cannot outweigh the others.
   * The words of the question are left out.
   *
   * @throws DataError for an unknown word; ArgumentError where there is no positive word
   * @example
   * const table = new Embeddings(['man', 'king', 'woman', 'queen'], Float32Array.of(1, 0, 1, 1, -1, 0, -1, 1))
   * table.analogy({ positive: ['king', 'woman'], negative: ['man'] }).map(({ word }) => word) // ["queen"]
   *
   * Source: Levy & Goldberg 2014, "Linguistic regularities in sparse and explicit word representations", equations 3 and 4; checked
   * against gensim 4.2 (`most_similar`, `most_similar_cosmul`).
   */
  analogy({ positive, negative = [], method = 'add', count = 10 }: Analogy): Neighbor[] {
    if (positive.length === 0) throw new ArgumentError('analogy: there is no positive word. Give at least one.')
    const asked = [...positive, ...negative]
    const rows = asked.map(word => this.similarities(word))
    const scores = combined(rows, positive.length, method)
    if (method === 'add') {
      const length = this.#lengthOfSum(positive, negative)
      for (let i = 0; i < scores.length; i++) scores[i]! /= length
    }
    return this.best(scores, count, asked)
  }

  /** The cosines of all words with one. @throws DataError for an unknown word */
  similarities(word: string): Float64Array {
    const place = this.indexOf(word)
    return this.cosines(this.unit.subarray(place * this.size, (place + 1) * this.size))
  }

  /** The products of all unit vectors with a vector: cosines, where it has length 1. */
  cosines(vector: ArrayLike<number>): Float64Array {
    const { unit, size } = this
    const out = new Float64Array(this.words.length)
    const own = Float64Array.from(vector)
    for (let i = 0, at = 0; i < out.length; i++, at += size) {
      let sum = 0
      for (let k = 0; k < size; k++) sum += unit[at + k]! * own[k]!
      out[i] = sum
    }
    return out
  }

  /** The words of the greatest scores, the greatest first; of equal ones the first word. */
  best(scores: ArrayLike<number>, count: number, exclude: Iterable<string> = []): Neighbor[] {
    if (!Number.isInteger(count) || count < 1)
      throw new ArgumentError(`embeddings: count must be a whole number of at least 1; got ${count}.`)
    const left = new Set<number>()
    for (const word of exclude) if (this.has(word)) left.add(this.indexOf(word))
    const found: number[] = []
    for (let i = 0; i < scores.length; i++) {
      const score = scores[i]!
      if (left.has(i) || (found.length === count && !(score > scores[found.at(-1)!]!))) continue
      let at = found.length
      while (at > 0 && score > scores[found[at - 1]!]!) at -= 1
      found.splice(at, 0, i)
      if (found.length > count) found.pop()
    }
    return found.map(i => ({ word: this.words[i]!, similarity: scores[i]! }))
  }

  /**
   * The mean vector of words, unknown ones left out: a plain vector of a text.
   *
   * @returns the vector, zeros where no word is known, and how many were known
   */
  mean(words: Iterable<string>): { readonly vector: Float32Array; readonly known: number } {
    const sum = new Float64Array(this.size)
    let known = 0
    for (const word of words) {
      const place = this.#places.get(word)
      if (place === undefined) continue
      known += 1
      for (let k = 0; k < this.size; k++) sum[k]! += this.matrix[place * this.size + k]!
    }
    return { vector: Float32Array.from(sum, x => x / Math.max(known, 1)), known }
  }

  #checked(vector: ArrayLike<number>): ArrayLike<number> {
    if (vector.length === this.size) return vector
    throw new ArgumentError(
      `near: the vector has ${vector.length} numbers; those of the words have ${this.size}. Pass one of that size.`,
    )
  }

  #lengthOfSum(positive: readonly string[], negative: readonly string[]): number {
    const sum = new Float64Array(this.size)
    for (const [sign, words] of [[1, positive] as const, [-1, negative] as const]) {
      for (const word of words) {
        const at = this.indexOf(word) * this.size
        for (let k = 0; k < this.size; k++) sum[k]! += sign * this.unit[at + k]!
      }
    }
    return Math.hypot(...sum) || 1
  }
}

/** What is asked, from the cosines with each word: the first `positive` rows count for it, the others against it. */
export const combined = (rows: readonly Float64Array[], positive: number, method: 'add' | 'mul'): Float64Array => {
  const out = new Float64Array(rows[0]!.length).fill(method === 'add' ? 0 : 1)
  for (const [r, row] of rows.entries()) {
    if (method === 'add') {
      const sign = r < positive ? 1 : -1
      for (let i = 0; i < out.length; i++) out[i]! += sign * row[i]!
    } else if (r < positive) {
      for (let i = 0; i < out.length; i++) out[i]! *= (1 + row[i]!) / 2
    }
  }
  if (method === 'add' || rows.length === positive) return out
  const against = new Float64Array(out.length).fill(1)
  for (const row of rows.slice(positive)) for (let i = 0; i < out.length; i++) against[i]! *= (1 + row[i]!) / 2
  for (let i = 0; i < out.length; i++) out[i]! /= against[i]! + epsilon
  return out
}

const unitRows = (matrix: Float32Array, size: number): Float32Array => {
  const out = new Float32Array(matrix.length)
  for (let at = 0; at < matrix.length; at += size) {
    let sum = 0
    for (let k = at; k < at + size; k++) sum += matrix[k]! ** 2
    const length = Math.sqrt(sum) || 1
    for (let k = at; k < at + size; k++) out[k] = matrix[k]! / length
  }
  return out
}
