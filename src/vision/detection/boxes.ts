import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { type Shape, show } from '../../core/shape.ts'
import { concat } from '../../tensor/functions.ts'
import type { Tensor } from '../../tensor/tensor.ts'

type Floats = Tensor<Shape, 'float32'>

/** How four numbers say where a box is: two corners, the upper left corner and the size, or the centre and the size. */
export type BoxFormat = 'xyxy' | 'xywh' | 'cxcywh'
const formats: readonly BoxFormat[] = ['xyxy', 'xywh', 'cxcywh']

/** Boxes of one image and what is in them. */
export interface LabelledBoxes {
  /** `x1, y1, x2, y2` of each box in pixels, one after another. */
  readonly boxes: Float32Array
  /** The class of each box, from 0. */
  readonly classes: Int32Array
}
/** Boxes that a detector found in one image. */
export interface Detections extends LabelledBoxes {
  /** How sure the detector is of each box, from 0 to 1. */
  readonly scores: Float32Array
}

/** Keeps quotients of empty boxes finite; far below a pixel. */
const epsilon = 1e-7

const columns = (where: string, boxes: Floats): [Floats, Floats, Floats, Floats] => {
  if (boxes.shape.at(-1) !== 4) {
    throw new ShapeError(
      `${where}: boxes are ${show(boxes.shape)}. Their last axis must hold the 4 numbers of a box: [..., 4].`,
      { shape: boxes.shape },
    )
  }
  return boxes.split(4, -1) as [Floats, Floats, Floats, Floats]
}

/**
 * Boxes in another format: `xyxy` is x1, y1, x2, y2; `xywh` x1, y1, width, height; `cxcywh` the centre, width, height.
 *
 * **Shape** boxes: `[..., 4]` → the same.
 *
 * @throws ShapeError where the last axis is not 4; ArgumentError for another format
 */
export const convertBoxes = (
  boxes: Floats,
  { from, to }: { readonly from: BoxFormat; readonly to: BoxFormat },
): Floats => {
  for (const format of [from, to]) {
    if (formats.includes(format)) continue
    throw new ArgumentError(
      `convertBoxes: there is no format ${JSON.stringify(format)}. Choose ${formats.join(', ')}.`,
      {
        format,
      },
    )
  }
  const [a, b, c, d] = columns('convertBoxes', boxes)
  if (from === to) return boxes
  const [x1, y1] = from === 'cxcywh' ? [a.sub(c.mul(0.5)), b.sub(d.mul(0.5))] : [a, b]
  const [w, h] = from === 'xyxy' ? [c.sub(a), d.sub(b)] : [c, d]
  if (to === 'xywh') return concat([x1, y1, w, h], -1) as Floats
  if (to === 'xyxy') return concat([x1, y1, x1.add(w), y1.add(h)], -1) as Floats
  return concat([x1.add(w.mul(0.5)), y1.add(h.mul(0.5)), w, h], -1) as Floats
}

/** All that the measures need of two broadcast lists of boxes. */
interface Pair {
  readonly a: Sides
  readonly b: Sides
  readonly union: Floats
  readonly iou: Floats
}
interface Sides {
  readonly x1: Floats
  readonly y1: Floats
  readonly x2: Floats
  readonly y2: Floats
  readonly w: Floats
  readonly h: Floats
}

const sidesOf = (where: string, boxes: Floats): Sides => {
  const [x1, y1, x2, y2] = columns(where, boxes).map(t => t.squeeze(-1)) as [Floats, Floats, Floats, Floats]
  return { x1, y1, x2, y2, w: x2.sub(x1), h: y2.sub(y1) }
}

const compare = (where: string, first: Floats, second: Floats): Pair => {
  const [a, b] = [sidesOf(where, first), sidesOf(where, second)]
  const width = a.x2.minimum(b.x2).sub(a.x1.maximum(b.x1)).relu()
  const height = a.y2.minimum(b.y2).sub(a.y1.maximum(b.y1)).relu()
  const shared = width.mul(height)
  const union = a.w.mul(a.h).add(b.w.mul(b.h)).sub(shared)
  return { a, b, union, iou: shared.div(union.add(epsilon)) }
}

/** Width and height of the smallest box around both. */
const enclosing = ({ a, b }: Pair): readonly [Floats, Floats] => [
  a.x2.maximum(b.x2).sub(a.x1.minimum(b.x1)),
  a.y2.maximum(b.y2).sub(a.y1.minimum(b.y1)),
]

/** ρ²/c²: the squared distance of the centres over the squared diagonal of the enclosing box. */
const centreDistance = (pair: Pair): Floats => {
  const { a, b } = pair
  const [w, h] = enclosing(pair)
  const dx = a.x1.add(a.x2).sub(b.x1.add(b.x2))
  const dy = a.y1.add(a.y2).sub(b.y1.add(b.y2))
  return dx.square().add(dy.square()).mul(0.25).div(w.square().add(h.square()).add(epsilon))
}

