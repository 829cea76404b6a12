import { ArgumentError, ModelError } from '../core/errors.ts'
import { isRecord, quote } from '../io/json.ts'

/** More layers than this are damage. */
export const mostLayers = 1000

/** Reads a config.json key by key; what is wrong is told with the file and the key. */
export class JsonConfig {
  readonly where: string
  private readonly values: Readonly<Record<string, unknown>>

  /** @throws ModelError unless the document's model_type is one of these */
  constructor(json: unknown, where: string, types: readonly string[]) {
    this.where = where
    if (!isRecord(json) || !types.includes(json.model_type as string)) {
      const found = isRecord(json) ? quote(json.model_type) : quote(json)
      throw new ModelError(`${where}: model_type is ${found}. Expected ${types.map(quote).join(' or ')}.`)
    }
    this.values = json
  }

  get(key: string): unknown {
    return this.values[key]
  }

  private wrong(key: string, expected: string): ModelError {
    return new ModelError(`${this.where}: ${key} is ${quote(this.values[key])}. Expected ${expected}.`, { key })
  }

  /** A whole number of at least 1. */
  size(key: string): number {
    const value = this.values[key]
    if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number
    throw this.wrong(key, 'a whole number of at least 1')
  }
  /** A number of layers, each of which is made before the weights are looked at. */
  layers(key: string): number {
    const value = this.size(key)
    if (value <= mostLayers) return value
    throw this.wrong(key, `at most ${mostLayers}`)
  }
  /** The same, where null and nothing mean that there is none. */
  optionalSize(key: string): number | undefined {
    return this.values[key] === undefined || this.values[key] === null ? undefined : this.size(key)
  }
  number(key: string, fallback: number): number {
    const value = this.values[key] ?? fallback
    if (typeof value === 'number' && Number.isFinite(value)) return value
    throw this.wrong(key, 'a number')
  }
  /** A share, such as of what is dropped. */
  share(key: string, fallback: number): number {
    const value = this.number(key, fallback)
    if (value >= 0 && value < 1) return value
    throw this.wrong(key, 'a number from 0 to below 1')
  }
  flag(key: string, fallback: boolean): boolean {
    const value = this.values[key] ?? fallback
    if (typeof value === 'boolean') return value
    throw this.wrong(key, 'true or false')
  }
  text(key: string, fallback: string): string {
    const value = this.values[key] ?? fallback
    if (typeof value === 'string') return value
    throw this.wrong(key, 'a text')
  }
  /** An id of a token, or none. */
  id(key: string): number | undefined {
    const value = this.values[key]
    if (value === undefined || value === null) return undefined
    if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
    throw this.wrong(key, 'the id of a token')
  }
  /** Ids of tokens, one or several, or none. */
  ids(key: string): number | readonly number[] | undefined {
    const value = this.values[key]
    if (!Array.isArray(value)) return this.id(key)
    if (value.every(id => Number.isSafeInteger(id) && id >= 0)) return value
    throw this.wrong(key, 'ids of tokens')
  }
  /** @throws ModelError unless the key has this value, or none */
  require(key: string, value: unknown): void {
    if ((this.values[key] ?? value) === value) return
    throw new ModelError(
      `${this.where}: ${key} is ${quote(this.values[key])}. Only ${quote(value)} can be loaded here.`,
      { key },
    )
  }

  /** The model of a configuration; what the model refuses is said of the file. */
  build<T>(make: () => T): T {
    try {
      return make()
    } catch (cause) {
      if (cause instanceof ArgumentError) throw new ModelError(`${this.where}: ${cause.message}`, {}, cause)
      throw cause
    }
  }
}
