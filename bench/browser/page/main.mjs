// One side of a workload as a page; what serve.mjs is in Node.
import { turnsOf, watchEngine } from '../../turns.mjs'
import { asked } from './asked.mjs'

const gradusSides = {
  matmul: () => import('../../matmul.mjs'),
  mlp: () => import('../../mlp.mjs'),
  lenet: () => import('../../lenet.mjs'),
  gpt: () => import('../../gpt.mjs'),
}
const peerSides = { tfjs: () => import('../../peers/tfjs.mjs'), jax: () => import('../../peers/jax.mjs') }
/** The module that each engine of Gradus has its ONNX Runtime from. */
const runtimes = { wasm: () => import('onnxruntime-web/wasm'), webgpu: () => import('onnxruntime-web/webgpu') }

const startGradus = async ({ workload, size, engine, threads }) => {
  const { configureEngines, setEngine } = await import('gradus')
  if (threads) configureEngines({ threads })
  setEngine(engine)
  const watch = watchEngine(await runtimes[engine]())
  const { gradus } = await gradusSides[workload]()
  const side = await gradus(size)
  return { side: { ...side, threads: engine === 'wasm' ? (threads ?? 1) : null }, answer: turnsOf(side, watch) }
}
const startPeer = async ({ group, workload, size }) => {
  const sides = await peerSides[group]()
  if (!sides[workload]) throw new Error('it has no side of this workload')
  const side = await sides[workload](size)
  return { side: { ...side, threads: sides.threads }, answer: turnsOf(side) }
}

let answer
/** What the benchmark asks of the page. Plain data only goes in and comes out. */
window.bench = {
  start: async () => {
    const started = await (asked.group === 'gradus' ? startGradus : startPeer)(asked)
    answer = started.answer
    const { parameters = 0, versions = {}, threads = null } = started.side
    return { parameters, versions, threads }
  },
  ask: request => answer(request),
}
