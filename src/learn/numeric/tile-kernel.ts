import { i32, leb, moduleOf, simd, v128 } from '../../core/wasm.ts'

const [load, loadSplat, store, zero, plus, times] = [0x00, 0x0a, 0x0b, 0x0c, 0xf0, 0xf2]
/** Rows and columns of a tile. */
export const tile = 4

/** Steps and columns that the memory has room for. */
export const [maxSteps, maxColumns] = [256, 512]

/**
 * The bytes of a module that imports `env.memory` and exports `run(a, b, c, steps, panels)`: a strip of 4 rows of results. Each of the steps
 * adds the product of a column, the next 4 float64 values from `a`, and a row, the next 4 from `b`; the next panel, of 4 columns more,
 * takes the same columns again and goes on in `b`. A row of the strip is `maxColumns` values long. Steps and panels are at least 1.
 */
const emitStrip = (): Uint8Array => {
  const [a, b, c, steps, panels, at, rest, left, right, x, sums] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
  const get = (i: number): number[] => [0x20, i]
  const set = (i: number): number[] => [0x21, i]
  const read = (code: number, from: number, offset: number): number[] => [
    ...get(from),
    ...simd(code),
    3,
    ...leb(offset),
  ]
  const number = (n: number): number[] => [0x41, n]
  const forward = (place: number): number[] => [...get(place), ...number(32), 0x6a, ...set(place)]
  /** One less; back to the start of the loop unless that is 0. */
  const again = (count: number): number[] => [...get(count), ...number(1), 0x6b, 0x22, count, 0x0d, 0]
  const rows = [0, 1, 2, 3]
  const accumulate = (sum: number, half: number): number[] => [
    ...[...get(sum), ...get(x), ...get(half), ...simd(times), ...simd(plus), ...set(sum)],
  ]
  const step = [
    ...[...read(load, b, 0), ...set(left), ...read(load, b, 16), ...set(right)],
    ...rows.flatMap(r => [
      ...[...read(loadSplat, at, 8 * r), ...set(x)],
      ...accumulate(sums + 2 * r, left),
      ...accumulate(sums + 2 * r + 1, right),
    ]),
    ...[...forward(at), ...forward(b)],
  ]
  const halves = Array.from({ length: 8 }, (_, i) => i)
  const clear = halves.flatMap(i => [...simd(zero), ...new Array<number>(16).fill(0), ...set(sums + i)])
  const place = (i: number): number[] => leb(8 * maxColumns * (i >> 1) + 16 * (i & 1))
  const write = halves.flatMap(i => [...get(c), ...get(sums + i), ...simd(store), 3, ...place(i)])
  const panel = [
    ...[...clear, ...get(a), ...set(at), ...get(steps), ...set(rest)],
    ...[0x03, 0x40, ...step, ...again(rest), 0x0b],
    ...[...write, ...forward(c), ...again(panels)],
  ]
  return moduleOf({
    parameters: [i32, i32, i32, i32, i32],
    results: [],
    locals: [i32, i32, ...new Array<number>(11).fill(v128)],
    body: [0x03, 0x40, ...panel, 0x0b, 0x0b],
  })
}

export interface TileKernel {
  /** Where 4 rows stand, 4 values a step. */
  readonly left: Float64Array
  /** Where columns stand: 4 values a step, all steps of 4 columns after those of the 4 before. */
  readonly right: Float64Array
  /** The 4 rows of results of the last run, each `maxColumns` long. */
  readonly result: Float64Array
  /** `panels`: how many times 4 columns. */
  run(steps: number, panels: number): void
  /** The rows of results are 4 of the columns in `right` themselves, those of panel `own`; taken with the panels from it on. */
  runOwn(steps: number, own: number, panels: number): void
}

let kernel: TileKernel | null | undefined
/** The kernel; null where there is no WebAssembly with vector instructions. */
export const tileKernel = (): TileKernel | null => {
  if (kernel !== undefined) return kernel
  try {
    const sizes = [tile * maxSteps, maxColumns * maxSteps, tile * maxColumns] as const
    const bytes = 8 * (sizes[0] + sizes[1] + sizes[2])
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65_536) })
    const instance = new WebAssembly.Instance(new WebAssembly.Module(emitStrip() as Uint8Array<ArrayBuffer>), {
      env: { memory },
    })
    const { run } = instance.exports as unknown as {
      run(a: number, b: number, c: number, steps: number, panels: number): void
    }
    const [rightAt, resultAt] = [8 * sizes[0], 8 * (sizes[0] + sizes[1])]
    kernel = {
      left: new Float64Array(memory.buffer, 0, sizes[0]),
      right: new Float64Array(memory.buffer, rightAt, sizes[1]),
      result: new Float64Array(memory.buffer, resultAt, sizes[2]),
      run: (steps, panels) => run(0, rightAt, resultAt, steps, panels),
      runOwn: (steps, own, panels) => {
        const at = rightAt + 8 * tile * steps * own
        run(at, at, resultAt, steps, panels)
      },
    }
  } catch {
    kernel = null
  }
  return kernel
}
