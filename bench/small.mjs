// Who computes a graph fastest: ONNX Runtime's session, a fused kernel or the interpreter. The table in src/engine/choice.ts is from here.
import { setEngine, tensor, zeros } from 'gradus'
import { choose } from '../dist/engine/choice.js'
import { loadEngine } from '../dist/engine/engine.js'
import { compileElementwise, elementwiseLoops } from '../dist/engine/kernels/elementwise.js'
import { programOf } from '../dist/graph/program.js'
import { uniform } from './numbers.mjs'
import { median, table } from './table.mjs'

export const summary = 'small and element-wise graphs by a session, a fused kernel and the interpreter'
export const options = {
  rounds: { default: '9', help: 'interleaved rounds; medians are shown' },
  turn: { default: '2', help: 'ms in a turn, at least one run' },
}

const chain = (a, b) => {
  let x = a
  for (let i = 0; i < 10; i++) x = x.mul(0.9 + i / 100).add(b)
  return x
}
const mlp = (x, w, v) => x.matmul(w).relu().matmul(v).softmax()
const deep = (x, w) => {
  let y = x
  for (let i = 0; i < 10; i++) y = y.matmul(w).tanh()
  return y
}
/** Name, shapes of the inputs, function. */
const cases = [
  ['a + b', [[3], [3]], (a, b) => a.add(b)],
  ['20 operations', [[], []], chain],
  ['softmax', [[8]], x => x.softmax()],
  ['mean of squares', [[30]], x => x.square().mean()],
  [
    '[4, 4] · [4, 4]',
    [
      [4, 4],
      [4, 4],
    ],
    (a, b) => a.matmul(b),
  ],
  [
    'network 4-8-3',
    [
      [2, 4],
      [4, 8],
      [8, 3],
    ],
    mlp,
  ],
  [
    'network 8-16-10',
    [
      [8, 8],
      [8, 16],
      [16, 10],
    ],
    mlp,
  ],
  [
    '10 layers of 4',
    [
      [2, 4],
      [4, 4],
    ],
    deep,
  ],
  ...[30, 1000, 10_000, 100_000, 1_000_000].flatMap(n => [
    ['a + b', [[n], [n]], (a, b) => a.add(b)],
    ['20 operations', [[n], [n]], chain],
    ['gelu', [[n]], x => x.gelu()],
  ]),
  ['gelu', [[768, 512]], x => x.gelu()],
  ['bias, relu', [[256, 512], [512]], (x, b) => x.add(b).relu()],
  [
    'scaled rows',
    [
      [256, 512],
      [256, 1],
    ],
    (x, s) => x.mul(s),
  ],
  ['exp', [[100_000]], x => x.exp()],
  ['tanh', [[100_000]], x => x.tanh()],
  ['sin', [[100_000]], x => x.sin()],
  ['log(1 + x)', [[100_000]], x => x.log1p()],
  ['exp', [[1000]], x => x.exp()],
  ['sin', [[1000]], x => x.sin()],
]

/** A program and values for its inputs. */
const prepare = (shapes, f) => {
  const inputs = shapes.map((shape, i) => {
    const size = shape.reduce((a, b) => a * b, 1)
    return size === 0 ? zeros(shape) : tensor(uniform(i + 1, size, 0.5, 1.5)).reshape(shape)
  })
  const leaves = inputs.map(x => x.node)
  const { program } = programOf([f(...inputs).node], leaves, new Set(leaves))
  const buffers = shapes.map((shape, i) => ({
    dtype: 'float32',
    array: uniform(
      i + 1,
      shape.reduce((a, b) => a * b, 1),
      0.5,
      1.5,
    ),
  }))
  return { program, buffers }
}

/** Microseconds a run: runs for as long as a turn takes. */
const turnOf = async (executable, buffers, turn) => {
  const began = performance.now()
  let runs = 0
  do {
    await executable.run(buffers)
    runs++
  } while (performance.now() - began < turn)
  return (1000 * (performance.now() - began)) / runs
}

/** What can compute a program, each with a function that makes it ready. */
const sidesOf = (program, engines) => {
  const choice = choose('native', program, elementwiseLoops(program))
  const fused = () => compileElementwise(program, elementwiseLoops(program))
  return {
    native: () => engines.native.compile(program),
    wasm: () => engines.wasm.compile(program),
    ...(choice.loops && { fused }),
    ...(choice.estimates.interpreter !== null && { interpreter: () => engines.reference.compile(program) }),
  }
}

