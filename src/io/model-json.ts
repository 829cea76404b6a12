import { readFile } from '#files'
import { ModelError } from '../core/errors.ts'
import { parseJson } from '../core/options.ts'
import { fileCause } from './atomic.ts'

/** A JSON document of a model's folder. @throws ModelError where it is missing or damaged */
export const readModelJson = async (path: string): Promise<unknown> => {
  const text = await readFile(path, 'utf8').catch(error => {
    const { cause, remedy } = fileCause(error)
    throw new ModelError(`${path}: could not be read: ${cause}. ${remedy}`, { path }, error)
  })
  try {
    return parseJson(path, text)
  } catch (error) {
    throw new ModelError(`${(error as Error).message} The model is damaged: train it again.`, { path }, error)
  }
}
