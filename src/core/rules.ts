/** Whether the value must be given, has a default, or may be left out. */
export type Presence = 'required' | 'default' | 'optional'

/** What one option accepts, and how it is described. */
export interface Rule<T = unknown, P extends Presence = Presence> {
  readonly kind: 'integer' | 'number' | 'text' | 'choice' | 'flag' | 'list' | 'either' | 'value'
  /** What a right value is, in words that follow "must be": `an integer of at least 1`. */
  readonly expected: string
  readonly accepts: (value: unknown) => value is T
  /** The value that a text from a command line stands for. A text that stands for none comes back as it is, and is not accepted. */
  readonly fromText: (text: string) => unknown
  readonly presence: P
  readonly default?: T
  readonly help: string
  /** What stands for the value in a help text: `FILE`. */
  readonly placeholder: string
  /** Further names on the command line, without dashes. */
  readonly aliases: readonly string[]
  /** A one-letter name on the command line. */
  readonly short?: string
  /** What the option means when it is named without a value: `--resume` for `--resume=last`. */
  readonly bare?: T
  /** Of a number: what a slider goes between. */
  readonly bounds?: Bounds
  /** Of a choice: what there is. */
  readonly choices?: readonly string[]
}

/** An option without `default` and without `required` may be left out. */
export interface Settings<T> {
  readonly help: string
  readonly default?: T
  readonly required?: true
  readonly placeholder?: string
  readonly aliases?: readonly string[]
  readonly short?: string
}

/** Bounds of a number: `min` and `max` are allowed, `above` and `below` are not. */
export interface Bounds {
  readonly min?: number
  readonly max?: number
  readonly above?: number
  readonly below?: number
}

type PresenceOf<S> = S extends { readonly required: true }
  ? 'required'
  : S extends { readonly default: unknown }
    ? 'default'
    : 'optional'

/** What a value is, without what it is for. */
export type Meaning<T> = Pick<
  Rule<T>,
  'kind' | 'expected' | 'accepts' | 'fromText' | 'placeholder' | 'bounds' | 'choices'
>

/** A rule from a meaning: for options whose values are of a kind of their own. */
export const rule = <T, S extends Settings<T>>(meaning: Meaning<T>, settings: S): Rule<T, PresenceOf<S>> => {
  const presence = settings.required ? 'required' : settings.default === undefined ? 'optional' : 'default'
  return { aliases: [], ...meaning, ...(settings as Settings<T>), presence: presence as PresenceOf<S> }
}

const within = (value: number, { min, max, above, below }: Bounds): boolean =>
  value >= (min ?? -Infinity) &&
  value <= (max ?? Infinity) &&
  value > (above ?? -Infinity) &&
  value < (below ?? Infinity)

