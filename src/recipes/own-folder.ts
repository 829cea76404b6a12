import { mkdir, readdir } from '#files'
import { DataError } from '../core/errors.ts'
import { fileCause } from '../io/atomic.ts'

export interface OwnFolder {
  readonly overwrite: boolean
  /** The names that may be replaced. */
  readonly own: RegExp
  /** What writes there: `report`. */
  readonly what: string
}

/**
 * Makes a folder to write into, and sees to it that writing there loses nothing.
 *
 * @throws DataError where it holds something and `overwrite` is not given, where it holds what others wrote, and where it is no folder
 */
export const checkOwnFolder = async (folder: string, { overwrite, own, what }: OwnFolder): Promise<void> => {
  let names: string[]
  try {
    await mkdir(folder, { recursive: true })
    names = await readdir(folder)
  } catch (error) {
    const { cause, remedy } = fileCause(error)
    throw new DataError(`${folder}: no folder for a ${what}: ${cause}. ${remedy}`, { folder }, error)
  }
  if (names.length > 0 && !overwrite) {
    throw new DataError(
      `${folder}: the ${what}'s folder is not empty. Pass --overwrite to replace it, or choose another one.`,
      { folder },
    )
  }
  const foreign = names.filter(name => !own.test(name))
  if (foreign.length > 0) {
    throw new DataError(
      `${folder}: holds ${foreign.slice(0, 3).join(', ')}, which no ${what} wrote, so it is not overwritten. Choose another folder, or remove it yourself.`,
      { folder },
    )
  }
}
