import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Real data is not in the repository: GRADUS_DATA says where it lies.
const folder = process.env.GRADUS_DATA ?? fileURLToPath(new URL('../../shared/data', import.meta.url))

/** A file or folder of the real data, or null where it is absent: a test then skips with a word. */
export const dataFile = (path: string): string | null => {
  const at = join(folder, path)
  return existsSync(at) ? at : null
}
