import { GradusError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { engineName } from '../engine/engine.ts'
import type { Command } from './command.ts'
import { runCommand } from './context.ts'
import { type ExitCode, exitCodeOf, exitCodes, UsageError } from './exit-codes.ts'
import { commandHelp, verbsHelp } from './help.ts'
import { type Io, type Output, red, wantsColor } from './io.ts'
import { parseCommandLine } from './parse.ts'
import { version } from './version.ts'

/** Carries out one command line and says what to exit with. It throws nothing: errors are told on standard error. */
export const runCli = async (argv: readonly string[], commands: readonly Command[], io: Io): Promise<ExitCode> => {
  endWithClosedPipe(io.stdout, io)
  endWithClosedPipe(io.stderr, io)
  try {
    return await dispatch(argv, commands, io)
  } catch (error) {
    if (isClosedPipe(error)) return exitCodes.done
    io.stderr.write(report(error, { json: names(argv, '--json'), verbose: names(argv, '--verbose', '-v'), io }))
    return exitCodeOf(error)
  }
}

const dispatch = async (argv: readonly string[], commands: readonly Command[], io: Io): Promise<ExitCode> => {
  if (argv[0] === '--version') return printed(io, `${version}\n`)
  if (argv[0] === 'help') return dispatch([...argv.slice(1), '--help'], commands, io)
  const [command, args] = commandOf(argv, commands)
  const help = names(args, '--help', '-h')
  if (!command) {
    const group = groupOf(args, commands)
    if (argv.length === 0 || (help && group)) return printed(io, verbsHelp(commands, group, io.stdout.columns))
    throw notAVerb(args, commands)
  }
  if (help) return printed(io, commandHelp(command, io.stdout.columns))
  const parsed = await parseCommandLine(command, args, io)
  if (parsed.globals.printConfig) return printed(io, command.options.toJson(parsed.options))
  requireEngine()
  return (await runCommand(command, parsed, io)) ?? exitCodes.done
}

/** An engine that the environment names wrongly is a mistake of the call. */
const requireEngine = (): void => {
  try {
    engineName()
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

const printed = (io: Io, text: string): ExitCode => {
  io.stdout.write(text)
  return exitCodes.done
}

/** Whether one of these flags stands before a `--`. */
const names = (args: readonly string[], ...flags: readonly string[]): boolean => {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).some(arg => flags.includes(arg))
}

const flagsBeforeVerb = ['--json', '--quiet', '-q', '--verbose', '-v']

/** The command with the longest name that the arguments begin with, and the arguments without it. */
const commandOf = (argv: readonly string[], commands: readonly Command[]): [Command | undefined, readonly string[]] => {
  const start = argv.findIndex(arg => !flagsBeforeVerb.includes(arg))
  const args = start < 0 ? argv : [...argv.slice(start), ...argv.slice(0, start)]
  const begins = ({ name }: Command) => name.split(' ').every((word, i) => args[i] === word)
  const [command] = commands.filter(begins).sort((a, b) => b.name.length - a.name.length)
  return [command, command ? args.slice(command.name.split(' ').length) : args]
}

/** The words before the first flag, where verbs begin with them. */
const groupOf = (args: readonly string[], commands: readonly Command[]): string[] | undefined => {
  const words = leadingWords(args)
  return nextWords(words, commands).length > 0 ? words : undefined
}

const leadingWords = (args: readonly string[]): string[] => {
  const end = args.findIndex(arg => arg.startsWith('-'))
  return args.slice(0, end < 0 ? args.length : end)
}

/** What may follow these words of a verb. */
const nextWords = (words: readonly string[], commands: readonly Command[]): string[] => {
  const paths = commands.map(({ name }) => name.split(' ')).filter(path => words.every((word, i) => path[i] === word))
  return [...new Set(paths.flatMap(path => path[words.length] ?? []))]
}

const notAVerb = (args: readonly string[], commands: readonly Command[]): UsageError => {
  const words = leadingWords(args)
  if (words.length === 0) {
    return new UsageError(`gradus: the verb comes first; got ${args[0]}.`, 'Run gradus --help for the verbs.')
  }
  let depth = 0
  while (depth < words.length && nextWords(words.slice(0, depth + 1), commands).length > 0) depth++
  const known = words.slice(0, depth)
  const next = nextWords(known, commands)
  if (depth === words.length) {
    const verb = known.join(' ')
    return new UsageError(`gradus: ${verb} is not complete.`, `Write ${choices(verb, next)}.`)
  }
  const near = nearest(words[depth]!, next)
  const meant = near && [...known, near].join(' ')
  return new UsageError(
    `gradus: unknown verb ${JSON.stringify(words.slice(0, depth + 1).join(' '))}.`,
    meant ? `Did you mean gradus ${meant}?` : 'Run gradus --help for the verbs.',
  )
}

const choices = (verb: string, next: readonly string[]): string =>
  next.map(word => `gradus ${verb} ${word}`).join(' or ')

const report = (error: unknown, { json, verbose, io }: { json: boolean; verbose: boolean; io: Io }): string => {
  const unexpected = exitCodeOf(error) === exitCodes.unexpected
  const code = error instanceof GradusError ? error.code : 'unexpected'
  const message = (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ')
  const stack = unexpected && verbose && error instanceof Error ? error.stack : undefined
  const retry = unexpected && !verbose ? 'Run it again with --verbose for the stack.' : undefined
  const hint = error instanceof UsageError ? error.hint : retry
  if (json) return `${JSON.stringify({ error: { code, message, hint: hint ?? null, stack } })}\n`
  const label = wantsColor(io.stderr, io.env) ? red('error:') : 'error:'
  return `${[label, message, hint].filter(Boolean).join(' ')}\n${stack === undefined ? '' : `${stack}\n`}`
}

const isClosedPipe = (error: unknown): boolean => (error as NodeJS.ErrnoException | undefined)?.code === 'EPIPE'

/** Whoever reads us has gone (`| head -1`): end without a word. */
const endWithClosedPipe = (out: Output, io: Io): void => {
  out.on?.('error', error => {
    if (!isClosedPipe(error)) throw error
    io.exit(exitCodes.done)
  })
}
