import type { Shot } from '../../kit/lab.ts'

/** Places at which fits are drawn and judged. */
export const places = 81
/** Data sets after which a run ends: their fits are all kept. */
export const mostSets = 1000
/** Fits drawn at once. */
export const mostFits = 40

/** The split of one complexity. */
export interface Split {
  readonly complexity: number
  readonly bias2: number
  readonly variance: number
  readonly expected: number
  readonly error: number
}

export interface VarianceShot extends Shot {
  /** Test places and the truth there. */
  readonly x: Float64Array
  readonly truth: Float64Array
  /** Of the chosen complexity: mean and deviation over fits; empty before the second fit. */
  readonly mean: Float64Array
  readonly deviation: Float64Array
  /** The latest fits, `[fits, places]`. */
  readonly fits: Float64Array
  /** The latest data set. */
  readonly sampleX: Float64Array
  readonly sampleY: Float64Array
  /** One for each complexity; empty before the fourth data set. */
  readonly curve: readonly Split[]
}

/** What the complexity of a model is called. */
export const complexityName = { polynomial: 'degree', neighbours: 'neighbours', tree: 'depth' } as const
