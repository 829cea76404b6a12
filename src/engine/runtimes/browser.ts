import type { EngineEntry } from '../engine.ts'
import { configured } from './configured.ts'

// Bundlers copy a file that stands in `new URL(…, import.meta.url)`, and put its address there. onnxruntime-web has this module inside, but
// its threads start it again: bundled, it may bring the page's own code with it, and a page that waits for ever.
const wasmFiles = () => ({
  mjs: new URL('onnxruntime-web/ort-wasm-simd-threaded.mjs', import.meta.url),
  wasm: new URL('onnxruntime-web/ort-wasm-simd-threaded.wasm', import.meta.url),
})
const webgpuFiles = () => ({
  mjs: new URL('onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs', import.meta.url),
  wasm: new URL('onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm', import.meta.url),
})

/** The engines that a page or a worker can have, the one that is always there first. */
export const runtimes: Readonly<Record<string, EngineEntry>> = {
  wasm: {
    about: 'ONNX Runtime as WebAssembly',
    load: async () => {
      const { wasmEngine } = await import('../onnx/wasm.ts')
      return wasmEngine(configured(await import('onnxruntime-web/wasm'), wasmFiles()))
    },
  },
  webgpu: {
    about: 'ONNX Runtime on the graphics processor',
    ownMemory: true,
    load: async () => {
      if (!('gpu' in navigator)) throw new Error('this browser has no WebGPU, or the page is not served securely')
      const { webgpuEngine } = await import('../onnx/webgpu.ts')
      return webgpuEngine(configured(await import('onnxruntime-web/webgpu'), webgpuFiles()))
    },
  },
}
