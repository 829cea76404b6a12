import { shown } from '../../kit/canvas/scale.ts'
import type { Explanation } from '../../kit/explain.tsx'
import type { Settings } from './about.ts'
import type { Track } from './shot.ts'

const say = (value: number): string => shown(value, 5)
const factor = (value: number): string => (value < 0 ? `(${say(value)})` : say(value))

/** Rules as they are written in papers; what they remember is named in the guide. */
const rules: Readonly<Record<Settings['optimizer'], string>> = {
  sgd: 'x ← x − η g',
  momentum: 'v ← μ v + g,   x ← x − η v',
  nesterov: 'v ← μ v + g,   x ← x − η (g + μ v)',
  rmsprop: 'v ← 0.99 v + 0.01 g^2,   x ← x − η g / (√v + ε)',
  adam: 'm ← 0.9 m + 0.1 g,   v ← 0.999 v + 0.001 g^2,   x ← x − η m̂ / (√v̂ + ε)',
  adamw: 'Adam, and x ← x − η · 0.01 · x',
  adagrad: 'G ← G + g^2,   x ← x − η g / (√G + ε)',
}

/** How the last step came about. */
export const explainStep = (
  { x, y, slopeX, slopeY, optimizer }: Track,
  { learningRate, momentum }: Pick<Settings, 'learningRate' | 'momentum'>,
  axis: 'x' | 'y',
): Explanation => {
  const [at, slope] = axis === 'x' ? [x, slopeX] : [y, slopeY]
  const last = at.length - 1
  const formula = rules[optimizer].replaceAll('x', axis)
  if (last < 1)
    return {
      what: 'The start; no step has been made',
      formula,
      numbers: `${axis} = ${say(at[0]!)},   g = ${say(slope[0]!)}`,
    }
  const [now, before, g] = [at[last]!, at[last - 1]!, slope[last - 1]!]
  const what = `How ${axis} came here from ${say(before)}`
  if (optimizer === 'sgd')
    return { what, formula, numbers: `${say(now)} = ${say(before)} − ${say(learningRate)} · ${factor(g)}` }
  if (optimizer === 'momentum') {
    const v = (before - now) / learningRate
    const old = last < 2 ? 0 : (at[last - 2]! - before) / learningRate
    const sum = last < 2 ? `v = g = ${say(g)}` : `v = ${say(momentum)} · ${factor(old)} + ${factor(g)} = ${say(v)}`
    return { what, formula, numbers: `${sum},   ${say(now)} = ${say(before)} − ${say(learningRate)} · ${factor(v)}` }
  }
  return {
    what,
    formula,
    numbers: `g = ${say(g)},   ${say(now)} = ${say(before)} ${now < before ? '−' : '+'} ${say(Math.abs(now - before))}`,
  }
}
