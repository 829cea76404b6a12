import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, flag, type Given, integer, number } from '../../core/options.ts'
import { checkBoxes, type Detections, overlap } from './boxes.ts'

const declared = defineOptions({
  iouThreshold: number({ min: 0, max: 1, default: 0.5, help: 'a box that overlaps a better one by more is left out' }),
  scoreThreshold: number({ min: 0, max: 1, default: 0, help: 'lowest score that counts' }),
  maxDetections: integer({ min: 1, default: 100, help: 'most boxes that are kept' }),
  classAgnostic: flag({ help: 'boxes of different classes suppress each other too' }),
})
export interface NmsOptions extends Given<typeof declared> {}

/**
 * Non-maximum suppression: boxes by falling score, without those that overlap a kept one of their class by more than a threshold.
 *
 * @param options.iouThreshold intersection over union that is still allowed. Default 0.5
 * @param options.scoreThreshold boxes with a lower score are left out. Default 0
 * @param options.maxDetections the best so many of all classes are kept. Default 100
 * @param options.classAgnostic boxes of different classes suppress each other too. Default false
 * @returns the kept detections, best first; of equal scores the earlier one is better
 * @throws ArgumentError for a score that is NaN and for corners out of order; ShapeError where boxes, scores and classes do not match
 *
 * Source: Felzenszwalb et al. 2010, section 7.1; within classes as in Redmon et al. 2016, section 2.3.
 */
export const nonMaxSuppression = (detections: Detections, options: NmsOptions = {}): Detections => {
  const { iouThreshold, scoreThreshold, maxDetections, classAgnostic } = declared.validate('nonMaxSuppression', options)
  checkBoxes('nonMaxSuppression', detections)
  const { boxes, scores, classes } = detections
  const wrong = scores.findIndex(Number.isNaN)
  if (wrong >= 0) {
    throw new ArgumentError(
      `nonMaxSuppression: the score of box ${wrong} is NaN. Scores must be numbers: look for NaN in the model's output.`,
      { box: wrong },
    )
  }
  const kept: number[] = []
  for (const i of byScore(scores)) {
    if (scores[i]! < scoreThreshold || kept.length === maxDetections) break
    const rivals = classAgnostic ? kept : kept.filter(k => classes[k] === classes[i])
    if (rivals.every(k => overlap(boxes, k, boxes, i) <= iouThreshold)) kept.push(i)
  }
  return takeDetections(detections, kept)
}

/** Positions by falling score; equal scores in their order. */
export const byScore = (scores: ArrayLike<number>): number[] =>
  Array.from(scores, (_, i) => i).sort((i, j) => scores[j]! - scores[i]!)

/** The detections at the given positions, in that order. */
export const takeDetections = ({ boxes, scores, classes }: Detections, positions: readonly number[]): Detections => ({
  boxes: Float32Array.from(positions.flatMap(i => [...boxes.subarray(4 * i, 4 * i + 4)])),
  scores: Float32Array.from(positions, i => scores[i]!),
  classes: Int32Array.from(positions, i => classes[i]!),
})
