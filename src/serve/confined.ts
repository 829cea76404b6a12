import { type FileHandle, open, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { GradusError } from '../core/errors.ts'

/** A request that is not carried out, with the status that says so. */
export class Refusal extends GradusError {
  readonly status: 400 | 403 | 404 | 405 | 413 | 422
  constructor(status: Refusal['status'], message: string) {
    super(status === 404 ? 'absent' : 'refused', message)
    this.status = status
  }
}

/** A path of an address as the names in it. @throws Refusal for one that cannot be decoded, and for names that lead elsewhere */
export const namesOf = (path: string): string[] =>
  path.split('/').map(part => {
    let name: string
    try {
      name = decodeURIComponent(part)
    } catch {
      throw new Refusal(400, `The address has ${JSON.stringify(part.slice(0, 80))}, which cannot be decoded.`)
    }
    checkName(name)
    return name
  })

/** Refuses what is no plain name of a file or folder. */
export const checkName = (name: string): void => {
  if (name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name) && name.length < 256) return
  throw new Refusal(403, `${JSON.stringify(name.slice(0, 80))} is no name of a file or folder here.`)
}

/** Where names below a folder lead to, links followed. @throws Refusal where there is nothing, or where a link leads out of the folder */
export const confined = async (folder: string, names: readonly string[]): Promise<string> => {
  names.forEach(checkName)
  const shown = JSON.stringify(names.join('/'))
  const absent = (): never => {
    throw new Refusal(404, `There is no ${shown} here.`)
  }
  const root = await realpath(folder).catch(absent)
  const found = await realpath(join(root, ...names)).catch(absent)
  if (found === root || found.startsWith(root.endsWith(sep) ? root : root + sep)) return found
  throw new Refusal(403, `${shown} leads out of the folder.`)
}

/** Opens an ordinary file below a folder: nothing else, as opening a pipe would wait. */
export const openConfined = async (folder: string, names: readonly string[]): Promise<FileHandle> => {
  const path = await confined(folder, names)
  const gone = (): never => {
    throw new Refusal(404, `${JSON.stringify(names.join('/'))} is no file that can be read.`)
  }
  if (!(await stat(path).catch(gone)).isFile()) gone()
  return open(path).catch(gone)
}
