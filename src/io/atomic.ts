import { dirname, getSystemErrorMap, join, open, randomBytes, realpath, rename, rm, stat } from '#files'
import { GradusError } from '../core/errors.ts'

const noRoom = 'Free some space, or write to another disk.'
const notAllowed = 'Check the permissions, or choose another path.'
const remedies: Readonly<Record<string, string>> = {
  ENOSPC: noRoom,
  EDQUOT: noRoom,
  EFBIG: noRoom,
  ENOENT: 'Check that the path is right and that its folder exists.',
  EACCES: notAllowed,
  EPERM: notAllowed,
  EROFS: notAllowed,
}

/** What went wrong with a file, in words on one line (`no space left on device (ENOSPC)`), and what to do about it. */
export const fileCause = (error: unknown): { cause: string; remedy: string } => {
  const { code, errno, message } = error as NodeJS.ErrnoException
  const words = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]
  return {
    cause: words === undefined ? String(message ?? error).replace(/\.?(\n[\s\S]*)?$/, '') : `${words} (${code})`,
    remedy: remedies[code ?? ''] ?? 'Choose another path.',
  }
}

/** The file that `path` names, links followed: it is written beside and replaced, its mode kept. A device or a folder is left alone. */
const replaceable = async (path: string): Promise<{ target: string; mode: number }> => {
  const target = await realpath(path).catch(() => path)
  const found = await stat(target).catch(() => undefined)
  if (found && !found.isFile()) throw new Error(`it is ${found.isDirectory() ? 'a folder' : 'not an ordinary file'}`)
  return { target, mode: found ? found.mode & 0o777 : 0o666 }
}

/** Makes a rename in a folder last through a loss of power, where the platform can: on Windows folders cannot be opened. */
const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path)
  await folder.sync().finally(() => folder.close())
}

/**
 * Writes a file whole or not at all: a temporary file in the same folder is written, synced to the disk and renamed over `path`. A
 * reader sees the old contents or the new, never a part; after any failure the old file is there as before and the temporary is gone.
 * Waits until the contents are on the disk; they must not change meanwhile.
 *
 * @param data the contents, or its pieces in order, each asked for when the one before is written.
 * @throws GradusError with code `file`, naming the file and the cause.
 */
export const writeFileAtomic = async (
  path: string,
  data: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> => {
  let temporary: string | undefined
  try {
    const { target, mode } = await replaceable(path)
    const beside = join(dirname(target), `.gradus-${randomBytes(6).toString('hex')}.tmp`)
    const file = await open(beside, 'wx', mode)
    temporary = beside
    try {
      for await (const chunk of typeof data === 'string' || data instanceof Uint8Array ? [data] : data) {
        await file.writeFile(chunk)
      }
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, target)
    await syncFolder(dirname(target)).catch(() => {}) // the new file is in place, whatever this says
  } catch (error) {
    if (temporary) await rm(temporary, { force: true }).catch(() => {})
    const { cause, remedy } = fileCause(error)
    throw new GradusError(
      'file',
      `${path}: could not be written: ${cause}. What was there before is unchanged. ${remedy}`,
      { path },
      error,
    )
  }
}
