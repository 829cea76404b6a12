import { access, join, readFile } from '#files'
import { DataError, FormatError, ModelError } from '../core/errors.ts'
import { fileCause } from './atomic.ts'
import { isRecord, quote } from './json.ts'
import { readSafetensors, type StoredTensor } from './safetensors.ts'

const whole = 'model.safetensors'
const indexName = `${whole}.index.json`
const again = 'The folder is incomplete or mixed from two models: download or save it again.'

/** Only a plain name is sure to lie in the folder. */
const isPlainName = (name: unknown): name is string =>
  typeof name === 'string' && /^[^/\\:\0]+$/.test(name) && name !== '.' && name !== '..'

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** Each tensor's shard, by the tensor's name. */
const parseIndex = (text: string, where: string): Map<string, string> => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new FormatError(`${where}: is not JSON. ${again}`, {}, error)
  }
  const shards = isRecord(value) ? value.weight_map : undefined
  if (!isRecord(shards)) {
    throw new FormatError(
      `${where}: weight_map is ${quote(shards)}; an object from each tensor to its file was expected. ${again}`,
    )
  }
  for (const [tensor, shard] of Object.entries(shards)) {
    if (isPlainName(shard)) continue
    throw new FormatError(
      `${where}: tensor ${quote(tensor)} is said to be in ${quote(shard)}; the name of a file in the same folder was expected. Do not use this folder unless you trust where it is from.`,
      { tensor, shard },
    )
  }
  return new Map(Object.entries(shards as Record<string, string>))
}

/** Throws unless the shard holds exactly the tensors that the index puts there. */
const checkShard = (path: string, shard: string, tensors: ReadonlySet<string>, index: Map<string, string>): void => {
  const wrong = (what: string, tensor: string): FormatError =>
    new FormatError(`${path}: tensor ${quote(tensor)} ${what}. ${again}`, { tensor, shard })
  for (const name of tensors) {
    const place = index.get(name)
    if (place === shard) continue
    throw wrong(place === undefined ? `is not in ${indexName}` : `should be in ${quote(place)} by ${indexName}`, name)
  }
  for (const [name, place] of index) {
    if (place === shard && !tensors.has(name)) throw wrong(`is missing; ${indexName} puts it here`, name)
  }
}

const readShards = async (folder: string): Promise<Map<string, StoredTensor>> => {
  const where = join(folder, indexName)
  const text = await readFile(where, 'utf8').catch(error => {
    const { cause, remedy } = fileCause(error)
    throw new DataError(`${where}: could not be read: ${cause}. ${remedy}`, { path: where }, error)
  })
  const index = parseIndex(text, where)
  const shards = [...new Set(index.values())].sort()
  const there = await Promise.all(shards.map(shard => isThere(join(folder, shard))))
  const missing = shards.filter((_, i) => !there[i])
  if (missing.length > 0) {
    const listed = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ` and ${missing.length - 5} more` : '')
    throw new ModelError(
      `${where}: ${missing.length} of its ${shards.length} shards are missing: ${listed}. Download them into the same folder.`,
      { missing },
    )
  }
  const all = new Map<string, StoredTensor>()
  for (const shard of shards) {
    const path = join(folder, shard)
    const { tensors } = await readSafetensors(path)
    checkShard(path, shard, new Set(tensors.keys()), index)
    for (const [name, tensor] of tensors) all.set(name, tensor)
  }
  return all
}

/**
 * The tensors of a model folder as Hugging Face lays it out: those of `model.safetensors`, else of the shards that
 * `model.safetensors.index.json` names. Elements as in `readSafetensors`.
 *
 * @throws ModelError when there are no weights, or shards are missing; FormatError when the index or a file is not as its format says,
 * the index names a file outside the folder, or a tensor is not where the index says; DataError when a file cannot be read.
 * Source: transformers 5.18, `PreTrainedModel.from_pretrained`.
 */
export const readModelWeights = async (folder: string): Promise<Map<string, StoredTensor>> => {
  if (await isThere(join(folder, whole))) return (await readSafetensors(join(folder, whole))).tensors
  if (await isThere(join(folder, indexName))) return readShards(folder)
  throw new ModelError(
    `${folder}: there are no weights: neither ${whole} nor ${indexName}. Give the folder of a model; weights in another format must be saved as safetensors first.`,
    { folder },
  )
}
