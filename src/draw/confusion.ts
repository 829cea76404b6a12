import { attributes, element, escaped } from './markup.ts'
import { hex, ink } from './ramp.ts'

export interface ConfusionOptions {
  readonly classes: readonly string[]
  /** Where a click on a cell leads; null leads nowhere. */
  readonly link?: (label: number, predicted: number) => string | null
}

const font = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'
/** About how wide a text is, in parts of its height. */
const widthOf = (text: string): number => 0.58 * text.length

/** Long names of many classes would leave no room for the picture. */
const shortened = (name: string, most: number): string => (name.length > most ? `${name.slice(0, most - 1)}…` : name)

/**
 * A confusion matrix as an SVG picture: true classes in rows, predicted ones in columns. A cell's colour is its share of its row, its text
 * the count; what is empty has no text. Reads in print and to the colour-blind, on light and on dark pages.
 *
 * @param counts `counts[true][predicted]`
 */
export const confusionSvg = (counts: readonly (readonly number[])[], { classes, link }: ConfusionOptions): string => {
  const n = classes.length
  const cell = n <= 12 ? 52 : n <= 30 ? 34 : 18
  const size = cell >= 34 ? 13 : 9
  const names = classes.map(name => shortened(name, 14))
  const left = 34 + Math.ceil(size * Math.max(...names.map(widthOf))) + 8
  const slanted = names.some(name => widthOf(name) * size > cell - 6)
  const top = 34 + (slanted ? Math.ceil(size * Math.max(...names.map(widthOf)) * 0.71) + 12 : size + 10)
  const [width, height] = [Math.max(left + n * cell + (slanted ? 60 : 12), left + 460), top + n * cell + 56]
  const middle = { x: left + (n * cell) / 2, y: top + (n * cell) / 2 }

  const rows = counts.map((row, label) => {
    const total = row.reduce((a, b) => a + b, 0)
    return row.map((count, predicted) => cellOf(label, predicted, count, total === 0 ? 0 : count / total)).join('')
  })
  function cellOf(label: number, predicted: number, count: number, share: number): string {
    const [x, y] = [left + predicted * cell, top + label * cell]
    const title = `${classes[label]} taken for ${classes[predicted]}: ${count} (${(100 * share).toFixed(1)} % of ${classes[label]})`
    // A few mistakes among thousands would be white: their shade grows with the root.
    const fill = hex(ink(Math.sqrt(share)))
    const square = `<rect${attributes({ x, y, width: cell - 1, height: cell - 1, fill, rx: 2 })}/>`
    const text =
      count === 0 || cell < 34
        ? ''
        : element(
            'text',
            {
              x: x + (cell - 1) / 2,
              y: y + cell / 2 + size / 3,
              'text-anchor': 'middle',
              fill: share > 0.3 ? '#fff' : '#08306b',
            },
            String(count),
          )
    const href = count > 0 ? (link?.(label, predicted) ?? null) : null
    const inside = element('g', {}, element('title', {}, escaped(title)), square, text)
    return href === null ? inside : element('a', { href }, inside)
  }
  const sides = names.map((name, i) => {
    const y = top + i * cell + cell / 2 + size / 3
    const x = left + i * cell + cell / 2
    const across = slanted
      ? { x: x - 2, y: top - 8, transform: `rotate(-45 ${x - 2} ${top - 8})`, fill: 'currentColor' }
      : { x, y: top - 8, 'text-anchor': 'middle', fill: 'currentColor' }
    return (
      element('text', { x: left - 8, y, 'text-anchor': 'end', fill: 'currentColor' }, escaped(name)) +
      element('text', across, escaped(name))
    )
  })
  const axis = { 'text-anchor': 'middle', 'font-weight': 600, fill: 'currentColor' }
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
      'aria-label': `Confusion matrix of ${n} classes`,
    },
    element('text', { ...axis, x: middle.x, y: 18 }, 'predicted class'),
    element('text', { ...axis, x: 16, y: middle.y, transform: `rotate(-90 16 ${middle.y})` }, 'true class'),
    ...sides,
    ...rows,
    legend(left, top + n * cell + 16, size),
  )
}

const legend = (x: number, y: number, size: number): string => {
  const steps = [0, 0.01, 0.05, 0.25, 1]
  return steps
    .map((share, i) => {
      const at = x + i * 64
      const fill = hex(ink(Math.sqrt(share)))
      return (
        `<rect${attributes({ x: at, y, width: 14, height: 14, fill, stroke: '#6baed6', 'stroke-width': 0.5, rx: 2 })}/>` +
        element('text', { x: at + 20, y: y + 7 + size / 3, fill: 'currentColor' }, `${100 * share} %`)
      )
    })
    .concat(element('text', { x: x + 5 * 64 + 8, y: y + 7 + size / 3, fill: 'currentColor' }, 'of the true class'))
    .join('')
}
