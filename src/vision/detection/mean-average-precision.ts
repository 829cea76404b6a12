import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { checkBoxes, type Detections, type LabelledBoxes, overlap } from './boxes.ts'
import { byScore } from './nms.ts'

/**
 * How precision is averaged over recall and detections are matched with truths.
 *
 * - `coco`: a detection takes the truth of its class that it overlaps most among those not taken; precision is read at 101 recalls, 0,
 *   0.01, …, 1; only the best `maxDetections` of a class in an image count.
 * - `voc`: a detection is held against the truth of its class that it overlaps most, and is wrong if that is taken; the area under the
 *   precision envelope at every recall that occurs (VOC 2010 and after).
 */
export type AveragePrecisionMethod = 'coco' | 'voc'

export interface MeanAveragePrecisionOptions {
  readonly numClasses: number
  /** Intersections over union from which on a detection is right. Default 0.5, 0.55, …, 0.95. */
  readonly iouThresholds?: readonly number[]
  /** Default `coco`. */
  readonly method?: AveragePrecisionMethod
  /** Best detections of a class in an image that count. Default 100 for `coco`; all for `voc`. */
  readonly maxDetections?: number
}

export interface MeanAveragePrecision {
  /** Mean over the classes that occur and over the thresholds. */
  readonly mean: number
  /** Mean over the classes that occur, at each threshold. */
  readonly byThreshold: readonly number[]
  /** Average precision of each class at each threshold; null for a class without a truth. */
  readonly byClass: readonly (readonly number[] | null)[]
}

/** COCO's thresholds: 0.5, 0.55, …, 0.95. */
export const cocoThresholds: readonly number[] = Array.from({ length: 10 }, (_, i) => (50 + 5 * i) / 100)

/**
 * Average precision of detections, image by image with the truths: over all thresholds of the score, how many detections are right
 * (precision) at each share of truths found (recall). No area ranges, and no truths that are crowds or difficult.
 *
 * @throws ShapeError where the lists do not match; ArgumentError for a class outside, a threshold outside (0, 1], or no truth at all
 *
 * Source: Everingham et al. 2010, section 4.2; Lin et al. 2014, and the reference implementation's rules (pycocotools).
 */
export const meanAveragePrecision = (
  detections: readonly Detections[],
  truths: readonly LabelledBoxes[],
  options: MeanAveragePrecisionOptions,
): MeanAveragePrecision => {
  const { numClasses, iouThresholds = cocoThresholds, method = 'coco' } = options
  const { maxDetections = method === 'coco' ? 100 : Number.POSITIVE_INFINITY } = options
  check(detections, truths, { numClasses, iouThresholds })
  const byClass = Array.from({ length: numClasses }, (_, k) => {
    const total = truths.reduce((sum, { classes }) => sum + classes.filter(c => c === k).length, 0)
    if (total === 0) return null
    const images = truths.map((truth, i) => candidatesOf(detections[i]!, truth, k, maxDetections))
    return iouThresholds.map(threshold => averagePrecision(judge(images, threshold, method), total, method))
  })
  const occurring = byClass.filter(precisions => precisions !== null)
  const byThreshold = iouThresholds.map((_, t) => mean(occurring.map(precisions => precisions[t]!)))
  return { mean: mean(byThreshold), byThreshold, byClass }
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length

const check = (
  detections: readonly Detections[],
  truths: readonly LabelledBoxes[],
  { numClasses, iouThresholds }: { readonly numClasses: number; readonly iouThresholds: readonly number[] },
): void => {
  if (detections.length !== truths.length) {
    throw new ShapeError(
      `meanAveragePrecision: there are detections of ${detections.length} images and truths of ${truths.length}. Give both for every image, in one order; an image without any has empty arrays.`,
    )
  }
  const wrong = iouThresholds.find(t => !(t > 0 && t <= 1))
  if (wrong !== undefined || iouThresholds.length === 0) {
    const given = wrong === undefined ? 'none' : `${wrong}`
    throw new ArgumentError(`meanAveragePrecision: iouThresholds must be above 0 and at most 1; got ${given}.`)
  }
  for (const boxes of [...detections, ...truths]) {
    checkBoxes('meanAveragePrecision', boxes)
    const outside = boxes.classes.find(c => !(c >= 0 && c < numClasses))
    if (outside === undefined) continue
    throw new ArgumentError(
      `meanAveragePrecision: there is no class ${outside} among ${numClasses}. Classes count from 0; numClasses must be above the largest.`,
      { class: outside },
    )
  }
  if (truths.every(({ classes }) => classes.length === 0))
    throw new ArgumentError(
      'meanAveragePrecision: no image has a true box, so there is no recall. Give images with boxes.',
    )
}

/** The detections of one class in one image, best first, and how much each overlaps each truth. */
interface Candidates {
  readonly scores: readonly number[]
  readonly overlaps: readonly (readonly number[])[]
  readonly truths: number
}

const candidatesOf = (found: Detections, truth: LabelledBoxes, k: number, most: number): Candidates => {
  const own = (classes: Int32Array): number[] => [...classes.keys()].filter(i => classes[i] === k)
  const there = own(truth.classes)
  const mine = own(found.classes)
  const best = byScore(mine.map(i => found.scores[i]!))
    .slice(0, most)
    .map(at => mine[at]!)
  return {
    scores: best.map(i => found.scores[i]!),
    overlaps: best.map(i => there.map(j => overlap(found.boxes, i, truth.boxes, j))),
    truths: there.length,
  }
}

/** Whether each detection of all images is right, by falling score. */
const judge = (images: readonly Candidates[], threshold: number, method: AveragePrecisionMethod): boolean[] => {
  const scores: number[] = []
  const right: boolean[] = []
  for (const { scores: own, overlaps, truths } of images) {
    const taken = new Array<boolean>(truths).fill(false)
    for (const [i, row] of overlaps.entries()) {
      let best = -1
      for (const [j, value] of row.entries()) {
        if (method === 'coco' && taken[j]) continue
        if (value >= threshold && (best < 0 || value > row[best]!)) best = j
      }
      scores.push(own[i]!)
      right.push(best >= 0 && !taken[best])
      if (best >= 0) taken[best] = true
    }
  }
  return byScore(scores).map(i => right[i]!)
}

/** Recalls at which COCO reads the precision. */
const recallPoints = Array.from({ length: 101 }, (_, i) => i * 0.01)

const averagePrecision = (right: readonly boolean[], total: number, method: AveragePrecisionMethod): number => {
  const recall: number[] = []
  const envelope: number[] = []
  let found = 0
  for (const [i, is] of right.entries()) {
    if (is) found += 1
    recall.push(found / total)
    envelope.push(found / (i + 1))
  }
  // The best precision at this recall or any beyond.
  for (let i = envelope.length - 2; i >= 0; i--) envelope[i] = Math.max(envelope[i]!, envelope[i + 1]!)
  if (method === 'voc') return recall.reduce((sum, r, i) => sum + (r - (recall[i - 1] ?? 0)) * envelope[i]!, 0)
  let at = 0
  return mean(
    recallPoints.map(point => {
      while (at < recall.length && recall[at]! < point) at += 1
      return envelope[at] ?? 0
    }),
  )
}
