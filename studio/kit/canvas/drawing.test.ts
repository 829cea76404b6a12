import { expect, test } from 'vitest'
import { axes } from './axes.ts'
import { bars, binned } from './bars.ts'
import { contour } from './contour.ts'
import { matrix } from './matrix.ts'
import { recording } from './recording.ts'
import { arrow, line } from './shapes.ts'
import { fitText } from './text.ts'
import { darkTheme, diverging, inkOn, lightTheme, luminance, rgb, sequential } from './theme.ts'

const theme = lightTheme
const box = { x: 0, y: 0, width: 320, height: 200 }
const written = (calls: ReturnType<typeof recording>['calls']) =>
  calls.filter(call => call.name === 'fillText').map(call => call.values[0])

test('axes turn values into pixels and back, and leave room for their numbers', () => {
  const { ctx, calls } = recording()
  const { xAt, yAt, xOf, yOf, inner } = axes(ctx, box, {
    x: [-2, 2],
    y: [0, 10],
    xLabel: 'weight',
    yLabel: 'loss',
    theme,
  })
  expect(xAt(-2)).toBe(inner.x)
  expect(yAt(10)).toBe(inner.y)
  expect(xOf(xAt(1.3))).toBeCloseTo(1.3, 9)
  expect(yOf(yAt(7.7))).toBeCloseTo(7.7, 9)
  expect(written(calls)).toEqual(expect.arrayContaining(['weight', 'loss', '−2', '0', '2', '10']))
})

test('axes in a thumbnail are only a frame', () => {
  const { ctx, calls } = recording()
  const { inner } = axes(ctx, { x: 0, y: 0, width: 90, height: 60 }, { x: [0, 1], y: [0, 1], theme })
  expect(written(calls)).toEqual([])
  expect(inner).toEqual({ x: 1, y: 1, width: 88, height: 58 })
})

test('numbers under a narrow axis never touch', () => {
  const { ctx, calls } = recording()
  const { inner } = axes(ctx, { ...box, width: 120 }, { x: [0, 0.0009], y: [0, 1], theme })
  const below = calls.flatMap((call, i) =>
    call.name === 'translate' && Number(call.values[1]) > inner.y + inner.height
      ? [
          {
            at: Number(call.values[0]),
            words: String(calls.slice(i).find(next => next.name === 'fillText')?.values[0]),
          },
        ]
      : [],
  )
  expect(below.length).toBeGreaterThan(0)
  for (let i = 1; i < below.length; i++)
    expect(below[i]!.at - below[i - 1]!.at).toBeGreaterThan((below[i]!.words.length + below[i - 1]!.words.length) * 3)
})

test('a matrix finds the cell under a point', () => {
  const { ctx } = recording()
  const { cellAt, boxOf, inner } = matrix(ctx, box, {
    values: [1, 2, 3, 4, 5, 6],
    rows: 2,
    columns: 3,
    ramp: sequential(theme),
    theme,
    rowLabels: ['a', 'b'],
    columnLabels: ['x', 'y', 'z'],
    highlight: [1, 1],
  })
  for (let row = 0; row < 2; row++)
    for (let column = 0; column < 3; column++) {
      const { x, y, width, height } = boxOf(row, column)
      expect(cellAt(x + width / 2, y + height / 2)).toEqual([row, column])
    }
  expect(cellAt(inner.x - 1, inner.y + 1)).toBeNull()
  expect(cellAt(inner.x + inner.width + 1, inner.y + 1)).toBeNull()
  expect(boxOf(0, 0).width).toBe(boxOf(0, 0).height)
})

test('a matrix writes numbers where they fit only', () => {
  const options = { values: [0.25, 0.5, 0.75, Number.NaN], rows: 2, columns: 2, ramp: sequential(theme), theme }
  const large = recording()
  matrix(large.ctx, box, options)
  expect(written(large.calls)).toEqual(['0.25', '0.5', '0.75'])
  const small = recording()
  matrix(small.ctx, { ...box, width: 40, height: 40 }, options)
  expect(written(small.calls)).toEqual([])
})

