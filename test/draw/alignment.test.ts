import { expect, test } from 'vitest'
import { alignmentSvg } from '../../src/draw/alignment.ts'

const input = {
  source: ['un', '<chat>', 'end'],
  target: ['a', 'cat & more than sixteen letters'],
  weights: [
    [0.9, 0.1, 0],
    [0.2, 0.7, 0.1],
  ],
}

test('a cell for each pair of tokens says what it shows, and the largest of a row has a frame', () => {
  const svg = alignmentSvg(input, { title: 'Where "it" looked' })
  expect(svg.match(/<title>/g)).toHaveLength(6)
  expect(svg).toContain('a ← un: 0.900')
  expect(svg.match(/stroke="#d55e00"/g)).toHaveLength(2)
  expect(svg).toContain('Where &quot;it&quot; looked')
  expect(svg).toContain('&lt;chat&gt;')
  expect(svg).toContain('cat &amp; more than…')
  expect(svg).not.toMatch(/NaN|undefined/)
})

test('darker is more', () => {
  const svg = alignmentSvg(input)
  const fills = [...svg.matchAll(/width="29" height="29" rx="2" fill="#(..)/g)].map(m => Number.parseInt(m[1]!, 16))
  expect(fills).toHaveLength(6)
  expect(fills[0]).toBeLessThan(fills[1]!)
  expect(fills[1]).toBeLessThan(fills[2]!)
})
