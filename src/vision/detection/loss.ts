import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { type Shape, show } from '../../core/shape.ts'
import { crossEntropy } from '../../tensor/functions.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { ciou, diou, giou, iou } from './boxes.ts'
import type { DetectionTargets } from './targets.ts'

type Floats = Tensor<Shape, 'float32'>
type Scalar = Tensor<readonly [], 'float32'>

/** What a detector says at each prior of each image. */
export interface DetectionOutputs {
  /** `[N, P, 4]` in `xyxy`, pixels. */
  readonly boxes: Floats
  /** Logits of whether there is a box: `[N, P]`. */
  readonly objectness: Floats
  /** Logits of the classes: `[N, P, K]`. */
  readonly classes: Floats
}

/** Measures of how well a box fits; the loss is 1 − measure. */
const measures = { iou, giou, diou, ciou }
export type BoxMeasure = keyof typeof measures

export interface DetectionLossOptions {
  /** Default `ciou`. */
  readonly box?: BoxMeasure
  /** `softmax`: one class a box, cross-entropy. `binary`: each class by itself, as in Redmon & Farhadi 2018. Default `softmax`. */
  readonly classes?: 'softmax' | 'binary'
  /**
   * What the objectness of an assigned prior should be: 1 (Redmon & Farhadi 2018), or how well its box fits, its IoU with the truth
   * (Redmon et al. 2016), so that scores rank boxes by their place too. Default `one`.
   */
  readonly objectness?: 'one' | 'iou'
  /** Factors of the terms; `empty` is that of empty priors within the objectness. Default 1 each, `box` 2, `empty` 0.5. */
  readonly weights?: {
    readonly box?: number
    readonly objectness?: number
    readonly class?: number
    readonly empty?: number
  }
}

/** The loss and its terms, which are not yet weighted. */
export interface DetectionLoss {
  readonly total: Scalar
  readonly box: Scalar
  readonly objectness: Scalar
  readonly class: Scalar
}

/** Binary cross-entropy of logits, element by element: −t ln σ(z) − (1 − t) ln(1 − σ(z)). */
const binaryCrossEntropy = (logits: Floats, targets: Floats): Floats => logits.softplus().sub(logits.mul(targets))

/**
 * The loss of a single-shot detector, in terms per assigned box (their number n is at least 1 here):
 *
 * - box: `Σ (1 − IoU) / n` over assigned priors, IoU or one of its generalisations;
 * - objectness: `(Σ BCE over assigned + empty weight · Σ BCE over empty) / n`, in nats;
 * - class: `Σ −ln p(class) / n` over assigned priors, in nats.
 *
 * **Shape** outputs `[N, P, ...]` and targets of the same N and P → scalars.
 *
 * @returns `total`, the weighted sum, and its terms before weighting
 * @throws ShapeError where outputs and targets differ; ArgumentError for an unknown option or a weight below 0
 *
 * Source: Redmon et al. 2016, equation 3, with its squared errors of coordinates replaced by an IoU loss (Yu et al. 2016; Rezatofighi et al.
 * 2019; Zheng et al. 2020) and those of confidences by cross-entropy (Redmon & Farhadi 2018, section 2).
 */
export const detectionLoss = (
  outputs: DetectionOutputs,
  targets: Omit<DetectionTargets, 'unassigned'>,
  options: DetectionLossOptions = {},
): DetectionLoss => {
  const { box = 'ciou', classes = 'softmax', objectness = 'one' } = options
  const weights = { box: 2, objectness: 1, class: 1, empty: 0.5, ...options.weights }
  check(outputs, targets, { box, classes, objectness }, weights)
  const { assigned } = targets
  const count = assigned.sum().clamp({ min: 1 })
  const perBox = (values: Floats): Scalar => values.mul(assigned).sum().div(count)

  const fit = measures[box](outputs.boxes, targets.boxes)
  const wanted =
    objectness === 'one'
      ? assigned
      : iou(outputs.boxes, targets.boxes).stopGradient().clamp({ min: 0, max: 1 }).mul(assigned)
  const confidence = binaryCrossEntropy(outputs.objectness, wanted).mul(assigned.add(targets.empty.mul(weights.empty)))
  const terms = {
    box: perBox(fit.neg().add(1)),
    objectness: confidence.sum().div(count),
    class: perBox(classErrors(outputs.classes, targets.classes, classes)),
  }
  const total = terms.box
    .mul(weights.box)
    .add(terms.objectness.mul(weights.objectness))
    .add(terms.class.mul(weights.class))
  return { total, ...terms }
}

const classErrors = (
  logits: Floats,
  labels: DetectionTargets['classes'],
  kind: NonNullable<DetectionLossOptions['classes']>,
): Floats => {
  if (kind === 'softmax') return crossEntropy(logits, labels, { reduction: 'none' })
  return binaryCrossEntropy(logits, labels.oneHot(logits.shape.at(-1)!)).sum(-1)
}

const check = (
  outputs: DetectionOutputs,
  { assigned }: Pick<DetectionTargets, 'assigned'>,
  chosen: { readonly box: string; readonly classes: string; readonly objectness: string },
  weights: Readonly<Record<string, number>>,
): void => {
  const [n, p] = assigned.shape
  for (const [name, shape] of [
    ['boxes', [n, p, 4]],
    ['objectness', [n, p]],
    ['classes', [n, p, outputs.classes.shape[2] ?? 1]],
  ] as const) {
    const given = outputs[name].shape
    if (show(given) === show(shape)) continue
    throw new ShapeError(
      `detectionLoss: ${name} of the outputs are ${show(given)} where the targets, ${show(assigned.shape)}, need ${show(shape)}. Assign targets on the model's own grid.`,
      { given, shape },
    )
  }
  const choices = { box: Object.keys(measures), classes: ['softmax', 'binary'], objectness: ['one', 'iou'] }
  for (const [name, words] of Object.entries(choices)) {
    const word = chosen[name as keyof typeof chosen]
    if (words.includes(word)) continue
    throw new ArgumentError(`detectionLoss: ${name} must be one of ${words.join(', ')}; got ${JSON.stringify(word)}.`)
  }
  for (const [name, weight] of Object.entries(weights)) {
    if (weight >= 0) continue
    throw new ArgumentError(`detectionLoss: the weight of ${name} must be a number of at least 0; got ${weight}.`)
  }
}
