import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { FormatError } from '../../core/errors.ts'

/** What to do about bytes that are no model. */
export const damaged = 'The file is damaged or is no ONNX model: download or export it again.'

/** How one field of a message is read, and the encodings in which it may come. */
interface Field {
  readonly wires: readonly WireType[]
  readonly read: (reader: BinaryReader, wire: WireType) => void
}
/** The fields of a message by number; others are skipped. */
export type Fields = Readonly<Record<number, Field>>

const decoder = new TextDecoder()

/** Whole numbers of a model as numbers: beyond 2^53 only their size counts (`INT64_MAX` for "to the end"). */
const asNumber = (value: bigint | string): number => Number(value)

const packed =
  (one: (r: BinaryReader) => void): Field['read'] =>
  (r, wire) => {
    if (wire !== WireType.LengthDelimited) return one(r)
    const inner = new BinaryReader(r.bytes())
    while (inner.pos < inner.len) one(inner)
  }
const list = (wire: WireType, one: (r: BinaryReader) => void): Field => ({
  wires: [wire, WireType.LengthDelimited],
  read: packed(one),
})

export const bytes = (set: (value: Uint8Array) => void): Field => ({
  wires: [WireType.LengthDelimited],
  read: r => set(r.bytes()),
})
export const text = (set: (value: string) => void): Field => bytes(b => set(decoder.decode(b)))
export const int = (set: (value: number) => void): Field => ({
  wires: [WireType.Varint],
  read: r => set(asNumber(r.int64())),
})
export const float = (set: (value: number) => void): Field => ({
  wires: [WireType.Bit32],
  read: r => set(r.float()),
})
export const ints = (add: (value: number) => void): Field => list(WireType.Varint, r => add(asNumber(r.int64())))
export const bigints = (add: (value: bigint) => void): Field => list(WireType.Varint, r => add(BigInt(r.int64())))
export const floats = (add: (value: number) => void): Field => list(WireType.Bit32, r => add(r.float()))
export const doubles = (add: (value: number) => void): Field => list(WireType.Bit64, r => add(r.double()))

/**
 * Reads the fields of one message. Nothing is allocated by what the bytes claim, only by what they hold.
 *
 * @throws FormatError when the bytes end early, or a field comes in an encoding that is not its own.
 */
export const readMessage = (name: string, data: Uint8Array, fields: Fields): void => {
  const reader = new BinaryReader(data)
  try {
    while (reader.pos < reader.len) {
      const [number, wire] = reader.tag()
      const field = fields[number]
      if (!field) {
        reader.skip(wire, number)
        continue
      }
      if (!field.wires.includes(wire)) {
        throw new FormatError(
          `importOnnx: field ${number} of a ${name} is encoded as wire type ${wire}; ${field.wires.join(' or ')} was expected. ${damaged}`,
          { message: name, field: number, wire },
        )
      }
      field.read(reader, wire)
    }
  } catch (error) {
    if (error instanceof FormatError) throw error
    throw new FormatError(
      `importOnnx: a ${name} of ${data.length} bytes cannot be decoded: ${(error as Error).message}. ${damaged}`,
      { message: name },
      error,
    )
  }
}
