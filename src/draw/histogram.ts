import { ArgumentError } from '../core/errors.ts'
import { frame } from './frame.ts'
import { attributes } from './markup.ts'

/** How often values fall between evenly spaced edges, as bars. */
export const histogramSvg = (
  values: ArrayLike<number>,
  { title, xLabel = '', bins = 30 }: { readonly title: string; readonly xLabel?: string; readonly bins?: number },
): string => {
  const finite = Array.from(values).filter(Number.isFinite)
  if (finite.length === 0) throw new ArgumentError(`histogramSvg: ${title} has no finite value to draw.`)
  let low = finite.reduce((a, b) => Math.min(a, b))
  let high = finite.reduce((a, b) => Math.max(a, b))
  if (low === high) [low, high] = [low - 0.5, high + 0.5]
  const counts = new Array<number>(bins).fill(0)
  for (const value of finite) counts[Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins))]!++
  const top = Math.max(...counts)
  const { xAt, yAt, around } = frame({ title, xLabel, yLabel: 'rows', x: [low, high], y: [0, top * 1.05], height: 300 })
  const bars = counts.map((count, b) => {
    const [from, to] = [low + ((high - low) * b) / bins, low + ((high - low) * (b + 1)) / bins]
    return `<rect${attributes({ x: (xAt(from) + 0.5).toFixed(1), y: yAt(count).toFixed(1), width: Math.max(0.5, xAt(to) - xAt(from) - 1).toFixed(1), height: (yAt(0) - yAt(count)).toFixed(1), fill: '#0072b2' })}/>`
  })
  return around(...bars)
}
