import { access, isAbsolute, join, mkdir, readFile, resolve } from '#files'
import { DataError, FormatError, ModelError } from '../core/errors.ts'
import { fileCause, writeFileAtomic } from '../io/atomic.ts'
import { isRecord, quote } from '../io/json.ts'
import { readSafetensors, type StoredTensor, writeSafetensors } from '../io/safetensors.ts'
import type { Module } from '../nn/module.ts'
import { linearLayers } from './linear-layers.ts'
import { Lora, type LoraSettings } from './lora.ts'

export const adapterConfigFile = 'adapter_config.json'
export const adapterWeightsFile = 'adapter_model.safetensors'

/** adapter_config.json as PEFT reads it, of adapters on the model at a path. */
export const adapterConfig = (lora: Lora, base: string | null): Record<string, unknown> => {
  const { rank, alpha, dropout, scaling } = lora.settings
  const layers = linearLayers(lora.model)
  const axes = Object.keys(lora.base_model.model).map(path => layers.get(path)!.weight.inputAxis)
  return {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: base,
    r: rank,
    lora_alpha: alpha,
    lora_dropout: dropout,
    use_rslora: scaling === 'root',
    target_modules: [...lora.targets],
    // Whether matrices are [in, out], as those of GPT-2 are.
    fan_in_fan_out: axes.every(axis => axis === 0),
    bias: 'none',
    init_lora_weights: true,
    modules_to_save: null,
    inference_mode: true,
  }
}

/**
 * Writes adapters alone into a folder as PEFT does: adapter_config.json and adapter_model.safetensors.
 *
 * @param base where the adapted model is, for whoever loads the folder without naming it
 * @throws GradusError where the folder cannot be written
 */
export const saveAdapter = async (lora: Lora, folder: string, base: string | null = null): Promise<void> => {
  await lora.fetch()
  await mkdir(folder, { recursive: true })
  const tensors = [...lora.state()].map(([name, { shape, buffer }]): [string, StoredTensor] => [
    name,
    { dtype: 'float32', shape, data: buffer.array as Float32Array },
  ])
  await writeSafetensors(join(folder, adapterWeightsFile), tensors, { format: 'pt' })
  const config = `${JSON.stringify(adapterConfig(lora, base), null, 2)}\n`
  await writeFileAtomic(join(folder, adapterConfigFile), config)
}

const readConfig = async (folder: string): Promise<{ config: Record<string, unknown>; where: string }> => {
  const where = join(folder, adapterConfigFile)
  let text: string
  try {
    text = await readFile(where, 'utf8')
  } catch (error) {
    const { cause } = fileCause(error)
    throw new ModelError(
      `${where}: could not be read: ${cause}. Give a folder of adapters, with ${adapterConfigFile} and ${adapterWeightsFile}.`,
      { where },
      error,
    )
  }
  let config: unknown
  try {
    config = JSON.parse(text)
  } catch (error) {
    throw new ModelError(`${where}: is not valid JSON. Save the adapters again, or fetch the file anew.`, {}, error)
  }
  if (isRecord(config)) return { config, where }
  throw new ModelError(`${where}: is ${quote(config)}; an object was expected. Save the adapters again.`)
}

/** Whether a folder holds adapters. */
export const isAdapterFolder = (folder: string): Promise<boolean> =>
  access(join(folder, adapterConfigFile)).then(
    () => true,
    () => false,
  )

/**
 * Where the base of the adapters in a folder is, as their configuration says: a path, which may be beside the folder it was written in.
 *
 * @throws ModelError where it names none, or one that is not there
 */
