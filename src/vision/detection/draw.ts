import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, type Given, integer, number, texts } from '../../core/options.ts'
import { fromPlanes, type Image, withChannels } from '../image.ts'
import { enlarged, montage } from '../look/montage.ts'
import { checkBoxes, type Detections, type LabelledBoxes } from './boxes.ts'
import { type Colour, drawLabel, fillRectangle, labelSize } from './label.ts'
import { takeDetections } from './nms.ts'
import type { Scenes } from './scenes.ts'

const declared = defineOptions({
  classes: texts({ help: 'names of the classes; without them boxes have no labels' }),
  scale: integer({ min: 1, max: 64, default: 1, help: 'how many times the image is enlarged' }),
})
export interface DrawBoxesOptions extends Given<typeof declared> {}

const sheet = defineOptions({
  classes: texts({ required: true, help: 'names of the classes' }),
  count: integer({ min: 1, default: 12, help: 'most scenes shown' }),
  columns: integer({ min: 1, default: 4, help: 'scenes side by side' }),
  scale: integer({ min: 1, max: 64, default: 5, help: 'how many times a scene is enlarged' }),
  scoreThreshold: number({ min: 0, max: 1, default: 0.25, help: 'lowest score that is shown' }),
})
export interface DrawDetectionsOptions extends Given<typeof sheet> {}

/** Told apart by the colour-blind. Source: Okabe & Ito 2008, without black. */
const palette: readonly Colour[] = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
  [240, 228, 66],
  [0, 114, 178],
  [213, 94, 0],
  [204, 121, 167],
]
const white: Colour = [255, 255, 255]
const black: Colour = [0, 0, 0]

type Rectangle = readonly [number, number, number, number]

/** A frame of `thickness` pixels just around a rectangle; a negative one lies just inside. */
const frame = (image: Image, [x1, y1, x2, y2]: Rectangle, thickness: number, colour: Colour): void => {
  const [inner, outer] = [Math.min(0, thickness), Math.max(0, thickness)]
  const [left, top, right, bottom] = [x1 - outer, y1 - outer, x2 + outer, y2 + outer]
  fillRectangle(image, [left, top, right, y1 - inner], colour)
  fillRectangle(image, [left, y2 + inner, right, bottom], colour)
  fillRectangle(image, [left, top, x1 - inner, bottom], colour)
  fillRectangle(image, [x2 + inner, top, right, bottom], colour)
}

const rectangles = ({ boxes, classes }: LabelledBoxes, scale: number): Rectangle[] =>
  Array.from(classes, (_, i) => {
    const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4)
    return [Math.round(x1! * scale), Math.round(y1! * scale), Math.round(x2! * scale), Math.round(y2! * scale)]
  })

/**
 * A copy of an image, in colour, with a frame around each box in the colour of its class and, where names are given, a label above it with
 * the class and, of detections, the score. The frame lies around the box, so that what is within stays visible; names are written in capitals.
 *
 * @param boxes in pixels of the image, `xyxy`
 * @param options.classes names; without them there are no labels
 * @param options.scale how many times the image is enlarged; a label is readable from 2 on. Default 1
 * @throws ArgumentError for a class that has no name or corners out of order; ShapeError where boxes, scores and classes do not match
 */
export const drawBoxes = (image: Image, boxes: LabelledBoxes | Detections, options: DrawBoxesOptions = {}): Image => {
  const { classes, scale } = declared.validate('drawBoxes', options)
  checkBoxes('drawBoxes', boxes)
  const out = enlarged(withChannels(image, 3), scale)
  drawOn(out, boxes, scale, classes)
  return out
}

/** Draws frames, then labels, on an image that is enlarged already. */
const drawOn = (
  out: Image,
  boxes: LabelledBoxes & Partial<Detections>,
  scale: number,
  names: readonly string[] | undefined,
): void => {
  const thickness = Math.max(1, Math.floor(scale / 2))
  const placed = rectangles(boxes, scale)
  const colourOf = (i: number): Colour => palette[boxes.classes[i]! % palette.length]!
  for (const [i, [x1, y1, x2, y2]] of placed.entries()) {
    frame(out, [x1 - thickness, y1 - thickness, x2 + thickness, y2 + thickness], 1, black)
    frame(out, [x1, y1, x2, y2], thickness, colourOf(i))
  }
  if (!names) return
  // Detections come best first: where labels meet, the better one lies on top.
  for (const [i, [x1, y1]] of [...placed.entries()].reverse()) {
    const text = labelOf(boxes, i, names)
    const [width, height] = labelSize(text).map(dots => dots * thickness) as [number, number]
    const x = Math.max(0, Math.min(x1 - thickness, out.width - width))
    const y = y1 - thickness - height
    drawLabel(out, text, { x, y: y >= 0 ? y : y1, dot: thickness, ground: colourOf(i) })
  }
}

const labelOf = (
  { classes, scores }: LabelledBoxes & Partial<Detections>,
  i: number,
  names: readonly string[],
): string => {
  const name = names[classes[i]!]
  if (name === undefined) {
    throw new ArgumentError(
      `drawBoxes: box ${i} has class ${classes[i]}, and there are ${names.length} names. Give one for each class.`,
      { class: classes[i] },
    )
  }
  return scores ? `${name} ${scores[i]!.toFixed(2)}` : name
}

/**
 * Scenes side by side with what was found in them: true boxes as thin white frames, found ones around them in the colour of the class,
 * labelled with class and score.
 *
 * @param options.classes names of the classes
 * @param options.count the first so many scenes. Default 12
 * @param options.columns scenes in a row. Default 4
 * @param options.scale how many times a scene is enlarged. Default 5
 * @param options.scoreThreshold detections with a lower score are not shown. Default 0.25
 */
export const drawDetections = (
  { images, truths }: Scenes,
  detections: readonly Detections[],
  options: DrawDetectionsOptions,
): Image => {
  const { classes, count, columns, scale, scoreThreshold } = sheet.validate('drawDetections', options)
  const [, channels, height, width] = images.shape
  const shown = Math.min(count, truths.length, detections.length)
  const pictures = Array.from({ length: shown }, (_, i) => {
    const values = images.data.subarray(i * channels * height * width, (i + 1) * channels * height * width)
    const picture = enlarged(fromPlanes(values, [channels, height, width]), scale)
    for (const box of rectangles(truths[i]!, scale)) frame(picture, box, -1, white)
    const { scores } = detections[i]!
    const sure = [...scores.keys()].filter(k => scores[k]! >= scoreThreshold)
    drawOn(picture, takeDetections(detections[i]!, sure), scale, classes)
    return picture
  })
  return montage(pictures, { columns: Math.min(columns, shown), gap: scale })
}
