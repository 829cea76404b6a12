import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { FormatError } from '../core/errors.ts'
import { maskedCrc } from './tensorboard.ts'

/** One point of the curve `tag`. */
export interface ScalarPoint {
  readonly tag: string
  readonly step: number
  readonly value: number
  /** When it was written, in seconds since 1970. */
  readonly wallTime: number
}

/** The scalars of an event file. */
export interface EventFile {
  readonly scalars: readonly ScalarPoint[]
  /** Where a run went on: what earlier files of its folder say of this step and of later ones no longer counts. */
  readonly fromStep: number | null
}

export interface ReadEventsOptions {
  /** What errors call the file. */
  readonly where?: string
  /** Takes the file for one that is still written: a last record that is not yet whole is left out. */
  readonly unfinished?: boolean
}

/**
 * Reads the scalars out of a TensorBoard event file: those of TensorFlow 1 and PyTorch (`simple_value`) and of TensorFlow 2 (tensors with
 * one element). Pictures, histograms and texts are passed over. Every checksum is checked.
 *
 * @throws FormatError in one line that names the record, for a file that is damaged, cut short or of another kind
 * Source: TensorFlow's event.proto, summary.proto and record_writer.cc.
 */
export const readEvents = (bytes: Uint8Array, options: ReadEventsOptions = {}): EventFile => {
  const { where = 'readEvents', unfinished = false } = options
  let scalars: ScalarPoint[] = []
  let fromStep: number | null = null
  let count = 0
  for (const { data, at } of records(bytes, where, unfinished)) {
    const place = `${where}: record ${++count} at byte ${at}`
    const event = readEvent(data, place)
    if (count === 1 && !event.version?.startsWith('brain.Event:')) {
      throw new FormatError(`${where}: does not begin with an event version. ${expected}`, { where })
    }
    if (event.starts && event.step > 0) {
      scalars = scalars.filter(({ step }) => step < event.step)
      fromStep = Math.min(fromStep ?? event.step, event.step)
    }
    for (const { tag, value } of event.values) {
      scalars.push({ tag, step: event.step, value, wallTime: event.wallTime })
    }
  }
  if (count === 0 && !unfinished) throw new FormatError(`${where}: is empty. ${expected}`, { where })
  return { scalars, fromStep }
}

/** The scalars of a run's event files, in the order of their names: where the run went on, earlier files' later steps are dropped. */
export const joinEvents = (files: readonly EventFile[]): ScalarPoint[] => {
  let all: ScalarPoint[] = []
  for (const { scalars, fromStep } of files) {
    if (fromStep !== null) all = all.filter(({ step }) => step < fromStep)
    all = all.concat(scalars)
  }
  return all
}

const expected = 'Give a file that TensorBoard reads, named events.out.tfevents.*.'

/** The data of each record; a length counts only once its checksum agrees and its bytes are there. */
function* records(
  bytes: Uint8Array,
  where: string,
  unfinished: boolean,
): Generator<{ readonly data: Uint8Array; readonly at: number }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0, record = 1; at < bytes.length; record++) {
    const left = bytes.length - at
    const cut = (needed: bigint): FormatError =>
      new FormatError(
        `${where}: is cut short: record ${record} at byte ${at} needs ${needed} bytes, and ${left} are there. Copy the file again.`,
        { where, record, at },
      )
    if (left >= 12 && view.getUint32(at + 8, true) !== maskedCrc(bytes.subarray(at, at + 8))) {
      throw record === 1
        ? new FormatError(`${where}: is no event file: its first checksum does not agree. ${expected}`, { where })
        : damaged(where, record, at)
    }
    const needed = left < 12 ? 12n : view.getBigUint64(at, true) + 16n
    if (needed > left) {
      if (unfinished) return
      throw cut(needed)
    }
    const end = at + Number(needed)
    const data = bytes.subarray(at + 12, end - 4)
    if (view.getUint32(end - 4, true) !== maskedCrc(data)) throw damaged(where, record, at)
    yield { data, at }
    at = end
  }
}

