import { i32, leb, moduleOf, simd, v128 } from '../../core/wasm.ts'

const [load, loadSplat, store, zero, or, anyTrue, above, plus, times] = [
  0x00, 0x09, 0x0b, 0x0c, 0x50, 0x53, 0x44, 0xe4, 0xe6,
]
/** Rows and columns of a tile. */
export const [tileRows, tileColumns] = [4, 8]
/** Float32 places of a hit: the panel's number, three unused, and the tile. */
export const hitSize = 4 + tileRows * tileColumns

/**
 * The bytes of a module that imports `env.memory` and exports `run(a, b, t, out, steps, panels)`: products of 4 rows with panels of 8
 * columns, all float32. Each of the steps takes the next 4 values from `a` and the next 8 from `b`. A panel of which a value is above the
 * threshold of its row, of which there are 4 at `t`, is a hit: its number and its tile are written to `out`. Gives how many hits there are.
 */
const emitScores = (): Uint8Array => {
  const [a, b, t, out, steps, panels, at, rest, hits, number, left, right, x, sums] = Array.from(
    { length: 14 },
    (_, i) => i,
  ) as [number, number, number, number, number, number, number, number, number, number, number, number, number, number]
  const get = (i: number): number[] => [0x20, i]
  const set = (i: number): number[] => [0x21, i]
  const constant = (n: number): number[] => [0x41, ...signedLeb(n)]
  const read = (code: number, from: number, offset: number, align: number): number[] => [
    ...get(from),
    ...simd(code),
    align,
    ...leb(offset),
  ]
  const forward = (place: number, bytes: number): number[] => [...get(place), ...constant(bytes), 0x6a, ...set(place)]
  const again = (count: number): number[] => [...get(count), ...constant(1), 0x6b, 0x22, count, 0x0d, 0]
  const rows = [0, 1, 2, 3]
  const accumulate = (sum: number, half: number): number[] => [
    ...[...get(sum), ...get(x), ...get(half), ...simd(times), ...simd(plus), ...set(sum)],
  ]
  const step = [
    ...[...read(load, b, 0, 2), ...set(left), ...read(load, b, 16, 2), ...set(right)],
    ...rows.flatMap(r => [
      ...[...read(loadSplat, at, 4 * r, 2), ...set(x)],
      ...accumulate(sums + 2 * r, left),
      ...accumulate(sums + 2 * r + 1, right),
    ]),
    ...[...forward(at, 16), ...forward(b, 32)],
  ]
  const halves = Array.from({ length: 8 }, (_, i) => i)
  const clear = halves.flatMap(i => [...simd(zero), ...new Array<number>(16).fill(0), ...set(sums + i)])
  const compare = rows.flatMap(r => [
    ...[...read(loadSplat, t, 4 * r, 2), ...set(x)],
    ...[
      ...get(sums + 2 * r),
      ...get(x),
      ...simd(above),
      ...get(sums + 2 * r + 1),
      ...get(x),
      ...simd(above),
      ...simd(or),
    ],
    ...(r > 0 ? simd(or) : []),
  ])
  const write = [
    ...[...get(out), ...get(number), 0x36, 2, 0],
    ...halves.flatMap(i => [...get(out), ...get(sums + i), ...simd(store), 2, ...leb(16 + 16 * i)]),
    ...[...forward(out, 4 * hitSize), ...forward(hits, 1)],
  ]
  const panel = [
    ...[...clear, ...get(a), ...set(at), ...get(steps), ...set(rest)],
    ...[0x03, 0x40, ...step, ...again(rest), 0x0b],
    ...[...compare, ...simd(anyTrue), 0x04, 0x40, ...write, 0x0b],
    ...[...forward(number, 1), ...again(panels)],
  ]
  return moduleOf({
    parameters: [i32, i32, i32, i32, i32, i32],
    results: [i32],
    locals: [i32, i32, i32, i32, ...new Array<number>(11).fill(v128)],
    body: [0x03, 0x40, ...panel, 0x0b, ...get(hits), 0x0b],
  })
}

/** A small number from 0 in signed LEB128. */
const signedLeb = (n: number): number[] => (n < 64 ? [n] : [(n & 0x7f) | 0x80, n >> 7])

type Run = (a: number, b: number, t: number, out: number, steps: number, panels: number) => number

let module: WebAssembly.Module | undefined
/** A kernel with memory for so many bytes; null where there is no WebAssembly with vector instructions. */
export const scoreKernel = (bytes: number): { readonly run: Run; readonly memory: ArrayBuffer } | null => {
  try {
    module ??= new WebAssembly.Module(emitScores() as Uint8Array<ArrayBuffer>)
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65_536) })
    const instance = new WebAssembly.Instance(module, { env: { memory } })
    return { run: (instance.exports as unknown as { run: Run }).run, memory: memory.buffer }
  } catch {
    return null
  }
}
