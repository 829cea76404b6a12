import { expect, test } from 'vitest'
import { topologicalOrder } from '../../src/graph/node.ts'
import {
  compile,
  evaluate,
  grad,
  randn,
  type Shape,
  scan,
  setSeed,
  type Tensor,
  valueAndGrad,
  zeros,
} from '../../src/index.ts'

type T = Tensor<Shape, 'float32'>
interface Weights {
  readonly wx: T
  readonly wh: T
  readonly b: T
}
interface State {
  readonly h: T
  readonly c: T
}

const [inputs, hidden, batch, steps] = [8, 16, 4, 1000]

/** Gates in PyTorch's order: input, forget, cell, output. Source: Gers, Schmidhuber & Cummins 2000. */
const cell =
  (p: Weights) =>
  ({ h, c }: State, x: T): [State, T] => {
    const [i, f, g, o] = x.matmul(p.wx).add(h.matmul(p.wh)).add(p.b).split(4, 1) as [T, T, T, T]
    const next = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh())) as T
    const out = o.sigmoid().mul(next.tanh()) as T
    return [{ h: out, c: next }, out]
  }
const start: State = { h: zeros([batch, hidden]), c: zeros([batch, hidden]) }
/** The mean square of what remains of the target's difference at every step. */
const looped = (p: Weights, xs: T): T =>
  scan(cell(p), start, xs)[1]
    .sub(xs.slice(null, null, { start: 0, end: 1 }) as T)
    .square()
    .mean()
const unrolled = (p: Weights, xs: T): T => {
  let state = start
  let total = zeros([]) as T
  for (let t = 0; t < steps; t++) {
    const x = xs.slice(t) as T
    const [next, y] = cell(p)(state, x)
    state = next
    total = total.add(
      y
        .sub(x.slice(null, { start: 0, end: 1 }) as T)
        .square()
        .sum(),
    ) as T
  }
  return total.div(steps * batch * hidden) as T
}

test('an LSTM cell over 1,000 steps has the gradients of the unrolled graph, in a graph that does not grow, and trains', async () => {
  setSeed(2)
  let p: Weights = {
    wx: randn([inputs, 4 * hidden]).mul(0.3),
    wh: randn([hidden, 4 * hidden]).mul(0.3),
    b: zeros([4 * hidden]),
  }
  const xs = randn([steps, batch, inputs]) as T
  await evaluate(p.wx, p.wh, xs)
  const one = grad(looped)(p, xs)
  const other = grad(unrolled)(p, xs)
  await evaluate(...Object.values(one), ...Object.values(other))
  for (const key of ['wx', 'wh', 'b'] as const) {
    const [a, b] = [await one[key].data(), await other[key].data()]
    const largest = b.reduce((m, v) => Math.max(m, Math.abs(v)), 0)
    const worst = a.reduce((m, v, i) => Math.max(m, Math.abs(v - b[i]!)), 0)
    process.stderr.write(`${key}: largest gradient ${largest}, largest difference ${worst}\n`)
    expect(worst).toBeLessThanOrEqual(1e-5 * Math.max(1, largest))
  }
  const sizeOf = (n: number): number =>
    topologicalOrder(Object.values(grad(looped)(p, randn([n, batch, inputs]) as T)).map(g => g.node)).length
  expect(sizeOf(1000)).toBe(sizeOf(10))

  const step = compile((p: Weights, xs: T) => {
    const { value, gradient } = valueAndGrad(looped)(p, xs)
    const next = (['wx', 'wh', 'b'] as const).map(key => p[key].sub(gradient[key].mul(2)))
    return { loss: value, p: { wx: next[0]!, wh: next[1]!, b: next[2]! } as Weights }
  })
  const losses: number[] = []
  for (let k = 0; k < 40; k++) {
    const { loss, p: next } = await step(p, xs)
    p = next
    losses.push(Number(await loss.item()))
  }
  process.stderr.write(`loss ${losses[0]} to ${losses.at(-1)}\n`)
  expect(losses.at(-1)!).toBeLessThan(0.9 * losses[0]!)
}, 300_000)
