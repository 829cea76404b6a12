import { createRequire } from 'node:module'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { defineOptions } from '../core/options.ts'
import { engineAbout, engineName, engineNames, setEngine } from '../engine/engine.ts'
import { randn, Generator } from '../tensor/random.ts'
import { grad } from '../tensor/transforms.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { defineCommand } from './command.ts'
import { version } from './version.ts'

/** The version of an installed package, or null. Its main file is in a folder beside package.json, which it need not export. */
const installed = (name: string): string | null => {
  try {
    const require = createRequire(import.meta.url)
    const file = join(dirname(require.resolve(name)), '..', 'package.json')
    return (require(file) as { version: string }).version
  } catch {
    return null
  }
}

/** A product, a softmax and a gradient of known sum: enough to see an engine at work. */
const selfTest = async (): Promise<string | null> => {
  const generator = new Generator(1)
  const x = randn([8, 16], { generator })
  const w = randn([16, 4], { generator })
  const loss = (w: Tensor): Tensor => (x as Tensor).matmul(w).softmax().sum()
  const total = await loss(w as Tensor).item()
  if (Math.abs(Number(total) - 8) > 1e-4) return `eight rows of probabilities sum to ${total} instead of 8`
  const slope = await grad(loss)(w as Tensor)
    .abs()
    .max()
    .item()
  return Number(slope) < 1e-4 ? null : `the gradient of a constant is ${slope} instead of 0`
}

export const doctorCommand = defineCommand({
  name: 'doctor',
  summary: 'show versions and test each engine on this machine',
  examples: ['gradus doctor', 'gradus doctor --json'],
  options: defineOptions({}),
  async run({ result }) {
    const chosen = engineName()
    const engines: { name: string; about: string; ok: boolean; problem: string | null }[] = []
    for (const name of engineNames()) {
      setEngine(name, { always: true })
      const problem = await selfTest().catch((error: unknown) =>
        error instanceof Error ? error.message : String(error),
      )
      engines.push({ name, about: engineAbout(name), ok: problem === null, problem })
    }
    setEngine(chosen)
    const versions = {
      gradus: version,
      node: process.version,
      'onnxruntime-node': installed('onnxruntime-node'),
      'onnxruntime-web': installed('onnxruntime-web'),
    }
    const machine = {
      platform: `${process.platform} ${process.arch}`,
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      memoryBytes: totalmem(),
    }
    const text = [
      ...Object.entries(versions).map(([name, v]) => `${name} ${v ?? 'not installed'}`),
      `${machine.platform}, ${machine.cores} cores, ${machine.cpu}, ${(machine.memoryBytes / 2 ** 30).toFixed(1)} GiB of memory`,
      ...engines.map(
        e =>
          `engine ${e.name}${e.name === chosen ? ' (in use)' : ''}: ${e.ok ? 'works' : `does not work: ${e.problem}`} (${e.about})`,
      ),
    ]
    result({ versions, machine, engines, engineInUse: chosen }, text.join('\n'))
  },
})
