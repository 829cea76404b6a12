// Several sides of one workload, each in a process or a page of its own, take turns.
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { median, quantile } from './table.mjs'
import { startServer } from './process.mjs'

const at = file => fileURLToPath(new URL(file, import.meta.url))
export const peerNames = { tfjs: 'tfjs-wasm', jax: 'jax-js', transformers: 'transformers.js' }

/** The command that starts a JavaScript side. */
export const javascriptSide = (module, side, options) => ({
  command: process.execPath,
  args: [at('serve.mjs'), at(module), side, JSON.stringify(options)],
})
export const torchSide = (python, script, options) => ({
  command: python,
  args: [at(script), JSON.stringify(options)],
})

/** Who is to take part in a case, and who cannot. A side runs with each of its numbers of threads. */
export const sidesOf = ({ name, workload, size, python, threads }) => {
  const variants = listed => Object.entries(listed ?? {})
  const script = workload.script ?? name
  const peers = process.env.GRADUS_BENCH_PEERS ? (workload.peers ?? []) : []
  return [
    ...variants(workload.gradus ?? { '': {} }).map(([variant, options]) => ({
      name: ['gradus', variant].filter(Boolean).join(', '),
      group: 'gradus',
      ...javascriptSide(`${name}.mjs`, 'gradus', { ...size, ...options }),
    })),
    ...(python ? variants(workload.torch) : []).map(([variant, options]) => ({
      name: `torch ${variant}`,
      group: 'torch',
      threads,
      ...torchSide(python, `${script}_torch.py`, { ...size, ...options }),
    })),
    ...peers.map(peer => ({
      name: peerNames[peer],
      group: peer,
      ...javascriptSide(`peers/${peer}.mjs`, name, size),
    })),
  ]
}

/** Nothing where the number is not told. */
const threadsText = threads => (threads ? [`${threads} thread${threads === 1 ? '' : 's'}`] : [])

/** A side's process, and a contestant for each of its numbers of threads, warmed up. */
const enter = async (side, { warmup, limit, slowest = 5 * limit }) => {
  const server = await (side.start ? side.start() : startServer(side.command, side.args))
  const contestants = []
  try {
    for (const threads of side.threads ?? [null]) {
      const given = threads === null ? {} : { threads }
      const name = [side.name, ...threadsText(threads ?? server.ready.threads)].join(', ')
      const cold = await server.ask({ ...given, steps: 1, limit: 0 }) // compiles, where something is compiled
      const warm = await server.ask({ ...given, steps: warmup, limit: 5 * limit })
      const fastest = Math.min(...warm.ms)
      if (fastest > slowest) throw new Error(`a step takes ${(fastest / 1000).toFixed(0)} s`)
      const contestant = {
        name,
        group: side.group,
        rounds: [],
        engineMs: [],
        first: cold.first,
        last: null,
        memory: null,
      }
      contestant.turn = async steps => {
        const { ms, engineMs = [], last } = await server.ask({ ...given, steps, limit })
        contestant.rounds.push(ms)
        contestant.engineMs.push(...engineMs)
        contestant.last = last
        contestant.memory = server.memory()
      }
      contestants.push(contestant)
    }
  } catch (error) {
    server.kill()
    throw error
  }
  return { server, contestants }
}

/** Everybody begins from the same numbers: the first values agree, and the sizes. */
const requireSame = entries => {
  const [{ server: own, contestants: first }] = entries
  for (const { server, contestants } of entries) {
    const [{ name, first: value }] = contestants
    const expected = first[0].first
    if (server.ready.parameters !== own.ready.parameters)
      throw new Error(
        `the models differ: ${own.ready.parameters} parameters here, ${server.ready.parameters} in ${name}`,
      )
    if (!(Math.abs(value - expected) <= 1e-3 * Math.abs(expected)))
      throw new Error(`the models differ: the first step gives ${expected} here and ${value} in ${name}`)
  }
}

const cpuTimeOf = servers => servers.reduce((total, server) => total + (server.cpuTime() ?? 0), 0)

/** After a turn, threads spin a while in case more work comes, and garbage is collected: the next turn waits until all are idle. */
const settle = async servers => {
  let before = cpuTimeOf(servers)
  for (let waited = 0; waited < 5000; waited += 150) {
    await sleep(150)
    const now = cpuTimeOf(servers)
    if (waited > 0 && now === before) return
    before = now
  }
}

/** Everybody has a turn in each round, a different one first each time. Returns the share of Gradus's time in which others worked. */
export const compete = async (contestants, servers, { rounds, steps, note }) => {
  let foreign = 0
  let own = 0
  for (let round = 0; round < rounds; round++) {
    note(`round ${round + 1} of ${rounds}`)
    for (let i = 0; i < contestants.length; i++) {
      const contestant = contestants[(round + i) % contestants.length]
      await settle(servers)
      const before = { cpu: cpuTimeOf(servers), time: performance.now() }
      await contestant.turn(steps)
      if (contestant.group !== 'gradus') continue
      foreign += cpuTimeOf(servers) - before.cpu
      own += performance.now() - before.time
    }
  }
  return foreign / own
}

const startAll = async (sides, settings, note) => {
  const entries = []
  const leftOut = []
  for (const side of sides) {
    note(`starting ${side.name}`)
    try {
      entries.push(await enter(side, settings))
    } catch (error) {
      if (side.group === 'gradus') {
        await Promise.all(entries.map(e => e.server.close()))
        throw new Error(`${side.name}: ${error.message}`, { cause: error })
      }
      leftOut.push(`${side.name}: ${error.message}`)
    }
  }
  return { entries, leftOut }
}

/** One contestant's numbers, in ms. */
export const summarize = ({ name, group, rounds, engineMs, first, last, memory }) => {
  const all = rounds.flat()
  return {
    name,
    group,
    median: median(all),
    p90: quantile(all, 0.9),
    roundMedians: rounds.map(median),
    steps: all.length,
    ...(engineMs?.length > 0 && { engine: median(engineMs) }),
    first,
    last,
    memory,
    rounds,
  }
}

/** Measures one case of a workload. */
export const contest = async (sides, settings, note) => {
  const { entries, leftOut } = await startAll(sides, settings, note)
  const servers = entries.map(e => e.server)
  try {
    requireSame(entries)
    const contestants = entries.flatMap(e => e.contestants)
    const others = servers.filter((_, i) => entries[i].contestants[0].group !== 'gradus')
    const disturbed = await compete(contestants, others, { ...settings, note })
    const versions = Object.assign({}, ...servers.map(s => s.ready.versions))
    return {
      contestants: contestants.map(summarize),
      leftOut,
      disturbed,
      versions,
      parameters: servers[0].ready.parameters,
    }
  } finally {
    await Promise.all(servers.map(s => s.close()))
  }
}
