import { show } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import * as ar from '../../ops/arithmetic.ts'
import { broadcastTo, reshape, sum } from '../../ops/broadcast.ts'
import { gather } from '../../ops/indexing.ts'
import { matmul } from '../../ops/linear-algebra.ts'
import { all } from '../../ops/reduce.ts'
import type { Call, Operator, Operators } from './call.ts'
import { held } from './known.ts'
import { upTo } from './nodes.ts'

/** The n-grams of one length in a pool, and where they are counted. */
interface Grams {
  readonly length: number
  readonly items: readonly number[]
  /** Column of each n-gram. */
  readonly columns: readonly number[]
}

/** The pool holds all 1-grams, then all 2-grams, and so on; `ngram_counts` says where each length starts. */
const poolOf = (call: Call): Grams[] => {
  if (!call.has('pool_int64s')) call.fail('counts strings', 'Numbers were expected: strings are not supported.')
  const pool = call.ints('pool_int64s')
  const starts = call.ints('ngram_counts')
  const columns = call.ints('ngram_indexes')
  let next = 0
  return starts.map((start, i) => {
    const length = i + 1
    const items = pool.slice(start, starts[i + 1] ?? pool.length)
    const count = items.length / length
    const own = columns.slice(next, next + count)
    next += count
    if (!Number.isInteger(count) || own.length !== count || own.some(c => c < 0))
      call.fail(
        `has ${items.length} items of ${length}-grams and ${columns.length} indexes`,
        'They do not go together.',
      )
    return { length, items, columns: own }
  })
}

/** How often each n-gram stands in rows `[B, C]`, its items `step` apart → float32 `[B, n-grams]`. */
const occurrences = (call: Call, rows: Node, { length, items }: Grams, step: number): Node | null => {
  const [batch, size] = rows.shape as readonly [number, number]
  const windows = size - (length - 1) * step
  const count = items.length / length
  if (windows < 1 || count === 0) return null
  call.claim(batch * windows * count * length)
  const places = held(
    upTo(windows * length).map(i => Math.floor(i / length) + (i % length) * step),
    [windows, length],
    'int64',
  )
  const seen = reshape(gather(rows, places, 1), [batch, windows, 1, length])
  const wanted = held(items, [count, length], 'int64')
  return sum(ar.cast(all(ar.equal(seen, wanted), -1), 'float32'), 1)
}

/** Counts of n-grams of numbers, weighted: `[C]` or `[B, C]` → a column for each n-gram. */
const tfIdf: Operator = call => {
  const x = ar.cast(call.input(0), 'int64')
  if (x.shape.length < 1 || x.shape.length > 2) call.fail(`takes ${show(x.shape)}`, 'One row or several were expected.')
  const rows = x.shape.length === 1 ? reshape(x, [1, -1]) : x
  const [shortest, longest] = [call.int('min_gram_length'), call.int('max_gram_length')]
  // Items further apart than a row is long are in none.
  const skips = Math.min(Math.max(call.int('max_skip_count', 0), 0), rows.shape[1]!)
  const mode = call.choice('mode', ['TF', 'IDF', 'TFIDF'], 'TF')
  const grams = poolOf(call)
  const width = Math.max(0, ...grams.flatMap(g => g.columns)) + 1
  const weights = call.floats('weights', [])
  call.claim(width * (weights.length || 1))
  let place = 0
  let total: Node = broadcastTo(ar.constant(0, 'float32'), [rows.shape[0]!, width])
  for (const g of grams) {
    const from = place
    place += g.columns.length
    if (g.length < shortest || g.length > longest) continue
    // A single item is nowhere apart.
    const steps = g.length === 1 ? [1] : upTo(skips + 1).map(s => s + 1)
    const counts = steps.flatMap(step => {
      call.spend(1)
      return occurrences(call, rows, g, step) ?? []
    })
    if (counts.length === 0) continue
    const together = counts.reduce((a, b) => ar.add(a, b))
    const capped = mode === 'IDF' ? ar.minimum(together, ar.constant(1, 'float32')) : together
    const weight = (i: number): number => (mode === 'TF' ? 1 : (weights[from + i] ?? 1))
    const spread = g.columns.flatMap((column, i) => upTo(width).map(c => (c === column ? weight(i) : 0)))
    total = ar.add(total, matmul(capped, held(spread, [g.columns.length, width], 'float32')))
  }
  return x.shape.length === 1 ? reshape(total, [width]) : total
}

export const textOperators: Operators = { TfIdfVectorizer: tfIdf }
