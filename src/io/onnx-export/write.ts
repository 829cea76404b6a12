import { basename } from '#files'
import { encodeModel, type Initializer, type OnnxModel } from '../../engine/onnx/format.ts'
import { writeFileAtomic } from '../atomic.ts'
import { type ExampleInputs, type Exportable, type ExportOptions, onnxModelOf, weightBytes } from './export.ts'

export interface WriteOptions extends ExportOptions {
  /** Weights in a second file beside the first, `<name>.data`: always, or (the default) only above 2 GiB. */
  readonly externalData?: boolean
}

/** As the ONNX specification advises, so that a reader can map them into memory. */
const alignment = 4096
/** Smaller constants, such as shapes, stay in the model. */
const smallest = 1024

/** The model with its weights elsewhere, and these, one after another. */
const separated = (model: OnnxModel, location: string): { model: OnnxModel; chunks: Uint8Array[] } => {
  const chunks: Uint8Array[] = []
  let offset = 0
  const initializers = model.initializers.map((init): Initializer => {
    const { data } = init
    if (data.byteLength < smallest) return init
    const gap = (alignment - (offset % alignment)) % alignment
    chunks.push(new Uint8Array(gap), new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    const external = { location, offset: offset + gap }
    offset += gap + data.byteLength
    return { ...init, external }
  })
  return { model: { ...model, initializers }, chunks }
}

/**
 * Writes a function or module as an ONNX file (see `exportOnnx`), atomically. Above 2 GiB, or if asked, the weights stand in
 * `<path>.data`, which is written first.
 *
 * @returns the paths of the files written
 */
export const writeOnnx = async (
  path: string,
  target: Exportable,
  inputs: ExampleInputs,
  options: WriteOptions = {},
): Promise<string[]> => {
  const model = await onnxModelOf(target, inputs, options)
  const external = options.externalData ?? weightBytes(model) >= 2 ** 31 - 2 ** 20
  if (!external) {
    await writeFileAtomic(path, encodeModel(model))
    return [path]
  }
  const parts = separated(model, `${basename(path)}.data`)
  await writeFileAtomic(`${path}.data`, parts.chunks)
  await writeFileAtomic(path, encodeModel(parts.model))
  return [path, `${path}.data`]
}
