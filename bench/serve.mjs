// One side of a workload as a process: node bench/serve.mjs MODULE SIDE OPTIONS. The protocol is that of torch_side.py.
import { createInterface } from 'node:readline'

const [module, side, options] = process.argv.slice(2)
const say = record => process.stdout.write(`${JSON.stringify(record)}\n`)

/** Adds up the time spent inside ONNX Runtime's run, from outside. */
const watchEngine = async () => {
  const { default: ort } = await import('onnxruntime-node')
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

const sides = await import(module)
if (!sides[side]) throw new Error('it has no side of this workload')
const named = async () => {
  const { engineName } = await import('gradus')
  return { engine: `${engineName()}, ${process.env.GRADUS_THREADS || 'all'} threads` }
}
const engine = side === 'gradus' ? await watchEngine() : { ms: 0 }
const { parameters = 0, turn, ...one } = await sides[side](JSON.parse(options))
const { draw = () => [], step, read = x => x, ...more } = one
say({ ready: true, parameters, ...more, ...(side === 'gradus' && { versions: await named() }) })

let done = 0
/** Steps one after another, timed without drawing the batch and reading the value. */
const steps = async (count, limit) => {
  const ms = []
  const values = []
  const engineMs = []
  const end = performance.now() + limit
  while (ms.length < count && (ms.length === 0 || performance.now() < end)) {
    const batch = await draw(done++)
    engine.ms = 0
    const start = performance.now()
    const out = await step(...batch)
    ms.push(performance.now() - start)
    engineMs.push(engine.ms)
    values.push(await read(out))
  }
  return { ms, values, ...(side === 'gradus' && { engineMs }) }
}

let first = null
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line)
  // A side that steps by itself, in a loop of its library, takes the whole turn.
  const { values, ...times } = await (turn ? turn(request.steps) : steps(request.steps, request.limit))
  first ??= values[0]
  say({ ...times, first, last: values.at(-1) })
}
process.exit(0) // threads of a WebAssembly runtime would keep it alive
