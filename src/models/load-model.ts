import { join } from '#files'
import { ModelError } from '../core/errors.ts'
import { quote } from '../io/json.ts'
import type { ImageClassifier } from './image-classifier.ts'
import {
  isLanguageType,
  isModelFile,
  type LanguageModelType,
  type LoadedLanguageModel,
  languageModelTypes,
  loadLanguageModel,
} from './language-folder.ts'
import { imageClassifierType, loadVisionModel, readConfig, type VisionConfig } from './vision-folder.ts'

export type LoadedModel =
  | ({ readonly type: LanguageModelType } & LoadedLanguageModel)
  | { readonly type: typeof imageClassifierType; readonly model: ImageClassifier; readonly config: VisionConfig }

/** `model_type` in a folder's config.json; of a file, `llama`. @throws ModelError where it is none that can be loaded */
export const modelTypeOf = async (path: string): Promise<LoadedModel['type']> => {
  const type = await typeNamed(path)
  if (isLanguageType(type) || type === imageClassifierType) return type
  throw new ModelError(
    `${join(path, 'config.json')}: model_type is ${quote(type)}. Models of type ${languageModelTypes.map(quote).join(', ')} and ${quote(imageClassifierType)} can be loaded here.`,
    { type },
  )
}

/** What config.json names the model, known here or not; a file is a Llama. */
export const typeNamed = async (path: string): Promise<unknown> =>
  (await isModelFile(path)) ? 'llama' : (await readConfig(path)).model_type

/** The model in a folder, whichever its config.json says it is. @throws ModelError where it is none that can be loaded */
export const loadModel = async (path: string): Promise<LoadedModel> => {
  const type = await modelTypeOf(path)
  return type === imageClassifierType
    ? { type, ...(await loadVisionModel(path)) }
    : { type, ...(await loadLanguageModel(path)) }
}
