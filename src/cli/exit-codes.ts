import { ArgumentError, DataError, DivergedError, FormatError, GradusError, ModelError } from '../core/errors.ts'

/** What the process ends with. */
export const exitCodes = {
  done: 0,
  unexpected: 1,
  usage: 2,
  data: 3,
  model: 4,
  diverged: 5,
  notMet: 6,
  interrupted: 130,
  terminated: 143,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** A command line, environment or configuration that cannot be carried out. The hint says what to write instead. */
export class UsageError extends ArgumentError {
  readonly hint: string | undefined
  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}

/** A requirement on the result, such as `eval --min-accuracy 0.9`, that was not met. */
export class NotMetError extends GradusError {
  constructor(message: string, details?: Readonly<Record<string, unknown>>) {
    super('not-met', message, details)
  }
}

export const exitCodeOf = (error: unknown): ExitCode => {
  if (error instanceof UsageError) return exitCodes.usage
  if (error instanceof DataError || error instanceof FormatError) return exitCodes.data
  if (error instanceof ModelError) return exitCodes.model
  if (error instanceof DivergedError) return exitCodes.diverged
  if (error instanceof NotMetError) return exitCodes.notMet
  return exitCodes.unexpected
}