test('a contour goes where a plane crosses its level', () => {
  // value = x + 2 y on a grid of 4 rows and 5 columns
  const values = Array.from({ length: 20 }, (_, i) => (i % 5) + 2 * Math.floor(i / 5))
  const points = contour(values, 4, 5, 3.5)
  expect(points.length).toBeGreaterThan(8)
  for (let i = 0; i < points.length; i += 2) expect(points[i]! + 2 * points[i + 1]!).toBeCloseTo(3.5, 9)
  expect(contour(values, 4, 5, 99)).toEqual([])
  expect(contour([0, 1, Number.NaN, 1], 2, 2, 0.5)).toEqual([])
})

test('a contour around a hill is closed: every point is the end of two segments', () => {
  const values = Array.from({ length: 81 }, (_, i) => -Math.hypot((i % 9) - 4, Math.floor(i / 9) - 4))
  const ends = new Map<string, number>()
  const points = contour(values, 9, 9, -2.3)
  for (let i = 0; i < points.length; i += 2) {
    const key = `${points[i]!.toFixed(9)} ${points[i + 1]!.toFixed(9)}`
    ends.set(key, (ends.get(key) ?? 0) + 1)
  }
  expect([...ends.values()].every(count => count === 2)).toBe(true)
})

test('a saddle is settled by its middle', () => {
  expect(contour([1, -0.5, 1, -0.5].slice(0, 2).concat([-0.5, 1]), 2, 2, 0).length).toBe(8)
})

test('a line breaks at what is not finite', () => {
  const { ctx, calls } = recording()
  line(ctx, [0, 1, 2, 3, 4], [0, 1, Number.NaN, 3, 4], { colour: 'red' })
  expect(calls.filter(call => /moveTo|lineTo/.test(call.name)).map(call => call.name)).toEqual([
    'moveTo',
    'lineTo',
    'moveTo',
    'lineTo',
  ])
})

test('an arrow without length is not drawn', () => {
  const { ctx, calls } = recording()
  arrow(ctx, 1, 1, 1, 1, { colour: 'red' })
  arrow(ctx, 1, 1, Number.NaN, 1, { colour: 'red' })
  expect(calls).toEqual([])
})

test('bars are found by where they stand', () => {
  const { ctx } = recording()
  const { barAt } = bars(ctx, box, { values: [0.7, 0.2, 0.1], labels: ['cat', 'dog', 'eel'], theme, thick: 20 })
  expect([barAt(50, 5), barAt(50, 25), barAt(50, 59), barAt(50, 61), barAt(-1, 5)]).toEqual([0, 1, 2, null, null])
})

test('bins count every finite value once', () => {
  const { counts, edges, left } = binned([0, 0.1, 0.5, 1, Number.NaN, 5], { bins: 2, range: [0, 1] })
  expect(counts).toEqual([2, 3])
  expect(edges).toEqual([0, 0.5, 1])
  expect(left).toBe(1)
})

test('text is cut with an ellipsis, and only where it must be', () => {
  const { ctx } = recording()
  expect(fitText(ctx, 'probability', 66)).toBe('probability')
  expect(fitText(ctx, 'probability', 40)).toBe('proba…')
  expect(fitText(ctx, 'probability', 3)).toBe('')
})

test('ramps begin near the panel in both themes, and end far from it', () => {
  for (const each of [lightTheme, darkTheme]) {
    const ramp = sequential(each)
    expect(ramp).toHaveLength(256)
    expect(ramp[0]).toEqual(rgb(each.panel))
    expect(Math.abs(luminance(ramp[255]!) - luminance(ramp[0]!))).toBeGreaterThan(0.6)
    const steps = ramp.slice(1).map((colour, i) => Math.sign(luminance(colour) - luminance(ramp[i]!)))
    expect(new Set(steps).size).toBe(1)
    const [less, middle, more] = [0, 128, 255].map(i => diverging(each)[i]!)
    expect(less![2]).toBeGreaterThan(less![0])
    expect(more![0]).toBeGreaterThan(more![2])
    expect(Math.max(...middle!) - Math.min(...middle!)).toBeLessThan(25)
    for (const group of each.groups) {
      const [a, b] = [luminance(rgb(group)), luminance(rgb(each.panel))]
      expect((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)).toBeGreaterThan(2.7)
    }
  }
  expect(inkOn([255, 255, 255])).toBe('#16181c')
  expect(inkOn([20, 20, 60])).toBe('#ffffff')
  expect(rgb('#abc')).toEqual([170, 187, 204])
  expect(rgb('rgb(1, 2, 3)')).toEqual([1, 2, 3])
})
