export { writeFileAtomic } from './atomic.ts'
export { readIdx } from './idx.ts'
export { readModelWeights } from './model-weights.ts'
export {
  importOnnx,
  importOnnxFile,
  type OnnxGraph,
  OnnxModel,
  type OnnxNodeInfo,
  type OnnxOptions,
  type OnnxValue,
} from './onnx/import.ts'
export { type ExampleInputs, type Exportable, type ExportOptions, exportOnnx } from './onnx-export/export.ts'
export { type WriteOptions, writeOnnx } from './onnx-export/write.ts'
export { decodeNpy, encodeNpy, readNpy, saveNpy } from './npy.ts'
export { decodeNpz, encodeNpz, type NpzOptions, type NpzWriteOptions, readNpz, saveNpz } from './npz.ts'
export {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensors,
  type Safetensors,
  type StoredTensor,
  writeSafetensors,
} from './safetensors.ts'
export { EventWriter, type EventWriterOptions } from './tensorboard.ts'
export {
  type EventFile,
  joinEvents,
  type ReadEventsOptions,
  readEvents,
  type ScalarPoint,
} from './tensorboard-events.ts'
