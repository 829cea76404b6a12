import { ShapeError } from '../../core/errors.ts'
import { engineName } from '../../engine/engine.ts'
import { type Dense, dense } from '../../ops/matrix-kernels.ts'
import { fromArray } from '../../tensor/creation.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { maxColumns, maxSteps, tile, type TileKernel, tileKernel } from './tile-kernel.ts'

// Matrix products in float64. Measured on 2 cores with AVX-512 (n × n by n × n, GFLOP/s): plain loops 1; tiles 5 at n = 64, 9 at 128, 13
// at 256, 19 at 1024; the native engine 6, 21, 42 and 87, after a session of 1 to 2 ms for each new shape.

export interface ProductOptions {
  /** Take the first, or the second, matrix with its axes swapped. */
  readonly transposeA?: boolean
  readonly transposeB?: boolean
}

/** A matrix as the product reads it: element (i, j) is `data[i · row + j · column]`. */
interface View {
  readonly rows: number
  readonly columns: number
  readonly data: Float64Array
  readonly row: number
  readonly column: number
}
const viewOf = ({ rows, columns, data }: Dense, transpose: boolean): View =>
  transpose
    ? { rows: columns, columns: rows, data, row: 1, column: columns }
    : { rows, columns, data, row: columns, column: 1 }

const viewsOf = (a: Dense, b: Dense, { transposeA = false, transposeB = false }: ProductOptions): [View, View] => {
  const views: [View, View] = [viewOf(a, transposeA), viewOf(b, transposeB)]
  const [left, right] = views
  if (left.columns === right.rows) return views
  throw new ShapeError(
    `product: inner sizes differ: the first matrix is [${left.rows}, ${left.columns}] and the second [${right.rows}, ${right.columns}]. The second needs ${left.columns} rows.`,
  )
}

/** A matrix for an engine, as it lies; axes are swapped in the graph, where the product takes it up. */
const tensorOf = ({ rows, columns, data, column }: View): Tensor<readonly [number, number], 'float64'> =>
  column === 1
    ? fromArray(data, [rows, columns], 'float64')
    : (fromArray(data, [columns, rows], 'float64').transpose() as Tensor<readonly [number, number], 'float64'>)

const plain = (a: View, b: View, out: Float64Array): void => {
  const n = b.columns
  for (let i = 0; i < a.rows; i++)
    for (let p = 0; p < a.columns; p++) {
      const x = a.data[i * a.row + p * a.column]!
      if (b.column === 1) {
        const [to, from] = [i * n, p * b.row]
        for (let j = 0; j < n; j++) out[to + j]! += x * b.data[from + j]!
      } else for (let j = 0; j < n; j++) out[i * n + j]! += x * b.data[p * b.row + j * b.column]!
    }
}

/** Copies rows `from` to `to` of a view by fours: the values of one step beside each other, 0 where there is no row. */
const pack = (
  { data, row, column }: View,
  [from, to]: readonly [number, number],
  [first, last]: readonly [number, number],
  out: Float64Array,
): void => {
  let at = 0
  for (let i = from; i < to; i += tile) {
    for (let r = 0; r < tile; r++) {
      const start = at + r
      if (i + r >= to) for (let p = first, w = start; p < last; p++, w += tile) out[w] = 0
      else {
        let read = (i + r) * row + first * column
        for (let p = first, w = start; p < last; p++, w += tile, read += column) out[w] = data[read]!
      }
    }
    at += tile * (last - first)
  }
}

/** The product by tiles of 4 × 4 held in registers (Goto & van de Geijn 2008), of blocks that stay in the cache. */
const byTiles = (kernel: TileKernel, a: View, b: View, out: Float64Array, upperOnly = false): void => {
  const [m, n, k] = [a.rows, b.columns, a.columns]
  const columns: View = { rows: n, columns: k, data: b.data, row: b.column, column: b.row }
  for (let p = 0; p < k; p += maxSteps) {
    const steps = [p, Math.min(p + maxSteps, k)] as const
    for (let j = 0; j < n; j += maxColumns) {
      const end = Math.min(j + maxColumns, n)
      pack(columns, [j, end], steps, kernel.right)
      for (let i = 0; i < (upperOnly ? Math.min(m, end) : m); i += tile) {
        const rows = Math.min(tile, m - i)
        pack(a, [i, i + rows], steps, kernel.left)
        kernel.run(steps[1] - steps[0], Math.ceil((end - j) / tile))
        for (let r = 0; r < rows; r++) {
          const strip = kernel.result.subarray(r * maxColumns, r * maxColumns + end - j)
          const to = (i + r) * n + j
          if (p === 0) out.set(strip, to)
          else for (let c = 0; c < strip.length; c++) out[to + c]! += strip[c]!
        }
      }
    }
  }
}

const here = (a: View, b: View): Dense => {
  const out = dense(a.rows, b.columns)
  const kernel = a.rows * b.columns * a.columns > 2000 ? tileKernel() : null
  if (kernel) byTiles(kernel, a, b, out.data)
  else plain(a, b, out.data)
  return out
}

/** `A B` at once, without an engine; see {@link product}. */
export const productSync = (a: Dense, b: Dense, options: ProductOptions = {}): Dense => here(...viewsOf(a, b, options))

/** Products of fewer multiplications are not worth an engine's session. */
const worthAnEngine = 2 ** 20

