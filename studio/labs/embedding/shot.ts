import type { Shot } from '../../kit/lab.ts'

/** What points are coloured by: classes by name, or numbers. */
export interface Colouring {
  readonly name: string
  /** Class numbers, or numbers. */
  readonly values: Float32Array
  /** Names of classes; null for numbers. */
  readonly classes: readonly string[] | null
}

export interface EmbeddingShot extends Shot {
  /** `[rows, axes]`; empty before the first step. */
  readonly positions: Float32Array
  readonly axes: 2 | 3
  readonly colouring: Colouring
  /** Columns that can colour the points: of one's own table. */
  readonly colours: readonly string[]
  /** Shares of variance of the principal components, the largest first. */
  readonly ratios: Float64Array
  /** The first principal components, `[components, columns]`. */
  readonly components: Float32Array
  readonly columns: readonly string[]
  /** Rows are pictures with so many pixels on a side; 0 where they are not. */
  readonly pixels: number
}

/** What is known of one row. */
export interface RowAnswer {
  readonly row: number
  /** Its numbers as they are in the data. */
  readonly values: readonly number[]
  /** What its colour stands for. */
  readonly label: string
  /** The nearest rows in the data, the nearest first, with their distances. */
  readonly neighbours: readonly number[]
  readonly distances: readonly number[]
  /** The nearest points of the picture. */
  readonly near: readonly number[]
  /** Of pictures: those of the neighbours, one after the other. */
  readonly pictures: Float32Array
  /** What the neighbours' colours stand for. */
  readonly labels: readonly string[]
}
