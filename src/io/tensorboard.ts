import { closeSync, constants, ftruncateSync, join, mkdir, openSync, writeFileSync } from '#files'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { ArgumentError, GradusError } from '../core/errors.ts'
import { fileCause } from './atomic.ts'
import { quote } from './json.ts'

/** Remainders of each byte by Castagnoli's polynomial, bits reversed. */
const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0x82f63b78 : byte >>> 1
  return byte
})

/** CRC-32C of some bytes. Source: RFC 3720, section 12.1. */
export const crc32c = (bytes: Uint8Array): number => {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = remainders[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

/** A CRC that is stored beside its data is turned and moved, so that data with CRCs inside do not check to a constant. */
export const maskedCrc = (bytes: Uint8Array): number => {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** A record: length of the data (64 bits), its masked CRC, the data, their masked CRC; little-endian. */
const record = (data: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(data.length + 16)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, maskedCrc(bytes.subarray(0, 8)), true)
  bytes.set(data, 12)
  view.setUint32(12 + data.length, maskedCrc(data), true)
  return bytes
}

/** The record of an Event; field numbers are those of TensorFlow's event.proto and summary.proto. */
const eventRecord = (wallTime: number, step: number, write: (w: BinaryWriter) => void): Uint8Array => {
  const w = new BinaryWriter().tag(1, WireType.Bit64).double(wallTime)
  if (step !== 0) w.tag(2, WireType.Varint).int64(step)
  write(w)
  return record(w.finish())
}

const seconds = (): number => Date.now() / 1000
const startOfSession = 1

/** What may wait in memory: TensorBoard reads the file every half minute. */
const maxWaitingBytes = 65_536
const maxWaitingMs = 5_000

export interface EventWriterOptions {
  /** The first step of this run: TensorBoard then drops what earlier files of the folder say of it and of later ones. */
  readonly fromStep?: number
}

/**
 * Writes scalars as TensorBoard reads them, into a new file `events.out.tfevents.<seconds>.gradus` of a folder. What is written waits
 * in memory for at most 5 seconds, as long as more comes.
 *
 * @example
 * const events = await EventWriter.open(folder)
 * events.scalar(1, 'train/loss', 4.17)
 * events.close()
 * Source: tensorboard 2.21.0, `summary/writer/record_writer.py` and `compat/proto`, checked against its reader.
 */
export class EventWriter {
  /** The file that is written. */
  readonly path: string
  private readonly file: number
  private closed = false
  /** Bytes in the file. */
  private written = 0
  private waiting: Uint8Array[] = []
  private waitingBytes = 0
  private flushedAt = performance.now()

  private constructor(path: string, file: number) {
    this.path = path
    this.file = file
  }

  /**
   * Begins a file in `folder`, which is made if need be. Earlier files stay: TensorBoard reads all of a folder as one run.
   *
   * @throws GradusError with code `file` when it cannot be written.
   */
  static async open(folder: string, options: EventWriterOptions = {}): Promise<EventWriter> {
    const { fromStep } = options
    if (fromStep !== undefined) checkStep('EventWriter.open: fromStep', fromStep)
    await mkdir(folder, { recursive: true }).catch(error => fail(folder, error))
    const now = seconds()
    const { path, file } = create(folder, Math.floor(now))
    const writer = new EventWriter(path, file)
    writer.add(eventRecord(now, 0, w => w.tag(3, WireType.LengthDelimited).string('brain.Event:2')))
    if (fromStep !== undefined) {
      const session = (w: BinaryWriter) => w.tag(7, WireType.LengthDelimited).fork().tag(1, WireType.Varint)
      writer.add(eventRecord(now, fromStep, w => session(w).int32(startOfSession).join()))
    }
    writer.flush()
    return writer
  }

  /**
   * Adds one point to the curve `tag`. The value is stored as float32.
   *
   * @param options `wallTime`: when it was, in seconds since 1970; by default now.
   * @throws ArgumentError for a step or tag that cannot be; GradusError with code `file` when the file cannot be written.
   */
  scalar(step: number, tag: string, value: number, options: { readonly wallTime?: number } = {}): void {
    const { wallTime = seconds() } = options
    if (this.closed) throw new ArgumentError(`${this.path}: the writer is closed. Open another one.`)
    checkStep(`scalar: the step of ${quote(tag)}`, step)
    if (typeof tag !== 'string' || tag === '') {
      throw new ArgumentError(`scalar: the tag must be a text that is not empty; got ${quote(tag)}.`, { tag })
    }
    this.add(
      eventRecord(wallTime, step, w => {
        w.tag(5, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).fork()
        w.tag(1, WireType.LengthDelimited).string(tag)
        w.tag(2, WireType.Bit32).float(Math.fround(value))
        w.join().join()
      }),
    )
    if (this.waitingBytes > maxWaitingBytes || performance.now() - this.flushedAt > maxWaitingMs) this.flush()
  }

  /**
   * Writes what waits in memory. The file holds whole records only, also after a failure; what failed goes on waiting.
   *
   * @throws GradusError with code `file` when it cannot be written.
   */
  flush(): void {
    if (this.closed) return
    try {
      writeFileSync(this.file, Buffer.concat(this.waiting))
    } catch (error) {
      ftruncateSync(this.file, this.written)
      fail(this.path, error)
    }
    this.written += this.waitingBytes
    this.waiting = []
    this.waitingBytes = 0
    this.flushedAt = performance.now()
  }

  /** Writes what waits in memory and closes the file. Closing again does nothing. */
  close(): void {
    if (this.closed) return
    try {
      this.flush()
    } finally {
      this.closed = true
      closeSync(this.file)
    }
  }

  private add(bytes: Uint8Array): void {
    this.waiting.push(bytes)
    this.waitingBytes += bytes.length
  }
}

const { O_APPEND, O_CREAT, O_EXCL, O_WRONLY } = constants

/** Makes a new file, named after a later second where there is one of this already. */
const create = (folder: string, second: number): { path: string; file: number } => {
  const path = join(folder, `events.out.tfevents.${second}.gradus`)
  try {
    return { path, file: openSync(path, O_APPEND | O_CREAT | O_EXCL | O_WRONLY) }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST' ? create(folder, second + 1) : fail(path, error)
  }
}

const checkStep = (where: string, step: number): void => {
  if (Number.isSafeInteger(step) && step >= 0) return
  throw new ArgumentError(`${where} must be a whole number of at least 0; got ${step}.`, { step })
}

const fail = (path: string, error: unknown): never => {
  const { cause, remedy } = fileCause(error)
  throw new GradusError('file', `${path}: could not be written: ${cause}. ${remedy}`, { path }, error)
}
