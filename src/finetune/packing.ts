import { DataError } from '../core/errors.ts'
import { fromArray } from '../tensor/creation.ts'
import type { TokenBatch } from '../text/windows.ts'
import type { TokenizedExample } from './answer-tokens.ts'

/** The label of what is not learned, as everywhere in this field. */
export const notLearned = -100

export interface WindowOptions {
  /** Tokens of a window. */
  readonly length: number
  /** Whether several examples share a window. */
  readonly packing?: boolean
}

/** Examples as windows of one length: rows of ids and of labels. */
export interface SftWindows {
  readonly length: number
  readonly ids: readonly Int32Array[]
  readonly labels: readonly Int32Array[]
  /** Examples that were longer than a window, and lost their end. */
  readonly cut: number
  /** Examples that lost their whole answer so, and are left out. */
  readonly dropped: number
}

interface Row {
  readonly ids: Int32Array
  readonly labels: Int32Array
  used: number
}

/** What an example takes of a window: each of its tokens but the last is read, and each but the first is a target. */
const inputsOf = ({ ids }: TokenizedExample): number => ids.length - 1

const put = (row: Row, { ids, answer }: TokenizedExample): void => {
  const n = ids.length - 1
  row.ids.set(ids.subarray(0, n), row.used)
  for (let i = 0; i < n; i++) if (answer[i + 1]) row.labels[row.used + i] = ids[i + 1]!
  row.used += n
}

const cutTo = (example: TokenizedExample, length: number): TokenizedExample => ({
  ids: example.ids.subarray(0, length + 1),
  answer: example.answer.subarray(0, length + 1),
})

/**
 * Examples in windows of one length, with the label −100 wherever nothing is learned: prompts, and what fills a window up. An example longer
 * than a window loses its end; one that loses its whole answer so is left out.
 *
 * With `packing`, examples share windows: the longest are placed first, each into the fullest window with room for it. No target
 * crosses from one example to the next, so that nothing of one is learned from another; but attention does reach back over the examples
 * before it in the window, and positions run on, as in most packed training. Where that matters, train without packing.
 *
 * @throws DataError where no example has an answer within a window
 */
export const sftWindows = (
  examples: readonly TokenizedExample[],
  { length, packing = false }: WindowOptions,
): SftWindows => {
  const long = examples.filter(example => inputsOf(example) > length).length
  const kept = examples.map(example => cutTo(example, length)).filter(({ answer }) => answer.subarray(1).includes(1))
  if (kept.length === 0)
    throw new DataError(
      `sftWindows: none of ${examples.length} examples has its answer within ${length} tokens. Give shorter prompts, or a model of a longer context.`,
      { examples: examples.length, length },
    )
  const rows = (packing ? packed : apart)(kept, length)
  return {
    length,
    ids: rows.map(({ ids }) => ids),
    labels: rows.map(({ labels }) => labels),
    cut: long,
    dropped: examples.length - kept.length,
  }
}

const empty = (length: number): Row => ({
  ids: new Int32Array(length),
  labels: new Int32Array(length).fill(notLearned),
  used: 0,
})

const apart = (examples: readonly TokenizedExample[], length: number): Row[] =>
  examples.map(example => {
    const row = empty(length)
    put(row, example)
    return row
  })

/** Best fit, the longest first. */
const packed = (examples: readonly TokenizedExample[], length: number): Row[] => {
  const rows: Row[] = []
  /** Windows by the room that is left in them. */
  const byRoom = Array.from({ length: length + 1 }, (): Row[] => [])
  for (const example of [...examples].sort((a, b) => inputsOf(b) - inputsOf(a))) {
    let room = inputsOf(example)
    while (room <= length && byRoom[room]!.length === 0) room++
    const row = byRoom[room]?.pop() ?? empty(length)
    if (row.used === 0) rows.push(row)
    put(row, example)
    byRoom[length - row.used]!.push(row)
  }
  return rows
}

/** Some of the windows as a batch; where there are fewer than `size`, empty rows, of which nothing is learned, fill it up. */
export const sftBatch = (windows: SftWindows, which: ArrayLike<number>, size = which.length): TokenBatch => {
  const { length } = windows
  const ids = new Int32Array(size * length)
  const labels = new Int32Array(size * length).fill(notLearned)
  for (let row = 0; row < which.length; row++) {
    ids.set(windows.ids[which[row]!]!, row * length)
    labels.set(windows.labels[which[row]!]!, row * length)
  }
  const shape = [size, length] as const
  return { x: fromArray(ids, shape, 'int32'), y: fromArray(labels, shape, 'int32') }
}

/** How many targets of some windows are learned. */
export const answersIn = (windows: SftWindows, which: ArrayLike<number>): number => {
  let count = 0
  for (let i = 0; i < which.length; i++)
    for (const label of windows.labels[which[i]!]!) if (label !== notLearned) count++
  return count
}
