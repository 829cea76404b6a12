import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GradusError } from '../../src/core/errors.ts'
import { writeFileAtomic } from '../../src/io/atomic.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradus-atomic-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const failure = async (path: string, data: Parameters<typeof writeFileAtomic>[1]): Promise<GradusError> => {
  const error = await writeFileAtomic(path, data).then(
    () => 'it was written',
    error => error,
  )
  expect(error).toBeInstanceOf(GradusError)
  expect(error.code).toBe('file')
  return error
}

test('text, bytes and pieces arrive whole, and nothing else is left in the folder', async () => {
  const path = join(folder, 'a')
  await writeFileAtomic(path, 'é\n')
  expect(readFileSync(path, 'utf8')).toBe('é\n')
  await writeFileAtomic(path, Uint8Array.of(0, 255))
  expect([...readFileSync(path)]).toEqual([0, 255])
  await writeFileAtomic(path, [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)])
  expect([...readFileSync(path)]).toEqual([1, 2, 3])
  await writeFileAtomic(path, [])
  expect(readFileSync(path)).toHaveLength(0)
  expect(readdirSync(folder)).toEqual(['a'])
})

test('until the last piece is written, readers see the old file', async () => {
  const path = join(folder, 'a')
  writeFileSync(path, 'old')
  const seen: string[] = []
  await writeFileAtomic(
    path,
    (async function* () {
      yield Buffer.from('new ')
      seen.push(readFileSync(path, 'utf8'))
      yield Buffer.from('file')
      seen.push(readFileSync(path, 'utf8'))
    })(),
  )
  expect(seen).toEqual(['old', 'old'])
  expect(readFileSync(path, 'utf8')).toBe('new file')
})

test('after pieces that fail, the old file is there and the temporary is gone', async () => {
  const path = join(folder, 'a')
  writeFileSync(path, 'old')
  const error = await failure(
    path,
    (function* () {
      yield Buffer.from('half')
      throw new Error('the tensor is gone.\nand more')
    })(),
  )
  expect(error.message).toBe(
    `${path}: could not be written: the tensor is gone. What was there before is unchanged. Choose another path.`,
  )
  expect(error.cause).toMatchObject({ message: 'the tensor is gone.\nand more' })
  expect(readdirSync(folder)).toEqual(['a'])
  expect(readFileSync(path, 'utf8')).toBe('old')
})

test('after the disk takes no more, the old file is there and the temporary is gone', async context => {
  const limit = (bytes: string) =>
    spawnSync('prlimit', [`--fsize=${bytes}:`, '--pid', String(process.pid)]).status === 0
  const path = join(folder, 'a')
  writeFileSync(path, 'old')
  if (!limit('4096')) context.skip('prlimit is absent, so that the size of a file cannot be limited')
  try {
    const error = await failure(path, new Uint8Array(100_000))
    expect(error.message).toBe(
      `${path}: could not be written: file too large (EFBIG). What was there before is unchanged. Free some space, or write to another disk.`,
    )
  } finally {
    limit('unlimited')
  }
  expect(readdirSync(folder)).toEqual(['a'])
  expect(readFileSync(path, 'utf8')).toBe('old')
})

test('a folder that is not there is named', async () => {
  const path = join(folder, 'no', 'a')
  expect((await failure(path, 'x')).message).toBe(
    `${path}: could not be written: no such file or directory (ENOENT). What was there before is unchanged. Check that the path is right and that its folder exists.`,
  )
})

test('a folder and a device are refused, and stay what they are', async () => {
  const path = join(folder, 'sub')
  mkdirSync(path)
  expect((await failure(path, 'x')).message).toBe(
    `${path}: could not be written: it is a folder. What was there before is unchanged. Choose another path.`,
  )
  expect((await failure('/dev/null', 'x')).message).toBe(
    '/dev/null: could not be written: it is not an ordinary file. What was there before is unchanged. Choose another path.',
  )
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
  expect(readdirSync(folder)).toEqual(['sub'])
})

test('a link goes on pointing at the file, which keeps its mode', async () => {
  const path = join(folder, 'a')
  const link = join(folder, 'link')
  writeFileSync(path, 'old')
  chmodSync(path, 0o600)
  symlinkSync(path, link)
  await writeFileAtomic(link, 'new')
  expect(readFileSync(path, 'utf8')).toBe('new')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['a', 'link'])
})
