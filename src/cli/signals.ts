import { exitCodes } from './exit-codes.ts'
import type { SignalSource } from './io.ts'

export type StopCode = typeof exitCodes.interrupted | typeof exitCodes.terminated

/** Listens for Ctrl-C (SIGINT) and SIGTERM. The first asks the work to end in good order, the second ends the process at once. */
export interface StopListener {
  /** Aborted by the first signal: finish the step, write a checkpoint, return. */
  readonly signal: AbortSignal
  /** What to exit with once the work has ended; nothing while no signal came. */
  code(): StopCode | undefined
  close(): void
}

export interface StopSettings {
  readonly source: SignalSource
  exit(code: number): void
  /** Called at the first signal, with what to tell the user. */
  notify(message: string): void
}

export const listenForStop = ({ source, exit, notify }: StopSettings): StopListener => {
  const controller = new AbortController()
  let code: StopCode | undefined
  const stop = (next: StopCode, message: string) => () => {
    if (code !== undefined) return exit(next)
    code = next
    notify(message)
    controller.abort()
  }
  const interrupt = stop(
    exitCodes.interrupted,
    'Interrupted: finishing the step under way. Press Ctrl-C again to end now.',
  )
  const terminate = stop(exitCodes.terminated, 'Asked to end: finishing the step under way.')
  source.on('SIGINT', interrupt)
  source.on('SIGTERM', terminate)
  return {
    signal: controller.signal,
    code: () => code,
    close: () => {
      source.off('SIGINT', interrupt)
      source.off('SIGTERM', terminate)
    },
  }
}
