import type { Shot } from '../../kit/lab.ts'

/** Height and width of the digits. */
export const side = 28
/** Height and width of the step edge, and its first light column. */
export const [stepSide, stepAt] = [10, 5]
/** Digits that are kept to test with. */
export const tested = 500

/** One convolution of one image. */
export interface Convolved {
  readonly side: number
  readonly input: Float32Array
  readonly kernelSide: number
  readonly kernel: Float32Array
  readonly stride: number
  readonly padding: number
  readonly outputSide: number
  readonly output: Float32Array
}

/** What a layer makes of the image: `channels` maps of `side` by `side` cells. */
export interface Layer {
  readonly name: string
  readonly channels: number
  readonly side: number
  readonly values: Float32Array
}

/** What the network makes of one image. */
export interface Look {
  /** Looks are counted, so that of two the newer can be told. */
  readonly version: number
  readonly of: 'test' | 'drawing'
  /** The image as the network gets it. */
  readonly image: Float32Array
  /** Null for a drawing. */
  readonly truth: number | null
  readonly scores: readonly number[]
  readonly probabilities: readonly number[]
  readonly predicted: number
  readonly layers: readonly Layer[]
  /** Where the evidence for the predicted class lies, 0 to 1. */
  readonly cam: Float32Array
  readonly convolved: Convolved
}

/** A test digit that is taken for another. */
export interface Mistake {
  readonly index: number
  readonly truth: number
  readonly predicted: number
  readonly probability: number
  /** 0 to 255. */
  readonly image: Uint8Array
}

export interface DigitsShot extends Shot {
  readonly look: Look
  /** Kernels of the first layer, `[channels, size, size]`. */
  readonly filters: { readonly channels: number; readonly size: number; readonly values: Float32Array }
  /** Those that it is surest of first. */
  readonly mistakes: readonly Mistake[]
}

/** Points of a stroke in the pad's 28 cells: x, y, x, y, … */
export type Stroke = readonly number[]

/** What the view asks: what the network makes of a drawing. No strokes wipe it out. */
export interface Question {
  readonly draw: readonly Stroke[]
}
