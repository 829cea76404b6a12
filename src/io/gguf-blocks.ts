import { storages } from './safetensors-storage.ts'

/** How GGUF stores the numbers of a tensor: in blocks, each of so many bytes. */
export interface BlockFormat {
  readonly name: string
  /** Numbers in a block. */
  readonly numbers: number
  readonly bytes: number
  /** Numbers of whole blocks; `bytes` begins where an element may. */
  readonly widen: (bytes: Uint8Array) => Float32Array
}

const halves = storages.F16!.widen!
/** The float16 at the given places of each block. */
const scalesAt = (bytes: Uint8Array, block: number, offset: number): Float32Array => {
  const count = bytes.length / block
  const bits = new Uint8Array(2 * count)
  for (let i = 0; i < count; i++) {
    bits[2 * i] = bytes[i * block + offset]!
    bits[2 * i + 1] = bytes[i * block + offset + 1]!
  }
  return halves(bits) as Float32Array
}
const signed = (byte: number): number => (byte << 24) >> 24

/** Q8_0: 32 numbers `d·q`, d in 16 bits and q in 8. */
const q8 = (bytes: Uint8Array): Float32Array => {
  const d = scalesAt(bytes, 34, 0)
  const out = new Float32Array(d.length * 32)
  for (let i = 0; i < d.length; i++)
    for (let j = 0; j < 32; j++) out[i * 32 + j] = d[i]! * signed(bytes[i * 34 + 2 + j]!)
  return out
}

/** Q4_0: 32 numbers `d·(q − 8)`; the low halves of the 16 bytes are the first 16 numbers. */
const q4 = (bytes: Uint8Array): Float32Array => {
  const d = scalesAt(bytes, 18, 0)
  const out = new Float32Array(d.length * 32)
  for (let i = 0; i < d.length; i++) {
    for (let j = 0; j < 16; j++) {
      const byte = bytes[i * 18 + 2 + j]!
      out[i * 32 + j] = d[i]! * ((byte & 15) - 8)
      out[i * 32 + 16 + j] = d[i]! * ((byte >> 4) - 8)
    }
  }
  return out
}

/** The 6-bit scale and minimum of the eighth j of a K block; those from 4 on have their upper 2 bits with the first four. */
const scaleAndMin = (bytes: Uint8Array, at: number, j: number): readonly [number, number] =>
  j < 4
    ? [bytes[at + j]! & 63, bytes[at + j + 4]! & 63]
    : [
        (bytes[at + j + 4]! & 15) | ((bytes[at + j - 4]! >> 6) << 4),
        (bytes[at + j + 4]! >> 4) | ((bytes[at + j]! >> 6) << 4),
      ]

/** Q4_K: 256 numbers `d·s·q − dmin·m` in eighths with a 6-bit s and m each, q in 4 bits. */
const q4k = (bytes: Uint8Array): Float32Array => {
  const d = scalesAt(bytes, 144, 0)
  const least = scalesAt(bytes, 144, 2)
  const out = new Float32Array(d.length * 256)
  for (let i = 0; i < d.length; i++) {
    for (let j = 0; j < 8; j++) {
      const [scale, min] = scaleAndMin(bytes, i * 144 + 4, j)
      const [a, b] = [d[i]! * scale, least[i]! * min]
      const from = i * 144 + 16 + 32 * (j >> 1)
      const shift = j % 2 === 0 ? 0 : 4
      for (let l = 0; l < 32; l++) out[i * 256 + 32 * j + l] = a * ((bytes[from + l]! >> shift) & 15) - b
    }
  }
  return out
}

/** Q6_K: 256 numbers `d·s·(q − 32)` in sixteenths with an 8-bit s each, q in 6 bits: 4 of them apart from the upper 2. */
const q6k = (bytes: Uint8Array): Float32Array => {
  const d = scalesAt(bytes, 210, 208)
  const out = new Float32Array(d.length * 256)
  for (let i = 0; i < d.length; i++) {
    const block = i * 210
    for (let k = 0; k < 256; k++) {
      const [half, rest] = [k >> 7, k & 127]
      const [quarter, l] = [rest >> 5, rest & 31]
      const low = (bytes[block + 64 * half + 32 * (quarter & 1) + l]! >> (quarter < 2 ? 0 : 4)) & 15
      const high = (bytes[block + 128 + 32 * half + l]! >> (2 * quarter)) & 3
      out[i * 256 + k] = d[i]! * signed(bytes[block + 192 + (k >> 4)]!) * ((low | (high << 4)) - 32)
    }
  }
  return out
}

const plain = (name: 'F32' | 'F16' | 'BF16', bytes: number): BlockFormat => ({
  name,
  numbers: 1,
  bytes,
  widen: given =>
    name === 'F32'
      ? new Float32Array(given.buffer, given.byteOffset, given.length / 4)
      : (storages[name]!.widen!(given) as Float32Array),
})

/** What can be read, by the number that stands for it in a file. */
export const blockFormats: ReadonlyMap<number, BlockFormat> = new Map([
  [0, plain('F32', 4)],
  [1, plain('F16', 2)],
  [2, { name: 'Q4_0', numbers: 32, bytes: 18, widen: q4 }],
  [8, { name: 'Q8_0', numbers: 32, bytes: 34, widen: q8 }],
  [12, { name: 'Q4_K', numbers: 256, bytes: 144, widen: q4k }],
  [14, { name: 'Q6_K', numbers: 256, bytes: 210, widen: q6k }],
  [30, plain('BF16', 2)],
])
