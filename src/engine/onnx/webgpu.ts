import type * as Ort from 'onnxruntime-web'
import type { DType } from '../../core/dtype.ts'
import { EngineError } from '../../core/errors.ts'
import { sizeOf } from '../../core/shape.ts'
import type { Instruction, Program } from '../../graph/program.ts'
import type { Engine } from '../engine.ts'
import { Device, passage } from './device.ts'
import { type OnnxRuntime, onnxEngine } from './session.ts'

const options: Ort.InferenceSession.SessionOptions = {
  executionProviders: ['webgpu'],
  graphOptimizationLevel: 'all',
  logSeverityLevel: 4,
}

/** Refuses values in a dtype from outside or for outside: that the host computes them should be known. */
const refuseDTypes =
  (absent: readonly DType[]) =>
  ({ instructions, inputs, outputs }: Program): void => {
    for (const at of [...inputs, ...outputs]) {
      const { dtype } = instructions[at]!
      if (!absent.includes(dtype)) continue
      throw new EngineError(
        `webgpu: ${dtype} is not available on this device. Convert with x.to("float32"), or use the reference engine.`,
        { dtype },
      )
    }
  }

/**
 * What the host computes: operations on empty arrays, since a buffer on the device cannot be empty (onnxruntime-node ends the process
 * over a product of empty matrices), and those in a dtype that the device lacks, such as tables made in float64.
 */
const leftToHost =
  (absent: readonly DType[]) =>
  ({ instructions }: Program) =>
  (ins: Instruction): boolean => {
    const types = [...(ins.parts ?? [ins]), ...ins.inputs.flatMap(i => instructions[i]!.parts ?? [instructions[i]!])]
    return types.some(type => absent.includes(type.dtype)) || ins.inputs.some(i => sizeOf(instructions[i]!.shape) === 0)
  }

/** Whether one number gets through the device in a dtype. */
const takes = async (runtime: OnnxRuntime, dtype: DType): Promise<boolean> => {
  let session: Ort.InferenceSession | null = null
  try {
    session = await runtime.InferenceSession.create(passage('float32', dtype), options)
    await session.run({ x: new runtime.Tensor('float32', Float32Array.of(1), [1]) }, { logSeverityLevel: 4 })
    return true
  } catch {
    return false
  } finally {
    await session?.release()
  }
}
/** WGSL has float16 as an extension only; the rest is left to the CPU, for which the browser's ONNX Runtime has not all kernels. */
const doubtful: readonly DType[] = ['float16', 'bfloat16', 'int16', 'uint16']

/** The reason in one sentence; ONNX Runtime begins with the place in its own source. */
const loadFailure = (cause: unknown): Error =>
  /adapter/i.test(String(cause))
    ? new Error('no graphics processor was found that WebGPU can use', { cause })
    : (cause as Error)

/**
 * ONNX Runtime on the graphics processor, by WebGPU: from onnxruntime-node (through Dawn) or onnxruntime-web. Operators that it has no
 * shader for it computes on the CPU. Parameters and the optimizer's state stay on the device.
 */
export const webgpuEngine = async (runtime: OnnxRuntime): Promise<Engine> => {
  const session = await runtime.InferenceSession.create(passage('float32'), options).catch(cause => {
    throw loadFailure(cause)
  })
  await session.release()
  const absent: DType[] = ['float64']
  for (const dtype of doubtful) if (!(await takes(runtime, dtype))) absent.push(dtype)
  return onnxEngine({
    name: 'webgpu',
    runtime,
    options: () => options,
    fillsOutputs: false,
    check: refuseDTypes(absent),
    lacksFor: leftToHost(absent),
    lowering: {
      lacking: [
        'float64',
        'Conv over three axes in groups',
        'ConvTranspose over three axes',
        'indices of MaxPool',
        'products of weights in few bits',
      ],
    },
    device: new Device('webgpu', runtime, options),
  })
}
