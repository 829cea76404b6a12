import { join } from '#files'
import { FormatError, ModelError } from '../core/errors.ts'
import { writeFileAtomic } from '../io/atomic.ts'
import { isRecord } from '../io/json.ts'
import { readModelJson } from '../io/model-json.ts'
import { type AnyModel, fromJSON } from '../learn/index.ts'
import type { TableOptions } from './table-data.ts'

/** `model_type` in config.json of a fitted estimator. */
export const estimatorType = 'gradus-estimator'

/** What config.json says beside the fitted model. */
export interface EstimatorConfig {
  readonly estimator: string
  readonly kind: string
  /** Where in a table things are: options of the training. */
  readonly columns: Omit<TableOptions, 'data'>
}

/** What a run of an estimator writes. */
export const estimatorFiles = /^((config|estimator|train|metrics)\.json|rows\.csv)$/

/** Writes a fitted model into a folder: estimator.json, then config.json. */
export const saveEstimator = async (folder: string, model: AnyModel, config: EstimatorConfig): Promise<void> => {
  await writeFileAtomic(join(folder, 'estimator.json'), `${JSON.stringify(model.toJSON())}\n`)
  await writeFileAtomic(
    join(folder, 'config.json'),
    `${JSON.stringify({ model_type: estimatorType, ...config }, undefined, 2)}\n`,
  )
}

/** @throws ModelError where a file is missing or damaged */
export const loadEstimator = async (
  folder: string,
): Promise<{ readonly model: AnyModel; readonly config: EstimatorConfig }> => {
  const config = await readModelJson(join(folder, 'config.json'))
  if (!isRecord(config) || config.model_type !== estimatorType || !isRecord(config.columns)) {
    throw new ModelError(
      `${folder}: its config.json is not that of an estimator. Give a folder that gradus train ESTIMATOR wrote.`,
      { folder },
    )
  }
  const path = join(folder, 'estimator.json')
  const json = await readModelJson(path)
  try {
    return { model: fromJSON(json), config: config as unknown as EstimatorConfig }
  } catch (error) {
    if (!(error instanceof FormatError) && !(error instanceof Error)) throw error
    throw new ModelError(`${path}: ${error.message}`, { path }, error)
  }
}
