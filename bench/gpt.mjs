// The training step of a small character GPT: Gradus beside PyTorch, in turns.
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { compile, engineName, evaluate, randint, setSeed } from 'gradus'
import { Gpt } from 'gradus/models'
import * as optim from 'gradus/optim'
import ort from 'onnxruntime-node'
import { median, megabytes, quantile, table } from './table.mjs'
import { findPython, startServer } from './torch.mjs'

export const summary = 'training step of a small character GPT, beside PyTorch'
export const options = {
  rounds: { default: '9', help: 'rounds, in each of which everybody has a turn' },
  steps: { default: '20', help: 'steps in a turn' },
  warmup: { default: '10', help: 'untimed steps before the first round' },
  threads: { default: '1,2', help: "PyTorch's numbers of threads; Gradus's is GRADUS_THREADS" },
  clip: { default: '1', help: 'largest norm of the gradient, on both sides; 0 does not clip' },
}

const batch = 12
const config = { vocabSize: 65, contextLength: 64, numLayers: 4, numHeads: 4, embedDim: 128, dropout: 0 }

/** The model and its compiled update, as gpt_torch.py has them. */
export const makeGpt = ({ clip }) => {
  setSeed(0)
  const model = new Gpt(config)
  const decays = (_, shape) => shape.length >= 2
  const limit = clip > 0 ? { clipNorm: clip } : {}
  const optimizer = optim.adamw(model, { learningRate: 1e-3, weightDecay: 0.1, beta2: 0.99, decays, ...limit })
  let traced = false
  const update = compile((x, y) => {
    traced = true
    const loss = model.loss(x, y)
    optimizer.step(optimizer.gradients(loss))
    return loss
  })
  return { model, update, isTraced: () => traced }
}

/** Random tokens, drawn before the clock starts. */
export const drawBatch = async () => {
  const x = randint(0, config.vocabSize, [batch, config.contextLength])
  const y = randint(0, config.vocabSize, [batch, config.contextLength])
  await evaluate(x, y)
  return [x, y]
}

/** Adds up the time spent inside ONNX Runtime's run, from outside. */
const watchEngine = () => {
  const { prototype } = ort.InferenceSession
  const { run } = prototype
  const watch = { ms: 0 }
  prototype.run = async function (...args) {
    const start = performance.now()
    try {
      return await run.apply(this, args)
    } finally {
      watch.ms += performance.now() - start
    }
  }
  return watch
}

const startGradus = async ({ clip, warmup }) => {
  const engine = watchEngine()
  const { model, update, isTraced } = makeGpt({ clip })
  const [x, y] = await drawBatch()
  const start = performance.now()
  const first = update(x, y) // traces before it returns: the model, its gradients, the program's text
  const build = performance.now() - start
  if (!isTraced()) throw new Error('compile traced nothing before it returned: building must be timed in another way')
  await (await first).item()
  const firstStep = performance.now() - start
  const step = async () => {
    const [x, y] = await drawBatch()
    const start = performance.now()
    engine.ms = 0
    const loss = await (await update(x, y)).item()
    return { ms: performance.now() - start, engineMs: engine.ms, loss }
  }
  for (let i = 1; i < warmup; i++) await step()
  const threads = process.env.GRADUS_THREADS || 'all'
  const name = `gradus ${engineName()}, ${threads} thread${threads === '1' ? '' : 's'}`
  const contestant = { name, rounds: [], engineMs: [], loss: Number.NaN, memory: null }
  contestant.turn = async steps => {
    const timed = []
    for (let i = 0; i < steps; i++) timed.push(await step())
    contestant.rounds.push(timed.map(t => t.ms))
    contestant.engineMs.push(...timed.map(t => t.engineMs))
    contestant.loss = timed.at(-1).loss
    contestant.memory = process.memoryUsage.rss()
  }
  return { contestant, parameters: model.parameterCount(), build, firstStep }
}

const script = fileURLToPath(new URL('gpt_torch.py', import.meta.url))
const startTorch = async (python, { clip, warmup, threads }, fused) => {
  const { vocabSize, contextLength, numLayers, numHeads, embedDim } = config
  const flags = { layers: numLayers, heads: numHeads, width: embedDim, context: contextLength, batch, vocab: vocabSize }
  const args = Object.entries({ ...flags, warmup, ...(clip > 0 && { clip }) }).flatMap(([k, v]) => [
    `--${k}`,
    String(v),
  ])
  const server = await startServer(python, script, fused ? [...args, '--fused'] : args)
  for (const n of threads) await server.ask({ threads: n, steps: 0 }) // the untimed steps
  const contestants = threads.map(n => {
    const name = `torch ${fused ? 'fused' : 'plain'} AdamW, ${n} thread${n === 1 ? '' : 's'}`
    const contestant = { name, rounds: [], loss: Number.NaN, memory: null }
    contestant.turn = async steps => {
      const { ms, loss } = await server.ask({ threads: n, steps })
      contestant.rounds.push(ms)
      contestant.loss = loss
      contestant.memory = server.memory()
    }
    return contestant
  })
  return { server, contestants }
}

/** After a turn, threads spin a while in case more work comes: the next turn waits until they sleep. */
const settle = () => sleep(300)

