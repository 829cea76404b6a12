// What Gradus needs of Node beyond JavaScript itself, in one place: `#files` in package.json stands for this file, and in a browser for
// `files-browser.ts`, which has the same names.
export { createHash, randomBytes } from 'node:crypto'
export { closeSync, constants, ftruncateSync, openSync, readSync, realpathSync, statSync, writeFileSync } from 'node:fs'
export {
  access,
  appendFile,
  copyFile,
  link,
  mkdir,
  open,
  readFile,
  readdir,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises'
export type { FileHandle } from 'node:fs/promises'
export { homedir } from 'node:os'
export { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
export { getSystemErrorMap } from 'node:util'
export { gunzipSync, inflateSync } from 'node:zlib'
