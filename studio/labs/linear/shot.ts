import type { Shot } from '../../kit/lab.ts'

/** Cells of the plane on a side. */
export const side = 48
/** Ends of the plane on both axes. */
export const reach = 1.4

export interface LinearShot extends Shot {
  /** Two coordinates a point. */
  readonly x: Float64Array
  readonly y: Int32Array
  readonly classes: readonly string[]
  readonly axes: readonly [string, string]
  /** `w · x + b` of each point: one a point, or one for each class. */
  readonly scores: Float64Array
  readonly losses: Float64Array
  /** How the loss of a point changes with its scores. */
  readonly slopes: Float64Array
  /** Scores of a point: 1, or the number of classes. */
  readonly outputs: number
  /** Class of each cell of the plane, the first row at the bottom, and how sure it is, 0 to 1. */
  readonly region: Int32Array
  readonly sure: Float32Array
  /** w1, w2 and b of each output. */
  readonly weights: readonly (readonly [w1: number, w2: number, b: number])[]
  readonly gradients: readonly (readonly [w1: number, w2: number, b: number])[]
  /** The output whose weights the surface is over. */
  readonly row: number
  /** The loss over w1 and w2, the first row at the bottom; both axes go from −`span` to `span`. */
  readonly surface: Float64Array
  readonly surfaceSide: number
  readonly span: number
  /** w1, w2, w1, w2, … of the steps so far. */
  readonly path: Float32Array
  /** Whether the points are somebody's table, which cannot be moved. */
  readonly table: boolean
}
