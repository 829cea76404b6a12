import { ModelError, type Tensor } from 'gradus'
import { decodeSafetensors, encodeSafetensors, exportOnnx } from 'gradus/io'
import type { Module } from 'gradus/nn'
import type { OutFile, Plain } from './lab.ts'

/** The model of a lab as files, and back. */

const joined = (pieces: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
const json = (name: string, value: unknown): OutFile => ({
  name,
  type: 'application/json',
  bytes: new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`),
})

export interface SavedModel {
  readonly lab: string
  readonly model: Module
  /** What the model is made of: another with the same takes its weights. */
  readonly config: Readonly<Record<string, Plain>>
  /** Input for ONNX, and what is exported; left out where there is no such thing. */
  readonly onnx?: { readonly run: (x: Tensor) => Tensor; readonly x: Tensor }
}

/** `model.safetensors`, `config.json` and `model.onnx`. */
export const modelFiles = async ({ lab, model, config, onnx }: SavedModel): Promise<OutFile[]> => {
  await model.fetch()
  const tensors = [...model.state()].map(
    ([name, slot]) => [name, { dtype: slot.buffer.dtype, shape: slot.shape, data: slot.buffer.array }] as const,
  )
  const files: OutFile[] = [
    {
      name: 'model.safetensors',
      type: 'application/octet-stream',
      // The configuration goes along, so that the file alone can be opened again.
      bytes: joined(encodeSafetensors(tensors, { format: 'pt', gradus_lab: lab, config: JSON.stringify(config) })),
    },
    json('config.json', { gradus_lab: lab, ...config }),
  ]
  if (!onnx) return files
  const training = model.training
  model.eval()
  try {
    const bytes = await exportOnnx(onnx.run as never, { x: onnx.x }, { dynamicAxes: { x: { 0: 'batch' } } })
    return [...files, { name: 'model.onnx', type: 'application/octet-stream', bytes }]
  } finally {
    model.train(training)
  }
}

const told = (config: Readonly<Record<string, unknown>>): string =>
  Object.entries(config)
    .map(([key, value]) => `${key} ${Array.isArray(value) ? `[${value.join(', ')}]` : String(value)}`)
    .join(', ')

/** Loads weights that {@link modelFiles} made. @throws ModelError, in one sentence, for files of another model; nothing is changed then */
export const loadModelFiles = (files: readonly OutFile[], { lab, model, config }: Omit<SavedModel, 'onnx'>): void => {
  const file = files.find(({ name }) => name.endsWith('.safetensors'))
  if (!file) {
    throw new ModelError(
      `${files.map(({ name }) => name).join(', ')}: holds no weights. Give the model.safetensors that this lab saved.`,
    )
  }
  const { tensors, metadata } = decodeSafetensors(file.bytes, file.name)
  const from = metadata.gradus_lab
  if (from !== undefined && from !== lab)
    throw new ModelError(`${file.name}: is a model of the lab “${from}”, and this is “${lab}”. Open it there.`)
  let saved: Readonly<Record<string, unknown>> | null = null
  try {
    saved = metadata.config === undefined ? null : JSON.parse(metadata.config)
  } catch {
    // A file of somebody else's: its tensors must fit then.
  }
  if (saved && Object.keys(config).some(key => JSON.stringify(saved[key]) !== JSON.stringify(config[key]))) {
    throw new ModelError(
      `${file.name}: is another architecture: it has ${told(saved)}; the model here has ${told(config)}. Change the settings to match, then open it again.`,
    )
  }
  model.loadState(tensors, { from: file.name })
}
