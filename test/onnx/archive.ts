import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** The cases of a suite: for each folder, its files by their path within it. */
export type Suite = Map<string, Map<string, Uint8Array>>

const zero = /\0.*$/s
const textAt = (block: Uint8Array, start: number, length: number): string =>
  new TextDecoder().decode(block.subarray(start, start + length)).replace(zero, '')

/** Ordinary files of a tar archive by path. Source: POSIX.1-2017, pax, "ustar interchange format". */
function* tarFiles(tar: Uint8Array): Generator<[string, Uint8Array]> {
  let longName = ''
  for (let at = 0; at + 512 <= tar.length; ) {
    const header = tar.subarray(at, at + 512)
    const name = textAt(header, 0, 100)
    if (name === '' && header.every(b => b === 0)) return
    const size = Number.parseInt(textAt(header, 124, 12).trim() || '0', 8)
    const prefix = textAt(header, 257, 5) === 'ustar' ? textAt(header, 345, 155) : ''
    const data = tar.subarray(at + 512, at + 512 + size)
    const type = String.fromCharCode(header[156]!)
    // Long names come as an entry of their own before the file: GNU's as they are, those of pax as a record "<length> path=<name>".
    if (type === 'L') longName = textAt(data, 0, size)
    else if (type === 'x') longName = /^\d+ path=(.*)$/m.exec(textAt(data, 0, size))?.[1] ?? ''
    else {
      const path = longName || (prefix ? `${prefix}/${name}` : name)
      if (type === '0' || type === '\0') yield [path, data]
      longName = ''
    }
    at += 512 + 512 * Math.ceil(size / 512)
  }
}

function* folderFiles(folder: string): Generator<[string, Uint8Array]> {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name)
    if (statSync(path).isFile()) yield [join(basename(folder), name), readFileSync(path)]
  }
}

/** Where the suite is: GRADUS_ONNX_TESTS (an archive or a folder), else in the shared data. */
export const suitePath = (): string => {
  const { GRADUS_ONNX_TESTS, GRADUS_DATA } = process.env
  return GRADUS_ONNX_TESTS ?? join(GRADUS_DATA ?? resolve('..', 'shared', 'data'), 'vectors', 'onnx_node_tests.tar.gz')
}

/** The cases of an archive or folder, by name; null where there is none. */
export const readSuite = (path: string): Suite | null => {
  if (!existsSync(path)) return null
  const entries = [...(statSync(path).isDirectory() ? folderFiles(path) : tarFiles(gunzipSync(readFileSync(path))))]
  // A case is a folder that holds a model, however deep the archive puts it.
  const cases = entries
    .filter(([name]) => basename(name) === 'model.onnx')
    .map(([name]) => name.slice(0, -'model.onnx'.length))
  const suite: Suite = new Map(cases.sort().map(folder => [basename(folder), new Map()]))
  const known = new Set(cases)
  for (const [name, data] of entries) {
    const parts = name.split('/')
    for (let n = parts.length - 1; n > 0; n--) {
      const folder = `${parts.slice(0, n).join('/')}/`
      if (!known.has(folder)) continue
      suite.get(parts[n - 1]!)!.set(parts.slice(n).join('/'), data)
      break
    }
  }
  return suite
}
