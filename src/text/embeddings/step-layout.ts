// Where a thread's small arrays stand, in bytes from the beginning of its scratch memory; rows are addresses in bytes, too.

/** Rows that one step takes at most: the word and its negatives, the nodes of a code, or the words of a window. */
export const capacity = 128
/** The learning rate, a float32. */
export const ratePlace = 0
/** Addresses of output rows, int32. */
export const targetsPlace = 16
/** What each of them should answer, 1 or 0, float32. */
export const labelsPlace = targetsPlace + 4 * capacity
/** Their products with the input, before the step, float32. */
export const dotsPlace = labelsPlace + 4 * capacity
/** Addresses of the input rows of a window, int32. */
export const contextPlace = dotsPlace + 4 * capacity
/** The mean of those rows; the rows' errors follow it. */
export const meanPlace = contextPlace + 4 * capacity
export const errorPlace = (rowBytes: number): number => meanPlace + rowBytes
/** All of it, in whole lines of 64 bytes. */
export const scratchBytes = (rowBytes: number): number => 64 * Math.ceil((meanPlace + 2 * rowBytes) / 64)

/** Rows are whole vectors of four float32; the elements past the size are 0 and stay so. */
export const vectorsOf = (size: number): number => Math.ceil(size / 4)

/**
 * The arithmetic of training. With x the input, oᵢ the outputs, yᵢ their labels and α the rate:
 * `gᵢ = α (yᵢ − σ(x·oᵢ))`, error `Σ gᵢ oᵢ`, `oᵢ += gᵢ x`; all products are those before the step.
 */
export interface StepKernels {
  /** Steps, and adds the error to the input row. */
  addStep(count: number, input: number, scratch: number): void
  /** Steps with the mean as the input, and keeps the error. */
  meanStep(count: number, scratch: number): void
  /** The mean of the rows of a window. */
  mean(count: number, scratch: number): void
  /** Adds the error to each of them. */
  spread(count: number, scratch: number): void
}
