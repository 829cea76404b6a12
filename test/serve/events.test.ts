import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import fc from 'fast-check'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { FormatError } from '../../src/core/errors.ts'
import { EventWriter, joinEvents, readEvents } from '../../src/io/index.ts'
import { maskedCrc } from '../../src/io/tensorboard.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradus-events-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const written = async (write: (writer: EventWriter) => void, fromStep?: number): Promise<Uint8Array> => {
  const writer = await EventWriter.open(folder, fromStep === undefined ? {} : { fromStep })
  write(writer)
  writer.close()
  return new Uint8Array(readFileSync(writer.path))
}
const sentence = (bytes: Uint8Array, options = {}): string => {
  try {
    readEvents(bytes, { where: 'run.tfevents', ...options })
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError)
    return (error as Error).message
  }
  return 'nothing was thrown'
}

const record = (data: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(data.length + 16)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, maskedCrc(bytes.subarray(0, 8)), true)
  bytes.set(data, 12)
  view.setUint32(12 + data.length, maskedCrc(data), true)
  return bytes
}
const file = (...events: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(Buffer.concat([version, ...events].map(record)))
const bytesField = (w: BinaryWriter, field: number) => w.tag(field, WireType.LengthDelimited)
const version = bytesField(new BinaryWriter(), 3).string('brain.Event:2').finish()
/** An event with one value. */
const valued = (step: number, tag: string, write: (w: BinaryWriter) => void): Uint8Array => {
  const w = new BinaryWriter().tag(1, WireType.Bit64).double(5).tag(2, WireType.Varint).int64(step)
  bytesField(w, 5).fork()
  bytesField(w, 1).fork()
  bytesField(w, 1).string(tag)
  write(w)
  return w.join().join().finish()
}
const tensor = (write: (w: BinaryWriter) => void) => (w: BinaryWriter) => {
  bytesField(w, 8).fork()
  write(w)
  w.join()
}

describe('reading TensorBoard events', () => {
  test('what was written is read', async () => {
    const all = fc.array(
      fc.record({
        wallTime: fc.double({ noNaN: true }),
        step: fc.maxSafeNat(),
        tag: fc.string({ minLength: 1, unit: 'binary' }),
        value: fc.double(),
      }),
    )
    await fc.assert(
      fc.asyncProperty(all, async points => {
        const bytes = await written(writer => {
          for (const { step, tag, value, wallTime } of points) writer.scalar(step, tag, value, { wallTime })
        })
        const { scalars, fromStep } = readEvents(bytes)
        expect(fromStep).toBe(null)
        expect(scalars).toEqual(points.map(point => ({ ...point, value: Math.fround(point.value) })))
      }),
      { numRuns: 50 },
    )
  })

  test('a file of tensorboard 2.21.0 is read', () => {
    const bytes = Buffer.from(
      '1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b353110' +
        '1a00000000000000129bd82d09000000000000004010032a0d0a0b0a046c6f7373150000003fbac36b94',
      'hex',
    )
    expect(readEvents(bytes).scalars).toEqual([{ tag: 'loss', step: 3, value: 0.5, wallTime: 2 }])
  })

  test('tensors with one element count as scalars; other values are passed over', () => {
    const float = new Uint8Array(new Float32Array([0.25]).buffer)
    const type = (w: BinaryWriter, dtype: number) => w.tag(1, WireType.Varint).int32(dtype)
    const bytes = file(
      valued(
        1,
        'packed',
        tensor(w => bytesField(type(w, 1), 5).bytes(float)),
      ),
      valued(
        2,
        'content',
        tensor(w => bytesField(type(w, 1), 4).bytes(float)),
      ),
      valued(
        3,
        'double',
        tensor(w => bytesField(type(w, 2), 6).bytes(new Uint8Array(new Float64Array([1e300]).buffer))),
      ),
      valued(
        4,
        'two',
        tensor(w => bytesField(type(w, 1), 5).bytes(new Uint8Array(8))),
      ),
      valued(
        5,
        'text',
        tensor(w => bytesField(type(w, 7), 8).string('hello')),
      ),
      valued(6, 'histogram', w => bytesField(w, 5).bytes(new Uint8Array(3))),
      valued(7, 'plain', w => w.tag(2, WireType.Bit32).float(7)),
    )
    expect(readEvents(bytes).scalars.map(({ step, tag, value }) => [step, tag, value])).toEqual([
      [1, 'packed', 0.25],
      [2, 'content', 0.25],
      [3, 'double', 1e300],
      [7, 'plain', 7],
    ])
  })

  test('where a run went on, what earlier files say of later steps no longer counts', async () => {
    const write = (from: number, to: number, value: number) => (writer: EventWriter) => {
      for (let step = from; step <= to; step++) writer.scalar(step, 'loss', value)
    }
    const files = [await written(write(1, 5, 1)), await written(write(4, 6, 2), 4)]
    const joined = joinEvents(files.map(bytes => readEvents(bytes)))
    expect(joined.map(({ step, value }) => [step, value])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 2],
      [5, 2],
      [6, 2],
    ])
  })

  test('a file that is still written is read as far as it is whole', async () => {
    const bytes = await written(writer => {
      for (let step = 1; step <= 3; step++) writer.scalar(step, 'loss', step)
    })
    const steps = (length: number) => readEvents(bytes.subarray(0, length), { unfinished: true }).scalars.length
    const counts = Array.from({ length: bytes.length + 1 }, (_, length) => steps(length))
    expect(counts[0]).toBe(0)
    expect(counts.at(-1)).toBe(3)
    expect(counts.at(-2)).toBe(2)
    expect(counts).toEqual(counts.toSorted())
    expect(sentence(bytes.subarray(0, bytes.length - 1))).toBe(
      `run.tfevents: is cut short: record 4 at byte ${bytes.length - 42} needs 42 bytes, and 41 are there. Copy the file again.`,
    )
  })

  test('what is wrong is told in one line', async () => {
    const good = file(valued(1, 'loss', w => w.tag(2, WireType.Bit32).float(1)))
    const flipped = good.slice()
    flipped[60]! ^= 1
    const huge = good.slice()
    new DataView(huge.buffer).setBigUint64(0, 2n ** 63n, true)
    new DataView(huge.buffer).setUint32(8, maskedCrc(huge.subarray(0, 8)), true)
    const expected = 'Give a file that TensorBoard reads, named events.out.tfevents.*.'
    expect(sentence(new Uint8Array())).toBe(`run.tfevents: is empty. ${expected}`)
    expect(sentence(new TextEncoder().encode('{"type":"step"}'))).toBe(
      `run.tfevents: is no event file: its first checksum does not agree. ${expected}`,
    )
    expect(sentence(record(new Uint8Array()))).toBe(`run.tfevents: does not begin with an event version. ${expected}`)
    expect(sentence(flipped)).toBe(
      'run.tfevents: is damaged: the checksum of record 2 at byte 31 does not agree. Copy the file again.',
    )
    expect(sentence(huge)).toBe(
      `run.tfevents: is cut short: record 1 at byte 0 needs 9223372036854775824 bytes, and ${good.length} are there. Copy the file again.`,
    )
    expect(sentence(file(Uint8Array.of(0x2a, 200)))).toMatch(
      /^run\.tfevents: record 2 at byte 31 is no event: .+\. Write the file anew\.$/,
    )
    const far = new BinaryWriter()
      .tag(2, WireType.Varint)
      .int64(2n ** 60n)
      .finish()
    expect(sentence(file(far))).toContain('record 2 at byte 31 has the step 1152921504606847000, which is too large')
  })

  test('2,000 mutated files give a sentence or numbers, and quickly', async () => {
    const plain = await written(writer => {
      for (let step = 1; step <= 20; step++) writer.scalar(step, step % 2 ? 'train/loss' : 'val/loss', 1 / step)
    }, 3)
    let state = 1
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    /** With checksums that agree, so that what is inside is reached. */
    const sealed = (bytes: Uint8Array): Uint8Array => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (let at = 0; at + 16 <= bytes.length; ) {
        view.setUint32(at + 8, maskedCrc(bytes.subarray(at, at + 8)), true)
        const end = at + 12 + Number(view.getBigUint64(at, true))
        if (!(end + 4 <= bytes.length)) break
        view.setUint32(end, maskedCrc(bytes.subarray(at + 12, end)), true)
        at = end + 4
      }
      return bytes
    }
    const mutations: ((bytes: Uint8Array) => Uint8Array)[] = [
      bytes => bytes.subarray(0, random(bytes.length)),
      bytes => bytes.map((byte, i) => (i === random(bytes.length) ? random(256) : byte)),
      bytes => {
        for (let i = 0; i < 4; i++) bytes[random(bytes.length)] = random(256)
        return bytes
      },
      bytes => {
        const [at, from] = [random(bytes.length), random(bytes.length)]
        bytes.copyWithin(at, from, from + random(64))
        return bytes
      },
      bytes => new Uint8Array(Buffer.concat([bytes.subarray(0, random(bytes.length)), bytes])),
    ]
    const ends = { read: 0, refused: 0 }
    for (let i = 0; i < 2000; i++) {
      const mutated = mutations[i % mutations.length]!(plain.slice())
      const bytes = i % 2 ? sealed(mutated.slice()) : mutated
      try {
        const { scalars } = readEvents(bytes, { where: 'f', unfinished: random(2) === 1 })
        for (const { tag, step, value } of scalars) {
          expect([typeof tag, Number.isSafeInteger(step), typeof value]).toEqual(['string', true, 'number'])
        }
        ends.read++
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
        expect((error as Error).message).toMatch(/^f: .+\.$/)
        expect((error as Error).message).not.toContain('\n')
        ends.refused++
      }
    }
    expect(Math.min(ends.read, ends.refused)).toBeGreaterThan(200)
  })
})
