export { writeFileAtomic } from './atomic.ts'
export { readIdx } from './idx.ts'
export { readModelWeights } from './model-weights.ts'
export {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensors,
  type Safetensors,
  type StoredTensor,
  writeSafetensors,
} from './safetensors.ts'
export { EventWriter, type EventWriterOptions } from './tensorboard.ts'
