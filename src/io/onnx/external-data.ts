import { closeSync, isAbsolute, join, openSync, readSync, realpathSync, relative, sep, statSync } from '#files'
import { FormatError } from '../../core/errors.ts'
import { fileCause } from '../atomic.ts'
import { quote } from '../json.ts'

/** Where a tensor's elements lie outside the model: `location`, `offset`, `length`. */
export type External = ReadonlyMap<string, string>

const distrust = 'Do not use this model unless you trust where it is from.'

/** Whether a path as written names something below the folder: relative, without `..`, on any system. */
const isInside = (location: string): boolean =>
  location !== '' &&
  !isAbsolute(location) &&
  !/^[A-Za-z]:|^[\\/]|\0/.test(location) &&
  !location.split(/[\\/]/).includes('..')

/** The file's real path, links followed; throws unless it lies in the folder. */
const locate = (location: string, folder: string, what: string): string => {
  if (!isInside(location)) {
    throw new FormatError(
      `importOnnx: ${what} is said to be in ${quote(location)}; a path inside the model's folder was expected. ${distrust}`,
      { location },
    )
  }
  const real = realpathSync(join(folder, location))
  const way = relative(realpathSync(folder), real)
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) {
    throw new FormatError(
      `importOnnx: ${what} is said to be in ${quote(location)}, a link out of the model's folder. ${distrust}`,
      { location },
    )
  }
  return real
}

const wholeNumber = (external: External, key: string, fallback: number, what: string): number => {
  const given = external.get(key)
  if (given === undefined) return fallback
  const value = /^\d+$/.test(given) ? Number(given) : Number.NaN
  if (Number.isSafeInteger(value)) return value
  throw new FormatError(
    `importOnnx: ${what} has the external ${key} ${quote(given)}; a whole number of bytes was expected. Export the model again.`,
    { [key]: given },
  )
}

const readAt = (path: string, offset: number, length: number, what: string, location: string): Uint8Array => {
  // Asked before it is opened: opening a pipe would wait for somebody to write.
  const found = statSync(path)
  if (!found.isFile()) {
    throw new FormatError(
      `importOnnx: ${what} is said to be in ${quote(location)}, which is no ordinary file. ${distrust}`,
      { location },
    )
  }
  if (offset + length > found.size) {
    throw new FormatError(
      `importOnnx: ${what} is said to end at byte ${offset + length} of ${quote(location)}, which has ${found.size}. The file is cut short: download or export it again.`,
      { location, offset, length, size: found.size },
    )
  }
  const file = openSync(path, 'r')
  try {
    const data = new Uint8Array(length)
    let filled = 0
    while (filled < length) {
      const got = readSync(file, data, filled, length - filled, offset + filled)
      if (got === 0) break
      filled += got
    }
    return data.subarray(0, filled)
  } finally {
    closeSync(file)
  }
}

/**
 * The bytes of a tensor that lie in a file of the model's folder.
 *
 * @param needed what the tensor's shape needs; a file that does not hold it is refused before memory is taken.
 * @throws FormatError when there is no folder to look in, the path leads out of it, or the file is not long enough.
 */
export const readExternal = (
  external: External,
  needed: number,
  what: string,
  folder: string | undefined,
): Uint8Array => {
  const location = external.get('location') ?? ''
  if (folder === undefined) {
    throw new FormatError(
      `importOnnx: ${what} is in the file ${quote(location)} beside the model. Pass { folder }, or use importOnnxFile.`,
      { location },
    )
  }
  const offset = wholeNumber(external, 'offset', 0, what)
  const length = wholeNumber(external, 'length', needed, what)
  if (length !== needed) {
    throw new FormatError(
      `importOnnx: ${what} has ${length} bytes in ${quote(location)}; its shape needs ${needed}. Export the model again.`,
      { location, length, needed },
    )
  }
  try {
    return readAt(locate(location, folder, what), offset, length, what, location)
  } catch (error) {
    if (error instanceof FormatError) throw error
    const { cause, remedy } = fileCause(error)
    throw new FormatError(
      `importOnnx: ${what} is in ${quote(location)}, which could not be read: ${cause}. ${remedy}`,
      { location },
      error,
    )
  }
}
