import { ArgumentError } from '../core/errors.ts'

/** Bits that a packed weight is kept in. */
export type PackedBits = 4 | 8

/** Weights that share a scale. */
const blockSize = 32

let made = 0

/**
 * A matrix `[rows, columns]` in few bits, for products `x Wᵀ`: each row in blocks of 32, whose numbers are `(code − 2^(bits−1)) · scale`. In 8 bits
 * the scale is the largest magnitude of a block over 127; in 4 bits the number of largest magnitude over −8, so that it is met exactly.
 *
 * Source: layout of ONNX Runtime's `MatMulNBits`; scales as in GGML's q8_0 and q4_0.
 */
export class PackedWeights {
  readonly rows: number
  readonly columns: number
  readonly bits: PackedBits
  readonly blockSize: number = blockSize
  /** Blocks of a row; the last may have room to spare. */
  readonly blocks: number
  /** `[rows, blocks, blockSize · bits / 8]`; of two codes in a byte the first is in the low half. */
  readonly codes: Uint8Array
  /** `[rows, blocks]`. */
  readonly scales: Float32Array
  private readonly id = made++

  /** @param at the place of a row's column among the values */
  constructor(
    [rows, columns]: readonly [number, number],
    bits: PackedBits,
    values: ArrayLike<number>,
    at: (row: number, column: number) => number = (row, column) => row * columns + column,
  ) {
    this.rows = rows
    this.columns = columns
    this.bits = bits
    this.blocks = Math.ceil(columns / blockSize)
    this.codes = new Uint8Array((rows * this.blocks * blockSize * bits) / 8)
    this.scales = new Float32Array(rows * this.blocks)
    const block = new Float32Array(blockSize)
    for (let row = 0; row < rows; row++) {
      for (let b = 0; b < this.blocks; b++) {
        block.fill(0)
        const first = b * blockSize
        for (let i = 0; i < Math.min(blockSize, columns - first); i++) block[i] = values[at(row, first + i)]!
        this.packBlock(row * this.blocks + b, block)
      }
    }
  }

  private packBlock(index: number, block: Float32Array): void {
    let largest = 0
    for (const x of block) {
      if (!Number.isFinite(x))
        throw new ArgumentError(`pack: a weight is ${x}. Weights in ${this.bits} bits must be finite numbers.`, {
          value: x,
        })
      if (Math.abs(x) > Math.abs(largest)) largest = x
    }
    const scale = Math.fround(this.bits === 8 ? Math.abs(largest) / 127 : largest / -8)
    this.scales[index] = scale
    const middle = 2 ** (this.bits - 1)
    const most = 2 ** this.bits - 1
    const code = (x: number): number =>
      scale === 0 ? middle : Math.max(0, Math.min(most, Math.round(x / scale) + middle))
    if (this.bits === 8) for (let i = 0; i < blockSize; i++) this.codes[index * blockSize + i] = code(block[i]!)
    else
      for (let i = 0; i < blockSize; i += 2)
        this.codes[(index * blockSize + i) / 2] = code(block[i]!) | (code(block[i + 1]!) << 4)
  }

  /** Bytes that it takes. */
  get byteLength(): number {
    return this.codes.byteLength + this.scales.byteLength
  }

  /** Writes the numbers of a row. */
  unpackRow(row: number, out: Float32Array): void {
    const { bits, codes, scales, columns, blocks } = this
    const middle = 2 ** (bits - 1)
    const first = row * blocks * blockSize
    for (let i = 0; i < columns; i++) {
      const at = first + i
      const code = bits === 8 ? codes[at]! : (codes[at >> 1]! >> (at & 1 ? 4 : 0)) & 15
      out[i] = (code - middle) * scales[row * blocks + Math.floor(i / blockSize)]!
    }
  }

  /** All numbers, `[rows, columns]`. */
  unpack(): Float32Array<ArrayBuffer> {
    const out = new Float32Array(this.rows * this.columns)
    for (let row = 0; row < this.rows; row++)
      this.unpackRow(row, out.subarray(row * this.columns, (row + 1) * this.columns))
    return out
  }

  /** Its identity: programs with other weights are other programs. */
  toJSON(): string {
    return `packed ${this.id}`
  }
}
