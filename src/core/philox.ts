import { ArgumentError } from './errors.ts'
import { chunkWords, philoxKernel } from './philox-wasm.ts'

type Words = readonly [number, number, number, number]
type Key = readonly [number, number]

/** High 32 bits of the 64-bit product of two 32-bit words, by 16-bit halves: no partial sum leaves 32 bits. */
const multiplyHigh = (a: number, b: number): number => {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) >>> 0
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff)) >>> 0
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) >>> 0
}

/** Ten rounds; the words land in `out[at]` to `out[at + 3]`, those past the end of `out` nowhere. */
const rounds = (
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  key: Key,
  out: Int32Array | Uint32Array,
  at: number,
) => {
  let [k0, k1] = key
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0)
    const high1 = multiplyHigh(0xcd9e8d57, c2)
    const low0 = Math.imul(0xd2511f53, c0)
    const low1 = Math.imul(0xcd9e8d57, c2)
    c0 = high1 ^ c1 ^ k0
    c1 = low1
    c2 = high0 ^ c3 ^ k1
    c3 = low0
    k0 = (k0 + 0x9e3779b9) | 0
    k1 = (k1 + 0xbb67ae85) | 0
  }
  out[at] = c0
  out[at + 1] = c1
  out[at + 2] = c2
  out[at + 3] = c3
}

/**
 * Philox4x32-10: four random 32-bit words as a pure function of a counter and a key.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011; checked against the known answers
 * of the authors' library Random123 (`kat_vectors`).
 */
export const philox4x32 = (counter: Words, key: Key): [number, number, number, number] => {
  const out = new Uint32Array(4)
  rounds(...counter, key, out, 0)
  return [out[0]!, out[1]!, out[2]!, out[3]!]
}

/** Blocks of four words that `size` elements take: `ceil(size / 4)`. The next draw under the same key starts that much further. */
export const blocksFor = (size: number): number => Math.ceil(size / 4)

/** Throws unless the blocks from `block` on that `size` elements take can be counted in a double. */
const checkBlock = (block: number, size: number): void => {
  const last = 2 ** 53 - blocksFor(size)
  if (!Number.isInteger(block) || block < 0 || block > last) {
    throw new ArgumentError(
      `philox: block must be a whole number from 0 to ${last} to fill ${size} elements; got ${block}. Advance it by blocksFor(size) after each draw.`,
      { block, size },
    )
  }
}

const drawSlowly = (out: Int32Array | Uint32Array, key: Key, block: number): void => {
  let low = block >>> 0
  let high = Math.floor(block / 2 ** 32)
  for (let at = 0; at < out.length; at += 4) {
    rounds(low, high, 0, 0, key, out, at)
    low = (low + 1) >>> 0
    if (low === 0) high++
  }
}

/** Fewer words than this are not worth a call. */
const worthwhile = 64
const draw = (out: Int32Array | Uint32Array, key: Key, block: number): void => {
  const kernel = out.length >= worthwhile ? philoxKernel() : null
  if (!kernel) {
    drawSlowly(out, key, block)
    return
  }
  for (let at = 0; at < out.length; at += chunkWords) {
    const part = out.subarray(at, Math.min(at + chunkWords, out.length))
    const first = block + at / 4
    const [low, high] = [first >>> 0, Math.floor(first / 2 ** 32)]
    const count = 16 * Math.ceil(part.length / 16)
    // The kernel counts in the lower word only.
    if (low + count / 4 > 2 ** 32) drawSlowly(part, key, first)
    else part.set(kernel(count, low, high, key).subarray(0, part.length))
  }
}

/** Hands the words over in chunks, so that a fill needs no second array of its own size: `use` makes elements `start` to `end`. */
const eachChunk = (
  size: number,
  key: Key,
  block: number,
  use: (words: Uint32Array, start: number, end: number) => void,
): void => {
  checkBlock(block, size)
  const words = new Uint32Array(Math.min(chunkWords, 4 * blocksFor(size)))
  for (let start = 0; start < size; start += words.length) {
    draw(words, key, block + start / 4)
    use(words, start, Math.min(start + words.length, size))
  }
}

/**
 * Random 32-bit words: elements `4i` to `4i + 3` are `philox4x32([low, high, 0, 0], key)` for the low and high 32 bits of `block + i`.
 *
 * @param block first block, a whole number with `block + blocksFor(out.length)` at most 2^53.
 * @throws ArgumentError when `block` is outside that range.
 */
export const fillBits = (out: Int32Array | Uint32Array, key: Key, block: number): void => {
  checkBlock(block, out.length)
  draw(out, key, block)
}

/**
 * Uniform numbers in [0, 1): `floor(word / 2^8) / 2^24`, one word an element. A float64 array gets the same values as a float32
 * array, so that engines agree for one seed.
 *
 * @param block first block, as in `fillBits`.
 * @throws ArgumentError when `block` is out of range.
 */
export const fillUniform = (out: Float32Array | Float64Array, key: Key, block: number): void =>
  eachChunk(out.length, key, block, (words, start, end) => {
    for (let i = start; i < end; i++) out[i] = (words[i - start]! >>> 8) * 2 ** -24
  })

/**
 * Standard normal numbers by Box and Muller's transform of words 0 and 1 of a block (elements 0 and 1), and of words 2 and 3 (elements
 * 2 and 3): `r = √(-2 ln((a + 1) / 2^32))`, `θ = 2π b / 2^32`, elements `r cos θ` and `r sin θ`. Computed in float64 and rounded to
 * `out`, so that float32 and float64 differ by that rounding only. No element is beyond ±6.67.
 *
 * @param block first block, as in `fillBits`.
 * @throws ArgumentError when `block` is out of range.
 */
export const fillNormal = (out: Float32Array | Float64Array, key: Key, block: number): void =>
  eachChunk(out.length, key, block, (words, start, end) => {
    for (let i = start; i < end; i += 2) {
      const radius = Math.sqrt(-2 * Math.log((words[i - start]! + 1) * 2 ** -32))
      const angle = words[i - start + 1]! * (2 * Math.PI * 2 ** -32)
      out[i] = radius * Math.cos(angle)
      if (i + 1 < end) out[i + 1] = radius * Math.sin(angle)
    }
  })

/**
 * Whole numbers from `low` to `high - 1`: `low + floor(word · (high - low) / 2^32)`, one word an element. The probability of each
 * number is off `1 / (high - low)` by less than 2^-32, which is `(high - low) / 2^32` of it: under one in a million below 4,294 values.
 *
 * @param block first block, as in `fillBits`.
 * @throws ArgumentError when `low` and `high` are not whole numbers with -2^31 ≤ low < high ≤ 2^31, or `block` is out of range.
 */
export const fillIntegers = (out: Int32Array, key: Key, block: number, low: number, high: number): void => {
  if (!Number.isInteger(low) || !Number.isInteger(high) || low < -(2 ** 31) || high > 2 ** 31 || low >= high) {
    throw new ArgumentError(
      `philox: low and high must be whole numbers with -2147483648 <= low < high <= 2147483648; got ${low} and ${high}. high itself is never drawn.`,
      { low, high },
    )
  }
  fillBits(out, key, block)
  const span = high - low
  for (let i = 0; i < out.length; i++) {
    const word = out[i]! >>> 0
    out[i] = low + (span === 2 ** 32 ? word : multiplyHigh(word, span))
  }
}
