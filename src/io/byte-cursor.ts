import { FormatError } from '../core/errors.ts'

/** Thrown where a file's bytes end too soon; `needed` bytes from its beginning would do. */
export class TooShort extends FormatError {
  readonly needed: number
  constructor(where: string, needed: number) {
    super(`${where}: ends within its header, which needs ${needed} bytes. Download it again.`, { needed })
    this.needed = needed
  }
}

/** Little-endian numbers and texts, one after the other; no length is believed before the bytes are there. */
export class ByteCursor {
  at = 0
  private readonly view: DataView
  private readonly bytes: Uint8Array
  private readonly where: string

  constructor(bytes: Uint8Array, where: string) {
    this.bytes = bytes
    this.where = where
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Bytes that remain. */
  get left(): number {
    return this.bytes.length - this.at
  }
  /** The place of the next `count` bytes, which are taken. */
  private take(count: number): number {
    if (!(count <= this.left)) throw new TooShort(this.where, this.at + count)
    const from = this.at
    this.at += count
    return from
  }
  uint8 = (): number => this.view.getUint8(this.take(1))
  int8 = (): number => this.view.getInt8(this.take(1))
  uint16 = (): number => this.view.getUint16(this.take(2), true)
  int16 = (): number => this.view.getInt16(this.take(2), true)
  uint32 = (): number => this.view.getUint32(this.take(4), true)
  int32 = (): number => this.view.getInt32(this.take(4), true)
  float32 = (): number => this.view.getFloat32(this.take(4), true)
  float64 = (): number => this.view.getFloat64(this.take(8), true)
  int64 = (): number => Number(this.view.getBigInt64(this.take(8), true))
  uint64 = (): number => Number(this.view.getBigUint64(this.take(8), true))
  raw(length: number): Uint8Array {
    const from = this.take(length)
    return this.bytes.subarray(from, from + length)
  }
  text(length: number): string {
    return new TextDecoder().decode(this.raw(length))
  }
}