/**
 * `A B` in float64, large ones by the native engine where it is the engine in use.
 *
 * **Shape** a: `[m, k]`, b: `[k, n]` → `[m, n]`; with `transposeA` a is `[k, m]`, with `transposeB` b is `[n, k]`.
 *
 * @throws ShapeError where the inner sizes differ
 */
export const product = async (a: Dense, b: Dense, options: ProductOptions = {}): Promise<Dense> => {
  const [left, right] = viewsOf(a, b, options)
  const [m, n, k] = [left.rows, right.columns, left.columns]
  if (m * n * k < worthAnEngine || engineName() !== 'native') return here(left, right)
  return dense(
    m,
    n,
    await tensorOf(left)
      .matmul(tensorOf(right) as never)
      .data(),
  )
}

/** `X Xᵀ` at once, without an engine, `[N, N]` for X `[N, F]`; exactly symmetric. */
export const rowGramSync = (x: Dense): Dense => copyUpper(rowGramUpper(x))

/** The triangle of {@link rowGramSync} on and above the diagonal; what is below is not to be read. */
export const rowGramUpper = (x: Dense): Dense => {
  const kernel = x.rows * x.rows * x.columns > 2000 ? tileKernel() : null
  if (!kernel) return productSync(x, x, { transposeB: true })
  const out = dense(x.rows, x.rows)
  byTiles(kernel, ...viewsOf(x, x, { transposeB: true }), out.data, true)
  return out
}

/** Copies what is above the diagonal below it, in place, by squares that stay in the cache. */
export const copyUpper = (a: Dense): Dense => {
  const { rows: N, data } = a
  const side = 64
  for (let i = 0; i < N; i += side) {
    for (let j = 0; j <= i; j += side) {
      const [bottom, right] = [Math.min(N, i + side), j + side]
      for (let r = i; r < bottom; r++)
        for (let c = j, end = Math.min(r, right); c < end; c++) data[r * N + c] = data[c * N + r]!
    }
  }
  return a
}

/** Rows from which the engine's threads are ahead of half the work on one. */
const worthAnEngineGram = 2 ** 27

/** `Xᵀ X`, `[F, F]` for X `[N, F]`; exactly symmetric. */
export const gram = async (x: Dense): Promise<Dense> =>
  x.rows * x.columns * x.columns < worthAnEngineGram || engineName() !== 'native'
    ? gramSync(x)
    : mirrored(await product(x, x, { transposeA: true }))

/** `Xᵀ X` at once, without an engine: the triangle on and above the diagonal, tile by tile. */
export const gramSync = (x: Dense): Dense => {
  const kernel = x.rows * x.columns * x.columns > 2000 && x.columns <= maxColumns ? tileKernel() : null
  if (!kernel) return mirrored(productSync(x, x, { transposeA: true }))
  const { rows: N, columns: F, data } = x
  const out = dense(F, F)
  const panels = Math.ceil(F / tile)
  for (let p = 0; p < N; p += maxSteps) {
    const steps = Math.min(maxSteps, N - p)
    packColumns(data.subarray(p * F, (p + steps) * F), F, kernel.right)
    for (let own = 0; own < panels; own++) {
      kernel.runOwn(steps, own, panels - own)
      for (let r = 0; r < tile && own * tile + r < F; r++) {
        const from = r * maxColumns
        const to = (own * tile + r) * F + own * tile
        const width = F - own * tile
        for (let c = 0; c < width; c++) out.data[to + c]! += kernel.result[from + c]!
      }
    }
  }
  for (let i = 0; i < F; i++) for (let j = 0; j < i; j++) out.data[i * F + j] = out.data[j * F + i]!
  return out
}

/** Rows by panels of 4 columns, all steps of a panel after each other; 0 where there is no column. */
const packColumns = (data: Float64Array, F: number, out: Float64Array): void => {
  const steps = data.length / F
  const whole = F - (F % tile)
  let at = 0
  for (let j = 0; j < whole; j += tile) {
    for (let read = j; read < data.length; read += F, at += tile) {
      out[at] = data[read]!
      out[at + 1] = data[read + 1]!
      out[at + 2] = data[read + 2]!
      out[at + 3] = data[read + 3]!
    }
  }
  if (whole === F) return
  for (let step = 0; step < steps; step++, at += tile) {
    for (let c = 0; c < tile; c++) out[at + c] = whole + c < F ? data[step * F + whole + c]! : 0
  }
}

/** An engine may round the two triangles differently. */
const mirrored = (a: Dense): Dense => {
  const { rows: n, data } = a
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) data[j * n + i] = data[i * n + j]!
  return a
}

/** `A x`. */
export const timesVector = ({ rows, columns, data }: Dense, x: ArrayLike<number>): Float64Array => {
  const out = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    let total = 0
    for (let j = 0, at = i * columns; j < columns; j++, at++) total += data[at]! * x[j]!
    out[i] = total
  }
  return out
}
/** `Aᵀ x`. */
export const transposeTimesVector = ({ rows, columns, data }: Dense, x: ArrayLike<number>): Float64Array => {
  const out = new Float64Array(columns)
  for (let i = 0; i < rows; i++) {
    const factor = x[i]!
    if (factor !== 0) for (let j = 0, at = i * columns; j < columns; j++, at++) out[j]! += factor * data[at]!
  }
  return out
}
