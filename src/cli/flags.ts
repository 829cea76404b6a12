import { parseArgs } from 'node:util'
import { nearest } from '../core/nearest.ts'
import type { Field, Rule } from '../core/options.ts'
import { UsageError } from './exit-codes.ts'
import { longName, longNames } from './names.ts'

/** Values by key, and what the user calls each of them. */
export interface Source {
  readonly values: Map<string, unknown>
  nameOf(field: Field): string
}

/** Flags and positional arguments, turned into values but not yet held against their rules. */
export const readFlags = (
  where: string,
  args: readonly string[],
  { fields, positionals }: { fields: readonly Field[]; positionals: readonly string[] },
): Source => {
  const table = flagTable(fields)
  const { tokens } = parseArgs({
    args: [...args],
    options: parseArgsOptions(table),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const values = new Map<string, unknown>()
  const names = new Map<string, string>()
  const words: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const { field, value } = readFlag(where, table, token, args[token.index]!)
    const before = values.get(field.key)
    values.set(field.key, Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value)
    names.set(field.key, token.rawName)
  }
  for (const key of positionals) {
    const field = fields.find(field => field.key === key)!
    const taken = words.splice(0, field.rule.kind === 'list' ? words.length : 1)
    if (taken.length === 0) break
    if (values.has(key)) {
      throw new UsageError(`${where}: ${JSON.stringify(taken[0])} and ${names.get(key)} are given for the same option.`)
    }
    values.set(key, field.rule.kind === 'list' ? taken.flatMap(field.rule.fromText) : field.rule.fromText(taken[0]!))
    names.set(key, field.rule.placeholder)
  }
  if (words.length > 0) {
    const hint = 'Options are written --name value.'
    throw new UsageError(`${where}: unexpected argument ${JSON.stringify(words[0])}.`, hint)
  }
  return { values, nameOf: field => names.get(field.key)! }
}

type FlagTable = ReadonlyMap<string, Field>

const flagTable = (fields: readonly Field[]): FlagTable => {
  const table = new Map<string, Field>()
  const shorts = new Set<string>()
  for (const field of fields) {
    const { short } = field.rule
    const twice = longNames(field).find(name => table.has(name)) ?? (short && shorts.has(short) ? short : undefined)
    if (twice) throw new Error(`Two options are named ${twice}.`)
    for (const name of longNames(field)) table.set(name, field)
    if (short) shorts.add(short)
  }
  return table
}

const takesValue = (rule: Rule): boolean => rule.kind !== 'flag' && rule.bare === undefined

type ParseArgsOption = { type: 'string' | 'boolean'; short?: string }

const parseArgsOptions = (table: FlagTable): Record<string, ParseArgsOption> => {
  const entries = [...table].map(([name, field]): [string, ParseArgsOption] => {
    const type = takesValue(field.rule) ? 'string' : 'boolean'
    const { short } = field.rule
    return [name, short && name === longName(field) ? { type, short } : { type }]
  })
  return Object.fromEntries(entries)
}

interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}

const readFlag = (
  where: string,
  table: FlagTable,
  token: OptionToken,
  arg: string,
): { field: Field; value: unknown } => {
  const { name, rawName, value: text } = token
  const positive = name.startsWith('no-') && !table.has(name) ? table.get(name.slice(3)) : undefined
  if (positive?.rule.kind === 'flag') {
    if (text === undefined) return { field: positive, value: false }
    throw new UsageError(`${where}: ${rawName} takes no value; got ${JSON.stringify(text)}.`)
  }
  const field = table.get(name)
  if (!field) throw unknownFlag(where, table, token, arg)
  const { rule } = field
  if (!takesValue(rule)) return { field, value: text === undefined ? (rule.bare ?? true) : rule.fromText(text) }
  if (text === undefined) {
    throw new UsageError(
      `${where}: ${rawName} needs a value: ${rule.expected}.`,
      `Write ${rawName} ${rule.placeholder}.`,
    )
  }
  if (!token.inlineValue && text.length > 1 && text.startsWith('-')) {
    throw new UsageError(
      `${where}: ${rawName} is followed by ${text}, which reads as another option.`,
      `If it is the value, write --${name}=${text}`,
    )
  }
  return { field, value: rule.fromText(text) }
}

const unknownFlag = (where: string, table: FlagTable, { name, rawName }: OptionToken, arg: string): UsageError => {
  const long = /^-([^-=][^=]+)/.exec(arg)?.[1]
  if (long && table.has(long)) return new UsageError(`${where}: unknown option -${long}.`, `Did you mean --${long}?`)
  const negations = [...table].filter(([, { rule }]) => rule.kind === 'flag').map(([flag]) => `no-${flag}`)
  const near = nearest(name, [...table.keys(), ...negations])
  const hint = near ? `Did you mean --${near}?` : `Run gradus ${where} --help for its options.`
  return new UsageError(`${where}: unknown option ${rawName}.`, hint)
}
