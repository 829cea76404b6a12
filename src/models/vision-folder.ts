import { join, readFile } from '#files'
import { ArgumentError, DataError, FormatError, ModelError } from '../core/errors.ts'
import { fileCause } from '../io/atomic.ts'
import { isRecord, quote } from '../io/json.ts'
import { readModelWeights } from '../io/model-weights.ts'
import { shapesOnly } from '../nn/parameter.ts'
import type { ImageClassifier } from './image-classifier.ts'
import { writeModelFolder } from './write-folder.ts'
import { requireVisionModel, type VisionModelName, type VisionModelOptions, visionModels } from './vision.ts'

/** `model_type` in config.json of a classifier of images. */
export const imageClassifierType = 'gradus-image-classifier'

/** What config.json says beside the weights. */
export interface VisionConfig {
  readonly architecture: VisionModelName
  readonly options: VisionModelOptions
  /** The classes' names in the order of the scores. */
  readonly classes?: readonly string[]
  /** What was taken off each channel of values from 0 to 1, and what it was divided by. */
  readonly normalization?: { readonly mean: readonly number[]; readonly std: readonly number[] }
}

/**
 * Writes a classifier into a folder, which is made: config.json and model.safetensors, under torchvision's names. Each file is written whole or
 * not at all, config.json last.
 *
 * @param config the name in `visionModels` and the options that the model was made with
 * @throws ArgumentError where the model is not what `config` says; GradusError with code `file` where a file cannot be written
 */
export const saveVisionModel = async (folder: string, model: ImageClassifier, config: VisionConfig): Promise<void> => {
  const problem = problemOf(config)
  if (problem) throw new ArgumentError(`saveVisionModel: ${problem}`)
  const expected = [...make(config).state()].map(([name, { shape }]) => `${name} [${shape.join(', ')}]`)
  const found = [...model.state()].map(([name, { shape }]) => `${name} [${shape.join(', ')}]`)
  const at = found.findIndex((line, i) => line !== expected[i])
  if (at >= 0 || found.length !== expected.length) {
    const [got, wanted] = [found[at] ?? 'nothing', expected[at < 0 ? found.length : at] ?? 'nothing']
    throw new ArgumentError(
      `saveVisionModel: the model has ${got} where ${config.architecture} with these options has ${wanted}. Give the options that the model was made with; numClasses is that of its head.`,
      { got, wanted },
    )
  }
  await writeModelFolder(folder, model, { 'config.json': { model_type: imageClassifierType, ...config } })
}

/**
 * The classifier in a folder that `saveVisionModel` wrote, in prediction mode, and its config.json.
 *
 * @throws ModelError where the folder is not one, or its weights are another model's
 */
export const loadVisionModel = async (folder: string): Promise<{ model: ImageClassifier; config: VisionConfig }> => {
  const config = await readVisionConfig(folder)
  // The weights come from the file: none need be drawn before.
  const model = make(config)
  const weights = await readModelWeights(folder).catch(error => {
    if (error instanceof FormatError || error instanceof DataError)
      throw new ModelError(error.message, error.details, error)
    throw error
  })
  model.loadState(weights, { from: join(folder, 'model.safetensors') })
  return { model: model.eval(), config }
}

const make = ({ architecture, options }: VisionConfig): ImageClassifier =>
  shapesOnly(() => visionModels[architecture](options))

/** config.json of a classifier. @throws ModelError where it is not there or is another's */
export const readVisionConfig = async (folder: string): Promise<VisionConfig> => {
  const path = join(folder, 'config.json')
  const document = await readConfig(folder)
  if (document.model_type !== imageClassifierType) {
    throw new ModelError(
      `${path}: model_type is ${quote(document.model_type)}. Expected ${quote(imageClassifierType)}: give the folder of a classifier of images.`,
      { path },
    )
  }
  const { model_type: _, ...config } = document
  try {
    requireVisionModel(String(config.architecture))
    const problem = problemOf(config as unknown as VisionConfig)
    if (problem) throw new ArgumentError(problem)
    make(config as unknown as VisionConfig)
  } catch (error) {
    if (error instanceof ArgumentError) throw new ModelError(`${path}: ${error.message}`, error.details, error)
    throw error
  }
  return config as unknown as VisionConfig
}

export const readConfig = async (folder: string): Promise<Record<string, unknown>> => {
  const path = join(folder, 'config.json')
  const text = await readFile(path, 'utf8').catch(error => {
    throw new ModelError(
      `${path}: could not be read: ${fileCause(error).cause}. Give a model folder with config.json and model.safetensors.`,
      { path },
      error,
    )
  })
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    throw new ModelError(`${path}: is not valid JSON. Save the model again, or fetch the file anew.`, { path }, error)
  }
  if (isRecord(document)) return document
  throw new ModelError(`${path}: is ${quote(document)}; an object was expected. Save the model again.`, { path })
}

/** What no classifier can have, in words, or null. */
const problemOf = ({ options, classes, normalization }: VisionConfig): string | null => {
  const { numClasses, inChannels, imageSize, width } = options ?? {}
  const sizes = { numClasses, inChannels, imageSize, ...(width !== undefined && { width }) }
  for (const [name, value] of Object.entries(sizes)) {
    if (!Number.isSafeInteger(value)) return `options.${name} is ${quote(value)}; a whole number was expected.`
  }
  if (classes !== undefined && !(isList(classes, 'string') && classes.length === numClasses))
    return `classes is ${quote(classes)}; a list of ${numClasses} names was expected.`
  for (const name of ['mean', 'std'] as const) {
    const list = normalization?.[name]
    if (normalization !== undefined && !(isList(list, 'number') && list.length === inChannels))
      return `normalization.${name} is ${quote(list)}; a list of ${inChannels} numbers was expected.`
  }
  return null
}
const isList = (value: unknown, type: 'string' | 'number'): value is readonly unknown[] =>
  Array.isArray(value) && value.every(item => typeof item === type)
