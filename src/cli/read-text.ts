import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DataError } from '../core/errors.ts'
import { fileCause } from '../io/atomic.ts'
import { type Io, readText } from './io.ts'

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

/** The text at a path: a file, all text files of a folder, or standard input for `-`. @throws DataError if missing, not text, or empty */
export const readData = async (io: Io, path: string): Promise<string> => {
  let text: string | null
  try {
    if (path === '-') text = await readText(io, path)
    else text = (await stat(path)).isDirectory() ? await readFolder(path) : decode(await readFile(path))
  } catch (error) {
    const { cause } = fileCause(error)
    throw new DataError(
      `${path}: could not be read: ${cause}. Give a text file, or a folder of them, with --data.`,
      { path },
      error,
    )
  }
  if (text === null)
    throw new DataError(`${path}: is not UTF-8 text. Convert it, such as with iconv -t utf-8.`, { path })
  if (text.length === 0) throw new DataError(`${path}: is empty. Give a text to learn from.`, { path })
  return text
}
