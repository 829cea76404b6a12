import { describe, expect, test } from 'vitest'
import { ArgumentError } from '../../src/index.ts'
import type { Detections } from '../../src/vision/detection/index.ts'
import { drawBoxes, drawDetections, drawScenes, sceneClasses } from '../../src/vision/detection/index.ts'
import type { Image } from '../../src/vision/image.ts'
import { expectError } from '../optim/expect.ts'

const grey = (width: number, height: number, channels: 1 | 3 = 3): Image => ({
  width,
  height,
  channels,
  data: new Uint8Array(width * height * channels).fill(100),
})
const boxes = (coordinates: readonly number[], classes: readonly number[]) => ({
  boxes: Float32Array.from(coordinates),
  classes: Int32Array.from(classes),
})
/** The image as letters, one a colour, in rows. */
const picture = ({ width, height, data }: Image): string[] => {
  const letters: Record<string, string> = {
    '100,100,100': '.',
    '0,0,0': '#',
    '255,255,255': 'w',
    '230,159,0': 'o',
    '86,180,233': 'b',
  }
  return Array.from({ length: height }, (_, y) =>
    Array.from(
      { length: width },
      (_, x) => letters[data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3).join()] ?? '?',
    ).join(''),
  )
}

describe('drawn boxes', () => {
  test('have a frame around them in the colour of the class, with a dark line outside', () => {
    const given = grey(10, 9)
    expect(picture(drawBoxes(given, boxes([3, 3, 6, 5], [0])))).toEqual([
      '..........',
      '.#######..',
      '.#ooooo#..',
      '.#o...o#..',
      '.#o...o#..',
      '.#ooooo#..',
      '.#######..',
      '..........',
      '..........',
    ])
    expect(given).toEqual(grey(10, 9))
  })

  test('are cut off at the edge of the image', () => {
    expect(picture(drawBoxes(grey(5, 4), boxes([0, 0, 3, 9], [1])))).toEqual(['...b#', '...b#', '...b#', '...b#'])
  })

  test('grow with the image, which becomes one in colour', () => {
    const drawn = drawBoxes(grey(4, 3, 1), boxes([1, 1, 2, 2], [0]), { scale: 4 })
    expect([drawn.width, drawn.height, drawn.channels]).toEqual([16, 12, 3])
    expect(picture(drawn)[5]).toBe('.#oo....oo#.....')
  })

  test('have a label with name and score above them, or within where there is no room', () => {
    const found: Detections = { ...boxes([2, 9, 30, 12], [1]), scores: Float32Array.of(0.5) }
    const rows = picture(drawBoxes(grey(40, 14), found, { classes: ['no', 'hi'] }))
    // 7 letters of 3 × 5 dots in rows 2 to 6, on a ground in the colour of the class.
    expect(rows.slice(1, 8).map(row => row.slice(0, 33))).toEqual([
      '.bbbbbbbbbbbbbbbbbbbbbbbbbbbbb...',
      '.b#b#b###bbbbb###bbbbb###b###b...',
      '.b#b#bb#bbbbbb#b#bbbbb#bbb#b#b...',
      '.b###bb#bbbbbb#b#bbbbb###b#b#b...',
      '.b#b#bb#bbbbbb#b#bbbbbbb#b#b#b...',
      '.b#b#b###bbbbb###bb#bb###b###b...',
      '#bbbbbbbbbbbbbbbbbbbbbbbbbbbbb##.',
    ])
    const high = picture(drawBoxes(grey(40, 14), boxes([2, 4, 30, 13], [1]), { classes: ['no', 'hi'] }))
    expect(high[5]!.slice(0, 12)).toBe('#b#b#b###b..')
  })

  test('need a name for each class', async () => {
    await expectError(
      () => drawBoxes(grey(9, 9), boxes([1, 1, 2, 2], [2]), { classes: ['no', 'hi'] }),
      ArgumentError,
      'drawBoxes: box 0 has class 2, and there are 2 names. Give one for each class.',
    )
  })
})

test('a sheet shows scenes side by side, true boxes in white and sure detections around them', () => {
  const set = drawScenes({ count: 5, size: 32, maxObjects: 1 })
  const found = set.truths.map((truth, i) => ({
    ...truth,
    scores: new Float32Array(truth.classes.length).fill(i < 4 ? 0.9 : 0.1),
  }))
  const sheet = drawDetections(set, found, { classes: sceneClasses, columns: 3, scale: 4 })
  // Three scenes of 128 pixels across and two down, with gaps of 4.
  expect([sheet.width, sheet.height]).toEqual([3 * 132 + 4, 2 * 132 + 4])
  const at = (x: number, y: number): string =>
    sheet.data.subarray(3 * (y * sheet.width + x), 3 * (y * sheet.width + x) + 3).join()
  const corner = (i: number): [number, number] => [
    4 + (i % 3) * 132 + Math.round(4 * set.truths[i]!.boxes[0]!),
    4 + Math.floor(i / 3) * 132 + Math.round(4 * set.truths[i]!.boxes[1]!),
  ]
  const [below, above] = [corner(4), corner(0)]
  // In the middle of the left side: white within; around it the frame, but not of a detection that is unsure.
  const middle = (i: number): number => Math.round(2 * (set.truths[i]!.boxes[3]! - set.truths[i]!.boxes[1]!))
  expect(at(above[0], above[1] + middle(0))).toBe('255,255,255')
  expect(at(below[0], below[1] + middle(4))).toBe('255,255,255')
  const frames = ['230,159,0', '86,180,233', '0,158,115', '240,228,66', '0,114,178']
  const [first] = set.truths[0]!.classes
  expect(at(above[0] - 1, above[1] + middle(0))).toBe(frames[first!])
  expect(frames).not.toContain(at(below[0] - 1, below[1] + middle(4)))
})
