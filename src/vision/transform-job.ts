import { GradusError } from '../core/errors.ts'
import { fork } from './transforms/random.ts'
import { fromSpec } from './transforms/registry.ts'
import type { ImageBatch, Transform, TransformSpec } from './transforms/transform.ts'

/** A batch as it lies in a data set. */
export interface RawBatch {
  readonly data: Uint8Array | Float32Array
  /** `[N, C, H, W]`, or `[N, H, W]` for grey images. */
  readonly shape: readonly number[]
  readonly indices: Float64Array
  readonly labels: Int32Array
}
/** What a thread is asked to do. */
export interface TransformJob {
  readonly raw: RawBatch
  readonly seed: number
  readonly spec: TransformSpec | null
}

/** Numbers from 0 to 1 as `[N, C, H, W]`: bytes are divided by 255. */
const asBatch = ({ data, shape, ...rest }: RawBatch): ImageBatch => {
  const [n, ...item] = shape
  const [height = 1, width = 1] = item.slice(-2)
  const channels = item.length === 3 ? item[0]! : 1
  const shaped = [n!, channels, height, width] as const
  if (data instanceof Float32Array) return { ...rest, data, shape: shaped }
  const values = new Float32Array(data.length)
  for (let i = 0; i < values.length; i++) values[i] = data[i]! / 255
  return { ...rest, data: values, shape: shaped }
}

/** The transformed batch of a job. */
export const transformRaw = (raw: RawBatch, seed: number, transform: Transform | null): ImageBatch => {
  const batch = asBatch(raw)
  // The seed itself is that of the random orders; what is done to images has the upper half of its streams.
  return transform ? transform.apply(batch, fork({ state: { seed } }, 128)) : batch
}

/** A failure as it crosses between threads. */
export interface Failure {
  readonly name: string
  readonly message: string
  readonly code?: string
}

const failureOf = (error: unknown): Failure => {
  const { name, message } = error as Error
  return { name, message, ...(error instanceof GradusError && { code: error.code }) }
}

/** What a thread answers to a message: the batch, or why there is none. */
export const reply = (given: unknown): { message: unknown; transfer: ArrayBuffer[] } => {
  const { raw, seed, spec } = given as TransformJob
  try {
    const batch = transformRaw(raw, seed, spec && fromSpec(spec))
    return { message: { batch }, transfer: [batch.data.buffer as ArrayBuffer] }
  } catch (error) {
    return { message: { failure: failureOf(error) }, transfer: [] }
  }
}
