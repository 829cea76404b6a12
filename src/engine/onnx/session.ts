import type * as Ort from 'onnxruntime-web'
import type { Buffer } from '../../core/buffer.ts'
import { allocate, convert, type DType, valuesOf } from '../../core/dtype.ts'
import { EngineError } from '../../core/errors.ts'
import { sizeOf } from '../../core/shape.ts'
import type { Program } from '../../graph/program.ts'
import type { Engine, Executable } from '../engine.ts'
import type { Device } from './device.ts'
import { describeFailure } from './failure.ts'
import { encodeModel, type OnnxModel, type OnnxNode } from './format.ts'
import { type LowerOptions, lowerProgram } from './lower.ts'

/** ONNX Runtime's JavaScript, of whichever package. */
export type OnnxRuntime = Pick<typeof Ort, 'InferenceSession' | 'Tensor'>

/** How one engine uses ONNX Runtime: what native, wasm and webgpu differ in. */
export interface OnnxProvider {
  readonly name: string
  readonly runtime: OnnxRuntime
  readonly options: (program: Program) => Ort.InferenceSession.SessionOptions
  /**
   * Whether a tensor that is passed for an output is written where it is, although ONNX Runtime's JavaScript then copies it as well; if
   * not, outputs are copied into their targets.
   */
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

/**
 * A first output that is no tensor. onnxruntime-node writes outputs into the arrays that it is given and then returns a copy of each,
 * 500 MB in a training step of GPT-2; at an output that it has no JavaScript for it stops instead, when all is computed and before
 * the first copy. A version that returns it after all is as right, only slower. See docs/decisions/0013.
 */
const untaken = 'untaken'
const untakenMessage = 'Non tensor type is temporarily not supported'
const withUntaken = (model: OnnxModel): OnnxModel => ({
  ...model,
  nodes: [
    { type: 'SequenceEmpty', domain: '', name: untaken, inputs: [], outputs: [untaken], attrs: {} },
    ...model.nodes,
  ],
  outputs: [{ name: untaken, dtype: 'float32', sequence: true }, ...model.outputs],
})

class OnnxExecutable implements Executable {
  private readonly provider: OnnxProvider
  private readonly session: Ort.InferenceSession
  private readonly program: Program
  private readonly resident: readonly boolean[]
  /** Whether every output is written into an array that is passed for it, and none is copied. */
  private readonly inPlace: boolean
  private running = 0
  private disposed = false

  constructor(
    provider: OnnxProvider,
    session: Ort.InferenceSession,
    program: Program,
    resident: readonly boolean[],
    inPlace: boolean,
  ) {
    this.provider = provider
    this.session = session
    this.program = program
    this.resident = resident
    this.inPlace = inPlace
  }

  async run(inputs: readonly Buffer[], into: readonly (Buffer | null)[] = []): Promise<Buffer[]> {
    const { program, provider } = this
    const feeds: Record<string, Ort.Tensor> = {}
    for (const [i, at] of program.inputs.entries()) feeds[`x${i}`] = this.tensor(inputs[i]!, at)
    const fetches: Record<string, Ort.Tensor | null> = this.inPlace ? { [untaken]: null } : {}
    const targets = program.outputs.map((at, i) => this.targetOf(at, into[i] ?? null))
    for (const [i, at] of program.outputs.entries()) fetches[`y${i}`] = targets[i] ? this.tensor(targets[i], at) : null
    this.running++
    try {
      const results = await this.runSession(feeds, fetches)
      return program.outputs.map((_, i) => this.output(i, results[`y${i}`]!, into[i] ?? null))
    } catch (cause) {
      throw describeFailure(provider.name, cause)
    } finally {
      this.running--
      if (this.disposed && this.running === 0) await this.session.release()
    }
  }

  /** Where an output is to be written; null where ONNX Runtime is to make the array. */
  private targetOf(at: number, into: Buffer | null): Buffer | null {
    const { dtype, shape } = this.program.instructions[at]!
    if (!this.provider.fillsOutputs) return null
    if (!this.inPlace) return dtype === 'bfloat16' ? null : into
    if (into && dtype !== 'bfloat16') return into
    const outside = dtype === 'bfloat16' ? 'float32' : dtype
    return { dtype: outside, array: allocate(outside, sizeOf(shape)) }
  }

  /** Runs the session; the results are the fetches themselves where those were written in place. */
  private async runSession(
    feeds: Record<string, Ort.Tensor>,
    fetches: Record<string, Ort.Tensor | null>,
  ): Promise<Readonly<Record<string, Ort.Tensor | null>>> {
    try {
      return await this.session.run(feeds, fetches, { logSeverityLevel: 4 })
    } catch (cause) {
      if (this.inPlace && String(cause).includes(untakenMessage)) return fetches
      throw cause
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

/** Whether an operator does nothing but convert an input, such as a weight that is kept in 16 bits. */
const isWidening = ({ inputs }: OnnxModel, node: OnnxNode | undefined): boolean =>
  node?.type === 'Cast' && inputs.some(({ name, dtype }) => name === node.inputs[0] && dtype === 'float16')

/**
 * The model with conversions of 16-bit inputs in front. Of what an operator reads, ONNX Runtime computes first what stands last: behind,
 * they would all be done, and take their memory, before the first product; in front, each is done when its product comes.
 */
const widenLate = (model: OnnxModel): OnnxModel => {
  const first = model.nodes.filter(node => isWidening(model, node))
  if (first.length === 0) return model
  const moved = new Set(first)
  return { ...model, nodes: [...first, ...model.nodes.filter(node => !moved.has(node))] }
}

/**
 * What ONNX Runtime 1.30 must leave alone. DivMulFusion makes (1/a) b into b/a and does not note that b is still needed: other rewriting may
 * take it away, and the model is refused (microsoft/onnxruntime#32416). Of integers it gets another result. MatMulScaleFusion folds a factor
 * into a product as a float32, which costs float64 half its digits.
 */
const unwanted = (program: Program): string =>
  program.instructions.some(ins => ins.dtype === 'float64') ? 'DivMulFusion;MatMulScaleFusion' : 'DivMulFusion'

/** An engine that runs the whole program as one ONNX model. */
export const onnxEngine = (provider: OnnxProvider): Engine => {
  const { name, device, runtime } = provider
  return {
    name,
    compile: async (program, resident = []) => {
      const model = widenLate(lowerProgram(program, provider.lowering))
      // An empty array has no place.
      const inPlace = provider.fillsOutputs && program.outputs.every(at => sizeOf(program.instructions[at]!.shape) > 0)
      const bytes = encodeModel(inPlace ? withUntaken(model) : model)
      const extra = { optimization: { disable_specified_optimizers: unwanted(program) } }
      const options: Ort.InferenceSession.SessionOptions = { ...provider.options(program), extra }
      // A pattern planned beforehand gives widened weights a place each; allocated one by one they share the same.
      if (isWidening(model, model.nodes[0])) options.enableMemPattern = false
      if (device && resident.some(Boolean))
        options.preferredOutputLocation = Object.fromEntries(
          program.outputs.map((_, i) => [`y${i}`, resident[i] ? 'gpu-buffer' : 'cpu'] as const),
        )
      try {
        const session = await runtime.InferenceSession.create(bytes, options)
        return new OnnxExecutable(provider, session, program, device ? resident : [], inPlace)
      } catch (cause) {
        throw describeFailure(name, cause)
      }
    },
    ...(provider.check && { check: provider.check }),
    ...(provider.lacksFor && { lacksFor: provider.lacksFor }),
    ...(device && { upload: (buffer, shape) => device.upload(buffer, shape) }),
  }
}
