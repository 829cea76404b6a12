import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ArgumentError, GradusError } from '../../src/core/errors.ts'
import { crc32c, EventWriter } from '../../src/io/tensorboard.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradus-tensorboard-'))
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(folder, { recursive: true })
})

// An independent reader, bit by bit and field by field: nothing of the writer is used.

const slowCrc = (bytes: Uint8Array): number => {
  let crc = -1
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const carry = (crc ^ (byte >> bit)) & 1
      crc >>>= 1
      if (carry) crc ^= 0x82f63b78
    }
  }
  return ~crc >>> 0
}
const slowMasked = (bytes: Uint8Array): number => {
  const crc = BigInt(slowCrc(bytes))
  return Number(((crc >> 15n) + ((crc << 17n) & 0xffffffffn) + 0xa282ead8n) & 0xffffffffn)
}

const records = (bytes: Buffer): Buffer[] => {
  const found: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at))
    const data = bytes.subarray(at + 12, at + 12 + length)
    expect(data).toHaveLength(length)
    expect(bytes.readUInt32LE(at + 8)).toBe(slowMasked(bytes.subarray(at, at + 8)))
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(slowMasked(data))
    found.push(data)
    at += length + 16
  }
  return found
}

/** Fields of a protobuf message by number: each once. */
const fields = (bytes: Buffer): Map<number, Buffer | number> => {
  const found = new Map<number, Buffer | number>()
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]!
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const field = Math.floor(tag / 8)
    expect(found.has(field)).toBe(false)
    const size = { 0: 0, 1: 8, 2: -1, 5: 4 }[tag % 8]!
    if (size === 0) found.set(field, varint())
    else {
      const length = size < 0 ? varint() : size
      found.set(field, bytes.subarray(at, at + length))
      at += length
    }
  }
  expect(at).toBe(bytes.length)
  return found
}
const inside = (message: Map<number, Buffer | number>, field: number) => fields(message.get(field) as Buffer)

interface Scalar {
  readonly wallTime: number
  readonly step: number
  readonly tag: string
  readonly value: number
}
const scalars = (path: string): Scalar[] => {
  const [first, ...rest] = records(readFileSync(path)).map(fields)
  expect((first!.get(3) as Buffer).toString()).toBe('brain.Event:2')
  return rest.map(event => {
    const value = inside(inside(event, 5), 1)
    return {
      wallTime: (event.get(1) as Buffer).readDoubleLE(),
      step: (event.get(2) ?? 0) as number,
      tag: (value.get(1) as Buffer).toString(),
      value: (value.get(2) as Buffer).readFloatLE(),
    }
  })
}

test('CRC-32C gives the published answers', () => {
  const ramp = Uint8Array.from({ length: 32 }, (_, i) => i)
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  expect(crc32c(new Uint8Array(0))).toBe(0)
  // RFC 3720, section B.4.
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43)
  expect(crc32c(ramp)).toBe(0x46dd794e)
  expect(crc32c(ramp.toReversed())).toBe(0x113fdb5c)
})

test('CRC-32C equals its definition bit by bit', () => {
  fc.assert(fc.property(fc.uint8Array(), bytes => crc32c(bytes) === slowCrc(bytes)))
})

test('a file has the documented name and bytes', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_500 })
  const writer = await EventWriter.open(folder)
  writer.scalar(3, 'loss', 0.5, { wallTime: 2 })
  writer.close()
  expect(basename(writer.path)).toBe('events.out.tfevents.1700000000.gradus')
  // Written once by tensorboard 2.21.0: RecordWriter with event_pb2.Event of the same contents.
  expect(readFileSync(writer.path).toString('hex')).toBe(
    '1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b353110' +
      '1a00000000000000129bd82d09000000000000004010032a0d0a0b0a046c6f7373150000003fbac36b94',
  )
})

test('scalars are read back as float32, in order', async () => {
  const written = fc.array(
    fc.record({
      wallTime: fc.double({ noNaN: true }),
      step: fc.maxSafeNat(),
      tag: fc.string({ minLength: 1, unit: 'binary' }),
      value: fc.double(),
    }),
  )
  await fc.assert(
    fc.asyncProperty(written, async all => {
      const writer = await EventWriter.open(folder)
      for (const { wallTime, step, tag, value } of all) writer.scalar(step, tag, value, { wallTime })
      writer.close()
      expect(scalars(writer.path)).toEqual(all.map(s => ({ ...s, value: Math.fround(s.value) })))
      rmSync(writer.path)
    }),
    { numRuns: 50 },
  )
})

