import type { Field } from '../core/options.ts'
import { type Command, globalOptions, settable } from './command.ts'
import { longNames } from './names.ts'

/** What `gradus train gpt --help` shows: examples first, then the options in aligned columns. */
export const commandHelp = (command: Command, columns = 100): string => {
  const options = settable(command).fields.map(optionRow)
  const everywhere = globalOptions.fields.map(optionRow)
  const left = widest([...options, ...everywhere])
  const width = Math.min(columns, 120)
  return joined(
    `gradus ${command.name}: ${command.summary}`,
    section(
      'Examples',
      command.examples.map(example => `  ${example}`),
    ),
    section('Usage', [`  ${usageLine(command)}`]),
    section('Options', rows(options, left, width)),
    section('In every command', rows(everywhere, left, width)),
  )
}

/** What `gradus` and `gradus train --help` show: the verbs that begin with these words. */
export const verbsHelp = (commands: readonly Command[], words: readonly string[] = [], columns = 100): string => {
  const shown = commands.filter(({ name }) => `${name} `.startsWith([...words, ''].join(' ')))
  const verbs = shown.map(({ name, summary }): Row => [`  ${name}`, summary])
  return joined(
    words.length > 0 ? `gradus ${words.join(' ')}` : 'gradus: machine learning in TypeScript',
    section(
      'Examples',
      shown
        .flatMap(({ examples }) => examples.slice(0, 1))
        .slice(0, 4)
        .map(example => `  ${example}`),
    ),
    section('Verbs', rows(verbs, widest(verbs), Math.min(columns, 120))),
    'gradus VERB --help shows the options of a verb; gradus --version shows the version.\n',
  )
}

type Row = readonly [left: string, right: string]

const optionRow = (field: Field): Row => {
  const { rule } = field
  const value = rule.bare !== undefined ? `[=${rule.placeholder}]` : rule.kind === 'flag' ? '' : ` ${rule.placeholder}`
  const negatable = rule.kind === 'flag' && rule.default === true
  const names = longNames(field).map(name => `--${negatable ? '[no-]' : ''}${name}`)
  const notes = [
    rule.kind === 'choice' ? rule.expected : '',
    rule.presence === 'required' ? 'required' : '',
    rule.default === undefined || rule.default === false ? '' : `default ${defaultInWords(rule.default)}`,
  ].filter(Boolean)
  const short = rule.short ? `-${rule.short}, ` : '    '
  return [`  ${short}${names.join(', ')}${value}`, rule.help + (notes.length > 0 ? ` [${notes.join('; ')}]` : '')]
}

const defaultInWords = (value: unknown): string => {
  if (value === true) return 'on'
  if (value === '') return 'empty'
  return Array.isArray(value) ? value.join(',') : String(value)
}

const usageLine = (command: Command): string => {
  const words = (command.positionals ?? []).map(key => {
    const { rule } = command.options.fields.find(field => field.key === key)!
    const word = rule.placeholder + (rule.kind === 'list' ? '...' : '')
    return rule.presence === 'required' ? word : `[${word}]`
  })
  return ['gradus', command.name, ...words, '[options]'].join(' ')
}

const widestLeft = 34

/** The width that the left column needs, a few overlong names apart. */
const widest = (all: readonly Row[]): number =>
  Math.max(0, ...all.map(([left]) => left.length).filter(length => length <= widestLeft))

/** Two columns; the right one wraps, and begins on its own line where the left one is too long. */
const rows = (all: readonly Row[], left: number, width: number): string[] =>
  all.flatMap(([name, description]) => {
    const lines = wrap(description, Math.max(20, width - left - 2))
    const indent = ' '.repeat(left + 2)
    if (name.length > left) return [name, ...lines.map(line => indent + line)]
    return lines.map((line, i) => (i === 0 ? `${name.padEnd(left)}  ${line}` : indent + line))
  })

const wrap = (text: string, width: number): string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line ? `${line} ${word}` : word
  }
  return [...lines, line]
}

const section = (title: string, lines: readonly string[]): string =>
  lines.length > 0 ? `${title}\n${lines.join('\n')}\n` : ''

const joined = (first: string, ...sections: readonly string[]): string =>
  [`${first}\n`, ...sections.filter(Boolean)].join('\n')
