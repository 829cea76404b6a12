import type * as Ort from 'onnxruntime-node'
import { EngineError } from '../../core/errors.ts'
import { sizeOf } from '../../core/shape.ts'
import type { Program } from '../../graph/program.ts'
import type { Engine } from '../engine.ts'
import { encodeModel } from './format.ts'
import { newestOpset } from './opset.ts'
import { type OnnxRuntime, onnxEngine } from './session.ts'

const threads = (): number => {
  const asked = globalThis.process?.env?.GRADUS_THREADS
  if (!asked) return 0
  if (/^[1-9]\d*$/.test(asked)) return Number(asked)
  throw new EngineError(
    `native: GRADUS_THREADS is "${asked}". Set a whole number of at least 1, or leave it out for one per core.`,
  )
}

/** Elements that a program touches, roughly: below this more threads cost more than they bring. */
const smallWork = 100_000
const workOf = (program: Program): number =>
  program.instructions.reduce((total, ins) => total + sizeOf(ins.shape) + (ins.op?.holds?.(ins.attrs) ?? 0), 0)

const sessionOptions = (program: Program): Ort.InferenceSession.SessionOptions => ({
  executionProviders: ['cpu'],
  graphOptimizationLevel: 'all',
  // Each session has threads of its own: small programs do without.
  intraOpNumThreads: threads() || (workOf(program) < smallWork ? 1 : 0),
  interOpNumThreads: 1,
  // What fails is thrown with its cause; ONNX Runtime need not write it to standard error as well.
  logSeverityLevel: 4,
})

/** onnxruntime-node, which is a CommonJS module. */
export const loadNodeRuntime = async (): Promise<OnnxRuntime> => {
  const module = await import('onnxruntime-node')
  return ('default' in module ? module.default : module) as OnnxRuntime
}

/** Channels in a block of its layout for convolutions, which depend on the processor: what four channels become. */
const channelBlockOf = async (runtime: OnnxRuntime): Promise<number> => {
  const node = {
    type: 'ReorderInput',
    domain: 'com.microsoft.nchwc',
    name: 'y',
    inputs: ['x'],
    outputs: ['y'],
    attrs: {},
  }
  const x = { name: 'x', dtype: 'float32', shape: [1, 4, 1, 1] } as const
  const model = { name: 'block', opset: newestOpset, nodes: [node], inputs: [x], initializers: [] }
  const bytes = encodeModel({ ...model, outputs: [{ name: 'y', dtype: 'float32' }] })
  try {
    const session = await runtime.InferenceSession.create(bytes, { logSeverityLevel: 4, intraOpNumThreads: 1 })
    const { y } = await session.run({ x: new runtime.Tensor('float32', new Float32Array(4), x.shape) })
    await session.release()
    const channels = y!.dims[1]!
    return channels > 4 ? channels : 0
  } catch {
    // A processor for which it has no such layout.
    return 0
  }
}

/** ONNX Runtime on the CPU: the whole program as one ONNX model. */
export const loadNativeEngine = async (): Promise<Engine> => {
  const runtime = await loadNodeRuntime()
  return onnxEngine({
    name: 'native',
    runtime,
    options: sessionOptions,
    fillsOutputs: true,
    lowering: { channelBlock: await channelBlockOf(runtime), foldsTransposes: true },
  })
}
