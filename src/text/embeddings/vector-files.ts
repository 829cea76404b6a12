import { open } from '#files'
import { ArgumentError, DataError, FormatError } from '../../core/errors.ts'
import { fileCause } from '../../io/atomic.ts'
import { quote } from '../../io/json.ts'
import { Embeddings } from './embeddings.ts'

/**
 * How vectors stand in a file: `text` and `binary` are those of word2vec, which begin with the numbers of words and of numbers a
 * word; `glove` is the text without that line.
 */
export type VectorFormat = 'text' | 'binary' | 'glove'

export interface ReadVectorsOptions {
  /** Found by the contents, unless given. */
  readonly format?: VectorFormat | undefined
  /** Reads only so many words, the first: the most frequent, in files that trained models write. */
  readonly maxWords?: number | undefined
}

const [newline, space] = [0x0a, 0x20]
/** Longer than any word or line that is meant. */
const longestWord = 10_000
const numberLength = 64
const utf8 = new TextDecoder('utf-8', { fatal: true })

interface Source {
  readonly where: string
  /** Bytes of the whole file. */
  readonly bytes: number
  readonly maxWords: number
}

/** Takes a file in pieces: what it used of them it is not given again. */
interface Reader {
  /** How many bytes of the piece it used. `last`: no piece follows. */
  read(piece: Uint8Array, last: boolean): number
  /** Whether it wants no more. */
  done(): boolean
  finish(): Embeddings
}

const broken = (where: string, what: string, remedy = 'Download it again.'): FormatError =>
  new FormatError(`${where}: ${what}. ${remedy}`, { where })

const text = (where: string, bytes: Uint8Array, entry: number): string => {
  try {
    return utf8.decode(bytes)
  } catch {
    throw broken(where, `word ${entry} is not UTF-8 text`)
  }
}

const tooMany = (where: string, words: number): FormatError => broken(where, `goes on after its ${words} words`)

/** Words and rows as they come; a word that comes again is passed over, as other readers do. */
class Table {
  readonly words: string[] = []
  readonly #known = new Set<string>()
  #rows: Float32Array
  readonly #where: string
  readonly #size: number
  read = 0

