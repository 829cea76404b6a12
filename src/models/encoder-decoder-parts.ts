import { ArgumentError, ModelError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import { isRecord, quote } from '../io/json.ts'
import { arange } from '../tensor/creation.ts'
import { crossEntropy } from '../tensor/functions.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { specialIds } from '../text/encoder-decoder.ts'

export type Floats = Tensor<Shape, 'float32'>
export type Ids = Tensor<Shape, 'int32'>
export type Mask = Tensor<Shape, 'bool'>

/** Which places of a batch `[B, S]` hold tokens: bool `[B, S]` of lengths `[B]`. */
export const seenBy = (ids: Ids, lengths: Ids): Mask => {
  const [B, S] = ids.shape as readonly [number, number]
  return (arange(0, S, { dtype: 'int32' }) as Ids).less(lengths.reshape([B, 1]) as never) as Mask
}

/** Mean −ln p over what is not padding. */
export const tokenLoss = (
  logits: Floats,
  next: Ids,
  { labelSmoothing = 0 }: { readonly labelSmoothing?: number },
): Tensor<readonly [], 'float32'> => crossEntropy(logits, next, { ignoreIndex: specialIds.pad, labelSmoothing })

/** Reads the values of a config.json, or says what is wrong with one. */
export interface ConfigReader {
  readonly size: (key: string) => number
  /** A number from 0 to below 1. */
  readonly share: (key: string) => number
  readonly choice: <const T extends string>(key: string, names: readonly T[]) => T
  readonly flag: (key: string) => boolean
}

/** The model that a config.json of this type describes. @throws ModelError naming what is wrong */
export const readConfig = <M>(json: unknown, where: string, type: string, make: (read: ConfigReader) => M): M => {
  if (!isRecord(json) || json.model_type !== type) {
    const found = isRecord(json) ? quote(json.model_type) : typeof json
    throw new ModelError(`${where}: model_type is ${found}. Expected ${quote(type)}.`, { where })
  }
  const value = <T>(key: string, right: (x: unknown) => boolean, expected: string): T => {
    if (right(json[key])) return json[key] as T
    throw new ModelError(`${where}: ${key} is ${quote(json[key])}. Expected ${expected}.`, { key })
  }
  const read: ConfigReader = {
    size: key => value(key, x => Number.isSafeInteger(x) && (x as number) >= 1, 'a whole number of at least 1'),
    share: key => value(key, x => typeof x === 'number' && x >= 0 && x < 1, 'a number from 0 to below 1'),
    choice: (key, names) => value(key, x => (names as readonly unknown[]).includes(x), names.map(quote).join(' or ')),
    flag: key => value(key, x => typeof x === 'boolean', 'true or false'),
  }
  try {
    return make(read)
  } catch (error) {
    if (error instanceof ArgumentError) throw new ModelError(`${where}: ${error.message}`, error.details, error)
    throw error
  }
}