/**
 * Intersection over union of boxes, `|A ∩ B| / |A ∪ B|`: 1 for equal boxes, 0 for boxes apart (and for empty ones).
 *
 * **Shape** a, b: `[..., 4]` in `xyxy`, x1 ≤ x2 and y1 ≤ y2, leading axes broadcast → `[...]`: `[N, 1, 4]` with `[M, 4]` gives every pair,
 * `[N, M]`.
 *
 * @throws ShapeError where a last axis is not 4
 *
 * The gradient is 0 where boxes are apart: training needs one of the other measures.
 *
 * Source: Jaccard 1912.
 */
export const iou = (a: Floats, b: Floats): Floats => compare('iou', a, b).iou

/**
 * Generalised intersection over union, `IoU − |C \ (A ∪ B)| / |C|` with C the smallest box around both: from −1 to 1. Boxes apart
 * have a gradient that moves them together.
 *
 * **Shape** as `iou`.
 *
 * @throws ShapeError where a last axis is not 4
 *
 * Source: Rezatofighi et al. 2019, algorithm 1.
 */
export const giou = (a: Floats, b: Floats): Floats => {
  const pair = compare('giou', a, b)
  const [w, h] = enclosing(pair)
  const area = w.mul(h)
  return pair.iou.sub(area.sub(pair.union).div(area.add(epsilon)))
}

/**
 * Distance intersection over union, `IoU − ρ²/c²`: ρ the distance of the centres, c the diagonal of the smallest box around both.
 *
 * **Shape** as `iou`.
 *
 * @throws ShapeError where a last axis is not 4
 *
 * Source: Zheng et al. 2020, equation 7.
 */
export const diou = (a: Floats, b: Floats): Floats => {
  const pair = compare('diou', a, b)
  return pair.iou.sub(centreDistance(pair))
}

/**
 * Complete intersection over union, `IoU − ρ²/c² − α v`: v = 4/π² (atan(w/h) of b − that of a)² compares the aspect ratios, and α =
 * v / (1 − IoU + v), which is held constant in the gradient, weighs it more the better the boxes overlap.
 *
 * **Shape** as `iou`.
 *
 * @throws ShapeError where a last axis is not 4
 *
 * Source: Zheng et al. 2020, equations 8 to 11.
 */
export const ciou = (a: Floats, b: Floats): Floats => {
  const pair = compare('ciou', a, b)
  const angle = ({ w, h }: Sides): Floats => w.div(h.add(epsilon)).atan()
  const v = angle(pair.b)
    .sub(angle(pair.a))
    .square()
    .mul(4 / Math.PI ** 2)
  const alpha = v.div(v.sub(pair.iou).add(1 + epsilon)).stopGradient()
  return pair.iou.sub(centreDistance(pair)).sub(alpha.mul(v))
}

/** Intersection over union of box i of one list and box j of another, on the host; 0 for empty boxes. */
export const overlap = (a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number): number => {
  const [p, q] = [4 * i, 4 * j]
  const width = Math.min(a[p + 2]!, b[q + 2]!) - Math.max(a[p]!, b[q]!)
  const height = Math.min(a[p + 3]!, b[q + 3]!) - Math.max(a[p + 1]!, b[q + 1]!)
  if (!(width > 0 && height > 0)) return 0
  const shared = width * height
  return shared / (area(a, i) + area(b, j) - shared)
}
/** Area of box i of a list. */
export const area = (boxes: ArrayLike<number>, i: number): number =>
  (boxes[4 * i + 2]! - boxes[4 * i]!) * (boxes[4 * i + 3]! - boxes[4 * i + 1]!)

/** Throws unless every box has a class (and a score), and corners in order. */
export const checkBoxes = (where: string, { boxes, classes, scores }: LabelledBoxes & Partial<Detections>): void => {
  if (boxes.length !== 4 * classes.length || (scores && scores.length !== classes.length)) {
    const given = `${boxes.length} coordinates, ${classes.length} classes${scores ? ` and ${scores.length} scores` : ''}`
    throw new ShapeError(`${where}: ${given} do not belong together. Each box has 4 coordinates and one of the others.`)
  }
  for (let i = 0; i < classes.length; i++) {
    const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4)
    if (!(x1! <= x2! && y1! <= y2!)) {
      throw new ArgumentError(
        `${where}: box ${i} is [${x1}, ${y1}, ${x2}, ${y2}]. Corners must be x1, y1, x2, y2 with x1 ≤ x2 and y1 ≤ y2.`,
        { box: i },
      )
    }
  }
}
