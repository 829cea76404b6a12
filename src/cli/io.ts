import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'

/** Where text goes: `process.stdout`, or anything that writes. */
export interface Output {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  write(text: string): unknown
  on?(event: 'error', listener: (error: Error) => void): unknown
}

/** Where interrupts come from: `process`, or anything that emits. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown
  off(signal: NodeJS.Signals, listener: () => void): unknown
}

/** All that a command touches of the process it runs in. */
export interface Io {
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly signals: SignalSource
  stdin(): AsyncIterable<Uint8Array>
  /** Milliseconds of a clock that never goes back. */
  now(): number
  exit(code: number): void
}

/** The process itself. */
export const processIo = (): Io => ({
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  signals: process,
  stdin: () => process.stdin,
  now: () => performance.now(),
  exit: code => process.exit(code),
})

/** The text of a file, its path relative to the working directory; `-` is standard input. */
export const readText = (io: Io, path: string): Promise<string> =>
  path === '-' ? text(io.stdin()) : readFile(resolve(io.cwd, path), 'utf8')

/** Whether colour is welcome: a terminal, and no `NO_COLOR` (no-color.org). */
export const wantsColor = (out: Output, env: Io['env']): boolean =>
  out.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'

export const red = (words: string): string => `\x1b[31m${words}\x1b[39m`
export const green = (words: string): string => `\x1b[32m${words}\x1b[39m`
