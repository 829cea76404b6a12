import type * as Ort from 'onnxruntime-web'
import type { Buffer } from '../../core/buffer.ts'
import { convert, type DType, valuesOf } from '../../core/dtype.ts'
import { EngineError } from '../../core/errors.ts'
import { sizeOf } from '../../core/shape.ts'
import type { Program } from '../../graph/program.ts'
import type { Engine, Executable } from '../engine.ts'
import type { Device } from './device.ts'
import { describeFailure } from './failure.ts'
import { encodeModel } from './format.ts'
import { type LowerOptions, lowerProgram } from './lower.ts'

/** ONNX Runtime's JavaScript, of whichever package. */
export type OnnxRuntime = Pick<typeof Ort, 'InferenceSession' | 'Tensor'>

/** How one engine uses ONNX Runtime: what native, wasm and webgpu differ in. */
export interface OnnxProvider {
  readonly name: string
  readonly runtime: OnnxRuntime
  readonly options: (program: Program) => Ort.InferenceSession.SessionOptions
  /** Whether a tensor that is passed for an output is written; if not, outputs are copied into their targets. */
  readonly fillsOutputs: boolean
  readonly check?: (program: Program) => void
  readonly lacksFor?: Engine['lacksFor']
  readonly lowering?: LowerOptions
  /** Memory of the provider's own, where values may stay between runs. */
  readonly device?: Device
}

/** An array as ONNX Runtime returned it: where JavaScript has a Float16Array its bits are looked at instead. */
const stored = (data: Ort.Tensor['data'], dtype: DType): Buffer['array'] =>
  dtype === 'float16' && !(data instanceof Uint16Array)
    ? new Uint16Array((data as Float32Array).buffer, (data as Float32Array).byteOffset, data.length)
    : (data as Buffer['array'])

class OnnxExecutable implements Executable {
  private readonly provider: OnnxProvider
  private readonly session: Ort.InferenceSession
  private readonly program: Program
  private readonly resident: readonly boolean[]
  private running = 0
  private disposed = false

  constructor(provider: OnnxProvider, session: Ort.InferenceSession, program: Program, resident: readonly boolean[]) {
    this.provider = provider
    this.session = session
    this.program = program
    this.resident = resident
  }

  async run(inputs: readonly Buffer[], into: readonly (Buffer | null)[] = []): Promise<Buffer[]> {
    const { program, provider } = this
    const feeds: Record<string, Ort.Tensor> = {}
    for (const [i, at] of program.inputs.entries()) feeds[`x${i}`] = this.tensor(inputs[i]!, at)
    const fetches: Record<string, Ort.Tensor | null> = {}
    for (const [i, at] of program.outputs.entries()) {
      const target = provider.fillsOutputs && into[i]?.dtype !== 'bfloat16' ? into[i] : null
      fetches[`y${i}`] = target ? this.tensor(target, at) : null
    }
    this.running++
    try {
      const results = await this.session.run(feeds, fetches, { logSeverityLevel: 4 })
      return program.outputs.map((_, i) => this.output(i, results[`y${i}`]!, into[i] ?? null))
    } catch (cause) {
      throw describeFailure(provider.name, cause)
    } finally {
      this.running--
      if (this.disposed && this.running === 0) await this.session.release()
    }
  }

  async dispose(): Promise<void> {
    this.disposed = true
    if (this.running === 0) await this.session.release()
  }

  /** An output as a buffer: on the device, or on the host and in its target if it has one. */
  private output(i: number, tensor: Ort.Tensor, target: Buffer | null): Buffer {
    const { dtype, shape } = this.program.instructions[this.program.outputs[i]!]!
    if (this.resident[i]) return this.provider.device!.hold(tensor, { dtype, shape })
    const data = stored(tensor.data, dtype)
    const array = dtype === 'bfloat16' ? convert(data, dtype) : data
    if (!target) return { dtype, array }
    const filled = this.provider.fillsOutputs && dtype !== 'bfloat16'
    if (!filled) (target.array as Float32Array).set(array as Float32Array)
    return target
  }

  private tensor(buffer: Buffer, at: number): Ort.Tensor {
    const { shape } = this.program.instructions[at]!
    const { name, device, runtime } = this.provider
    const held = device?.tensorOf(buffer)
    if (held) return held
    const { dtype, array } = buffer
    if (array.length !== sizeOf(shape))
      throw new EngineError(`${name}: a buffer of ${array.length} elements was bound to ${sizeOf(shape)}.`)
    if (dtype === 'bfloat16') return new runtime.Tensor('float32', valuesOf(dtype, array as Uint16Array), shape)
    return new runtime.Tensor(dtype, array as Float32Array, shape)
  }
}

/** An engine that runs the whole program as one ONNX model. */
export const onnxEngine = (provider: OnnxProvider): Engine => {
  const { name, device, runtime } = provider
  return {
    name,
    compile: async (program, resident = []) => {
      const bytes = encodeModel(lowerProgram(program, provider.lowering))
      const options = { ...provider.options(program) }
      if (device && resident.some(Boolean))
        options.preferredOutputLocation = Object.fromEntries(
          program.outputs.map((_, i) => [`y${i}`, resident[i] ? 'gpu-buffer' : 'cpu'] as const),
        )
      try {
        const session = await runtime.InferenceSession.create(bytes, options)
        return new OnnxExecutable(provider, session, program, device ? resident : [])
      } catch (cause) {
        throw describeFailure(name, cause)
      }
    },
    ...(provider.check && { check: provider.check }),
    ...(provider.lacksFor && { lacksFor: provider.lacksFor }),
    ...(device && { upload: (buffer, shape) => device.upload(buffer, shape) }),
  }
}
