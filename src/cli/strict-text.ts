import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { DataError } from '../core/errors.ts'
import { fileCause } from '../io/atomic.ts'
import { decodeUtf8 } from '../text/tokenizers/utf8.ts'
import type { Io } from './io.ts'

/** The text of a file, or of standard input for `-`. @throws DataError naming the first byte that is no UTF-8, or where it is empty */
export const readStrictText = async (io: Io, path: string): Promise<string> => {
  const bytes = await (path === '-' ? buffer(io.stdin()) : readFile(resolve(io.cwd, path))).catch(error => {
    const { cause } = fileCause(error)
    throw new DataError(
      `${path}: could not be read: ${cause}. Give a text file, or - for standard input.`,
      { path },
      error,
    )
  })
  const text = decodeUtf8(bytes, path === '-' ? 'standard input' : path)
  if (text === '') throw new DataError(`${path}: is empty. Give some text.`, { path })
  return text
}