  constructor(where: string, size: number, words: number) {
    this.#where = where
    this.#size = size
    this.#rows = new Float32Array(words * size)
  }
  /** Where the next row is to be written. */
  row(): Float32Array {
    const [begin, end] = [this.words.length * this.#size, (this.words.length + 1) * this.#size]
    if (end > this.#rows.length) {
      const larger = new Float32Array(Math.max(2 * this.#rows.length, 64 * this.#size))
      larger.set(this.#rows)
      this.#rows = larger
    }
    return this.#rows.subarray(begin, end)
  }
  /** The row that was written is this word's. */
  add(word: string, row: Float32Array): void {
    this.read += 1
    if (word === '') throw broken(this.#where, `word ${this.read} is empty`)
    for (let i = 0; i < row.length; i++) {
      if (!Number.isFinite(row[i]!))
        throw broken(this.#where, `number ${i + 1} of ${quote(word)} is ${row[i]}; all must be finite`)
    }
    if (this.#known.has(word)) return
    this.#known.add(word)
    this.words.push(word)
  }
  finish(): Embeddings {
    if (this.words.length === 0) throw broken(this.#where, 'has no words', 'Give a file of vectors.')
    return new Embeddings(this.words, this.#rows.slice(0, this.words.length * this.#size))
  }
}

interface Header {
  readonly words: number
  readonly size: number
  readonly length: number
}

/** The first line of word2vec's formats, checked against the length of the file; null where it is another line. */
const headerOf = (piece: Uint8Array, { where, bytes }: Source): Header | null => {
  const length = piece.subarray(0, 64).indexOf(newline) + 1
  const found = /^(\d+) (\d+)\s*$/.exec(length === 0 ? '' : new TextDecoder().decode(piece.subarray(0, length)))
  if (!found) return null
  const [words, size] = [Number(found[1]), Number(found[2])]
  // A word of one letter, and for each number at least a space and a digit, or four bytes.
  if (words < 1 || size < 1 || words * (1 + 2 * size) > bytes - length)
    throw broken(
      where,
      `says that it holds ${found[1]} words of ${found[2]} numbers, but ${bytes - length} bytes follow`,
      'The file is cut off, or no file of vectors.',
    )
  return { words, size, length }
}

const binaryReader = (source: Source, { words, size }: Header): Reader => {
  const { where } = source
  const wanted = Math.min(words, source.maxWords)
  // The size of the file vouches for the words, but not for as many as it may say.
  const table = new Table(where, size, Math.min(wanted, Math.ceil(source.bytes / (1 + 4 * size))))
  return {
    read(piece, last) {
      const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength)
      let at = 0
      while (table.read < wanted) {
        // The original program ends each row with a new line.
        let begin = at
        while (begin < piece.length && piece[begin] === newline) begin += 1
        const end = piece.subarray(begin, begin + longestWord).indexOf(space)
        if (end < 0 && piece.length - begin >= longestWord)
          throw broken(where, `word ${table.read + 1} is longer than ${longestWord} bytes`)
        const numbers = begin + end + 1
        if (end < 0 || numbers + 4 * size > piece.length) {
          if (last) throw broken(where, `ends within word ${table.read + 1} of ${words}`)
          return at
        }
        const row = table.row()
        for (let i = 0; i < size; i++) row[i] = view.getFloat32(numbers + 4 * i, true)
        table.add(text(where, piece.subarray(begin, begin + end), table.read + 1), row)
        at = numbers + 4 * size
      }
      if (wanted === words && piece.subarray(at).some(byte => byte !== newline)) throw tooMany(where, words)
      return at
    },
    done: () => table.read === wanted,
    finish: () => table.finish(),
  }
}

/** Lines of a word and its numbers; `words` is null where the file does not say how many there are. */
const textReader = (source: Source, words: number | null, given: number | null): Reader => {
  const { where } = source
  const wanted = Math.min(words ?? Number.POSITIVE_INFINITY, source.maxWords)
  let size = given
  let table: Table | undefined
  const line = (bytes: Uint8Array): void => {
    const number = (table?.read ?? 0) + 1
    const parts = text(where, bytes, number).trimEnd().split(' ')
    size ??= parts.length - 1
    if (size < 1) throw broken(where, `line ${number} has no numbers`, 'Give a file of vectors.')
    table ??= new Table(where, size, 64)
    // Words of some files hold spaces.
    const first = parts.length - size
    const row = table.row()
    if (first < 1) throw broken(where, `word ${number} has ${parts.length - 1} numbers; ${size} were expected`)
    for (let i = 0; i < size; i++) {
      const part = parts[first + i]!
      row[i] = part === '' || part.length > numberLength ? Number.NaN : Number(part)
      if (Number.isNaN(row[i]!))
        throw broken(where, `number ${i + 1} of word ${number} is ${quote(part)}; a number was expected`)
    }
    table.add(parts.slice(0, first).join(' '), row)
  }
  const left = (): boolean => (table?.read ?? 0) < wanted
  return {
    read(piece, last) {
      let at = 0
      while (left() && at < piece.length) {
        const end = piece.indexOf(newline, at)
        if (end < 0 && !last) {
          if (piece.length - at > longestWord + numberLength * (size ?? 10_000))
            throw broken(where, `line ${(table?.read ?? 0) + 1} is longer than any word and its numbers`)
          return at
        }
        const stop = end < 0 ? piece.length : end
        if (stop > at) line(piece.subarray(at, stop))
        at = stop + 1
      }
      if (last && words !== null && left()) throw broken(where, `ends after ${table?.read ?? 0} of ${words} words`)
      at = Math.min(at, piece.length)
      if (!left() && wanted === words && piece.subarray(at).some(byte => byte > space)) throw tooMany(where, words)
      return at
    },
    done: () => !left(),
    finish: () => (table ?? new Table(where, 1, 0)).finish(),
  }
}

/** The reader of a file, by its beginning, and how many bytes of it are used up. */
const readerOf = (piece: Uint8Array, source: Source, format: VectorFormat | undefined): [Reader, number] => {
  const { where } = source
  if (format === 'glove') return [textReader(source, null, null), 0]
  const header = headerOf(piece, source)
  if (!header) {
    if (format !== undefined)
      throw broken(
        where,
        'its first line is not the numbers of words and of numbers a word',
        'Give the format glove if it has no such line.',
      )
    return [textReader(source, null, null), 0]
  }
  const { words, size, length } = header
  const binary = format === 'binary' || (format === undefined && !looksLikeText(piece.subarray(length), size))
  return [binary ? binaryReader(source, header) : textReader(source, words, size), length]
}

/** Whether the first line is a word and numbers. */
const looksLikeText = (piece: Uint8Array, size: number): boolean => {
  const end = piece.indexOf(newline)
  const parts = new TextDecoder()
    .decode(piece.subarray(0, end < 0 ? piece.length : end))
    .trimEnd()
    .split(' ')
  return parts.length > size && parts.slice(-size).every(part => /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(part))
}

/**
 * Vectors from the bytes of a file of word2vec (text or binary) or GloVe.
 *
 * @param where what messages name: the file.
 * @throws FormatError, in one line, where anything is not as the format says. No size is trusted before it is checked.
 * Source: word2vec.c 0.1c (`-binary 0` and `1`), checked against gensim 4.2; Pennington, Socher & Manning 2014 (GloVe 1.2).
 */
export const decodeVectors = (
  bytes: Uint8Array,
  where: string,
  { format, maxWords = Number.POSITIVE_INFINITY }: ReadVectorsOptions = {},
): Embeddings => {
  checkWords(maxWords)
  const [reader, used] = readerOf(bytes, { where, bytes: bytes.length, maxWords }, format)
  reader.read(bytes.subarray(used), true)
  return reader.finish()
}

const checkWords = (maxWords: number): void => {
  if (maxWords === Number.POSITIVE_INFINITY || (Number.isInteger(maxWords) && maxWords >= 1)) return
  throw new ArgumentError(`readVectors: maxWords must be a whole number of at least 1; got ${maxWords}.`)
}

const pieceBytes = 2 ** 24

/**
 * Reads a file of vectors piece by piece, so that it may be larger than one array can be.
 *
 * @throws FormatError as {@link decodeVectors}; DataError where the file is missing or cannot be read
 */
export const readVectors = async (path: string, options: ReadVectorsOptions = {}): Promise<Embeddings> => {
  const { format, maxWords = Number.POSITIVE_INFINITY } = options
  checkWords(maxWords)
  try {
    const file = await open(path)
    try {
      const { size } = await file.stat()
      const source = { where: path, bytes: size, maxWords }
      let reader: Reader | undefined
      let rest = new Uint8Array(0)
      for (let position = 0, last = false; !last && !reader?.done(); ) {
        const piece = new Uint8Array(rest.length + pieceBytes)
        piece.set(rest)
        const { bytesRead } = await file.read(piece, rest.length, pieceBytes, position)
        position += bytesRead
        last = bytesRead === 0 || position >= size
        const bytes = piece.subarray(0, rest.length + bytesRead)
        let used = 0
        if (!reader) [reader, used] = readerOf(bytes, source, format)
        rest = bytes.slice(used + reader.read(bytes.subarray(used), last))
      }
      return reader!.finish()
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof FormatError) throw error
    const { cause, remedy } = fileCause(error)
    throw new DataError(`${path}: could not be read: ${cause}. ${remedy}`, { path }, error)
  }
}

/** The shortest decimal that is this float32. */
export const shortFloat = (x: number): string => {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(x.toPrecision(digits))
    if (Math.fround(short) === x) return String(short)
  }
  return String(Number(x.toPrecision(9)))
}

/**
 * The bytes of a file of vectors, in pieces.
 *
 * @throws ArgumentError where a word holds what would end it: white space, in `text` and `glove` only a new line
 */
export const encodeVectors = function* (
  { words, matrix, size }: Embeddings,
  format: VectorFormat,
): Generator<Uint8Array> {
  const bad = words.find(word => word === '' || (format === 'binary' ? /[\s]/ : /[\r\n]|^\s|\s$/).test(word))
  if (bad !== undefined)
    throw new ArgumentError(
      `encodeVectors: the word ${JSON.stringify(bad)} cannot be written as ${format}. Choose another format, or rename it.`,
    )
  const encoder = new TextEncoder()
  if (format !== 'glove') yield encoder.encode(`${words.length} ${size}\n`)
  for (const [i, word] of words.entries()) {
    const row = matrix.subarray(i * size, (i + 1) * size)
    if (format === 'binary') {
      const name = encoder.encode(`${word} `)
      const entry = new Uint8Array(name.length + 4 * size + 1)
      entry.set(name)
      entry.set(new Uint8Array(row.buffer, row.byteOffset, 4 * size), name.length)
      entry[entry.length - 1] = newline
      yield entry
    } else yield encoder.encode(`${word} ${Array.from(row, shortFloat).join(' ')}\n`)
  }
}
