import { ArgumentError, FormatError } from '../../core/errors.ts'
import { defineOptions, type Given, integer, oneOf } from '../../core/options.ts'
import { parseDecimal } from './decimal.ts'
import { readContents, type TableSource } from './source.ts'
import { withLastBreak } from './text-bytes.ts'

const svmlightOptions = defineOptions({
  base: oneOf(['auto', '0', '1'], {
    default: 'auto',
    help: 'the number of the first feature; auto: 0 where it occurs, else 1',
  }),
  columns: integer({ min: 1, help: 'how many features there are, where the last do not occur' }),
})
export type SvmlightOptions = Given<typeof svmlightOptions>

/**
 * Rows of mostly zeros: the values of row i are `data[indptr[i]]` to `data[indptr[i + 1] - 1]`, those of `indices` their columns
 * (compressed sparse rows).
 */
export interface SparseRows {
  readonly rows: number
  readonly columns: number
  readonly indptr: Int32Array
  readonly indices: Int32Array
  readonly data: Float64Array
}

/** What a file of this format holds. */
export interface Svmlight extends SparseRows {
  readonly labels: Float64Array
  /** The query each row belongs to (`qid:`), where the file says so in every row. */
  readonly queryIds?: Int32Array
}

const space = 32
const tab = 9
const lf = 10
const cr = 13
const colon = 58
const hash = 35
const isEnd = (byte: number): boolean => byte === space || byte === tab || byte === lf || byte === cr || byte === hash

const numberIn = (bytes: Uint8Array, from: number, to: number, place: string): number => {
  const value = parseDecimal(bytes, from, to)
  if (!Number.isNaN(value)) return value
  const text = new TextDecoder().decode(bytes.subarray(from, Math.min(to, from + 40)))
  throw new FormatError(`${place} has ${JSON.stringify(text)} where a number was expected. Mend the line.`)
}

/** Numbers collected one after another. */
class Growing {
  private data = new Float64Array(1024)
  length = 0
  push(x: number): void {
    if (this.length === this.data.length) {
      const larger = new Float64Array(2 * this.length)
      larger.set(this.data)
      this.data = larger
    }
    this.data[this.length++] = x
  }
  get values(): Float64Array {
    return this.data.slice(0, this.length)
  }
}

const scan = (bytes: Uint8Array, where: string) => {
  const labels = new Growing()
  const queries = new Growing()
  const starts = new Growing()
  const indices = new Growing()
  const values = new Growing()
  starts.push(0)
  let line = 1
  let at = 0
  /** The end of the word that begins at `at`. */
  const word = (): number => {
    let to = at
    while (!isEnd(bytes[to]!) && bytes[to] !== colon) to++
    return to
  }
  while (at < bytes.length) {
    while (bytes[at] === space || bytes[at] === tab) at++
    if (bytes[at] !== lf && bytes[at] !== cr && bytes[at] !== hash) {
      const place = `${where}: line ${line}`
      const to = word()
      labels.push(numberIn(bytes, at, to, place))
      at = to
      let last = -1
      for (;;) {
        while (bytes[at] === space || bytes[at] === tab) at++
        if (isEnd(bytes[at]!)) break
        const middle = word()
        const name = String.fromCharCode(...bytes.subarray(at, Math.min(middle, at + 20)))
        if (bytes[middle] !== colon) {
          throw new FormatError(
            `${place} has ${JSON.stringify(name)} without a value; index:value was expected. Mend the line.`,
          )
        }
        at = middle + 1
        const end = word()
        const value = numberIn(bytes, at, end, place)
        at = end
        if (name === 'qid') {
          queries.push(value)
          continue
        }
        const index = Number(name)
        if (!/^\d+$/.test(name) || index >= 2 ** 31 - 1) {
          throw new FormatError(
            `${place} has the feature ${JSON.stringify(name)}; a whole number below 2147483647 was expected. Mend the line.`,
          )
        }
        if (index <= last) {
          throw new FormatError(
            `${place} has feature ${index} after ${last}; they must grow, each once. Sort the line.`,
            { line },
          )
        }
        last = index
        indices.push(index)
        values.push(value)
      }
      starts.push(values.length)
    }
    while (bytes[at] !== lf && bytes[at] !== cr) at++
    at += bytes[at] === cr && bytes[at + 1] === lf ? 2 : 1
    line++
  }
  return { labels, queries, starts, indices, values }
}

/**
 * The rows of a file in the format of SVMlight and LIBSVM: `label index:value index:value ...`, a comment after `#`.
 *
 * @param where what messages name: the file
 * @throws FormatError naming the line that is not of the format; features must come in order, each once
 * @example
 * const { parseSvmlight } = await import('gradus/data')
 * const rows = parseSvmlight('1 1:0.5 3:2\n-1 2:1\n')
 * rows.columns // 3
 * Source: Joachims, SVMlight, "Input file format"; checked against scikit-learn 1.9.1's load_svmlight_file.
 */
export const parseSvmlight = (
  source: string | Uint8Array,
  options: SvmlightOptions = {},
  where = 'parseSvmlight',
): Svmlight => {
  const { base, columns: given } = svmlightOptions.validate(where, options)
  const bytes = withLastBreak(typeof source === 'string' ? new TextEncoder().encode(source) : source)
  const { labels, queries, starts, indices: found, values } = scan(bytes, where)
  if (labels.length === 0)
    throw new FormatError(`${where}: is empty: it has no row. Check that it was written to its end.`)
  const all = found.values
  const zero = all.includes(0)
  if (base === '1' && zero)
    throw new FormatError(`${where}: has a feature 0, so its features do not count from 1. Pass { base: '0' }.`)
  const first = base === '0' || (base === 'auto' && zero) ? 0 : 1
  const indices = Int32Array.from(all, index => index - first)
  const seen = indices.reduce((most, index) => Math.max(most, index + 1), 0)
  if (given !== undefined && given < seen) {
    throw new ArgumentError(
      `${where}: columns is ${given} and the file has feature ${seen - 1 + first}. Pass at least ${seen}.`,
      {
        columns: given,
      },
    )
  }
  const sparse = {
    rows: labels.length,
    columns: given ?? seen,
    indptr: Int32Array.from(starts.values),
    indices,
    data: values.values,
    labels: labels.values,
  }
  return queries.length === labels.length ? { ...sparse, queryIds: Int32Array.from(queries.values) } : sparse
}

/** Reads a file in the format of SVMlight and LIBSVM as {@link parseSvmlight} does. */
export const readSvmlight = async (source: TableSource, options: SvmlightOptions = {}): Promise<Svmlight> => {
  const { name, bytes } = await readContents(source, 'readSvmlight')
  return parseSvmlight(bytes, options, name)
}