const damaged = (where: string, record: number, at: number): FormatError =>
  new FormatError(
    `${where}: is damaged: the checksum of record ${record} at byte ${at} does not agree. Copy the file again.`,
    { where, record, at },
  )

interface Event {
  readonly wallTime: number
  readonly step: number
  readonly version: string | null
  /** Whether a session begins. */
  readonly starts: boolean
  readonly values: readonly { readonly tag: string; readonly value: number }[]
}

const startOfSession = 1
const [float32, float64] = [1, 2]

const readEvent = (data: Uint8Array, place: string): Event => {
  let [wallTime, step, version, starts] = [0, 0, null as string | null, false]
  const values: { tag: string; value: number }[] = []
  try {
    for (const [tag, reader] of fields(data)) {
      if (tag === field(1, WireType.Bit64)) wallTime = reader.double()
      else if (tag === field(2, WireType.Varint)) step = Number(reader.int64())
      else if (tag === field(3, WireType.LengthDelimited)) version = reader.string()
      else if (tag === field(5, WireType.LengthDelimited)) readSummary(reader.bytes(), values)
      else if (tag === field(7, WireType.LengthDelimited)) starts = startsSession(reader.bytes())
    }
  } catch (error) {
    throw new FormatError(
      `${place} is no event: ${(error as Error).message}. Write the file anew.`,
      { where: place },
      error,
    )
  }
  if (!Number.isSafeInteger(step)) {
    throw new FormatError(`${place} has the step ${step}, which is too large. Write the file anew.`, { step })
  }
  return { wallTime, step, version, starts, values }
}

const startsSession = (log: Uint8Array): boolean => {
  let status = 0
  for (const [tag, reader] of fields(log)) if (tag === field(1, WireType.Varint)) status = reader.int32()
  return status === startOfSession
}

const readSummary = (summary: Uint8Array, found: { tag: string; value: number }[]): void => {
  for (const [tag, reader] of fields(summary)) {
    if (tag !== field(1, WireType.LengthDelimited)) continue
    let [name, value] = ['', null as number | null]
    for (const [tag, inner] of fields(reader.bytes())) {
      if (tag === field(1, WireType.LengthDelimited)) name = inner.string()
      else if (tag === field(2, WireType.Bit32)) value = inner.float()
      else if (tag === field(8, WireType.LengthDelimited)) value = readTensor(inner.bytes())
    }
    if (name !== '' && value !== null) found.push({ tag: name, value })
  }
}

/** The number in a tensor with one element; null for others. */
const readTensor = (tensor: Uint8Array): number | null => {
  let [dtype, count, value] = [0, 0, Number.NaN]
  let content: Uint8Array = new Uint8Array()
  const take = (bytes: Uint8Array, size: number): void => {
    count += bytes.length / size
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (bytes.length === size) value = size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true)
  }
  for (const [tag, reader] of fields(tensor)) {
    if (tag === field(1, WireType.Varint)) dtype = reader.int32()
    else if (tag === field(4, WireType.LengthDelimited)) content = reader.bytes()
    else if (tag === field(5, WireType.LengthDelimited)) take(reader.bytes(), 4)
    else if (tag === field(6, WireType.LengthDelimited)) take(reader.bytes(), 8)
  }
  if (dtype !== float32 && dtype !== float64) return null
  take(content, dtype === float32 ? 4 : 8)
  return count === 1 ? value : null
}

/** A field as it is told apart: by its number and how it is written. */
const field = (number: number, wire: WireType): number => number * 8 + wire

/** The fields of a message, each with a reader at its contents; what is not read there is passed over. */
function* fields(bytes: Uint8Array): Generator<readonly [tag: number, reader: BinaryReader]> {
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag()
    const { pos } = reader
    yield [field(number, wire), reader]
    if (reader.pos === pos) reader.skip(wire, number)
  }
  if (reader.pos > reader.len) throw new RangeError('it ends within a field')
}
