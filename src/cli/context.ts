import type { Infer, Options } from '../core/options.ts'
import type { Command, Context } from './command.ts'
import { type Io, wantsColor } from './io.ts'
import type { Parsed } from './parse.ts'
import { Progress } from './progress.ts'
import { listenForStop, type StopCode, type StopListener } from './signals.ts'

/** Runs a command on what was parsed; the code it was asked to end with by a signal, if it was. */
export const runCommand = async (command: Command, parsed: Parsed, io: Io): Promise<StopCode | undefined> => {
  const { json, quiet, verbose } = parsed.globals
  let progress: Progress | undefined
  let stop: StopListener | undefined
  const note = (message: string): void => {
    if (progress) progress.note(message)
    else if (!quiet) io.stderr.write(`${message}\n`)
  }
  const context: Context<Infer<Options>> = {
    options: parsed.options,
    json,
    quiet,
    verbose,
    io,
    note,
    result: (document, text) => void io.stdout.write(`${json ? JSON.stringify(document) : text}\n`),
    event: document => void (json && io.stdout.write(`${JSON.stringify(document)}\n`)),
    progress: settings => {
      progress?.done()
      progress = new Progress(settings, {
        out: io.stderr,
        now: () => io.now(),
        color: wantsColor(io.stderr, io.env),
        quiet,
        verbose,
      })
      return progress
    },
    stopSignal: () => {
      stop ??= listenForStop({ source: io.signals, exit: code => io.exit(code), notify: note })
      return stop.signal
    },
  }
  try {
    await command.run(context)
  } catch (error) {
    if (stop?.code() === undefined || (error as Error | undefined)?.name !== 'AbortError') throw error
  } finally {
    progress?.done()
    stop?.close()
  }
  return stop?.code()
}