test('a point without a time is of now', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 })
  const writer = await EventWriter.open(folder)
  vi.setSystemTime(1_700_000_001_250)
  writer.scalar(1, 'loss', 1)
  writer.close()
  expect(scalars(writer.path)).toEqual([{ wallTime: 1_700_000_001.25, step: 1, tag: 'loss', value: 1 }])
})

test('writers opened in the same second have files of their own, in order of opening', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 })
  const nested = join(folder, 'runs', 'a')
  const writers = [await EventWriter.open(nested), await EventWriter.open(nested)]
  for (const [i, writer] of writers.entries()) writer.scalar(i, 'loss', i)
  for (const writer of writers) writer.close()
  expect(readdirSync(nested)).toEqual([
    'events.out.tfevents.1700000000.gradus',
    'events.out.tfevents.1700000001.gradus',
  ])
  expect(writers.map(w => scalars(w.path).map(s => s.step))).toEqual([[0], [1]])
})

test('points wait for flush, for close, for 5 seconds or for 64 KiB', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] })
  const writer = await EventWriter.open(folder)
  expect(scalars(writer.path)).toHaveLength(0)
  writer.scalar(1, 'loss', 1)
  expect(scalars(writer.path)).toHaveLength(0)
  writer.flush()
  expect(scalars(writer.path)).toHaveLength(1)
  writer.scalar(2, 'loss', 1)
  vi.advanceTimersByTime(5_001)
  expect(scalars(writer.path)).toHaveLength(1)
  writer.scalar(3, 'loss', 1)
  expect(scalars(writer.path)).toHaveLength(3)
  writer.scalar(4, 'x'.repeat(65_536), 1)
  expect(scalars(writer.path)).toHaveLength(4)
  writer.scalar(5, 'loss', 1)
  writer.close()
  writer.close()
  expect(scalars(writer.path).map(s => s.step)).toEqual([1, 2, 3, 4, 5])
})

test('a run that goes on says from which step earlier points no longer count', async () => {
  const writer = await EventWriter.open(folder, { fromStep: 300 })
  writer.close()
  const [, session] = records(readFileSync(writer.path)).map(fields)
  expect(session!.get(2)).toBe(300)
  expect([...inside(session!, 7)]).toEqual([[1, 1]]) // SessionLog.status START
})

test('steps and tags that cannot be are refused', async () => {
  const writer = await EventWriter.open(folder)
  const message = (action: () => void): string => {
    try {
      action()
    } catch (error) {
      expect(error).toBeInstanceOf(ArgumentError)
      return (error as Error).message
    }
    return 'nothing was thrown'
  }
  expect(message(() => writer.scalar(1.5, 'loss', 1))).toBe(
    'scalar: the step of "loss" must be a whole number of at least 0; got 1.5.',
  )
  expect(message(() => writer.scalar(1, '', 1))).toBe('scalar: the tag must be a text that is not empty; got "".')
  writer.close()
  expect(message(() => writer.scalar(1, 'loss', 1))).toBe(`${writer.path}: the writer is closed. Open another one.`)
  await expect(EventWriter.open(folder, { fromStep: -1 })).rejects.toThrow(
    'EventWriter.open: fromStep must be a whole number of at least 0; got -1.',
  )
  expect(scalars(writer.path)).toEqual([])
})

test('a place that cannot be written is named', async () => {
  const path = join(folder, 'file')
  writeFileSync(path, '')
  const error = await EventWriter.open(path).catch(error => error)
  expect(error).toBeInstanceOf(GradusError)
  expect([error.code, error.message]).toEqual([
    'file',
    `${path}: could not be written: file already exists (EEXIST). Choose another path.`,
  ])
})

test('after a full disk the file holds whole records, and flushing again goes on', async context => {
  const limit = (bytes: string) =>
    spawnSync('prlimit', [`--fsize=${bytes}:`, '--pid', String(process.pid)]).status === 0
  mkdirSync(join(folder, 'run'))
  const writer = await EventWriter.open(join(folder, 'run'))
  for (let step = 0; step < 100; step++) writer.scalar(step, 'loss', step)
  if (!limit('1000')) context.skip('prlimit is absent, so that the size of a file cannot be limited')
  try {
    expect(() => writer.flush()).toThrow(
      `${writer.path}: could not be written: file too large (EFBIG). Free some space, or write to another disk.`,
    )
    expect(scalars(writer.path)).toHaveLength(0)
  } finally {
    limit('unlimited')
  }
  writer.close()
  expect(scalars(writer.path).map(s => s.value)).toEqual(Array.from({ length: 100 }, (_, i) => i))
})
