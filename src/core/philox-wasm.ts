import { i32, moduleOf, simd, v128 } from './wasm.ts'

const [load, store, constant, shuffle, splat, xor, plus] = [0x20, 0x0b, 0x0c, 0x0d, 0x11, 0x51, 0xae]
/** Products of 32-bit lanes as 64-bit lanes, of the two lower and the two upper lanes. */
const [multiplyLow, multiplyHigh] = [0xde, 0xdf]

const word = (x: number): number[] => [...new Uint8Array(new Uint32Array([x]).buffer)]
const lanes = (...words: number[]): number[] => [...simd(constant), ...words.flatMap(word)]
const same = (x: number): number[] => lanes(x, x, x, x)
/** Lanes 0 to 3 of the first operand and 4 to 7 of the second, in this order. */
const pick = (...order: number[]): number[] => [
  ...simd(shuffle),
  ...order.flatMap(lane => [0, 1, 2, 3].map(byte => 4 * lane + byte)),
]

/**
 * The bytes of a module that imports `env.memory` and exports `run(address, bytes, low, high, key0, key1)`: Philox4x32-10 of the counters from
 * `low + 2^32 high` on, four at a time; 64 bytes each time. `low` must not pass 2^32.
 */
const emitPhilox = (): Uint8Array => {
  const [address, bytes, low, high, key0, key1, position] = [0, 1, 2, 3, 4, 5, 6]
  const [c0, c1, c2, c3, k0, k1, even, odd, high0, high1] = [7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
  const get = (i: number): number[] => [load, i]
  const set = (i: number): number[] => [0x21, i]
  const op = (code: number, ...operands: readonly number[][]): number[] => [...operands.flat(), ...simd(code)]

  /** The upper words of the products with a constant go to `top`; the lower ones stay in the counter's place. */
  const multiply = (counter: number, by: number, top: number): number[] => [
    ...op(multiplyLow, get(counter), same(by)),
    ...set(even),
    ...op(multiplyHigh, get(counter), same(by)),
    ...set(odd),
    ...[...get(even), ...get(odd), ...pick(1, 3, 5, 7), ...set(top)],
    ...[...get(even), ...get(odd), ...pick(0, 2, 4, 6), ...set(counter)],
  ]
  // After it c0 and c2 hold the lower products, which become c3 and c1.
  const round = (): number[] => [
    ...multiply(c0, 0xd2511f53, high0),
    ...multiply(c2, 0xcd9e8d57, high1),
    ...op(xor, op(xor, get(high1), get(c1)), get(k0)),
    ...op(xor, op(xor, get(high0), get(c3)), get(k1)),
    ...[...get(c0), ...set(c3), ...get(c2), ...set(c1), ...set(c2), ...set(c0)],
    ...[...op(plus, get(k0), same(0x9e3779b9)), ...set(k0)],
    ...[...op(plus, get(k1), same(0xbb67ae85)), ...set(k1)],
  ]
  const at = [...get(address), ...get(position), 0x6a]
  const write = (offset: number, value: readonly number[]): number[] => [...at, ...value, ...simd(store), 2, offset]
  const pair = (a: number, b: number, order: readonly number[]): number[] => [...get(a), ...get(b), ...pick(...order)]
  // From a word of four blocks to the four words of a block.
  const firsts = [...pair(c0, c1, [0, 4, 1, 5]), ...set(high0), ...pair(c2, c3, [0, 4, 1, 5]), ...set(high1)]
  const seconds = [...pair(c0, c1, [2, 6, 3, 7]), ...set(high0), ...pair(c2, c3, [2, 6, 3, 7]), ...set(high1)]
  const halves = (offset: number): number[] => [
    ...write(offset, pair(high0, high1, [0, 1, 4, 5])),
    ...write(offset + 16, pair(high0, high1, [2, 3, 6, 7])),
  ]
  const block = [
    ...[...get(low), ...simd(splat), ...lanes(0, 1, 2, 3), ...simd(plus), ...set(c0)],
    ...[...get(high), ...simd(splat), ...set(c1)],
    ...[...same(0), ...set(c2), ...same(0), ...set(c3)],
    ...[...get(key0), ...simd(splat), ...set(k0), ...get(key1), ...simd(splat), ...set(k1)],
    ...Array.from({ length: 10 }, round).flat(),
    ...[...firsts, ...halves(0), ...seconds, ...halves(32)],
    ...[...get(low), 0x41, 4, 0x6a, ...set(low)],
  ]
  // Numbers are signed here: one byte would be −64.
  const sixtyFour = [0xc0, 0x00]
  const advance = [...get(position), 0x41, ...sixtyFour, 0x6a, 0x22, position, ...get(bytes), 0x49, 0x0d, 0]
  return moduleOf({
    parameters: [i32, i32, i32, i32, i32, i32],
    results: [],
    locals: [i32, ...new Array<number>(10).fill(v128)],
    body: [0x03, 0x40, ...block, ...advance, 0x0b, 0x0b],
  })
}

/** Words that one call makes at most: one page of memory. */
export const chunkWords = 16_384

/** Fills the first `count` words (a multiple of 16) of its memory for the counters from a block on. */
export type PhiloxKernel = (count: number, low: number, high: number, key: readonly [number, number]) => Uint32Array

let kernel: PhiloxKernel | null | undefined
/** The kernel; null where there is no WebAssembly with vector instructions. */
export const philoxKernel = (): PhiloxKernel | null => {
  if (kernel !== undefined) return kernel
  try {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const bytes = emitPhilox() as Uint8Array<ArrayBuffer>
    const { run } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as unknown as {
      run(address: number, bytes: number, low: number, high: number, key0: number, key1: number): void
    }
    const words = new Uint32Array(memory.buffer)
    kernel = (count, low, high, [key0, key1]) => {
      run(0, 4 * count, low, high, key0, key1)
      return words
    }
  } catch {
    kernel = null
  }
  return kernel
}
