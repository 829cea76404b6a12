import type { Given, Infer, Options } from '../core/options.ts'
import { defineOptions, flag, oneOf, text } from '../core/options.ts'
import type { Io } from './io.ts'
import type { Progress, ProgressSettings } from './progress.ts'

/** One verb of the command line, declared once: parsing, validation and help come from here. */
export interface Command<O extends Options = Options> {
  /** The verb as it is typed: `train gpt`. */
  readonly name: string
  /** A few words without a full stop: `train a GPT on a text`. */
  readonly summary: string
  /** Whole command lines, the plainest first. */
  readonly examples: readonly string[]
  readonly options: O
  /** Options that may also be given by position; one that holds a list takes all that is left. */
  readonly positionals?: readonly (keyof Infer<O> & string)[]
  /** Sets of values that `--preset NAME` puts in place of the defaults. */
  readonly presets?: Readonly<Record<string, Partial<Given<O>>>>
  /** Looks at the values together; an `ArgumentError` thrown here is a usage error. */
  check?(options: Infer<O>): void
  /** Does the work. What it throws decides the exit code. */
  run(context: Context<Infer<O>>): Promise<void>
}

/** What a running command is given. */
export interface Context<V> {
  readonly options: V
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  readonly io: Io
  /** Writes the result on standard output: the document with `--json`, else the text. */
  result(document: unknown, text: string): void
  /** With `--json`, writes one line of a JSON Lines stream on standard output; else nothing. */
  event(document: { readonly type: string; readonly [key: string]: unknown }): void
  /** Writes a message on standard error, unless `--quiet`. */
  note(message: string): void
  /** Starts the progress line on standard error; it ends with the command. */
  progress(settings: ProgressSettings): Progress
  /** From now on Ctrl-C asks for a good end: the signal is aborted, and the command, once it returns, exits with 130 (143 for SIGTERM). */
  stopSignal(): AbortSignal
}

/** Declares a command; the types of its options reach `run`. */
export const defineCommand = <const O extends Options>(command: Command<O>): Command => command as unknown as Command

/** Understood by every command. */
export const globalOptions = defineOptions({
  config: text({ help: 'read options from a JSON file; - is standard input', placeholder: 'FILE' }),
  printConfig: flag({ help: 'print the options in effect as JSON, and end' }),
  json: flag({ help: 'write results and errors as JSON' }),
  quiet: flag({ help: 'write no progress and no messages', short: 'q' }),
  verbose: flag({ help: 'write a line for every step, and the stack of an unexpected error', short: 'v' }),
  help: flag({ help: 'show this help', short: 'h' }),
})

export type Globals = Infer<typeof globalOptions>

/** A command's own options and, where it has presets, the one that chooses among them. */
export const settable = (command: Command): Options => {
  const presets = Object.keys(command.presets ?? {})
  if (presets.length === 0) return command.options
  return defineOptions({
    ...command.options.declaration,
    preset: oneOf(presets, { help: 'start from a set of values in place of the defaults' }),
  })
}
