import { ArgumentError } from '../../core/errors.ts'
import { fromArray } from '../../tensor/creation.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { checkBoxes, type LabelledBoxes, overlap } from './boxes.ts'

/**
 * Where a detector looks: a grid of square cells over the image, and in each cell a box of every given size around its centre, its
 * priors. Prior `(row · cells + column) · A + a` is size a of the cell at that row and column.
 */
export interface DetectionGrid {
  /** Width and height of the image in pixels; a multiple of `stride`. */
  readonly imageSize: number
  /** Width and height of a cell in pixels. */
  readonly stride: number
  /** Width and height of each prior in pixels. */
  readonly anchors: readonly (readonly [width: number, height: number])[]
}

/** What a detector should say at each prior of each image. */
export interface DetectionTargets {
  /** 1 where a box is assigned, 0 elsewhere: `[N, P]`. */
  readonly assigned: Tensor<readonly [number, number], 'float32'>
  /** 1 where no box is assigned and none is expected, 0 elsewhere: `[N, P]`. */
  readonly empty: Tensor<readonly [number, number], 'float32'>
  /** The assigned box in `xyxy`, the prior itself where there is none: `[N, P, 4]`. */
  readonly boxes: Tensor<readonly [number, number, 4], 'float32'>
  /** Class of the assigned box, 0 where there is none: int32 `[N, P]`. */
  readonly classes: Tensor<readonly [number, number], 'int32'>
  /** Boxes for which every prior of their cell was taken: nothing is learnt from them. */
  readonly unassigned: number
}

export interface AssignOptions {
  /** A free prior that overlaps a box by at least this much is neither assigned nor empty. Default 0.5, as in the paper. */
  readonly ignoreThreshold?: number
}

/** Cells along a side of the image. @throws ArgumentError for a grid that does not fit the image, or has no anchors */
export const cellsOf = ({ imageSize, stride, anchors }: DetectionGrid): number => {
  const cells = imageSize / stride
  if (!(Number.isInteger(cells) && cells >= 1)) {
    throw new ArgumentError(
      `detectionGrid: an image of ${imageSize} pixels is not a whole number of cells of ${stride}. Choose a multiple of ${stride}.`,
      { imageSize, stride },
    )
  }
  if (anchors.length === 0 || anchors.some(([w, h]) => !(w > 0 && h > 0))) {
    throw new ArgumentError(
      `detectionGrid: anchors are ${JSON.stringify(anchors)}. Give at least one, each a width and a height above 0 in pixels.`,
    )
  }
  return cells
}

/** All priors of a grid in `xyxy`, one after another. */
export const priorsOf = (grid: DetectionGrid): Float32Array => {
  const cells = cellsOf(grid)
  const { stride, anchors } = grid
  const out = new Float32Array(4 * cells * cells * anchors.length)
  for (let cell = 0; cell < cells * cells; cell++) {
    const [x, y] = [((cell % cells) + 0.5) * stride, (Math.floor(cell / cells) + 0.5) * stride]
    for (const [a, [w, h]] of anchors.entries())
      out.set([x - w / 2, y - h / 2, x + w / 2, y + h / 2], 4 * (cell * anchors.length + a))
  }
  return out
}

/**
 * Assigns each true box to one prior: in the cell that holds its centre, the one whose size overlaps the box most (of those that no
 * other box has). Other priors are empty, but for those that overlap a box well, which are left out of the loss.
 *
 * **Shape** truths of N images, P priors → `[N, P]` each, boxes `[N, P, 4]`.
 *
 * @throws ArgumentError for a box whose centre is outside the image, or a class below 0
 *
 * Source: Redmon et al. 2016, section 2; priors and the ignored ones: Redmon & Farhadi 2018, section 2.1.
 */
export const assignTargets = (
  truths: readonly LabelledBoxes[],
  grid: DetectionGrid,
  { ignoreThreshold = 0.5 }: AssignOptions = {},
): DetectionTargets => {
  const priors = priorsOf(grid)
  const [n, p] = [truths.length, priors.length / 4]
  const assigned = new Float32Array(n * p)
  const empty = new Float32Array(n * p).fill(1)
  const boxes = new Float32Array(n * p * 4)
  const classes = new Int32Array(n * p)
  let unassigned = 0
  for (const [i, truth] of truths.entries()) {
    checkBoxes('assignTargets', truth)
    boxes.set(priors, i * p * 4)
    const own = assigned.subarray(i * p, (i + 1) * p)
    for (const [j, label] of truth.classes.entries()) {
      if (label < 0) throw new ArgumentError(`assignTargets: box ${j} has class ${label}. Classes count from 0.`)
      for (let k = 0; k < p; k++) {
        if (overlap(priors, k, truth.boxes, j) >= ignoreThreshold) empty[i * p + k] = 0
      }
      const k = bestFree(truth.boxes, j, own, grid)
      if (k < 0) {
        unassigned += 1
        continue
      }
      own[k] = 1
      empty[i * p + k] = 0
      classes[i * p + k] = label
      boxes.set(truth.boxes.subarray(4 * j, 4 * j + 4), 4 * (i * p + k))
    }
  }
  return {
    assigned: fromArray(assigned, [n, p], 'float32'),
    empty: fromArray(empty, [n, p], 'float32'),
    boxes: fromArray(boxes, [n, p, 4], 'float32'),
    classes: fromArray(classes, [n, p], 'int32'),
    unassigned,
  }
}

/** The free prior in the box's cell that has the most similar size; −1 where all are taken. */
const bestFree = (boxes: Float32Array, j: number, taken: Float32Array, grid: DetectionGrid): number => {
  const { imageSize, stride, anchors } = grid
  const [x1, y1, x2, y2] = boxes.subarray(4 * j, 4 * j + 4) as unknown as [number, number, number, number]
  const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2]
  if (!(x >= 0 && y >= 0 && x < imageSize && y < imageSize)) {
    throw new ArgumentError(
      `assignTargets: box ${j} has its centre at [${x}, ${y}], outside the image of ${imageSize} by ${imageSize} pixels. Clip boxes to the image, or leave that one out.`,
      { box: j },
    )
  }
  const cell = Math.floor(y / stride) * (imageSize / stride) + Math.floor(x / stride)
  const similarity = ([w, h]: readonly [number, number]): number => {
    const shared = Math.min(w, x2 - x1) * Math.min(h, y2 - y1)
    return shared / (w * h + (x2 - x1) * (y2 - y1) - shared)
  }
  let best = -1
  for (const [a, anchor] of anchors.entries()) {
    if (taken[cell * anchors.length + a] === 1) continue
    if (best < 0 || similarity(anchor) > similarity(anchors[best]!)) best = a
  }
  return best < 0 ? -1 : cell * anchors.length + best
}
