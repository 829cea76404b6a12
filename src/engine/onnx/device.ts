import type * as Ort from 'onnxruntime-web'
import type { Buffer, DeviceValues } from '../../core/buffer.ts'
import type { DType, TypedArray } from '../../core/dtype.ts'
import { EngineError } from '../../core/errors.ts'
import type { Shape } from '../../core/shape.ts'
import type { TensorType } from '../../graph/node.ts'
import { encodeModel, type OnnxNode, onnxType } from './format.ts'
import { newestOpset } from './opset.ts'
import type { OnnxRuntime } from './session.ts'

type Place = 'cpu' | 'gpu-buffer'

/** Values in a tensor on the device, and on the host once they were fetched. */
class DeviceBuffer implements Buffer {
  readonly dtype: DType
  readonly device: DeviceValues
  readonly tensor: Ort.Tensor
  private host: TypedArray | null

  constructor(engine: string, tensor: Ort.Tensor, dtype: DType, host: TypedArray | null, download: Device['download']) {
    this.dtype = dtype
    this.tensor = tensor
    this.host = host
    this.device = {
      engine,
      fetch: async () => {
        this.host ??= await download(tensor, dtype)
      },
      release: () => tensor.dispose(),
    }
  }

  get array(): TypedArray {
    if (this.host) return this.host
    throw new EngineError(
      `${this.device.engine}: these values are on the device. Fetch them first: await model.fetch() or await optimizer.fetch().`,
    )
  }
}

/** A provider's own memory: values go there and come back through a model that only passes them on. */
export class Device {
  private readonly engine: string
  private readonly runtime: OnnxRuntime
  private readonly options: Ort.InferenceSession.SessionOptions
  private readonly passages = new Map<string, Promise<Ort.InferenceSession>>()

  constructor(engine: string, runtime: OnnxRuntime, options: Ort.InferenceSession.SessionOptions) {
    this.engine = engine
    this.runtime = runtime
    this.options = options
  }

  /** A buffer on a tensor that a run left on the device. */
  hold(tensor: Ort.Tensor, { dtype }: TensorType, host: TypedArray | null = null): Buffer {
    return new DeviceBuffer(this.engine, tensor, dtype, host, this.download)
  }
  /** The tensor behind a buffer of this device; null for any other. */
  tensorOf(buffer: Buffer): Ort.Tensor | null {
    return buffer instanceof DeviceBuffer && buffer.device.engine === this.engine ? buffer.tensor : null
  }
  /** A copy of host values on the device; the host's stay readable. */
  async upload({ dtype, array }: Buffer, shape: Shape): Promise<Buffer> {
    const tensor = await this.pass(
      new this.runtime.Tensor(dtype as 'float32', array as Float32Array, shape),
      dtype,
      'gpu-buffer',
    )
    return this.hold(tensor, { dtype, shape }, array)
  }

  // onnxruntime-node cannot read a tensor on the device by itself (getData ends the process), so the way back is a run as well.
  private readonly download = async (tensor: Ort.Tensor, dtype: DType): Promise<TypedArray> =>
    (await this.pass(tensor, dtype, 'cpu')).data as TypedArray

  private async pass(tensor: Ort.Tensor, dtype: DType, to: Place): Promise<Ort.Tensor> {
    const key = `${dtype} ${to}`
    let session = this.passages.get(key)
    if (!session) {
      session = this.runtime.InferenceSession.create(passage(dtype), { ...this.options, preferredOutputLocation: to })
      this.passages.set(key, session)
      session.catch(() => this.passages.delete(key))
    }
    return (await (await session).run({ x: tensor })).y!
  }
}

/** A model that returns what it is given, of any shape; by way of another dtype if asked for. */
export const passage = (dtype: DType, by = dtype): Uint8Array => {
  const node = (type: string, from: string, to: string, attrs = {}): OnnxNode => ({
    type,
    domain: '',
    name: to,
    inputs: [from],
    outputs: [to],
    attrs,
  })
  const there = node('Cast', 'x', 'between', { to: onnxType[by] })
  const back = node('Cast', 'between', 'y', { to: onnxType[dtype] })
  return encodeModel({
    name: 'passage',
    opset: newestOpset,
    nodes: by === dtype ? [node('Identity', 'x', 'y')] : [there, back],
    inputs: [{ name: 'x', dtype }],
    outputs: [{ name: 'y', dtype }],
    initializers: [],
  })
}