/** Everybody has a turn in each round, a different one first each time. Returns the share of Gradus's time in which the servers worked. */
const compete = async (contestants, servers, { rounds, steps, note }) => {
  const cpu = () => servers.reduce((total, server) => total + (server.cpuTime() ?? 0), 0)
  let foreign = 0
  let own = 0
  for (let round = 0; round < rounds; round++) {
    note(`round ${round + 1} of ${rounds}`)
    for (let i = 0; i < contestants.length; i++) {
      const contestant = contestants[(round + i) % contestants.length]
      await settle()
      const before = { cpu: cpu(), time: performance.now() }
      await contestant.turn(steps)
      if (contestant === contestants[0]) {
        foreign += cpu() - before.cpu
        own += performance.now() - before.time
      }
    }
  }
  return foreign / own
}

const ratioNotes = (gradus, others) => {
  if (others.length === 0) return []
  const best = others.reduce((a, b) => (median(b.rounds.flat()) < median(a.rounds.flat()) ? b : a))
  const ratio = median(gradus.rounds.flat()) / median(best.rounds.flat())
  const each = gradus.rounds.map((round, i) => median(round) / median(best.rounds[i]))
  const range = `${Math.min(...each).toFixed(2)} to ${Math.max(...each).toFixed(2)} in single rounds`
  return [`Gradus ÷ best PyTorch (${best.name}): ${ratio.toFixed(2)} (${range})`]
}

const hostNotes = ({ contestant, build, firstStep }) => {
  const step = median(contestant.rounds.flat())
  const engine = median(contestant.engineMs)
  const share = (100 * build) / (2000 * step)
  return [
    `building the graph, once, cold: ${build.toFixed(0)} ms, ${share.toFixed(2)} % of 2,000 steps; the whole first step: ${firstStep.toFixed(0)} ms`,
    `of a step, inside ONNX Runtime's run: ${engine.toFixed(2)} ms; outside (binding, update, reading the loss): ${(step - engine).toFixed(2)} ms`,
  ]
}

const rowOf = contestant => {
  const all = contestant.rounds.flat()
  const ms = value => value.toFixed(2)
  const medians = contestant.rounds.map(median)
  const spread = `${ms(Math.min(...medians))}–${ms(Math.max(...medians))}`
  const tokens = Math.round((batch * config.contextLength * 1000) / median(all))
  const spreads = [ms(median(all)), spread, ms(quantile(all, 0.9))]
  return [contestant.name, ...spreads, tokens, contestant.loss.toFixed(3), megabytes(contestant.memory)]
}

/** PyTorch with each optimizer that it has here, and a word on what is left out. */
const startTorches = async o => {
  const found = findPython()
  const torches = []
  const leftOut = found.python ? [] : [`PyTorch is left out: ${found.why}`]
  for (const fused of found.python ? [true, false] : []) {
    try {
      torches.push(await startTorch(found.python, o, fused))
    } catch (error) {
      leftOut.push(`PyTorch's ${fused ? 'fused' : 'plain'} AdamW is left out: ${error.message}`)
    }
  }
  return { torches, leftOut }
}

const titleOf = (parameters, clip) => {
  const { numLayers, numHeads, embedDim, contextLength, vocabSize } = config
  const size = `${numLayers} layers, ${numHeads} heads, ${embedDim} wide, context ${contextLength}`
  const clipping = clip > 0 ? `clipped to norm ${clip}` : 'not clipped'
  return `GPT training step: ${size}, batch ${batch}, vocabulary ${vocabSize}, ${parameters} parameters, gradients ${clipping}`
}

const disturbance = share =>
  share > 0.02 ? [`not to be trusted: PyTorch worked ${(100 * share).toFixed(0)} % of Gradus's time`] : []

const measure = async (torches, leftOut, o) => {
  const { contestant, ...gradus } = await startGradus(o)
  const servers = torches.map(t => t.server)
  for (const { ready } of servers) {
    if (ready.parameters === gradus.parameters) continue
    throw new Error(`the models differ: ${gradus.parameters} parameters here, ${ready.parameters} in PyTorch`)
  }
  const others = torches.flatMap(t => t.contestants)
  const contestants = [contestant, ...others]
  const disturbed = await compete(contestants, servers, o)
  const head = ['', 'ms/step', 'medians of rounds', '90 %', 'tokens/s', 'last loss', 'resident']
  const notes = [...ratioNotes(contestant, others), ...hostNotes({ contestant, ...gradus }), ...leftOut]
  return {
    title: titleOf(gradus.parameters, o.clip),
    text: [table(head, contestants.map(rowOf)), '', ...notes, ...disturbance(disturbed)].join('\n'),
    versions: servers[0] ? { torch: `${servers[0].ready.torch} (${servers[0].ready.cpu})` } : {},
    raw: {
      config: { ...config, batch, clip: o.clip },
      contestants: contestants.map(({ turn: _, ...numbers }) => numbers),
      ...gradus,
      disturbed,
    },
  }
}

export const run = async (given, note) => {
  const o = { ...given, threads: given.threads.split(',').map(Number), note }
  const { torches, leftOut } = await startTorches(o)
  try {
    return await measure(torches, leftOut, o)
  } finally {
    await Promise.all(torches.map(t => t.server.close()))
  }
}
