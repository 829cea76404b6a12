import type { About } from './lab.ts'

// A scene's address: `?lab=mlp&data=xor&hidden=4&seed=3`. Only what differs from the lab's own start is written, so that addresses stay short.

/** Words of the address that are not settings. */
const reserved = new Set(['lab', 'tool', 'hide', 'engine', 'preset', 'play', 'opening'])

/** What an address asks for. */
export interface Scene {
  readonly settings: Readonly<Record<string, unknown>>
  /** Controls that a teacher has put away. */
  readonly hide: ReadonlySet<string>
  readonly engine: string
  /** Whether it starts playing. */
  readonly play: boolean
  /** Steps that are done before it is first shown, instead of the lab's own number. */
  readonly opening: number | null
  /** What in the address made no sense, in sentences. */
  readonly complaints: readonly string[]
}

/** The engines that an address may name. */
export const engines = ['wasm', 'reference', 'webgpu'] as const

/** Reads an address; what makes no sense in it is passed over, and said. */
export const readScene = (about: About, query: URLSearchParams): Scene => {
  const complaints: string[] = []
  const flat = new Map<string, unknown>()
  const preset = query.get('preset')
  if (preset !== null && Object.hasOwn(about.presets, preset)) {
    for (const [key, value] of Object.entries(about.presets[preset]!)) flat.set(key, value)
  } else if (preset !== null) complaints.push(`There is no scene ${JSON.stringify(preset)} in this lab.`)
  for (const [name, word] of query) {
    if (reserved.has(name)) continue
    const field = about.options.fields.find(({ key }) => key === name)
    if (!field) {
      complaints.push(`The address names ${JSON.stringify(name)}, which is no setting of this lab; it was passed over.`)
      continue
    }
    const { rule } = field
    const value = rule.kind === 'list' && word === '' ? [] : rule.fromText(word)
    if (rule.accepts(value)) flat.set(name, value)
    else
      complaints.push(
        `${name} must be ${rule.expected}; the address has ${JSON.stringify(word)}. The usual value was taken.`,
      )
  }
  const opening = query.get('opening')
  const steps = opening === null || !/^\d{1,6}$/.test(opening) ? null : Number(opening)
  if (opening !== null && steps === null)
    complaints.push(`opening must be a number of steps; the address has ${JSON.stringify(opening)}.`)
  const engine = query.get('engine') ?? 'wasm'
  const known = (engines as readonly string[]).includes(engine)
  if (!known) complaints.push(`There is no engine ${JSON.stringify(engine)}; the engines are ${engines.join(', ')}.`)
  return {
    settings: about.options.complete('address', flat) as Readonly<Record<string, unknown>>,
    hide: new Set((query.get('hide') ?? '').split(',').filter(Boolean)),
    engine: known ? engine : 'wasm',
    play: query.has('play'),
    opening: steps,
    complaints,
  }
}

/** Settings that differ from a lab's start, as text. */
export const changed = (about: About, settings: Readonly<Record<string, unknown>>): [key: string, text: string][] =>
  about.options.fields.flatMap(({ key, rule }): [string, string][] => {
    const value = settings[key]
    if (value === undefined || JSON.stringify(value) === JSON.stringify(rule.default)) return []
    return [[key, Array.isArray(value) ? value.join(',') : String(value)]]
  })

/** The address of a scene. */
export const writeScene = (
  about: About,
  { settings, hide, engine, opening }: Pick<Scene, 'settings' | 'hide' | 'engine' | 'opening'>,
): string => {
  const query = new URLSearchParams({ lab: about.name })
  for (const [key, text] of changed(about, settings)) query.set(key, text)
  if (hide.size > 0) query.set('hide', [...hide].join(','))
  if (engine !== 'wasm') query.set('engine', engine)
  if (opening !== null) query.set('opening', String(opening))
  return `?${query}`
}

/** A word as a shell reads it. */
export const quoted = (word: string): string =>
  /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

/** `hiddenUnits` as it is typed: `hidden-units`. */
const flagName = (key: string): string => key.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)

/** The command that repeats a run: the same numbers, from the same seed. */
export const commandOf = (
  about: About,
  settings: Readonly<Record<string, unknown>>,
  { data, engine = 'wasm' }: { readonly data: string | null; readonly engine?: string },
): string => {
  const flags = changed(about, settings).map(([key, text]) => {
    if (settings[key] === true) return `--${flagName(key)}`
    if (settings[key] === false) return `--no-${flagName(key)}`
    return `--${flagName(key)}=${quoted(text)}`
  })
  return [
    ...(engine === 'wasm' ? [] : [`GRADUS_ENGINE=${engine}`]),
    'npx gradus lab',
    about.name,
    ...flags,
    ...(data === null ? [] : [`--data=${quoted(data)}`]),
  ].join(' ')
}
