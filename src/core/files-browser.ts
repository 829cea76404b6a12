import { GradusError } from './errors.ts'

// The names of `files-node.ts` in a browser, where there are no files: whatever calls one of them says so.

const absent =
  (name: string) =>
  (..._: readonly unknown[]): never => {
    throw new GradusError(
      'file',
      `${name}: there are no files in a browser. Fetch the bytes, and pass them to the function that takes bytes; write with encodeSafetensors or exportOnnx.`,
      { name },
    )
  }

export const sep = '/'
export const constants = { O_APPEND: 0, O_CREAT: 0, O_EXCL: 0, O_WRONLY: 0 } as const
export const access = absent('access')
export const appendFile = absent('appendFile')
export const basename = absent('basename')
export const closeSync = absent('closeSync')
export const copyFile = absent('copyFile')
export const createHash = absent('createHash')
export const dirname = absent('dirname')
export const ftruncateSync = absent('ftruncateSync')
export const getSystemErrorMap = absent('getSystemErrorMap')
export const gunzipSync = absent('gunzipSync')
export const homedir = absent('homedir')
export const inflateSync = absent('inflateSync')
export const isAbsolute = absent('isAbsolute')
export const join = absent('join')
export const link = absent('link')
export const mkdir = absent('mkdir')
export const open = absent('open')
export const openSync = absent('openSync')
export const randomBytes = absent('randomBytes')
export const readFile = absent('readFile')
export const readSync = absent('readSync')
export const readdir = absent('readdir')
export const realpath = absent('realpath')
export const realpathSync = absent('realpathSync')
export const relative = absent('relative')
export const rename = absent('rename')
export const resolve = absent('resolve')
export const rm = absent('rm')
export const stat = absent('stat')
export const statSync = absent('statSync')
export const writeFileSync = absent('writeFileSync')
