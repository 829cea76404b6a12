import { join, mkdir } from '#files'
import { GradusError } from '../core/errors.ts'
import { fileCause, writeFileAtomic } from '../io/atomic.ts'
import { type StoredTensor, writeSafetensors } from '../io/safetensors.ts'
import type { Module } from '../nn/module.ts'

/**
 * Writes a model into a folder, which is made: model.safetensors and JSON documents by their names. Each file is written whole or not at all,
 * config.json last.
 *
 * @throws GradusError with code `file` where a file cannot be written
 */
export const writeModelFolder = async (
  folder: string,
  model: Module,
  documents: Readonly<Record<string, unknown>>,
): Promise<void> => {
  await model.fetch()
  await mkdir(folder, { recursive: true }).catch(error => {
    const { cause, remedy } = fileCause(error)
    throw new GradusError('file', `${folder}: could not be made: ${cause}. ${remedy}`, { folder }, error)
  })
  const tensors = [...model.state()].map(([name, { dtype, shape, buffer }]): [string, StoredTensor] => [
    name,
    { dtype, shape, data: buffer.array },
  ])
  await writeSafetensors(join(folder, 'model.safetensors'), tensors, { format: 'pt' })
  const last = (name: string): number => Number(name === 'config.json')
  for (const [name, document] of Object.entries(documents).sort(([a], [b]) => last(a) - last(b)))
    await writeFileAtomic(join(folder, name), `${JSON.stringify(document, undefined, 2)}\n`)
}
