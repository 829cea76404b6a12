import type * as Ort from 'onnxruntime-web'
import { configuration } from './web-options.ts'

/** The runtime, told what was configured; `placed` is where a bundler put its files, which only threads need to be told. */
export const configured = (module: typeof Ort, placed?: { readonly mjs: URL; readonly wasm: URL }): typeof Ort => {
  const { files, threads } = configuration()
  const { wasm } = module.env
  if (files !== null) wasm.wasmPaths = files
  else if (placed && globalThis.crossOriginIsolated && threads !== 1)
    wasm.wasmPaths = { mjs: placed.mjs.href, wasm: placed.wasm.href }
  if (threads !== null) wasm.numThreads = threads
  return module
}