const boundsInWords = ({ min, max, above, below }: Bounds): string => {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`
  const lower = min !== undefined ? `of at least ${min}` : above !== undefined ? `above ${above}` : ''
  const upper = max !== undefined ? `of at most ${max}` : below !== undefined ? `below ${below}` : ''
  const words = lower && upper ? `${lower} and ${upper}` : lower || upper
  return words && ` ${words}`
}

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const numberFromText = (text: string): unknown => (decimal.test(text) ? Number(text) : text)

/** The meaning of {@link integer}, for {@link either}. */
export const anInteger = (bounds: Bounds = {}): Meaning<number> => ({
  kind: 'integer',
  expected: `an integer${boundsInWords(bounds)}`,
  accepts: (value): value is number => Number.isSafeInteger(value) && within(value as number, bounds),
  fromText: numberFromText,
  placeholder: 'N',
  bounds,
})

/** The meaning of {@link number}, for {@link either}. */
export const aNumber = (bounds: Bounds = {}): Meaning<number> => ({
  kind: 'number',
  expected: `a number${boundsInWords(bounds)}`,
  accepts: (value): value is number => Number.isFinite(value) && within(value as number, bounds),
  fromText: numberFromText,
  placeholder: 'N',
  bounds,
})

const textMeaning: Meaning<string> = {
  kind: 'text',
  expected: 'text',
  accepts: value => typeof value === 'string',
  fromText: text => text,
  placeholder: 'TEXT',
}

/** Items separated by commas; texts, which may hold commas, one at a time. */
const listMeaning = <T>(item: Meaning<T>): Meaning<readonly T[]> => ({
  kind: 'list',
  expected: `a list, each item ${item.expected}`,
  accepts: value => Array.isArray(value) && value.every(item.accepts),
  fromText: text => (item.kind === 'text' ? [text] : text.split(',').map(part => item.fromText(part.trim()))),
  placeholder: item.kind === 'text' ? item.placeholder : `${item.placeholder},...`,
})

export const integer = <const S extends Settings<number> & Bounds>(settings: S): Rule<number, PresenceOf<S>> =>
  rule<number, S>(anInteger(settings), settings)

/** A finite number. */
export const number = <const S extends Settings<number> & Bounds>(settings: S): Rule<number, PresenceOf<S>> =>
  rule<number, S>(aNumber(settings), settings)

export const text = <const S extends Settings<string> & { readonly bare?: string }>(
  settings: S,
): Rule<string, PresenceOf<S>> => rule<string, S>(textMeaning, settings)

/** The meaning of {@link oneOf}, for {@link either}. */
export const aWord = <const C extends readonly string[]>(choices: C): Meaning<C[number]> => ({
  kind: 'choice',
  expected: choices.length === 1 ? JSON.stringify(choices[0]) : `one of ${choices.join(', ')}`,
  accepts: (value): value is C[number] => choices.includes(value as string),
  fromText: word => word,
  placeholder: 'NAME',
  choices,
})

/** Nothing: `null`, on the command line `none`. */
export const nothing: Meaning<null> = {
  kind: 'value',
  expected: 'null',
  accepts: value => value === null,
  fromText: word => (word === 'none' || word === 'null' ? null : word),
  placeholder: 'none',
}

/** True or false, for {@link either}. */
export const aFlag: Meaning<boolean> = {
  kind: 'flag',
  expected: 'true or false',
  accepts: value => typeof value === 'boolean',
  fromText: word => (/^(true|1)$/.test(word) ? true : /^(false|0)$/.test(word) ? false : word),
  placeholder: 'true|false',
}

/** A list of at least one item, for {@link either}. */
export const aList = <T>(item: Meaning<T>): Meaning<readonly T[]> => listMeaning(item)

// biome-ignore lint/suspicious/noExplicitAny: a meaning both takes and gives its type.
type AnyMeaning = Meaning<any>
type MeaningOf<M> = M extends Meaning<infer T> ? T : never

/** What one of several meanings allows: `either([aWord(['scale', 'auto']), aNumber({ above: 0 })], { default: 'scale', ... })`. */
export const either = <const M extends readonly AnyMeaning[], const S extends Settings<MeaningOf<M[number]>>>(
  meanings: M,
  settings: S,
): Rule<MeaningOf<M[number]>, PresenceOf<S>> => {
  const all: readonly AnyMeaning[] = meanings
  return rule<MeaningOf<M[number]>, S>(
    {
      kind: 'either',
      expected: all.map(one => one.expected).join(', or '),
      accepts: (value): value is MeaningOf<M[number]> => all.some(one => one.accepts(value)),
      fromText: text =>
        all.map(one => one.fromText(text)).find((value, i) => all[i]!.accepts(value)) ?? fallback(all, text),
      placeholder: [...new Set(all.map(one => one.placeholder))].join('|'),
    },
    settings,
  )
}
// `null` is a value that `??` would pass over.
const fallback = (meanings: readonly AnyMeaning[], text: string): unknown =>
  meanings.some(one => one.fromText(text) === null && one.accepts(null)) ? null : text

/** One of the given words. */
export const oneOf = <const C extends readonly string[], const S extends Settings<C[number]>>(
  choices: C,
  settings: S,
): Rule<C[number], PresenceOf<S>> =>
  rule<C[number], S>({ ...aWord(choices), expected: `one of ${choices.join(', ')}` }, settings)

/** True or false; false unless said otherwise. */
export const flag = (settings: Omit<Settings<boolean>, 'required'>): Rule<boolean, 'default'> =>
  rule<boolean, Settings<boolean> & { default: boolean }>(
    { ...aFlag, placeholder: '' },
    { ...settings, default: settings.default ?? false },
  )

export const integers = <const S extends Settings<readonly number[]> & Bounds>(
  settings: S,
): Rule<readonly number[], PresenceOf<S>> => rule<readonly number[], S>(listMeaning(anInteger(settings)), settings)

export const numbers = <const S extends Settings<readonly number[]> & Bounds>(
  settings: S,
): Rule<readonly number[], PresenceOf<S>> => rule<readonly number[], S>(listMeaning(aNumber(settings)), settings)

export const texts = <const S extends Settings<readonly string[]>>(
  settings: S,
): Rule<readonly string[], PresenceOf<S>> => rule<readonly string[], S>(listMeaning(textMeaning), settings)

/** What is wrong with a value, in words that follow its name (`must be an integer of at least 1; got 0`), or nothing. */
export const problem = (rule: Rule, value: unknown): string | undefined =>
  rule.accepts(value) ? undefined : `must be ${rule.expected}; got ${shown(value)}`

/** A value as an error message names it. */
export const shown = (value: unknown): string => {
  if (typeof value === 'number') return String(value)
  const json = typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value))
  return json.length > 80 ? `${json.slice(0, 77)}...` : json
}
