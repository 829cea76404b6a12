import { shown } from '../../kit/canvas/scale.ts'
import type { Explanation } from '../../kit/explain.tsx'
import type { Settings } from './about.ts'
import type { LinearShot } from './shot.ts'

const say = (value: number): string => shown(value, 4)
/** A factor, in brackets where it has a sign. */
const factor = (value: number): string => (value < 0 ? `(${say(value)})` : say(value))

const formulas: Readonly<Record<Settings['loss'], string>> = {
  log: 'ℓ = log(1 + e^{−t s}),   s = w_1 x + w_2 y + b',
  mse: 'ℓ = (s − t)^2,   s = w_1 x + w_2 y + b',
  hinge: 'ℓ = max(0, 1 − t s),   s = w_1 x + w_2 y + b',
  softmax: 'ℓ = log(Σ_k e^{s_k}) − s_c',
}

/** Where the loss of a point comes from; t is 1 for class 1 and −1 for class 0. */
export const explainLoss = (shot: LinearShot, loss: Settings['loss'], i: number): Explanation => {
  const [x, y, k] = [shot.x[2 * i]!, shot.x[2 * i + 1]!, shot.y[i]!]
  const result = say(shot.losses[i]!)
  const what = `The loss of point ${i + 1}, of ${shot.classes[k]}${loss === 'softmax' ? ' (c)' : `: t = ${k === 1 ? '1' : '−1'}`}`
  if (loss === 'softmax') {
    const scores = Array.from(shot.scores.subarray(i * shot.outputs, (i + 1) * shot.outputs))
    const sum = scores.map(score => `e^{${say(score)}}`).join(' + ')
    return { what, formula: formulas.softmax, numbers: `${result} = log(${sum}) − ${factor(scores[k]!)}` }
  }
  const [w1, w2, b] = shot.weights[0]!
  const s = shot.scores[i]!
  const t = k === 1 ? 1 : -1
  const score = `s = ${say(w1)} · ${factor(x)} + ${factor(w2)} · ${factor(y)} + ${factor(b)} = ${say(s)}`
  const numbers = {
    log: `${result} = log(1 + e^{${say(-t * s)}})`,
    mse: `${result} = (${say(s)} − ${factor(t)})^2`,
    hinge: `${result} = max(0, 1 − ${factor(t * s)})`,
  }[loss]
  return { what, formula: formulas[loss], numbers: `${numbers},   ${score}` }
}

const slopeFormulas: Readonly<Record<Settings['loss'], string>> = {
  log: 'ℓ′ = −t / (1 + e^{t s})',
  mse: 'ℓ′ = 2 (s − t)',
  hinge: 'ℓ′ = −t if t s < 1, else 0',
  softmax: 'ℓ′ = p_k − 1 for its own class, p_k for others',
}

/** Where a component of the gradient comes from: the mean over all points, and the penalty's part. */
export const explainGradient = (
  shot: LinearShot,
  { loss, penalty, strength }: Pick<Settings, 'loss' | 'penalty' | 'strength'>,
  component: 0 | 1 | 2,
): Explanation => {
  const { row, outputs, y } = shot
  const name = ['w_1', 'w_2', 'b'][component]!
  const of = (i: number): number => (component === 2 ? 1 : shot.x[2 * i + component]!)
  const terms = Array.from(y, (_, i) => [shot.slopes[i * outputs + row]!, of(i)] as const)
  const first = terms
    .slice(0, 3)
    .map(([slope, x]) => (component === 2 ? factor(slope) : `${factor(slope)} · ${factor(x)}`))
  const rest = terms.length > 3 ? ` + … ${terms.length - 3} more` : ''
  const weight = shot.weights[row]![component]!
  const penalised = penalty !== 'none' && component !== 2
  const part = penalty === 'l1' ? `${say(strength)} · sign(${say(weight)})` : `${say(strength)} · ${factor(weight)}`
  const symbol = ['x', 'y', ''][component]!
  return {
    what: `How the loss changes with ${name.replace('_', '')}: the mean over ${terms.length} points${penalised ? ', and the penalty' : ''}`,
    formula: `∂L/∂${name} = mean(ℓ′${symbol && ` · ${symbol}`})${penalised ? (penalty === 'l1' ? ` + λ sign(${name})` : ` + λ ${name}`) : ''},   ${slopeFormulas[loss]}`,
    numbers: `${say(shot.gradients[row]![component]!)} = (${first.join(' + ')}${rest}) / ${terms.length}${penalised ? ` + ${part}` : ''}`,
  }
}
