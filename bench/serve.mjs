// One side of a workload as a process: node bench/serve.mjs MODULE SIDE OPTIONS. The protocol is that of torch_side.py.
import { createInterface } from 'node:readline'
import { turnsOf, watchEngine } from './turns.mjs'

const [module, side, options] = process.argv.slice(2)
const say = record => process.stdout.write(`${JSON.stringify(record)}\n`)

const sides = await import(module)
if (!sides[side]) throw new Error('it has no side of this workload')
const named = async () => {
  const { engineName } = await import('gradus')
  return { engine: `${engineName()}, ${process.env.GRADUS_THREADS || 'all'} threads` }
}
const engine = side === 'gradus' ? watchEngine((await import('onnxruntime-node')).default) : null
const { parameters = 0, turn, draw, step, read, ...more } = await sides[side](JSON.parse(options))
const answer = turnsOf({ turn, draw, step, read }, engine)
say({ ready: true, parameters, threads: sides.threads, ...more, ...(side === 'gradus' && { versions: await named() }) })

for await (const line of createInterface({ input: process.stdin })) say(await answer(JSON.parse(line)))
process.exit(0) // threads of a WebAssembly runtime would keep it alive
