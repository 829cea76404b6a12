import type * as Ort from 'onnxruntime-web'
import type { Engine } from '../engine.ts'
import { onnxEngine } from './session.ts'

/**
 * ONNX Runtime as WebAssembly. It has one pool of threads for all sessions, and only where memory can be shared: in a page that is
 * cross-origin isolated, or in Node.
 */
export const wasmEngine = (runtime: typeof Ort): Engine =>
  onnxEngine({
    name: 'wasm',
    runtime,
    options: () => ({ executionProviders: ['wasm'], graphOptimizationLevel: 'all', logSeverityLevel: 4 }),
    fillsOutputs: false,
  })