const measure = async ([, shapes, f], { rounds, turn }, engines) => {
  const { program, buffers } = prepare(shapes, f)
  const sides = sidesOf(program, engines)
  const names = Object.keys(sides)
  const runs = Object.fromEntries(names.map(name => [name, []]))
  const first = Object.fromEntries(names.map(name => [name, []]))
  const ready = {}
  for (let round = 0; round < 5; round++) {
    for (const name of names) {
      const began = performance.now()
      const executable = await sides[name]()
      await executable.run(buffers)
      first[name].push(1000 * (performance.now() - began))
      if (round === 0) ready[name] = executable
      else await executable.dispose()
    }
  }
  for (const name of names) await turnOf(ready[name], buffers, 10 * turn)
  for (let round = 0; round < rounds; round++)
    for (const name of names) runs[name].push(await turnOf(ready[name], buffers, turn))
  for (const name of names) await ready[name].dispose()
  const each = (of, name) => (of[name] ? median(of[name]) : null)
  return {
    measured: Object.fromEntries(names.map(name => [name, { run: each(runs, name), first: each(first, name) }])),
    native: choose('native', program, elementwiseLoops(program)),
    wasm: choose('wasm', program, elementwiseLoops(program)),
  }
}

/** Expressions as they are written, evaluated again and again: microseconds with the choice and without it. */
const written = [
  ['a + b of 3', () => [tensor([1, 2, 3]), tensor([4, 5, 6])], (a, b) => a.add(b)],
  ['20 operations on a number', () => [tensor(0.5), tensor(0.25)], chain],
  ['20 operations on 1000', () => [0, 1].map(i => tensor(uniform(i + 1, 1000, 0.5, 1.5))), chain],
  ['20 operations on 1e6', () => [0, 1].map(i => tensor(uniform(i + 1, 1e6, 0.5, 1.5))), chain],
  ['gelu of [768, 512]', () => [tensor(uniform(1, 768 * 512, 0.5, 1.5)).reshape([768, 512])], x => x.gelu()],
]
const measureWritten = async ([name, make, f], { rounds, turn }) => {
  const inputs = make()
  for (const x of inputs) await x.data()
  const first = {}
  const times = { chosen: [], always: [] }
  const evaluation = { run: () => f(...inputs).data() }
  for (let round = 0; round <= rounds; round++)
    for (const [side, always] of Object.entries({ chosen: false, always: true })) {
      setEngine('native', { always })
      const began = performance.now()
      if (round === 0) await evaluation.run()
      if (round === 0) first[side] = 1000 * (performance.now() - began)
      const us = await turnOf(evaluation, [], round === 0 ? 50 * turn : turn)
      if (round > 0) times[side].push(us)
    }
  setEngine('native')
  const [chosen, always] = [median(times.chosen), median(times.always)]
  return [
    name,
    number(first.chosen),
    number(first.always),
    number(chosen),
    number(always),
    (always / chosen).toFixed(1),
  ]
}

const number = us => (us === null || us === undefined ? '' : us.toPrecision(us >= 100 ? Math.ceil(Math.log10(us)) : 2))
export const run = async (given, note) => {
  const engines = {}
  for (const name of ['native', 'wasm', 'reference']) engines[name] = await loadEngine(name)
  const results = []
  for (const one of cases) {
    const [name, shapes] = one
    const result = { name, shapes, ...(await measure(one, given, engines)) }
    results.push({ ...result, native: result.native.estimates, chosen: [result.native.executor, result.wasm.executor] })
    note(`${name} ${JSON.stringify(shapes)}`)
  }
  const sides = ['native', 'wasm', 'fused', 'interpreter']
  const rows = results.map(({ name, shapes, measured, chosen, native }) => [
    `${name} [${shapes[0]}]`,
    ...sides.map(side => number(measured[side]?.run)),
    ...sides.map(side => number(measured[side]?.first)),
    ...['session', 'fused', 'interpreter'].map(side => number(native[side])),
    chosen.join(', '),
  ])
  const heads = [
    'µs a run',
    ...sides,
    ...sides.map(side => `first ${side}`),
    ...['native', 'fused', 'interpreter'].map(side => `est. ${side}`),
    'chosen on native, wasm',
  ]
  const asWritten = []
  for (const one of written) asWritten.push(await measureWritten(one, given))
  const writtenHeads = ['µs an evaluation on native', 'first', 'first, always', 'then', 'then, always', 'ratio']
  const text = `${table(writtenHeads, asWritten)}\n\n${table(heads, rows)}`
  return { title: summary, text, raw: { rows, heads, asWritten, writtenHeads } }
}
