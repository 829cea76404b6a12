// Where peers are found and how they are to run, in Node. In a page, browser/page/resolve.mjs takes its place.
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The file of a package in the folder GRADUS_BENCH_PEERS, which has peers installed beside its package.json. */
export const resolvePeer = name => {
  const folder = process.env.GRADUS_BENCH_PEERS
  if (!folder) throw new Error('GRADUS_BENCH_PEERS names no folder that has it')
  return pathToFileURL(requireFrom(folder).resolve(name)).href
}
const requireFrom = folder => createRequire(join(folder, 'package.json'))

/** A package of that folder. */
export const importPeer = async name => import(resolvePeer(name))

/** Its version, read from beside the file that is imported: not every package exports its package.json. */
export const versionOf = name => {
  const file = new URL(resolvePeer(name)).pathname
  const end = file.indexOf(`/node_modules/${name}/`) + `/node_modules/${name}/`.length
  return createRequire(file)(`${file.slice(0, end)}package.json`).version
}

/** What peers compute on: `wasm`, and in a page `webgpu`, too. */
export const backend = 'wasm'
export const cores = availableParallelism()
/** Addresses of tfjs-wasm's files, where it does not find them itself. */
export const wasmFiles = null
