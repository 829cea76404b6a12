import { type FileHandle, open } from '#files'
import { DataError, FormatError } from '../core/errors.ts'
import { fileCause } from './atomic.ts'

/** A file that is read piece by piece: it may be larger than one array can be. */
export interface FilePieces {
  readonly size: number
  /** So many bytes from a place on. @throws FormatError where the file has become shorter */
  readonly read: (position: number, length: number) => Promise<Uint8Array>
}

const piecesOf = async (file: FileHandle, path: string): Promise<FilePieces> => {
  const { size } = await file.stat()
  const read = async (position: number, length: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(length)
    for (let done = 0; done < length; ) {
      const { bytesRead } = await file.read(bytes, done, Math.min(length - done, 2 ** 30), position + done)
      if (bytesRead === 0) throw new FormatError(`${path}: the file became shorter while it was read. Read it again.`)
      done += bytesRead
    }
    return bytes
  }
  return { size, read }
}

/** Opens a file, reads it and closes it. @throws DataError when it is missing or cannot be read; FormatErrors pass */
export const readInPieces = async <T>(path: string, parse: (file: FilePieces) => Promise<T>): Promise<T> => {
  try {
    const file = await open(path)
    try {
      return await parse(await piecesOf(file, path))
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof FormatError) throw error
    const { cause, remedy } = fileCause(error)
    throw new DataError(`${path}: could not be read: ${cause}. ${remedy}`, { path }, error)
  }
}
