import { simd } from '../../../core/wasm.ts'
import { address, f64Const, local, localSet, localTee, loop, sharedModule, type Step } from './wasm-loop.ts'

// The inner loop of histogram boosting. A histogram has a place for each bin of each feature: the sum of gradients and the count where
// hessians are 1, else the sums of gradients and hessians, the count, and a gap.

/** Numbers a place. */
export const strideOf = (constant: boolean): number => (constant ? 2 : 4)

/** Adds rows [from, to) of so many features, from the first on, to their places in `out`. */
export type Sums = (first: number, count: number, from: number, to: number) => void

export interface SumArrays {
  /** [features, places, stride] */
  readonly out: Float64Array
  /** [features, rows] */
  readonly bins: Uint8Array
  readonly rows: Int32Array
  /** Gradient and hessian of each row, side by side in the order of `rows`. */
  readonly pairs: Float32Array
  /** The features' number of rows and bins. */
  readonly rowCount: number
  readonly places: number
  readonly constant: boolean
}

/** The loop in plain code. */
export const plainSums = ({ out, bins, rows, pairs, rowCount, places, constant }: SumArrays): Sums => {
  const one = (at: number, column: number, from: number, to: number): void => {
    for (let p = from; p < to; p++) {
      const place = at + 2 * bins[column + rows[p]!]!
      out[place]! += pairs[2 * p]!
      out[place + 1]! += 1
    }
  }
  const both = (at: number, column: number, from: number, to: number): void => {
    for (let p = from; p < to; p++) {
      const place = at + 4 * bins[column + rows[p]!]!
      out[place]! += pairs[2 * p]!
      out[place + 1]! += pairs[2 * p + 1]!
      out[place + 2]! += 1
    }
  }
  const sum = constant ? one : both
  const room = places * strideOf(constant)
  return (first, count, from, to) => {
    for (let j = first; j < first + count; j++) sum(j * room, j * rowCount, from, to)
  }
}

const [i32Load, i32Load8, i32Store, i32Shl, i32Add, i32Sub, i32Const, i32LeU, i32Eq, i32Or] = [
  0x28, 0x2d, 0x36, 0x74, 0x6a, 0x6b, 0x41, 0x4d, 0x46, 0x72,
] as const
const [f64Load, f64Store, f64Add] = [0x2b, 0x39, 0xa0] as const
const [vLoad, vStore, vLoad64, promote, f64x2Add] = [0x00, 0x0b, 0x5d, 0x5f, 0xf0] as const

/** Features that one loop takes: rows and gradients are read once for all of them. */
const together = 4

/** The loop over rows for so many features. Parameters: out, rows, pairs, end of rows, and the features' bins. */
const sumLoop = (features: number, constant: boolean, places: number): number[] => {
  const [out, rows, pairs, last, bins] = [0, 1, 2, 3, 4]
  const row = bins! + features
  const place = row + 1
  const pair = row + 2
  const shift = constant ? 4 : 5
  const feature = (f: number): number[] => {
    const at = f * places * (1 << shift)
    return [
      ...[...local(out!), ...local(bins! + f), ...local(row), i32Add, i32Load8, ...address(0, 0)],
      ...[i32Const, shift, i32Shl, i32Add, ...localTee(place)],
      ...[...local(place), ...simd(vLoad), ...address(3, at), ...local(pair), ...simd(f64x2Add)],
      ...[...simd(vStore), ...address(3, at)],
      ...(constant
        ? []
        : [
            ...[...local(place), ...local(place), f64Load, ...address(3, at + 16), ...f64Const(1), f64Add],
            ...[f64Store, ...address(3, at + 16)],
          ]),
    ]
  }
  const step: Step = k => [
    ...[...local(rows!), i32Load, ...address(2, 4 * k), ...localSet(row)],
    ...[...local(pairs!), ...simd(vLoad64), ...address(3, 8 * k), ...simd(promote), ...localSet(pair)],
    ...Array.from({ length: features }, (_, f) => feature(f)).flat(),
  ]
  return loop(
    {
      pointer: rows!,
      end: last!,
      moves: [
        [rows!, 4],
        [pairs!, 8],
      ],
      step,
    },
    features === 1 ? 4 : 1,
  )
}

const compiled = new Map<string, WebAssembly.Module>()
const compile = (key: string, bytes: () => Uint8Array): WebAssembly.Module => {
  const known = compiled.get(key)
  if (known) return known
  const module = new WebAssembly.Module(bytes() as BufferSource)
  compiled.set(key, module)
  return module
}
const isShared = (memory: WebAssembly.Memory): boolean =>
  typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer
