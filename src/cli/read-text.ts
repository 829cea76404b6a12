import { readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { DataError } from '../core/errors.ts'
import { fileCause } from '../io/atomic.ts'
import { decodeUtf8 } from '../text/tokenizers/utf8.ts'
import type { Io } from './io.ts'

const decode = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

/** Text files below a folder, in order of their paths; hidden ones and what is not UTF-8 are left out. */
const readFolder = async (folder: string): Promise<string> => {
  const parts: string[] = []
  const entries = await readdir(folder, { withFileTypes: true })
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) parts.push(await readFolder(path))
    else if (entry.isFile()) {
      const text = decode(await readFile(path))
      if (text !== null && !text.includes('\0')) parts.push(text)
    }
  }
  return parts.join('\n')
}

const bytesOf = async (io: Io, path: string): Promise<Uint8Array | null> => {
  if (path === '-') return buffer(io.stdin())
  const at = resolve(io.cwd, path)
  return (await stat(at)).isDirectory() ? null : readFile(at)
}

/**
 * The text at a path: a file, all text files of a folder, or standard input for `-`.
 *
 * @throws DataError where it is missing or empty, or naming the first byte of a file that is no UTF-8
 */
export const readData = async (io: Io, path: string): Promise<string> => {
  let bytes: Uint8Array | null
  try {
    bytes = await bytesOf(io, path)
  } catch (error) {
    const { cause } = fileCause(error)
    throw new DataError(
      `${path}: could not be read: ${cause}. Give a text file, or a folder of them, with --data.`,
      { path },
      error,
    )
  }
  const text = bytes
    ? decodeUtf8(bytes, path === '-' ? 'standard input' : path)
    : await readFolder(resolve(io.cwd, path))
  if (text.length === 0) throw new DataError(`${path}: is empty. Give some text.`, { path })
  return text
}
