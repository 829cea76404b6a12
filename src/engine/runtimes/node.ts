import type { EngineEntry } from '../engine.ts'
import { configured } from './configured.ts'

/**
 * The engines that Node can have, best first. `#runtimes` in package.json chooses between this file and the browser's. What an engine needs
 * is imported when it is loaded.
 */
export const runtimes: Readonly<Record<string, EngineEntry>> = {
  native: {
    about: 'ONNX Runtime on the CPU',
    load: async () => (await import('../onnx/native.ts')).loadNativeEngine(),
  },
  wasm: {
    about: 'ONNX Runtime as WebAssembly',
    load: async () => {
      const { wasmEngine } = await import('../onnx/wasm.ts')
      return wasmEngine(configured(await import('onnxruntime-web')))
    },
  },
  webgpu: {
    about: 'ONNX Runtime on the graphics processor',
    ownMemory: true,
    load: async () => {
      const [{ webgpuEngine }, { loadNodeRuntime }] = await Promise.all([
        import('../onnx/webgpu.ts'),
        import('../onnx/native.ts'),
      ])
      return webgpuEngine(await loadNodeRuntime())
    },
  },
}
