// Where peers are found and how they are to run, in a page: stands in for peers/resolve.mjs.
import { packages, tfjsFiles } from 'virtual:peers' // from ../build.mjs
import { asked } from './asked.mjs'

const packageOf = name => {
  if (!packages[name]) throw new Error(`GRADUS_BENCH_PEERS has no ${name}`)
  return packages[name]
}
export const importPeer = async name => packageOf(name).load()
export const versionOf = name => packageOf(name).version

export const backend = asked.engine
export const cores = navigator.hardwareConcurrency
export const wasmFiles = tfjsFiles
