import { ArgumentError } from '../core/errors.ts'
import { type Field, type Infer, type Options, parseJson, problem } from '../core/options.ts'
import { type Command, type Globals, globalOptions, settable } from './command.ts'
import { UsageError } from './exit-codes.ts'
import { readFlags, type Source } from './flags.ts'
import { type Io, readText } from './io.ts'
import { environmentName, longName } from './names.ts'

export interface Parsed {
  /** The command's options, complete and checked. */
  readonly options: Infer<Options>
  readonly globals: Globals
}

/** Variables with a meaning of their own: GRADUS_DATA is where data sets are, not what to train on. */
const reserved: ReadonlySet<string> = new Set(['GRADUS_DATA', 'GRADUS_ENGINE', 'GRADUS_THREADS'])

/** Gathers a command's options: flag before environment before configuration file before preset before default. */
export const parseCommandLine = async (command: Command, args: readonly string[], io: Io): Promise<Parsed> => {
  const where = command.name
  const options = settable(command)
  const fields = [...options.fields, ...globalOptions.fields]
  const flags = readFlags(where, args, { fields, positionals: command.positionals ?? [] })
  checkValues(where, flags, fields)
  const globals = globalOptions.complete(where, flags.values)
  const sources = [flags, environment(options, io)]
  if (globals.config !== undefined) sources.push(await configFile(where, options, io, globals.config))
  for (const source of sources.slice(1)) checkValues(where, source, options.fields)
  const preset = sources.find(({ values }) => values.has('preset'))?.values.get('preset')
  if (command.presets && typeof preset === 'string') sources.push(presetSource(command, preset))
  return { options: complete(command, sources), globals }
}

const environment = (options: Options, io: Io): Source => {
  const values = new Map<string, unknown>()
  for (const field of options.fields) {
    const name = environmentName(field)
    const text = reserved.has(name) ? undefined : io.env[name]
    if (text) values.set(field.key, field.rule.fromText(text))
  }
  return { values, nameOf: environmentName }
}

const configFile = async (where: string, options: Options, io: Io, path: string): Promise<Source> => {
  const name = path === '-' ? 'standard input' : path
  const json = await readText(io, path).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'there is no such file' : error.message
    throw new UsageError(`${where}: --config ${JSON.stringify(path)} cannot be read: ${reason}.`)
  })
  const values = asUsage(() => options.flatten(`${where}: ${name}`, parseJson(`${where}: ${name}`, json)))
  return { values, nameOf: field => `${name}: ${field.key}` }
}

const presetSource = (command: Command, preset: string): Source => ({
  values: command.options.flatten(`${command.name}: preset ${preset}`, command.presets?.[preset]),
  nameOf: field => `preset ${preset}: ${field.key}`,
})

const checkValues = (where: string, source: Source, fields: readonly Field[]): void => {
  for (const field of fields) {
    if (!source.values.has(field.key)) continue
    const wrong = problem(field.rule, source.values.get(field.key))
    if (wrong) throw new UsageError(`${where}: ${source.nameOf(field)} ${wrong}.`)
  }
}

/** Each value from the first source that has it. */
const complete = (command: Command, sources: readonly Source[]): Infer<Options> => {
  const merged = new Map<string, unknown>()
  for (const field of command.options.fields) {
    const source = sources.find(({ values }) => values.has(field.key))
    if (source) merged.set(field.key, source.values.get(field.key))
    else if (field.rule.presence === 'required') throw missing(command, field)
  }
  return asUsage(() => {
    const options = command.options.complete(command.name, merged)
    command.check?.(options)
    return options
  })
}

const missing = (command: Command, field: Field): UsageError => {
  const { placeholder, help } = field.rule
  const name = command.positionals?.includes(field.key) ? placeholder : `--${longName(field)} ${placeholder}`
  const example = command.examples[0]
  return new UsageError(
    `${command.name}: ${name} is required: ${help}.`,
    example === undefined ? undefined : `For example: ${example}`,
  )
}

const asUsage = <T>(action: () => T): T => {
  try {
    return action()
  } catch (error) {
    if (error instanceof ArgumentError && !(error instanceof UsageError)) throw new UsageError(error.message)
    throw error
  }
}
