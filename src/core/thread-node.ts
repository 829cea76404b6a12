import { Worker } from 'node:worker_threads'
import type { Thread, ThreadEvents } from './thread.ts'

/** Starts a thread of Node on a module. */
export const nodeThread = (module: URL, { message, failure }: ThreadEvents): Thread => {
  // Flags of the program, such as --input-type, are not for its threads.
  const worker = new Worker(module, { execArgv: [] })
  worker.unref()
  worker.on('message', message)
  worker.on('error', error => failure(error.message))
  worker.on('exit', () => failure('it was stopped'))
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    hold: waited => (waited ? worker.ref() : worker.unref()),
    close: async () => {
      // Whoever waits for the end waits for it: without this a program with nothing else to do ends first, with exit code 13.
      worker.ref()
      await worker.terminate()
    },
  }
}
