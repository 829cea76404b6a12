import type { Thread, ThreadEvents } from './thread.ts'

/** A module worker of a browser as a thread. It is made where bundlers look for it: `new Worker(new URL(…), …)`. */
export const browserThread = (worker: Worker, { message, failure }: ThreadEvents): Thread => {
  worker.onmessage = event => message(event.data)
  worker.onerror = event => failure(event.message)
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    hold: () => {},
    close: async () => worker.terminate(),
  }
}
