import type { Shot } from '../../kit/lab.ts'

/** Cells of the maps on a side. */
export const side = 44
/** Ends of the maps on both axes. */
export const reach = 1.3

/** A hidden unit over the plane. */
export interface UnitMap {
  readonly layer: number
  readonly unit: number
  readonly values: Float32Array
}

export interface MlpShot extends Shot {
  readonly x: Float32Array
  readonly y: Int32Array
  /** Points from here on are for testing. */
  readonly trained: number
  readonly classes: readonly string[]
  readonly axes: readonly [string, string]
  /** Probability of each class over the plane, `[K, side, side]`, the first row at the bottom. */
  readonly map: Float32Array
  readonly units: readonly UnitMap[]
  /** Weights `[out, in]` of the linear layers. */
  readonly weights: readonly {
    readonly name: string
    readonly shape: readonly number[]
    readonly values: Float32Array
  }[]
  /** Test points by class: `[actual, predicted]`. */
  readonly confusion: readonly (readonly number[])[]
}
