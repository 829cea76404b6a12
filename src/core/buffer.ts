import type { DType, TypedArray } from './dtype.ts'

/** Values in host memory, or on a device. Immutable by agreement: only the slot that owns a buffer may write it. */
export interface Buffer {
  readonly dtype: DType
  /** The values. Throws where they are on a device only: `onHost` fetches them first. */
  readonly array: TypedArray
  /** Where the values are, if that is an engine's own memory. */
  readonly device?: DeviceValues
}

/** Values in the memory of an engine. */
export interface DeviceValues {
  /** The engine's name: only that engine can read them in place. */
  readonly engine: string
  /** Copies them to the host, once; `array` can be read then. */
  fetch(): Promise<void>
  /** Gives the memory back. */
  release(): void
}

/** The same buffer with its values readable on the host. */
export const onHost = async (buffer: Buffer): Promise<Buffer> => {
  await buffer.device?.fetch()
  return buffer
}
