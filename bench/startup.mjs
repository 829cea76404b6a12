// From the start of a process to the end of an import, or of the first training step.
import { compete, peerNames, sidesOf, summarize } from './contest.mjs'
import { workload as gpt } from './gpt.mjs'
import { resolvePeer, versionOf } from './peers/resolve.mjs'
import { startServer } from './process.mjs'

export const workload = {
  summary: 'a new process until something is imported, and until the first loss of the small GPT has been read',
  cases: [{ name: 'import' }, { name: 'first step of the small GPT' }],
  settings: { rounds: 7, steps: 1 },
}

const imports = { tfjs: '@tensorflow/tfjs-backend-wasm', jax: '@jax-js/jax', transformers: '@huggingface/transformers' }
const importing = (name, group, module) => {
  const code = `${module ? `await import(${JSON.stringify(module)});` : ''}console.log('{}')`
  return { name, group, command: process.execPath, args: ['--input-type=module', '--eval', code], steps: 0 }
}

const importSides = ({ python, leftOut }) => {
  const sides = [importing('gradus', 'gradus', 'gradus'), importing('node, nothing imported', 'node')]
  if (python)
    sides.push({ name: 'torch', group: 'torch', command: python, args: ['-c', "import torch; print('{}')"], steps: 0 })
  for (const [peer, module] of Object.entries(imports)) {
    try {
      const versions = { [peerNames[peer]]: versionOf(module) }
      sides.push({ ...importing(peerNames[peer], peer, resolvePeer(module)), versions })
    } catch (error) {
      leftOut.push(`${peerNames[peer]}: ${error.message}`)
    }
  }
  return sides
}
const firstStepSides = ({ python }) => {
  const [{ size }] = gpt.cases
  const torch = { fused: { fused: true } }
  const sides = sidesOf({ name: 'gpt', workload: { ...gpt, torch, peers: [] }, size, python, threads: [2] })
  return sides.map(side => ({ ...side, steps: 1 }))
}

/** A turn is a process: its time until it is ready and, where steps are asked for, has done them. */
const contestantOf = ({ name, group, command, args, steps, versions = {} }) => {
  const contestant = { name, group, rounds: [], first: null, last: null, memory: null, versions }
  contestant.turn = async () => {
    const start = performance.now()
    const server = await startServer(command, args)
    if (steps > 0) contestant.last = (await server.ask({ threads: 2, steps, limit: 0 })).last
    contestant.rounds.push([performance.now() - start])
    contestant.memory = server.memory()
    Object.assign(contestant.versions, server.ready.versions)
    await server.close()
  }
  return contestant
}

export const measure = async ({ case: { name }, python }, settings, note) => {
  const leftOut = []
  const sides = name === 'import' ? importSides({ python, leftOut }) : firstStepSides({ python })
  const contestants = sides.map(contestantOf)
  for (const contestant of contestants) await contestant.turn() // files into memory
  for (const contestant of contestants) contestant.rounds.length = 0
  const disturbed = await compete(contestants, [], { ...settings, note })
  return {
    contestants: contestants.map(summarize),
    leftOut,
    disturbed,
    versions: Object.assign({}, ...contestants.map(c => c.versions)),
  }
}
