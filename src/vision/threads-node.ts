import { Worker } from 'node:worker_threads'

/** A thread that is sent messages and sends some back. */
export interface Thread {
  post(message: unknown, transfer: readonly ArrayBuffer[]): void
  /** Whether the program waits for the thread before it ends. */
  hold(waited: boolean): void
  /** Ends it; waits until it has ended. */
  close(): Promise<void>
}

export interface ThreadEvents {
  readonly message: (message: unknown) => void
  /** The thread has failed, or has ended by itself: no message will come any more. */
  readonly failure: (why: string) => void
}

/** Starts a thread for transforms. */
export const startThread = ({ message, failure }: ThreadEvents): Thread => {
  // Run from its sources, as in tests, this file takes the built one: Node 20 cannot run TypeScript.
  const folder = import.meta.url.endsWith('.ts') ? '../../dist/vision/' : './'
  // Flags of the program, such as --input-type, are not for its threads.
  const worker = new Worker(new URL(`${folder}transform-worker-node.js`, import.meta.url), { execArgv: [] })
  worker.unref()
  worker.on('message', message)
  worker.on('error', error => failure(error.message))
  worker.on('exit', () => failure('it was stopped'))
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    hold: waited => (waited ? worker.ref() : worker.unref()),
    close: async () => {
      await worker.terminate()
    },
  }
}