export const baseOfAdapter = async (folder: string): Promise<string> => {
  const { config, where } = await readConfig(folder)
  const named = config.base_model_name_or_path
  if (typeof named !== 'string' || named === '')
    throw new ModelError(
      `${where}: base_model_name_or_path is ${quote(named)}, so the base is not known. Give its folder with --model and this one with --adapter.`,
    )
  for (const path of isAbsolute(named) ? [named] : [resolve(folder, named), resolve(named)])
    if (await isThere(path)) return path
  throw new ModelError(
    `${where}: the base ${quote(named)} is not there. Give its folder with --model and this one with --adapter.`,
    { base: named },
  )
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** What PEFT can be told and is not read here: each with the values that say nothing. */
const unread: Readonly<Record<string, readonly unknown[]>> = {
  bias: ['none'],
  use_dora: [false],
  modules_to_save: [null],
  layers_to_transform: [null],
  target_parameters: [null],
  trainable_token_indices: [null],
  lora_bias: [false],
}

const settingsOf = ({ config, where }: { config: Record<string, unknown>; where: string }): LoraSettings => {
  if (config.peft_type !== 'LORA')
    throw new ModelError(`${where}: peft_type is ${quote(config.peft_type)}. Only "LORA" can be loaded.`)
  for (const [key, plain] of Object.entries(unread)) {
    const value = config[key]
    const says = value !== undefined && !plain.includes(value) && !(Array.isArray(value) && value.length === 0)
    if (says) throw new ModelError(`${where}: ${key} is ${quote(value)}. Only ${quote(plain[0])} can be loaded.`)
  }
  for (const key of ['rank_pattern', 'alpha_pattern']) {
    const value = config[key]
    if (isRecord(value) && Object.keys(value).length > 0)
      throw new ModelError(`${where}: ${key} is ${quote(value)}. Only adapters of one rank and alpha can be loaded.`)
  }
  const { r: rank, lora_alpha: alpha, lora_dropout: dropout = 0, use_rslora: root = false } = config
  if (!Number.isSafeInteger(rank) || (rank as number) < 1)
    throw new ModelError(`${where}: r is ${quote(rank)}; a whole number of at least 1 was expected.`)
  if (typeof alpha !== 'number' || !(alpha > 0))
    throw new ModelError(`${where}: lora_alpha is ${quote(alpha)}; a number above 0 was expected.`)
  if (typeof dropout !== 'number' || !(dropout >= 0 && dropout < 1))
    throw new ModelError(
      `${where}: lora_dropout is ${quote(dropout)}; a number of at least 0 and below 1 was expected.`,
    )
  return { rank: rank as number, alpha, dropout, scaling: root === true ? 'root' : 'rank' }
}

const prefix = 'base_model.model.'

/** The layers whose changes a file holds. */
const layersIn = (tensors: ReadonlyMap<string, StoredTensor>, where: string, model: Module): string[] => {
  const layers = linearLayers(model)
  const paths = new Set<string>()
  for (const name of tensors.keys()) {
    const path = /^base_model\.model\.(.+)\.lora_[AB]\.weight$/.exec(name)?.[1]
    if (path === undefined)
      throw new ModelError(
        `${where}: ${quote(name)} is no part of a low-rank adapter: ${prefix}LAYER.lora_A.weight or lora_B.weight was expected.`,
        { name },
      )
    if (!layers.has(path))
      throw new ModelError(
        `${where}: adapts ${quote(path)}, and the model has no such linear layer. Load it onto the model that it was trained on.`,
        { path },
      )
    paths.add(path)
  }
  if (paths.size === 0) throw new ModelError(`${where}: holds no adapters. Save them again.`)
  return [...paths]
}

/**
 * Puts the adapters of a folder, PEFT's or our own, on a model; they can be trained on.
 *
 * @throws ModelError where the folder holds no such adapters, what they are is not known here, or they do not fit the model
 * @example
 * await saveAdapter(lora(model, { rank: 4 }), folder)
 * const adapters = await loadAdapter(new Gpt(model.config), folder)
 *
 * Source: PEFT 0.21, `LoraConfig` and `save_pretrained`.
 */
export const loadAdapter = async (model: Module, folder: string): Promise<Lora> => {
  const settings = settingsOf(await readConfig(folder))
  const where = join(folder, adapterWeightsFile)
  const { tensors } = await readSafetensors(where).catch(error => {
    if (error instanceof FormatError || error instanceof DataError)
      throw new ModelError(error.message, error.details, error)
    throw error
  })
  const paths = layersIn(tensors, where, model)
  const adapters = new Lora(model, { ...settings, targets: paths })
  try {
    adapters.loadState(tensors, { from: where })
  } catch (error) {
    adapters.detach()
    throw error
  }
  return adapters
}
