// An LSTM cell in a loop: one graph whatever the length, and time in proportion to it.
import { compile, grad, randn, scan, setSeed } from 'gradus'
import { topologicalOrder } from '../dist/graph/node.js'
import { median, table } from './table.mjs'

export const summary = 'training step of an LSTM cell scanned over sequences of growing length'
export const options = {
  steps: { default: '1000', help: 'longest sequence; the others are an eighth, a quarter and half of it' },
  rounds: { default: '5', help: 'interleaved rounds' },
  hidden: { default: '64', help: 'size of the state' },
  batch: { default: '8', help: 'sequences at once' },
}

/** Gates in PyTorch's order: input, forget, cell, output. Source: Hochreiter & Schmidhuber 1997; Gers et al. 2000. */
const cell =
  ({ wx, wh, b }) =>
  ({ h, c }, x) => {
    const [i, f, g, o] = x.matmul(wx).add(h.matmul(wh)).add(b).split(4, 1)
    const next = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()))
    const out = o.sigmoid().mul(next.tanh())
    return [{ h: out, c: next }, out]
  }

export const run = async ({ steps, rounds, hidden, batch }, note) => {
  setSeed(1)
  const inputs = 16
  const scale = 1 / Math.sqrt(hidden)
  const p = {
    wx: randn([inputs, 4 * hidden]).mul(scale),
    wh: randn([hidden, 4 * hidden]).mul(scale),
    b: randn([4 * hidden]).mul(scale),
  }
  await Promise.all(Object.values(p).map(t => t.data()))
  const start = { h: randn([batch, hidden]).mul(0), c: randn([batch, hidden]).mul(0) }
  await Promise.all([start.h.data(), start.c.data()])
  const loss = (p, xs) => scan(cell(p), start, xs)[1].square().mean()
  const lengths = [8, 4, 2, 1].map(k => Math.round(steps / k))
  const times = new Map(lengths.map(n => [n, []]))
  const sizes = new Map()
  const update = compile((p, xs) => grad(loss)(p, xs))
  const sequences = new Map()
  for (const n of lengths) {
    const xs = randn([n, batch, inputs])
    await xs.data()
    sequences.set(n, xs)
    const { wx, wh, b } = grad(loss)(p, xs)
    sizes.set(n, topologicalOrder([wx.node, wh.node, b.node]).length)
    await (await update(p, xs)).b.data()
  }
  for (let round = 0; round < rounds; round++) {
    for (const n of lengths) {
      const began = performance.now()
      await (await update(p, sequences.get(n))).b.data()
      times.get(n).push(performance.now() - began)
    }
    note(`round ${round + 1} of ${rounds}`)
  }
  const rows = lengths.map(n => {
    const ms = median(times.get(n))
    return [n, sizes.get(n), ms.toFixed(1), ((1000 * ms) / n).toFixed(1)]
  })
  return {
    title: `LSTM cell of ${hidden}, batch ${batch}: gradient of a loss over the whole sequence`,
    text: table(['steps', 'nodes of the graph', 'ms', 'µs a step'], rows),
    versions: {},
    raw: { rows },
  }
}
