import { ArgumentError } from './errors.ts'
import { nearest } from './nearest.ts'
import { type Presence, problem, type Rule, shown } from './rules.ts'

export * from './rules.ts'

/** Each option's rule under its camelCase name; options that belong together may be nested. */
export interface Declaration {
  readonly [key: string]: Rule | Options
}

type Simplify<T> = { [K in keyof T]: T[K] }
type ValueOf<R> = R extends Options<infer D> ? Values<D> : R extends Rule<infer T, Presence> ? T : never
type GivenOf<R> = R extends Options<infer D> ? GivenValues<D> : ValueOf<R>
type Optional<D> = { [K in keyof D]: D[K] extends Rule<unknown, 'optional'> ? K : never }[keyof D]
type Required<D> = { [K in keyof D]: D[K] extends Rule<unknown, 'required'> ? K : never }[keyof D]

type Values<D> = Simplify<
  { readonly [K in Exclude<keyof D, Optional<D>>]: ValueOf<D[K]> } & { readonly [K in Optional<D>]?: ValueOf<D[K]> }
>
type GivenValues<D> = Simplify<
  { readonly [K in Required<D>]: GivenOf<D[K]> } & {
    readonly [K in Exclude<keyof D, Required<D>>]?: GivenOf<D[K]> | undefined
  }
>

/** The type of all values, defaults filled in. */
export type Infer<O extends Options> = O extends Options<infer D> ? Values<D> : never
/** The type of what a caller passes: what has a default may be left out. */
export type Given<O extends Options> = O extends Options<infer D> ? GivenValues<D> : never

/** One option with its place: `model.numLayers` has the path `['model', 'numLayers']`. */
export interface Field {
  readonly key: string
  readonly path: readonly string[]
  readonly rule: Rule
}

/** Options declared once: types, defaults, validation, JSON, flags and help all come from here. */
export interface Options<D extends Declaration = Declaration> {
  readonly declaration: D
  /** Every option, nested ones too, in the order of declaration. */
  readonly fields: readonly Field[]
  /**
   * The given values with the defaults filled in.
   * @throws ArgumentError for an unknown key, a value that breaks its rule, or a required option left out.
   */
  validate(where: string, given: unknown): Values<D>
  /** The given values by key (`model.numLayers`), unchecked but for unknown keys. */
  flatten(where: string, given: unknown): Map<string, unknown>
  /** What {@link flatten} gave, checked, nested as declared, with the defaults filled in. Keys of other options do not count. */
  complete(where: string, flat: ReadonlyMap<string, unknown>): Values<D>
  /** All values as JSON text that {@link fromJson} reads back. */
  toJson(values: Values<D>): string
  fromJson(where: string, json: string): Values<D>
}

/** Declares options by their rules. */
export const defineOptions = <const D extends Declaration>(declaration: D): Options<D> => {
  const fields = fieldsOf(declaration, [])
  for (const { key, rule } of fields) {
    for (const value of [rule.default, rule.bare]) {
      const wrong = value === undefined ? undefined : problem(rule, value)
      if (wrong) throw new ArgumentError(`defineOptions: the default of ${key} ${wrong}.`, { key, value })
    }
  }
  const flattened = (where: string, given: unknown) => flatten(where, declaration, given)
  const completed = (where: string, flat: ReadonlyMap<string, unknown>) => complete(where, fields, flat) as Values<D>
  return {
    declaration,
    fields,
    flatten: flattened,
    complete: completed,
    validate: (where, given) => completed(where, flattened(where, given)),
    toJson: values => `${JSON.stringify(values, undefined, 2)}\n`,
    fromJson: (where, json) => completed(where, flattened(where, parseJson(where, json))),
  }
}

const isGroup = (entry: Rule | Options): entry is Options => 'declaration' in entry

const fieldsOf = (declaration: Declaration, prefix: readonly string[]): Field[] =>
  Object.entries(declaration).flatMap(([name, entry]) => {
    const path = [...prefix, name]
    return isGroup(entry) ? fieldsOf(entry.declaration, path) : [{ key: path.join('.'), path, rule: entry }]
  })

/** What a JSON text says. */
export const parseJson = (where: string, json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch (error) {
    throw new ArgumentError(`${where}: not JSON: ${(error as Error).message}.`)
  }
}

const flatten = (where: string, declaration: Declaration, given: unknown, prefix = ''): Map<string, unknown> => {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const name = prefix ? prefix.slice(0, -1) : 'options'
    throw new ArgumentError(`${where}: ${name} must be an object; got ${shown(given)}.`, { given })
  }
  const flat = new Map<string, unknown>()
  for (const [name, value] of Object.entries(given)) {
    const entry = Object.hasOwn(declaration, name) ? declaration[name] : undefined
    if (!entry) throw unknownKey(where, declaration, prefix, name)
    if (value === undefined) continue
    if (!isGroup(entry)) flat.set(prefix + name, value)
    else for (const [key, inner] of flatten(where, entry.declaration, value, `${prefix + name}.`)) flat.set(key, inner)
  }
  return flat
}

const unknownKey = (where: string, declaration: Declaration, prefix: string, name: string): ArgumentError => {
  const keyOf = new Map<string, string>()
  for (const [key, entry] of Object.entries(declaration)) {
    keyOf.set(key, key)
    if (!isGroup(entry)) for (const alias of entry.aliases) keyOf.set(alias, key)
  }
  const near = nearest(name, keyOf.keys())
  const known = Object.keys(declaration).map(key => prefix + key)
  const hint = near ? `Did you mean ${prefix + keyOf.get(near)}?` : `The options are ${known.join(', ')}.`
  return new ArgumentError(`${where}: unknown option ${JSON.stringify(prefix + name)}. ${hint}`, { name, known })
}

const complete = (where: string, fields: readonly Field[], flat: ReadonlyMap<string, unknown>): unknown => {
  const values: Tree = {}
  for (const { key, path, rule } of fields) {
    const value = flat.has(key) ? flat.get(key) : rule.default
    if (value === undefined) {
      if (rule.presence === 'required') throw new ArgumentError(`${where}: ${key} is required: ${rule.help}.`, { key })
      place(values, path)
      continue
    }
    const wrong = problem(rule, value)
    if (wrong) throw new ArgumentError(`${where}: ${key} ${wrong}.`, { key, value })
    place(values, path, value)
  }
  return values
}

type Tree = { [key: string]: unknown }

/** Puts a value at its path, making the groups on the way; without a value, only the groups. */
const place = (tree: Tree, path: readonly string[], value?: unknown): void => {
  let group = tree
  for (const name of path.slice(0, -1)) {
    group[name] ??= {}
    group = group[name] as Tree
  }
  if (value !== undefined) group[path.at(-1)!] = value
}
