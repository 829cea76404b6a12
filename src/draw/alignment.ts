import { attributes, element, escaped } from './markup.ts'
import { hex, ink } from './ramp.ts'

export interface AlignmentInput {
  /** Tokens across the top and down the side. */
  readonly source: readonly string[]
  readonly target: readonly string[]
  /** `[target][source]`, from 0 to 1. */
  readonly weights: readonly (readonly number[])[]
}

export interface AlignmentOptions {
  /** Over the picture: what it is of. */
  readonly title?: string
}

const font = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'
/** About how wide a text is, in parts of its height. */
const widthOf = (text: string): number => 0.58 * [...text].length
const shortened = (text: string): string => ([...text].length > 16 ? `${[...text].slice(0, 15).join('')}…` : text)

/**
 * Where a model looked in the source for each token of the target, as an SVG picture: sources in columns, targets in rows, a cell as dark as
 * its weight. Each row's largest weight has a frame. Reads in print and to the colour-blind, on light and on dark pages.
 *
 * Source: the alignments of Bahdanau, Cho & Bengio 2015, figure 3.
 */
export const alignmentSvg = (
  { source, target, weights }: AlignmentInput,
  { title = 'Alignment' }: AlignmentOptions = {},
): string => {
  const [columns, rows] = [source.length, target.length]
  const cell = Math.max(columns, rows) <= 24 ? 30 : Math.max(columns, rows) <= 60 ? 18 : 10
  const size = cell >= 30 ? 14 : cell >= 18 ? 11 : 8
  const [across, down] = [source.map(shortened), target.map(shortened)]
  const widest = (names: readonly string[]): number => Math.max(0, ...names.map(widthOf)) * size
  const slanted = widest(across) > cell - 4
  const left = 34 + Math.ceil(Math.max(widest(down), 12)) + 8
  const top = 62 + (slanted ? Math.ceil(widest(across) * 0.71) + 8 : size)
  const overhang = slanted ? Math.ceil(widthOf(across.at(-1) ?? '') * size * 0.71) : 0
  const width = Math.max(left + columns * cell + overhang + 16, 14 + Math.ceil(widthOf(title) * 15) + 14, left + 250)
  const height = top + rows * cell + 50
  const text = (values: Parameters<typeof element>[1], words: string): string =>
    element('text', { fill: 'currentColor', ...values }, escaped(words))

  const cells = weights.flatMap((row, t) => {
    const best = row.indexOf(Math.max(...row))
    return row.map((weight, s) => {
      const place = { x: left + s * cell, y: top + t * cell, width: cell - 1, height: cell - 1, rx: 2 }
      const framed = s === best ? { stroke: '#d55e00', 'stroke-width': cell >= 18 ? 1.5 : 1 } : {}
      const about = `${target[t]} ← ${source[s]}: ${weight.toFixed(3)}`
      return element(
        'g',
        {},
        element('title', {}, escaped(about)),
        `<rect${attributes({ ...place, fill: hex(ink(weight)), ...framed })}/>`,
      )
    })
  })
  const columnNames = across.map((name, s) => {
    const [x, y] = [left + s * cell + cell / 2, top - 8]
    return slanted
      ? text({ x: x - 2, y, transform: `rotate(-45 ${x - 2} ${y})` }, name)
      : text({ x: x - 0.5, y, 'text-anchor': 'middle' }, name)
  })
  const rowNames = down.map((name, t) =>
    text({ x: left - 8, y: top + t * cell + cell / 2 + size / 3, 'text-anchor': 'end' }, name),
  )
  const strong = { 'text-anchor': 'middle', 'font-weight': 600, 'font-size': 12 }
  const middle = top + (rows * cell) / 2
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      'font-family': font,
      'font-size': size,
      role: 'img',
      'aria-label': title,
    },
    text({ x: 14, y: 22, 'font-weight': 600, 'font-size': 15 }, title),
    text({ ...strong, x: left + (columns * cell) / 2, y: 44 }, 'source'),
    text({ ...strong, x: 18, y: middle, transform: `rotate(-90 18 ${middle})` }, 'target'),
    ...columnNames,
    ...rowNames,
    ...cells,
    legend(left, top + rows * cell + 16),
  )
}

const legend = (x: number, y: number): string =>
  [0, 0.25, 0.5, 0.75, 1]
    .map(
      (weight, i) =>
        `<rect${attributes({ x: x + i * 50, y, width: 12, height: 12, rx: 2, fill: hex(ink(weight)), stroke: '#6baed6', 'stroke-width': 0.5 })}/>` +
        element('text', { x: x + i * 50 + 17, y: y + 10, 'font-size': 10, fill: 'currentColor' }, String(weight)),
    )
    .join('')
