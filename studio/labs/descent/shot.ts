import type { Shot } from '../../kit/lab.ts'
import type { OptimizerName } from './about.ts'
import type { Verdict } from './verdict.ts'

/** The way of one optimizer, a number for each point of it: the start, then one a step. */
export interface Track {
  readonly optimizer: OptimizerName
  /** The step of each point: long ways are thinned, the last points are all there. */
  readonly steps: Int32Array
  readonly x: Float64Array
  readonly y: Float64Array
  readonly value: Float64Array
  readonly slopeX: Float64Array
  readonly slopeY: Float64Array
  readonly verdict: Verdict
}

/** A place with no lower one around it. */
export interface Well {
  readonly x: number
  readonly y: number
  readonly value: number
}

export interface DescentShot extends Shot {
  readonly expression: string
  /** 1 or 2 variables. */
  readonly variables: 1 | 2
  readonly xEnds: readonly [number, number]
  readonly yEnds: readonly [number, number]
  /** The function over the window: `columns` values, or rows of them, the first at the bottom. */
  readonly grid: Float64Array
  readonly columns: number
  readonly rows: number
  /** f(x) at the y of the first track. */
  readonly slice: Float64Array
  readonly wells: readonly Well[]
  /** The chosen optimizer, then those of the race. */
  readonly tracks: readonly Track[]
}
