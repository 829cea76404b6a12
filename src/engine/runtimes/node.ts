import type { EngineEntry } from '../engine.ts'
import { loadNativeEngine, loadNodeRuntime } from '../onnx/native.ts'
import { wasmEngine } from '../onnx/wasm.ts'
import { webgpuEngine } from '../onnx/webgpu.ts'
import { configured } from './configured.ts'

/** The engines that Node can have, best first. `#runtimes` in package.json chooses between this file and the browser's. */
export const runtimes: Readonly<Record<string, EngineEntry>> = {
  native: { about: 'ONNX Runtime on the CPU', load: loadNativeEngine },
  wasm: {
    about: 'ONNX Runtime as WebAssembly',
    load: async () => wasmEngine(configured(await import('onnxruntime-web'))),
  },
  webgpu: {
    about: 'ONNX Runtime on the graphics processor',
    ownMemory: true,
    load: async () => webgpuEngine(await loadNodeRuntime()),
  },
}