const instance = (module: WebAssembly.Module, memory: WebAssembly.Memory) =>
  new WebAssembly.Instance(module, { env: { memory } }).exports.run as (...numbers: number[]) => number

/** The same loop in WebAssembly, on arrays that lie in its memory. Its sums are those of the plain loop to the last bit. */
export const wasmSums = (arrays: SumArrays, memory: WebAssembly.Memory): Sums => {
  const { rowCount, places, constant } = arrays
  const shared = isShared(memory)
  const runFor = (features: number) =>
    instance(
      compile(`sums ${features} ${places} ${constant} ${shared}`, () =>
        sharedModule({
          parameters: 4 + features,
          locals: [2, 1],
          shared,
          body: sumLoop(features, constant, places),
        }),
      ),
      memory,
    )
  const single = runFor(1)
  const several = runFor(together)
  const room = 8 * places * strideOf(constant)
  const { byteOffset: out } = arrays.out
  const { byteOffset: bins } = arrays.bins
  const { byteOffset: rows } = arrays.rows
  const { byteOffset: pairs } = arrays.pairs
  return (first, count, from, to) => {
    const last = first + count
    let j = first
    for (; j + together <= last; j += together) {
      const column = bins + j * rowCount
      several(
        ...([out + j * room, rows + 4 * from, pairs + 8 * from, rows + 4 * to] as const),
        ...([column, column + rowCount, column + 2 * rowCount, column + 3 * rowCount] as const),
      )
    }
    for (; j < last; j++) single(out + j * room, rows + 4 * from, pairs + 8 * from, rows + 4 * to, bins + j * rowCount)
  }
}

export interface PartArrays {
  readonly bins: Uint8Array
  readonly rows: Int32Array
  readonly left: Int32Array
  readonly right: Int32Array
}

/**
 * Parts rows [from, to): those of bins up to `bin`, or of the bin `missing`, into `left`, the others into `right`, both from place `from` on.
 * `column` is the place of the feature's first bin. Gives how many went left.
 */
export type Parting = (column: number, bin: number, missing: number, from: number, to: number) => number

/** The parting in plain code. */
export const plainParting =
  ({ bins, rows, left, right }: PartArrays): Parting =>
  (column, bin, missing, from, to) => {
    let l = from
    let r = from
    for (let p = from; p < to; p++) {
      const row = rows[p]!
      const own = bins[column + row]!
      left[l] = row
      right[r] = row
      // No branch, which would be guessed wrong every other time.
      const goes = ((own - bin - 1) >>> 31) | (((own ^ missing) - 1) >>> 31)
      l += goes
      r += 1 - goes
    }
    return l - from
  }

/** Parameters: bins, rows, left, right, end of rows, bin, missing. */
const partLoop = (): number[] => {
  const [bins, rows, left, right, last, bin, missing, row, own] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const
  const step: Step = k => [
    ...[...local(rows), i32Load, ...address(2, 4 * k), ...localSet(row)],
    ...[...local(left), ...local(row), i32Store, ...address(2, 0)],
    ...[...local(right), ...local(row), i32Store, ...address(2, 0)],
    ...[...local(bins), ...local(row), i32Add, i32Load8, ...address(0, 0), ...localTee(own)],
    ...[...local(bin), i32LeU, ...local(own), ...local(missing), i32Eq, i32Or, i32Const, 2, i32Shl, ...localSet(own)],
    ...[...local(left), ...local(own), i32Add, ...localSet(left)],
    ...[...local(right), i32Const, 4, i32Add, ...local(own), i32Sub, ...localSet(right)],
  ]
  return [...loop({ pointer: rows, end: last, moves: [[rows, 4]], step }, 4), ...local(left)]
}

/** The same in WebAssembly. */
export const wasmParting = (arrays: PartArrays, memory: WebAssembly.Memory): Parting => {
  const shared = isShared(memory)
  const module = compile(`part ${shared}`, () =>
    sharedModule({ parameters: 7, locals: [2, 0], result: true, shared, body: partLoop() }),
  )
  const run = instance(module, memory)
  const { byteOffset: bins } = arrays.bins
  const { byteOffset: rows } = arrays.rows
  const { byteOffset: left } = arrays.left
  const { byteOffset: right } = arrays.right
  return (column, bin, missing, from, to) => {
    const end = run(bins + column, rows + 4 * from, left + 4 * from, right + 4 * from, rows + 4 * to, bin, missing)
    return (end - left) / 4 - from
  }
}
