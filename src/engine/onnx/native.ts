import type * as Ort from 'onnxruntime-node'
import type { Buffer } from '../../core/buffer.ts'
import { convert, valuesOf } from '../../core/dtype.ts'
import { EngineError } from '../../core/errors.ts'
import { sizeOf } from '../../core/shape.ts'
import type { Program } from '../../graph/program.ts'
import type { Engine, Executable } from '../engine.ts'
import { encodeModel } from './format.ts'
import { lowerProgram } from './lower.ts'

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
const workOf = (program: Program): number => program.instructions.reduce((total, ins) => total + sizeOf(ins.shape), 0)

const sessionOptions = (program: Program): Ort.InferenceSession.SessionOptions => ({
  executionProviders: ['cpu'],
  graphOptimizationLevel: 'all',
  // Each session has threads of its own: small programs do without.
  intraOpNumThreads: threads() || (workOf(program) < smallWork ? 1 : 0),
  interOpNumThreads: 1,
  // What fails is thrown with its cause; ONNX Runtime need not write it to standard error as well.
  logSeverityLevel: 4,
})

/** ONNX Runtime names the operator; it was named after the Gradus operation. */
const describeFailure = (cause: unknown): EngineError => {
  const text = cause instanceof Error ? cause.message : String(cause)
  const missing = /Could not find an implementation for (\w+)\(\d+\) node with name '([a-zA-Z0-9]+)_\d+'/.exec(text)
  if (missing) {
    return new EngineError(
      `native: ONNX Runtime has no ${missing[1]} kernel for the dtype that ${missing[2]} was given. Convert with x.to('float32'), or use the reference engine.`,
      { op: missing[2] },
      cause,
    )
  }
  const outside = /Name:'([a-zA-Z0-9]+)_\d+'.*idx=(-?\d+) must be within the inclusive range \[(-?\d+),(-?\d+)\]/.exec(
    text,
  )
  if (outside) {
    const [, op, index, low, high] = outside
    return new EngineError(
      `native: ${op}: index ${index} does not exist on an axis of size ${Number(high) + 1}. Allowed: ${low} to ${high}.`,
      { op, index: Number(index) },
      cause,
    )
  }
  const element = /Name:'([a-zA-Z0-9]+)_\d+'.*Out of range value in index tensor/.exec(text)
  if (element) {
    return new EngineError(
      `native: ${element[1]}: an index does not exist on the axis. Check labels and indices: they count from 0 to size - 1.`,
      { op: element[1] },
      cause,
    )
  }
  return new EngineError(
    `native: ONNX Runtime refused: ${text.split('\n')[0]}. If the inputs are right, compare with the reference engine: GRADUS_ENGINE=reference.`,
    {},
    cause,
  )
}

class NativeExecutable implements Executable {
  private readonly ort: typeof Ort
  private readonly session: Ort.InferenceSession
  private readonly program: Program
  private running = 0
  private disposed = false

  constructor(ort: typeof Ort, session: Ort.InferenceSession, program: Program) {
    this.ort = ort
    this.session = session
    this.program = program
  }

  async run(inputs: readonly Buffer[], into: readonly (Buffer | null)[] = []): Promise<Buffer[]> {
    const { program } = this
    const feeds: Record<string, Ort.Tensor> = {}
    for (const [i, at] of program.inputs.entries()) feeds[`x${i}`] = this.tensor(inputs[i]!, at)
    const fetches: Record<string, Ort.Tensor | null> = {}
    for (const [i, at] of program.outputs.entries())
      fetches[`y${i}`] = into[i] && into[i]!.dtype !== 'bfloat16' ? this.tensor(into[i]!, at) : null
    this.running++
    try {
      const results = await this.session.run(feeds, fetches, { logSeverityLevel: 4 })
      return program.outputs.map((at, i) => {
        const { dtype } = program.instructions[at]!
        const array = results[`y${i}`]!.data as Buffer['array']
        if (dtype !== 'bfloat16') return into[i] ?? { dtype, array }
        const bits = convert(array, dtype)
        if (!into[i]) return { dtype, array: bits }
        ;(into[i].array as Uint16Array).set(bits)
        return into[i]
      })
    } catch (cause) {
      throw describeFailure(cause)
    } finally {
      this.running--
      if (this.disposed && this.running === 0) await this.session.release()
    }
  }

  async dispose(): Promise<void> {
    this.disposed = true
    if (this.running === 0) await this.session.release()
  }

  private tensor({ dtype, array }: Buffer, at: number): Ort.Tensor {
    const { shape } = this.program.instructions[at]!
    if (array.length !== sizeOf(shape))
      throw new EngineError(`native: a buffer of ${array.length} elements was bound to ${sizeOf(shape)}.`)
    if (dtype === 'bfloat16') return new this.ort.Tensor('float32', valuesOf(dtype, array as Uint16Array), shape)
    return new this.ort.Tensor(dtype, array as Float32Array, shape)
  }
}

/** ONNX Runtime on the CPU: the whole program as one ONNX model. */
export const loadNativeEngine = async (): Promise<Engine> => {
  const module = await import('onnxruntime-node')
  const ort = ('default' in module ? module.default : module) as typeof Ort
  return {
    name: 'native',
    compile: async program => {
      const bytes = encodeModel(lowerProgram(program))
      const options = sessionOptions(program)
      try {
        return new NativeExecutable(ort, await ort.InferenceSession.create(bytes, options), program)
      } catch (cause) {
        throw describeFailure(cause)
      }
    },
  }
}
